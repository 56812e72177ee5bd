"""Storage commitment: what is asked for, and what comes back (PS3.4 annex J)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dicomkit.dataset.dataset import Dataset
from dicomkit.standard.uid import UID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomkit.net.association import Association

__all__ = [
    "ALL_COMMITTED",
    "FAILURES_EXIST",
    "INSTANCE",
    "REQUEST",
    "SOP_CLASS",
    "CommitmentRequest",
    "CommitmentResult",
    "request_commitment",
]

SOP_CLASS: Final = "1.2.840.10008.1.20.1"  # Storage Commitment Push Model
INSTANCE: Final = "1.2.840.10008.1.20.1.1"  # its well-known instance (PS3.4 J.3.5)

REQUEST: Final = 1  # Action Type ID (PS3.4 J.3.2)
ALL_COMMITTED: Final = 1  # Event Type IDs (PS3.4 J.3.3)
FAILURES_EXIST: Final = 2


class Reference(NamedTuple):
    """An object: its SOP class and instance."""

    sop_class: str
    sop_instance: str


class CommitmentRequest(NamedTuple):
    """Objects whose safekeeping a peer asks for (PS3.4 table J.3-1).

    Attributes:
        transaction: UID of the request.
        references: the objects.
    """

    transaction: str
    references: tuple[Reference, ...]

    @classmethod
    def of(cls, dataset: Dataset) -> CommitmentRequest:
        """The request in an Action Information.

        Raises:
            ValueError: it has no Transaction UID, or no objects, or one that is none.
        """
        found = cls(_transaction(dataset), tuple(_references(dataset, "ReferencedSOPSequence")))
        if not found.references:
            raise ValueError("a request for storage commitment without objects")
        return found

    def to_dataset(self) -> Dataset:
        """The Action Information."""
        return Dataset(TransactionUID=self.transaction, ReferencedSOPSequence=_items(self.references))


class CommitmentResult(NamedTuple):
    """What became of a request (PS3.4 table J.3-2).

    Attributes:
        transaction: UID of the request.
        committed: the objects that are kept.
        failed: those that are not, with a Failure Reason (PS3.3 C.14.1.1).
    """

    transaction: str
    committed: tuple[Reference, ...]
    failed: dict[Reference, int]

    @property
    def event_type(self) -> int:
        """Event Type ID of the report."""
        return FAILURES_EXIST if self.failed else ALL_COMMITTED

    @classmethod
    def of(cls, dataset: Dataset | None) -> CommitmentResult:
        """The result in an Event Information.

        Raises:
            ValueError: there is none, or it has no Transaction UID, or an object that is none.
        """
        if dataset is None:
            raise ValueError("a result of storage commitment without Event Information")
        failed = {}
        reasons = [item.get("FailureReason") for item in dataset.get("FailedSOPSequence") or ()]
        for reference, reason in zip(_references(dataset, "FailedSOPSequence"), reasons, strict=True):
            failed[reference] = reason if isinstance(reason, int) else 0x0110
        return cls(_transaction(dataset), tuple(_references(dataset, "ReferencedSOPSequence")), failed)

    def to_dataset(self) -> Dataset:
        """The Event Information."""
        dataset = Dataset(TransactionUID=self.transaction)
        if self.committed:
            dataset.ReferencedSOPSequence = _items(self.committed)
        if self.failed:
            items = _items(self.failed)
            for item, reason in zip(items, self.failed.values(), strict=True):
                item.FailureReason = reason
            dataset.FailedSOPSequence = items
        return dataset


def _transaction(dataset: Dataset) -> str:
    value = dataset.get("TransactionUID")
    if not isinstance(value, str) or not value:
        raise ValueError("storage commitment without a Transaction UID")
    return str(value)


def _references(dataset: Dataset, keyword: str) -> list[Reference]:
    references = []
    for item in dataset.get(keyword) or ():
        sop_class, instance = item.get("ReferencedSOPClassUID"), item.get("ReferencedSOPInstanceUID")
        if not isinstance(sop_class, str) or not isinstance(instance, str):
            raise ValueError("storage commitment of an object without SOP class or instance")
        references.append(Reference(str(sop_class), str(instance)))
    return references


def _items(references: Iterable[tuple[str, str]]) -> list[Dataset]:
    return [
        Dataset(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=instance) for sop_class, instance in references
    ]


def request_commitment(association: Association, objects: Iterable[tuple[str, str]]) -> str:
    """Ask a peer to keep objects safely (N-ACTION).

    The result comes as an N-EVENT-REPORT: over the same association (`association.wait_for_event_report`), or over one
    that the peer opens to a server with `StorageCommitment(results=...)`. `CommitmentResult.of` reads it.

    Args:
        association: with a presentation context of Storage Commitment Push Model.
        objects: SOP class and instance of each.

    Returns:
        The Transaction UID, which the result will have.

    Raises:
        DimseError: the peer refuses.
        NetworkError: the association has failed.
    """
    request = CommitmentRequest(str(UID.generate()), tuple(Reference(*each) for each in objects))
    association.n_action(SOP_CLASS, INSTANCE, REQUEST, request.to_dataset())
    return request.transaction
