"""Calling handlers: coroutines in the event loop, plain functions and generators in threads."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable
    from concurrent.futures import Executor
    from typing import Any

__all__ = ["ThreadIterator", "call", "iterate"]

T = TypeVar("T")


def _is(test: Callable[[Any], bool], handler: Any) -> bool:
    """Whether a handler, a function or an object that can be called, is of a kind."""
    return test(handler) or test(getattr(type(handler), "__call__", None))  # noqa: B004  the method is wanted


async def call(executor: Executor, handler: Callable[..., Any], *arguments: Any) -> Any:
    """Call a handler: a coroutine function here, any other in a thread."""
    if _is(inspect.iscoroutinefunction, handler):
        return await handler(*arguments)
    result = await asyncio.get_running_loop().run_in_executor(executor, _run, handler, arguments)
    return await result if inspect.isawaitable(result) else result


def _run(handler: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return handler(*arguments)
    except StopIteration as error:  # no future takes it
        raise RuntimeError("a handler has raised StopIteration") from error


async def iterate(
    executor: Executor,
    handler: Callable[..., Any],
    argument: Any,
    convert: Callable[[Any], T],
    *,
    sized: Callable[[int], object] | None = None,
    dispose: Callable[[T], object] | None = None,
    ahead: int = 16,
) -> AsyncGenerator[T, None]:
    """The results of a handler that gives several, each converted in a thread.

    Args:
        executor: where handlers run that are not coroutines, and results are converted.
        handler: an asynchronous generator; or a generator or function that returns an iterable, which runs in one thread
            together with the conversion.
        argument: what it is called with.
        convert: made of each result.
        sized: told how many results there are, if the handler's have a length.
        dispose: called with what was converted and is not wanted any more.
        ahead: number of results that a thread may be ahead.
    """
    if _is(inspect.isasyncgenfunction, handler):
        results = handler(argument)
        loop = asyncio.get_running_loop()
        try:
            async for result in results:
                yield await loop.run_in_executor(executor, convert, result)
        finally:
            await results.aclose()
        return
    make: Callable[[], Iterable[Any]] = lambda: handler(argument)  # noqa: E731  one of two
    if _is(inspect.iscoroutinefunction, handler):
        iterable = await handler(argument)
        make = lambda: iterable  # noqa: E731  the other
    iterator = ThreadIterator(executor, make, convert, sized, dispose, ahead)
    try:
        async for result in iterator:
            yield result
    finally:
        iterator.close()


class ThreadIterator(Generic[T]):
    """Iterates over something in a thread, not far ahead of whoever takes the results in the event loop."""

    def __init__(
        self,
        executor: Executor,
        make: Callable[[], Iterable[Any]],
        convert: Callable[[Any], T],
        sized: Callable[[int], object] | None = None,
        dispose: Callable[[T], object] | None = None,
        ahead: int = 16,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._make = make
        self._convert = convert
        self._sized = sized
        self._dispose = dispose
        self._ahead = ahead
        self._ready: deque[T] = deque()
        self._changed = threading.Condition()
        self._waiting: asyncio.Future[None] | None = None
        self._done = False
        self._closed = False
        self._error: BaseException | None = None
        executor.submit(self._run)

    # -- in the thread

    def _run(self) -> None:
        results: Any = ()
        try:
            results = self._make()
            if self._sized is not None and hasattr(results, "__len__"):
                self._sized(len(results))
            for result in () if results is None else results:
                if not self._put(self._convert(result)):
                    break
        except BaseException as error:
            self._error = error  # to be raised where the results are taken
        try:
            if inspect.isgenerator(results):
                results.close()
        except BaseException as error:
            self._error = self._error or error
        with self._changed:
            self._done = True
            self._wake()
            if self._closed:
                self._clear()

    def _put(self, result: T) -> bool:
        """Hand a result over. False: nobody wants more."""
        with self._changed:
            while len(self._ready) >= self._ahead and not self._closed:
                self._changed.wait()
            self._ready.append(result)
            self._wake()
            return not self._closed

    def _wake(self) -> None:
        if self._waiting is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(_resolve, self._waiting)
            self._waiting = None

    # -- in the event loop

    def __aiter__(self) -> ThreadIterator[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            with self._changed:
                if self._ready:
                    self._changed.notify()
                    return self._ready.popleft()
                if self._done:
                    if self._error is not None:
                        error, self._error = self._error, None
                        raise error
                    raise StopAsyncIteration
                waiting = self._waiting = self._loop.create_future()
            await waiting

    def close(self) -> None:
        """No more results are wanted: a generator is closed when it comes to its next one."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            if self._done:
                self._clear()

    def _clear(self) -> None:
        """Dispose of what is left."""
        while self._ready:
            result = self._ready.popleft()
            if self._dispose is not None:
                self._dispose(result)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
