"""Storage: C-STORE, to files or to a program (PS3.4 annex B)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from dicomkit.net.received import Collected
from dicomkit.net.server.calls import call
from dicomkit.net.server.file_head import file_head
from dicomkit.net.server.outcome import status_of
from dicomkit.net.server.service import Service, transfer_syntaxes, uids
from dicomkit.net.server.storage_classes import storage_classes, storage_syntaxes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Protocol

    from dicomkit.net.server.listener import Listener
    from dicomkit.net.server.receiver import Receiver
    from dicomkit.net.server.request import Request

    class Store(Protocol):
        """Where objects are put: see `StoreTo`."""

        def receive(self, storage: Storage, request: Request) -> Arrival:
            """Take an object."""


__all__ = ["Arrival", "Storage"]

C_STORE: Final = 0x0001

# PS3.7 9.1.1.1.9, PS3.4 table B.2-1
SUCCESS: Final = 0x0000
INVALID_OBJECT_INSTANCE: Final = 0x0117
UNRECOGNIZED_OPERATION: Final = 0x0211
OUT_OF_RESOURCES: Final = 0xA700
CANNOT_UNDERSTAND: Final = 0xC000


class Storage(Service):
    """Takes objects.

    Args:
        to: where they go. A `StoreTo` writes them to files. A function or coroutine is called with a `Request` for each,
            when it is complete: its `dataset` is the object. It returns None for success, or a status; or it raises, a
            DimseError for a status of its choice. None discards all objects.
        sop_classes: UIDs or keywords, or a mapping from them to transfer syntaxes; None: all that are known.
        transfer_syntaxes: UIDs or keywords in the order of preference; None: all that are known.

    Raises:
        ValueError: there is no such SOP class or transfer syntax.
    """

    def __init__(
        self,
        to: Store | Callable[[Request], Any] | None,
        *,
        sop_classes: Iterable[str] | Mapping[str, Iterable[str]] | None = None,
        transfer_syntaxes: Iterable[str] | None = None,
    ) -> None:
        self.transfer_syntaxes = storage_syntaxes() if transfer_syntaxes is None else _transfer_syntaxes(transfer_syntaxes)
        if isinstance(sop_classes, Mapping):
            self.sop_classes = {uids(name)[0]: _transfer_syntaxes(own) for name, own in sop_classes.items()}
        else:
            wanted = storage_classes() if sop_classes is None else uids(sop_classes)
            self.sop_classes = dict.fromkeys(wanted, self.transfer_syntaxes)
        self.to = to
        self._make = getattr(to, "receive", None) or (ToHandler if callable(to) else Discard)

    def start(self, listener: Listener) -> None:
        self.listener = listener
        start = getattr(self.to, "start", None)
        if start is not None:
            start()

    def stop(self) -> None:
        stop = getattr(self.to, "stop", None)
        if stop is not None:
            stop()

    def receive(self, request: Request) -> Receiver | None:
        message = request.message
        if message.command_field != C_STORE:
            request.dialogue.finish(request, UNRECOGNIZED_OPERATION)
        elif not request.sop_instance or not request.sop_class:
            request.dialogue.finish(request, INVALID_OBJECT_INSTANCE)
        else:
            arrival: Arrival = self._make(self, request)
            arrival.begin()
            return arrival
        return None


_transfer_syntaxes = transfer_syntaxes  # which is an argument above


class Arrival:
    """An object that is being received. What this one does with it: nothing."""

    __slots__ = ("_limit", "_storage", "failure", "request", "size")

    def __init__(self, storage: Storage, request: Request) -> None:
        self._storage = storage
        self._limit = storage.listener.limits.object_size
        self.request = request
        self.size = 0  # bytes of the data set so far
        self.failure = SUCCESS  # what is wrong with it

    def begin(self) -> None:
        """Get ready: a sender mostly takes a moment between the command and the data set."""
        self.request.dialogue.prepare(self.request)

    def take(self, pieces: list[memoryview]) -> None:
        self.size += sum(map(len, pieces))
        if self.failure:
            return
        if self._limit and self.size > self._limit:
            self.fail(OUT_OF_RESOURCES)
            return
        try:
            self.write(pieces)
        except OSError as error:
            self.out_of_resources(error)

    def complete(self) -> None:
        if not self.size:
            self.fail(CANNOT_UNDERSTAND)  # a C-STORE without a data set
        if self.failure:
            self.request.dialogue.finish(self.request, self.failure)
        else:
            self.keep()

    def abandon(self) -> None:
        self.discard()

    def fail(self, status: int) -> None:
        """It cannot be kept, for a reason."""
        self.failure = status
        self.discard()

    def out_of_resources(self, error: OSError) -> None:
        """It cannot be kept for want of room, or what else a system says."""
        self._storage.listener.journal.error("not-stored", error=type(error).__name__, errno=error.errno, text=str(error))
        self.fail(OUT_OF_RESOURCES)

    def write(self, pieces: list[memoryview]) -> None:
        """Take the next pieces. Raises OSError where there is no room."""

    def keep(self) -> None:
        """It is complete: answer, now or later."""
        self.request.dialogue.finish(self.request, SUCCESS)

    def discard(self) -> None:
        """It is not wanted any more."""


class Discard(Arrival):
    """Takes objects and forgets them."""

    __slots__ = ()


class ToHandler(Arrival):
    """Collects an object for a handler."""

    __slots__ = ("_collected",)

    def __init__(self, storage: Storage, request: Request) -> None:
        super().__init__(storage, request)
        self._collected = Collected()
        head = file_head(request.sop_class, request.sop_instance, request.transfer_syntax, request.peer.ae_title)
        self._collected.write(memoryview(head))

    def write(self, pieces: list[memoryview]) -> None:
        for piece in pieces:
            self._collected.write(piece)

    def keep(self) -> None:
        self.request.bring(self._collected.finish())
        self.request.dialogue.perform(self.request, self._handle(), CANNOT_UNDERSTAND)

    async def _handle(self) -> None:
        listener = self._storage.listener
        assert callable(self._storage.to)
        result = await call(listener.executor, self._storage.to, self.request)
        self.request.dialogue.finish(self.request, status_of(result))

    def discard(self) -> None:
        self._collected.discard()
