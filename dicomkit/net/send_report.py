"""What became of objects that were to be sent."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.net.outgoing import Storable
    from dicomkit.net.status import Status

__all__ = ["Report", "Sent"]


class Sent:
    """What became of one object.

    Attributes:
        source: what was given; of folders, the path of each file.
        sop_class_uid, sop_instance_uid, transfer_syntax: what it is; "" if it cannot be read.
        size: bytes of its data set as it is; None if that is not known.
        sent_as: the transfer syntax that it was sent in; "" if it was not sent.
        status: of the response; None if it was not sent, or not answered.
        error: why it was not sent, or not answered; None if it was.
        association: number of the association that it went over, from 1; 0 if it was not sent.
        context_id: of the presentation context that it went in; 0 if it was not sent.
        attempts: how often sending it was begun.
    """

    __slots__ = (
        "association",
        "attempts",
        "context_id",
        "error",
        "sent_as",
        "size",
        "sop_class_uid",
        "sop_instance_uid",
        "source",
        "status",
        "transfer_syntax",
    )

    def __init__(
        self,
        source: Storable,
        sop_class_uid: str = "",
        sop_instance_uid: str = "",
        transfer_syntax: str = "",
        size: int | None = None,
        *,
        status: Status | None = None,
        error: Exception | None = None,
    ) -> None:
        self.source = source
        self.sop_class_uid = sop_class_uid
        self.sop_instance_uid = sop_instance_uid
        self.transfer_syntax = transfer_syntax
        self.size = size
        self.sent_as = ""
        self.status = status
        self.error = error
        self.association = 0
        self.context_id = 0
        self.attempts = 0

    @property
    def is_stored(self) -> bool:
        """Whether the peer has it, with or without a warning."""
        return self.status is not None and not self.status.is_failure

    def __repr__(self) -> str:
        return f"<Sent {self.source!r}: {self.error or self.status}>"


class Report:
    """What became of all objects that were to be sent: a sequence of `Sent`, in the order in which they were given.

    Attributes:
        results: one for each object.
        skipped: files in folders that are no DICOM objects.
        associations: how many were opened.
        seconds: how long it took.
    """

    __slots__ = ("associations", "results", "seconds", "skipped")

    def __init__(self, results: list[Sent], skipped: list[str], associations: int, seconds: float) -> None:
        self.results = results
        self.skipped = skipped
        self.associations = associations
        self.seconds = seconds

    @property
    def stored(self) -> list[Sent]:
        """Those that the peer has."""
        return [each for each in self.results if each.is_stored]

    @property
    def failed(self) -> list[Sent]:
        """The others."""
        return [each for each in self.results if not each.is_stored]

    @property
    def is_complete(self) -> bool:
        """Whether the peer has all of them."""
        return all(each.is_stored for each in self.results)

    @property
    def octets(self) -> int:
        """Bytes of the data sets that the peer has, as far as they are known."""
        return sum(each.size or 0 for each in self.results if each.is_stored)

    def __iter__(self) -> Iterator[Sent]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __repr__(self) -> str:
        return (
            f"<Report: {len(self.stored)} of {len(self.results)} stored over {self.associations} associations"
            f" in {self.seconds:.3g} seconds>"
        )
