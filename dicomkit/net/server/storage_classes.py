"""Which SOP classes are stored by C-STORE (PS3.4 annexes B and GG)."""

from __future__ import annotations

from functools import cache
from typing import Final

from dicomkit._ext import standard
from dicomkit.standard.transfer_syntax import TransferSyntax

__all__ = ["is_storage_class", "storage_classes", "storage_syntaxes"]

# Names that look like it. The first is of media (PS3.10 8), the last of a retired print service.
_OTHERS: Final = frozenset(
    ("MediaStorageDirectoryStorage", "StorageCommitmentPushModel", "StorageCommitmentPullModel", "StoredPrintStorage")
)

# Classes without a keyword, of drafts
_NAMELESS: Final = frozenset(("1.2.840.10008.5.1.4.1.1.12.77", "1.2.840.10008.5.1.4.1.1.40"))

_FIRST: Final = ("1.2.840.10008.1.2.1",)
_LAST: Final = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.2")


def is_storage_class(uid: str) -> bool:
    """Whether a registered SOP class is one of storage."""
    return uid in storage_classes()


@cache
def storage_classes() -> frozenset[str]:
    """All registered SOP classes of storage, retired ones and those of other standards (DICOS, DICONDE) included."""
    rows = [row for row in standard.uids() if row[3] == "SOP Class"]
    return frozenset(row[0] for row in rows if row[0] in _NAMELESS or ("Storage" in row[1] and row[1] not in _OTHERS))


@cache
def storage_syntaxes() -> tuple[str, ...]:
    """All known transfer syntaxes of files, in the order of preference.

    Explicit VR Little Endian is first, since a peer that offers more would have to compress for it; those in which the VRs
    or the byte order are lost come last.
    """
    known = [syntax.uid for syntax in TransferSyntax.all() if not syntax.stream]
    return (*_FIRST, *(str(uid) for uid in known if uid not in _FIRST + _LAST), *_LAST)
