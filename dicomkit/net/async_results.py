"""Results of operations over asyncio."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic, Self, TypeVar

    from dicomkit.net.async_driver import AsyncDriver
    from dicomkit.net.operations import Operation

    Outcome = TypeVar("Outcome")
    Result = TypeVar("Result")
else:
    from dicomkit.net.driver import Generic, Outcome, Result

__all__ = ["Results"]


class Results(Generic[Result, Outcome]):
    """The results of an operation, as they come: an asynchronous iterator. Made by the operations of `aio.Association`.

    The operation begins with the first result that is asked for, and is in progress until the last was taken or `aclose` is
    called. An iterator that is left and forgotten is closed too: the peer is told before the next operation.
    """

    def __init__(self, driver: AsyncDriver, operation: Operation[Outcome]) -> None:
        self._driver = driver
        self._operation: Operation[Outcome] | None = operation
        self._outcome: Outcome | None = None
        self._has_begun = self._has_ended = False

    @property
    def outcome(self) -> Outcome:
        """What became of the whole operation.

        Raises:
            RuntimeError: it has not come to its end.
        """
        if not self._has_ended:
            raise RuntimeError("the operation has not come to its end")
        return self._outcome  # type: ignore[return-value]  # None only where that is the outcome

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Result:
        operation = self._operation
        if operation is None:
            raise StopAsyncIteration
        try:
            if not self._has_begun:
                async with self._driver.lock:
                    await self._driver.begin(operation)
                    self._has_begun = True
            try:
                step = next(operation)
            except StopIteration as end:
                raise StopAsyncIteration(end.value) from None
            result: Result = await self._driver.advance(operation, step)
            return result
        except StopAsyncIteration as end:
            self._outcome = end.args[0]
            self._has_ended = True
            self._leave()
            raise StopAsyncIteration from None
        except BaseException:
            self._leave()
            raise

    async def aclose(self) -> None:
        """Cancel the operation, if it has not come to its end, and wait for that."""
        if self._operation is not None and self._has_begun:
            self._leave()
            await self._driver.settle()

    def _leave(self) -> None:
        operation, self._operation = self._operation, None
        if operation is not None:
            operation.close()
            self._driver.leave(operation)

    def __del__(self) -> None:
        self._leave()
