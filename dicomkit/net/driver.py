"""What runs operations over a blocking connection: it moves the bytes, and waits."""

from __future__ import annotations

from time import monotonic

from dicomkit.errors import DicomError, NetworkError, SourceChanged, Timeout
from dicomkit.net.operations import SEND, WAIT, Work
from dicomkit.net.transport import acknowledge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, Generic, NoReturn, Self, TypeVar

    from dicomkit.net.messages import Message
    from dicomkit.net.operations import Operation
    from dicomkit.net.service_user import ServiceUser
    from dicomkit.net.transport import Transport

    Outcome = TypeVar("Outcome")
    Result = TypeVar("Result")
else:
    Outcome = Result = None

    class Generic:  # importing typing takes longer than connecting
        def __class_getitem__(cls, parameters: object) -> type:
            return cls


__all__ = ["Driver", "Results"]

LAST_WORDS: Final = 0.5  # seconds for what a peer said before it broke the connection


class Driver:
    """Runs the operations of one association, one at a time.

    Attributes:
        user: the protocol.
        transport: the connection.
        dimse_timeout: seconds for each response.
        idle_timeout: seconds without progress while something is sent, or a data set is received.
    """

    def __init__(
        self, transport: Transport, user: ServiceUser, dimse_timeout: float | None, idle_timeout: float | None
    ) -> None:
        self.transport = transport
        self.user = user
        self.dimse_timeout = dimse_timeout
        self.idle_timeout = idle_timeout
        self._upper = user.upper
        self._is_closed = False
        self._holder: Operation[Any] | None = None  # whose results are being taken
        self._is_left = False  # an operation may not have come to its end, and nobody wants its results any more

    # -- operations

    def begin(self, holder: Operation[Any] | None) -> None:
        """See that no other operation is in progress; the holder is, from now on.

        Raises:
            RuntimeError: one is.
            NetworkError: the association has ended.
        """
        if self._is_left:
            self.settle()
        if self._holder is not None:
            raise RuntimeError("an operation is in progress: take all its results, or close it")
        if self.user.ended is not None:
            raise self.ended()
        self._holder = holder

    def leave(self, holder: Operation[Any]) -> None:
        """Nobody wants the rest of the results of an operation, if there are any."""
        if self._holder is holder:
            self._holder = None
            self._is_left = bool(self.user.outstanding or self.user.messages)

    def complete(self, operation: Operation[Outcome]) -> Outcome:
        """Run an operation that has no results but its outcome."""
        self.begin(None)
        try:
            self.advance(operation, next(operation))
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        except BaseException:
            operation.close()
            self._is_left = bool(self.user.outstanding or self.user.messages)
            raise
        raise AssertionError("this operation has results")

    def advance(self, operation: Operation[Any], step: Any) -> Any:
        """Go on with an operation from a step to its next result.

        Raises:
            StopIteration: it has come to its end.
        """
        while True:
            if step is WAIT:
                step = operation.send(self._next_message())
            elif step is SEND:
                self.flush()
                step = next(operation)
            elif type(step) is Work:
                self.flush()  # what was sent before need not wait for it
                try:
                    value = step.function(*step.arguments)
                except Exception as error:  # the operation knows what to do about it
                    step = operation.throw(error)
                else:
                    step = operation.send(value)
            else:
                return step

    def settle(self) -> None:
        """Cancel the operation in progress, and wait for its end."""
        user = self.user
        self._holder = None
        if user.outstanding and user.ended is None:
            user.cancel()
            while user.outstanding:
                self._next_message()
        user.messages.clear()
        self._is_left = False

    # -- the connection

    def flush(self) -> None:
        """Send what is to be sent.

        Raises:
            NetworkError: that is not possible.
            SourceChanged: a file does not have what was to be sent of it. The association is broken then.
        """
        try:
            while parts := self._upper.data_to_send():
                self.transport.send(parts, self.idle_timeout)
        except (SourceChanged, DicomError):
            self.break_off("a file could not be sent to its end")
            raise
        except TimeoutError:
            text = f"the peer takes nothing for {self.idle_timeout:g} seconds"
            self.break_off(text)
            raise Timeout(text, self.user.peer) from None
        except OSError as error:
            self._hear_last_words()
            raise self.ended() from error
        except BaseException:
            self.break_off("sending was interrupted")
            raise

    def until(self, is_done: Callable[[], bool], timeout: float | None, what: str, *, goes_on: bool = False) -> None:
        """Receive until something has come.

        Raises:
            Timeout: it has not in so many seconds. The association is aborted, unless it `goes_on`.
            NetworkError: the association has ended without it.
        """
        self.flush()
        started = monotonic()
        left = timeout
        while not is_done():
            if self.user.ended is not None:
                raise self.ended()
            try:
                self._receive(left)
            except TimeoutError:
                self._late(f"{what} within {timeout:g} seconds", goes_on)
            if self._upper.has_data_to_send():
                self.flush()
            if timeout is not None:
                left = timeout - (monotonic() - started)
                if left <= 0 and not is_done():
                    self._late(f"{what} within {timeout:g} seconds", goes_on)

    def ended(self) -> NetworkError:
        """Close the connection of an association that has ended. Returns why it has."""
        self.close()
        assert self.user.ended is not None
        return self.user.ended

    def abort(self, error: NetworkError) -> None:
        """Abort the association; `error` is what further operations raise."""
        self._upper.abort()
        self.user.end(error)
        self.close()

    def break_off(self, text: str) -> None:
        """End the association in the middle of a PDU, where no abort can be sent."""
        self.user.end(NetworkError(f"the association is broken: {text}", self.user.peer))
        self._is_closed = True
        self.transport.close()

    def close(self) -> None:
        """Close the connection, after what is still to be sent."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            while parts := self._upper.data_to_send():
                self.transport.send(parts, self.idle_timeout)
        except OSError:
            pass  # the peer has closed it before
        if self.user.released:
            self.transport.close()
        else:
            self.transport.close_politely()

    # --

    def _next_message(self) -> Message:
        """Send what is to be sent, and wait for a message."""
        self.flush()
        user = self.user
        messages = user.messages
        timeout = left = self.dimse_timeout
        started = 0.0 if timeout is None else monotonic()
        while not messages:
            if user.ended is not None:
                raise self.ended()
            try:
                self._receive(left)
            except TimeoutError:
                self._late(user.silence(left))
            if self._upper.has_data_to_send():
                self.flush()
            if messages:
                break
            if user.is_receiving_data:  # it has begun to answer
                started, left = monotonic(), self.idle_timeout
            elif timeout is not None:
                left = timeout - (monotonic() - started)
                if left <= 0:
                    self._late(user.silence(timeout))
            else:
                left = None
        return messages.popleft()

    def _receive(self, timeout: float | None) -> None:
        count = self.transport.receive(self._upper.get_buffer(), timeout)
        if count:
            self.user.received(count)
            if self._upper.is_in_pdu:
                acknowledge(self.transport.socket)
        else:
            self.user.closed(self.transport.failure if self.user.agreement is None else None)

    def _late(self, text: str, goes_on: bool = False) -> NoReturn:
        error = Timeout(text, self.user.peer)
        if not goes_on:
            self.abort(error)
        raise error

    def _hear_last_words(self) -> None:
        """Why a peer has broken the connection, if it has said so."""
        try:
            while self.user.ended is None:
                self._receive(LAST_WORDS)
        except OSError:
            pass  # it has said nothing
        if self.user.ended is None:
            self.user.closed()
        self._is_closed = True
        self.transport.close()


class Results(Generic[Result, Outcome]):
    """The results of an operation, as they come: an iterator. Made by the operations of `Association`.

    The operation is in progress until its last result was taken, or `close` is called. An iterator that is left and
    forgotten (`break` in a loop over `assoc.find(...)`) is closed too: the peer is told before the next operation.
    """

    def __init__(self, driver: Driver, operation: Operation[Outcome]) -> None:
        self._driver = driver
        self._operation: Operation[Outcome] | None = None
        self._outcome: Outcome | None = None
        self._has_ended = False
        self._step: Any = None
        driver.begin(operation)
        self._operation = operation
        try:
            self._step = next(operation)
            driver.flush()
        except StopIteration as end:
            self._finish(end.value)
        except BaseException:
            self._leave()
            raise

    @property
    def outcome(self) -> Outcome:
        """What became of the whole operation.

        Raises:
            RuntimeError: it has not come to its end.
        """
        if not self._has_ended:
            raise RuntimeError("the operation has not come to its end")
        return self._outcome  # type: ignore[return-value]  # None only where that is the outcome

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Result:
        operation = self._operation
        if operation is None:
            raise StopIteration
        try:
            step, self._step = self._step, None
            if step is None:
                step = next(operation)
            result: Result = self._driver.advance(operation, step)
            return result
        except StopIteration as end:
            self._finish(end.value)
            raise StopIteration from None
        except BaseException:
            self._leave()
            raise

    def close(self) -> None:
        """Cancel the operation, if it has not come to its end, and wait for that."""
        if self._operation is not None:
            self._leave()
            self._driver.settle()

    def _leave(self) -> None:
        operation, self._operation = self._operation, None
        if operation is not None:
            operation.close()
            self._driver.leave(operation)

    def _finish(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._has_ended = True
        self._leave()

    def __del__(self) -> None:
        self._leave()
