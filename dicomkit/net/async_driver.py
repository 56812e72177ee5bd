"""What runs operations over an asyncio transport: the counterpart of `driver`."""

from __future__ import annotations

import asyncio

from dicomkit.errors import DicomError, NetworkError, SourceChanged, Timeout
from dicomkit.net.operations import SEND, WAIT, Work
from dicomkit.net.transport import acknowledge, is_tls_error
from dicomkit.security.tls_errors import handshake_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, NoReturn, TypeVar

    from dicomkit.media.transfer import Part
    from dicomkit.net.messages import Message
    from dicomkit.net.operations import Operation
    from dicomkit.net.service_user import ServiceUser
    from dicomkit.typing import BytesLike

    Outcome = TypeVar("Outcome")
__all__ = ["AsyncDriver"]

STEP: Final = 1 << 20  # bytes of a file that are read at a time
LARGE: Final = 1 << 15
JOINED: Final = 1 << 18  # bytes that are written at a time
LINGER: Final = 1.0  # seconds for a peer to read what it was told last


class AsyncDriver(asyncio.BufferedProtocol):
    """Runs the operations of one association, one at a time; it is the protocol of the transport, too.

    Attributes:
        user: the protocol machine and its messages.
        dimse_timeout: seconds for each response.
        idle_timeout: seconds without progress while something is sent, or a data set is received.
        lock: held by who begins an operation, and until its end if it has no results.
    """

    def __init__(self, user: ServiceUser, dimse_timeout: float | None, idle_timeout: float | None) -> None:
        self.user = user
        user.in_memory = True
        self.dimse_timeout = dimse_timeout
        self.idle_timeout = idle_timeout
        self._upper = user.upper
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None  # of who waits for something to come
        self._writable: asyncio.Future[None] | None = None  # while the transport wants nothing more
        self.lock = asyncio.Lock()  # of operations without results
        self._holder: Operation[Any] | None = None  # whose results are being taken
        self._is_sending = False
        self._is_left = False
        self._lost = asyncio.Event()

    # -- asyncio's protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio's protocol, as the next ones."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._upper.get_buffer()

    def buffer_updated(self, nbytes: int) -> None:
        self.user.received(nbytes)
        if self._upper.is_in_pdu and self._transport is not None:
            acknowledge(self._transport.get_extra_info("socket"))
        if self._upper.has_data_to_send() and not self._is_sending and self._transport is not None:
            for part in self._upper.data_to_send():  # responses and aborts: short, and in memory
                self._transport.write(part)  # type: ignore[arg-type]  # as the line above says
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        refused = isinstance(exc, OSError) and is_tls_error(exc) and self.user.agreement is None
        self.user.closed(handshake_error(exc, self.user.peer) if refused else None)  # type: ignore[arg-type]  # an OSError
        self._lost.set()
        self._wake()
        self.resume_writing()

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # -- operations

    async def complete(self, operation: Operation[Outcome]) -> Outcome:
        """Run an operation that has no results but its outcome."""
        async with self.lock:
            await self.begin(None)
            outcome: Outcome
            try:
                await self.advance(operation, next(operation))
            except StopIteration as end:
                outcome = end.value
            except StopAsyncIteration as end:
                outcome = end.args[0]
            except BaseException:
                operation.close()
                self._is_left = bool(self.user.outstanding or self.user.messages)
                raise
        return outcome

    async def begin(self, holder: Operation[Any] | None) -> None:
        """See that no other operation is in progress.

        Raises:
            RuntimeError: one is.
            NetworkError: the association has ended.
        """
        if self._is_left:
            await self.settle()
        if self._holder is not None:
            raise RuntimeError("an operation is in progress: take all its results, or close it")
        if self.user.ended is not None:
            raise self.ended()
        self._holder = holder

    def leave(self, holder: Operation[Any]) -> None:
        """Nobody wants the rest of the results of an operation."""
        if self._holder is holder:
            self._holder = None
            self._is_left = bool(self.user.outstanding or self.user.messages)

    async def advance(self, operation: Operation[Any], step: Any) -> Any:
        """Go on with an operation from a step to its next result.

        Raises:
            StopAsyncIteration: it has come to its end; its argument is the outcome. (No coroutine can raise StopIteration.)
        """
        try:
            while True:
                if step is WAIT:
                    message = await self._next_message()
                    step = operation.send(message)
                elif step is SEND:
                    await self.flush()
                    step = next(operation)
                elif type(step) is Work:
                    await self.flush()  # what was sent before need not wait for it
                    try:
                        value = await self._loop.run_in_executor(None, step.function, *step.arguments)
                    except Exception as error:  # the operation knows what to do about it
                        step = operation.throw(error)
                    else:
                        step = operation.send(value)
                else:
                    return step
        except StopIteration as end:
            raise StopAsyncIteration(end.value) from None

    async def settle(self) -> None:
        """Cancel the operation in progress, and wait for its end."""
        user = self.user
        self._holder = None
        if user.outstanding and user.ended is None:
            user.cancel()
            while user.outstanding:
                await self._next_message()
        user.messages.clear()
        self._is_left = False

    # -- the connection

    async def flush(self) -> None:
        """Send what is to be sent.

        Raises:
            NetworkError: that is not possible.
            SourceChanged: a file does not have what was to be sent of it. The association is broken then.
        """
        if self._is_sending:  # another task does it
            return
        self._is_sending = True
        try:
            while parts := self._upper.data_to_send():
                await self._send(parts)
        except (SourceChanged, DicomError):
            self.break_off("a file could not be sent to its end")
            raise
        except TimeoutError:
            text = f"the peer takes nothing for {self.idle_timeout:g} seconds"
            self.break_off(text)
            raise Timeout(text, self.user.peer) from None
        except BaseException:
            self.break_off("sending was interrupted")
            raise
        finally:
            self._is_sending = False

    async def until(self, is_done: Callable[[], bool], timeout: float | None, what: str, *, goes_on: bool = False) -> None:
        """Wait until something has come.

        Raises:
            Timeout: it has not in so many seconds. The association is aborted, unless it `goes_on`.
            NetworkError: the association has ended without it.
        """
        await self.flush()
        started = self._loop.time()
        while not is_done():
            if self.user.ended is not None:
                raise self.ended()
            left = None if timeout is None else timeout - (self._loop.time() - started)
            if left is not None and left <= 0:
                self._late(f"{what} within {timeout:g} seconds", goes_on)
            await self._something(left)

    def ended(self) -> NetworkError:
        """Close the connection of an association that has ended. Returns why it has."""
        self.close()
        assert self.user.ended is not None
        return self.user.ended

    def abort(self, error: NetworkError) -> None:
        """Abort the association; `error` is what further operations raise."""
        if self._is_sending:
            self.break_off(str(error))
            return
        self._upper.abort()
        self.user.end(error)
        self.close()

    def break_off(self, text: str) -> None:
        """End the association in the middle of a PDU, where no abort can be sent."""
        self.user.end(NetworkError(f"the association is broken: {text}", self.user.peer))
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close the connection, after what is still to be sent."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        for part in self._upper.data_to_send():
            if not isinstance(part, tuple):
                transport.write(part)
        if self.user.released or not transport.can_write_eof():
            transport.close()
        else:
            transport.write_eof()
            self._loop.call_later(LINGER, transport.close)

    async def closed(self) -> None:
        """Wait until the connection is closed."""
        if self._transport is not None:
            await self._lost.wait()

    # --

    async def _send(self, parts: list[Part]) -> None:
        buffers: list[BytesLike] = []
        size = 0
        for part in parts:
            if isinstance(part, tuple):
                source, start, length, _ = part
                for at in range(start, start + length, STEP):
                    read = self._loop.run_in_executor(None, source.read, at, min(STEP, start + length - at))
                    buffers.append(await read)
                    await self._write(buffers)
                    buffers, size = [], 0
                continue
            buffers.append(part)
            size += len(part)
            if size >= JOINED:
                await self._write(buffers)
                buffers, size = [], 0
        if buffers:
            await self._write(buffers)

    async def _write(self, buffers: list[BytesLike]) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            await self.closed()  # then it is known why
            raise self.ended()
        small: list[BytesLike] = []
        for buffer in buffers:
            if len(buffer) >= LARGE:  # not to be copied
                transport.write(b"".join(small))
                transport.write(buffer)
                small = []
            else:
                small.append(buffer)
        transport.write(b"".join(small))
        while self._writable is not None:
            resumed, _ = await asyncio.wait((self._writable,), timeout=self.idle_timeout)
            if not resumed:
                raise TimeoutError

    async def _next_message(self) -> Message:
        """Send what is to be sent, and wait for a message."""
        await self.flush()
        user = self.user
        messages = user.messages
        timeout = left = self.dimse_timeout
        started = self._loop.time()
        while not messages:
            if user.ended is not None:
                raise self.ended()
            has_come = await self._something(left)
            if messages or user.ended is not None:
                continue
            if user.is_receiving_data:  # it has begun to answer
                if not has_come:
                    self._late(user.silence(self.idle_timeout))
                started, left = self._loop.time(), self.idle_timeout
            elif timeout is not None:
                left = timeout - (self._loop.time() - started)
                if left <= 0:
                    self._late(user.silence(timeout))
            else:
                left = None
        return messages.popleft()

    async def _something(self, timeout: float | None) -> bool:
        """Wait until something has come, or for some seconds. Returns whether it has."""
        self._waiter = waiter = self._loop.create_future()
        timer = None if timeout is None else self._loop.call_later(timeout, self._wake)
        before = self._upper.octets
        try:
            await waiter
        finally:
            if timer is not None:
                timer.cancel()
            self._waiter = None
        return self._upper.octets != before

    def _late(self, text: str, goes_on: bool = False) -> NoReturn:
        error = Timeout(text, self.user.peer)
        if not goes_on:
            self.abort(error)
        raise error
