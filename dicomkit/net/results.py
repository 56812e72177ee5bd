"""What operations give back."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.net.messages import Message
    from dicomkit.net.negotiation import Context
    from dicomkit.net.outgoing import Storable
    from dicomkit.net.status import Status

__all__ = ["Reply", "Retrieval", "Stored"]


class Stored:
    """What became of one of many objects that were to be stored.

    Attributes:
        source: what was given.
        status: of the response; None if it was not sent.
        error: why it was not sent; None if it was.
        context: the presentation context that it was sent in; None if it was not sent.
    """

    __slots__ = ("context", "error", "source", "status")

    def __init__(
        self, source: Storable, status: Status | None, error: Exception | None, context: Context | None = None
    ) -> None:
        self.source = source
        self.status = status
        self.error = error
        self.context = context

    @property
    def is_stored(self) -> bool:
        """Whether the peer has it, with or without a warning."""
        return self.status is not None and not self.status.is_failure

    def __repr__(self) -> str:
        return f"<Stored {self.source!r}: {self.error or self.status}>"


class Retrieval:
    """How far a C-GET or C-MOVE has come, or how it has ended.

    Attributes:
        status: of the response.
        remaining: sub-operations that are still to be done; None if the peer does not say.
        completed, failed, warning: numbers of those that are done.
        failed_sop_instance_uids: of those that failed, at the end, if the peer says.
    """

    __slots__ = ("completed", "failed", "failed_sop_instance_uids", "remaining", "status", "warning")

    def __init__(
        self,
        status: Status,
        remaining: int | None,
        completed: int,
        failed: int,
        warning: int,
        failed_sop_instance_uids: tuple[str, ...] = (),
    ) -> None:
        self.status = status
        self.remaining = remaining
        self.completed = completed
        self.failed = failed
        self.warning = warning
        self.failed_sop_instance_uids = failed_sop_instance_uids

    def __repr__(self) -> str:
        counts = (
            f"{self.completed} completed, {self.failed} failed, {self.warning} with warnings, {self.remaining} remaining"
        )
        return f"<Retrieval {self.status}: {counts}>"


class Reply:
    """The answer to a DIMSE-N request.

    Attributes:
        status: success or a warning; a failure is raised.
        dataset: the attributes, event reply or action reply; None if there is none.
        message: the response.
    """

    __slots__ = ("dataset", "message", "status")

    def __init__(self, status: Status, dataset: Dataset | None, message: Message) -> None:
        self.status = status
        self.dataset = dataset
        self.message = message

    @property
    def sop_instance_uid(self) -> str | None:
        """The affected SOP instance: after N-CREATE, the one that was made."""
        return self.message.affected_sop_instance_uid

    def __repr__(self) -> str:
        return f"<Reply {self.status}>"


class EventReport:
    """An N-EVENT-REPORT that the peer has sent, and that was answered with success.

    Attributes:
        sop_class_uid, sop_instance_uid: what it is about.
        event_type_id: what has happened.
        dataset: the event information; None if there is none.
    """

    __slots__ = ("dataset", "event_type_id", "sop_class_uid", "sop_instance_uid")

    def __init__(self, sop_class_uid: str, sop_instance_uid: str, event_type_id: int, dataset: Dataset | None) -> None:
        self.sop_class_uid = sop_class_uid
        self.sop_instance_uid = sop_instance_uid
        self.event_type_id = event_type_id
        self.dataset = dataset

    def __repr__(self) -> str:
        return f"<EventReport {self.event_type_id} of {self.sop_instance_uid}>"
