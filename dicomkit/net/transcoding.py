"""Data sets in a transfer syntax that the peer has accepted, where it has not accepted theirs."""

from __future__ import annotations

import copy

from dicomkit.errors import CodecError, UnsupportedTransferSyntax
from dicomkit.media.writer import parts_of
from dicomkit.net.negotiation import refusal
from dicomkit.standard.transfer_syntax import TransferSyntax
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final, Literal, TypeAlias

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.media.transfer import Part
    from dicomkit.net.negotiation import Agreement, Context

    #: How far an object may be changed to be sent: not at all; in ways that lose nothing; also by decompressing what was
    #: compressed with loss (which keeps what is left). Nothing is ever compressed with loss.
    Transcode: TypeAlias = Literal["never", "lossless", "lossy"]

__all__ = ["adapted"]

PIXEL_DATA: Final = 0x7FE00010

# What is tried first: without compression of pixel data, then lossless compression, quick ones first.
ORDER: Final = (
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.90",
)


def adapted(dataset: Dataset, sop_class: str, agreement: Agreement, transcode: Transcode) -> tuple[Context, Iterable[Part]]:
    """A presentation context for a data set, and the data set in its transfer syntax, as parts.

    The data set stays as it is.

    Raises:
        NoPresentationContext: none was accepted for the SOP class.
        UnsupportedTransferSyntax: none was with a transfer syntax that the data set may be brought to.
        CodecError, EncodeError, ...: it cannot be brought to it.
    """
    if transcode not in ("never", "lossless", "lossy"):
        raise ValueError(f"transcode is never, lossless or lossy, not {transcode!r}")
    contexts = {context.transfer_syntax: context for context in agreement.by_syntax.get(sop_class, ()) if context.as_scu}
    if not contexts:
        raise refusal(sop_class, agreement)
    own = dataset.transfer_syntax or ORDER[0]
    if own in contexts:
        return contexts[own], parts_of(dataset, meta="none", transfer_syntax=own)
    if transcode != "never":
        for uid in ORDER:
            if uid in contexts:
                changed = _changed(dataset, TransferSyntax.assumed(own), TransferSyntax.assumed(uid), transcode)
                if changed is not None:
                    return contexts[uid], parts_of(changed, meta="none", transfer_syntax=uid)
    accepted = ", ".join(_name(uid) for uid in contexts)
    raise UnsupportedTransferSyntax(own, f"for {_name(sop_class)} the peer has accepted only {accepted}")


def _changed(dataset: Dataset, own: TransferSyntax, target: TransferSyntax, transcode: Transcode) -> Dataset | None:
    """The data set with its pixel data as a transfer syntax has them; None where that is not allowed or possible."""
    if PIXEL_DATA not in dataset:
        return dataset
    if not own.encapsulated and not target.encapsulated:
        return dataset
    if own.lossy and transcode != "lossy":
        return None
    changed = copy.deepcopy(dataset)  # of items, icons change too
    if not target.encapsulated:
        changed.decompress(target.uid)
        return changed
    try:
        changed.compress(target.uid, new_instance=False)
    except (CodecError, UnsupportedTransferSyntax):  # such pixel data have no place in it: perhaps in the next
        return None
    return changed


def _name(uid: str) -> str:
    return UID(uid).name or uid
