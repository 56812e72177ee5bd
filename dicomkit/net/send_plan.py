"""Which presentation contexts objects need to be sent, and which associations those make (PS3.8 9.3.2.2)."""

from __future__ import annotations

from dicomkit.net.negotiation import MOST_CONTEXTS
from dicomkit.standard.transfer_syntax import TransferSyntax

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

    from dicomkit.net.send_files import Candidate
    from dicomkit.net.transcoding import Transcode

__all__ = ["Batch", "contexts_for", "plan"]

#: What a peer may choose from if it does not want an object as it is. Every peer has the last one (PS3.5 10.1).
UNCOMPRESSED: Final = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")


class Batch:
    """What goes over one association, or over several with the same presentation contexts.

    Attributes:
        contexts: SOP class and transfer syntaxes of each.
        candidates: the objects, in the order in which they were given.
    """

    __slots__ = ("candidates", "contexts")

    def __init__(self) -> None:
        self.contexts: list[tuple[str, tuple[str, ...]]] = []
        self.candidates: list[Candidate] = []


def contexts_for(sop_class: str, syntaxes: Iterable[str], transcode: Transcode) -> list[tuple[str, tuple[str, ...]]]:
    """The presentation contexts for objects of a SOP class.

    Each of their transfer syntaxes has a context of its own, so that what the peer accepts is sent as it is. A further one
    has what they may be brought to.

    Args:
        sop_class: UID.
        syntaxes: the transfer syntaxes of the objects.
        transcode: how far they may be changed.
    """
    wanted = list(dict.fromkeys(syntaxes))
    contexts: list[tuple[str, tuple[str, ...]]] = [(sop_class, (syntax,)) for syntax in wanted]
    if any(_may_change(syntax, transcode) for syntax in wanted):
        others = tuple([syntax for syntax in UNCOMPRESSED if syntax not in wanted])
        if others:
            contexts.append((sop_class, others))
    return contexts


def _may_change(syntax: str, transcode: Transcode) -> bool:
    return transcode == "lossy" or (transcode == "lossless" and not TransferSyntax.assumed(syntax).lossy)


def plan(candidates: Iterable[Candidate], transcode: Transcode, *, most: int = MOST_CONTEXTS) -> list[Batch]:
    """Put objects together that can go over one association.

    Args:
        candidates: the objects.
        transcode: how far they may be changed.
        most: presentation contexts that an association may have.

    Objects of a SOP class stay together, and within a batch they keep their order.
    """
    found = list(candidates)
    syntaxes: dict[str, dict[str, None]] = {}
    for each in found:
        syntaxes.setdefault(each.sop_class_uid, {})[each.transfer_syntax] = None
    batches: list[Batch] = []
    places: dict[tuple[str, str], Batch] = {}
    for sop_class, own in syntaxes.items():
        # More than fit into one association are possible only in theory, but then they must not be lost.
        wanted = list(own)
        for at in range(0, len(wanted), most - 1):
            some = wanted[at : at + most - 1]
            contexts = contexts_for(sop_class, some, transcode)
            batch = next((each for each in batches if len(each.contexts) + len(contexts) <= most), None)
            if batch is None:
                batch = Batch()
                batches.append(batch)
            batch.contexts += contexts
            for syntax in some:
                places[sop_class, syntax] = batch
    for each in found:
        places[each.sop_class_uid, each.transfer_syntax].candidates.append(each)
    return batches
