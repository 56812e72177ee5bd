"""Handlers of all kinds are called where they belong."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dicomkit.net.server.calls import ThreadIterator, call, iterate


def in_thread() -> bool:
    return threading.current_thread() is not threading.main_thread()


class CoroutineObject:
    async def __call__(self, value: int) -> tuple[int, bool]:
        return value, in_thread()


class Object:
    def __call__(self, value: int) -> tuple[int, bool]:
        return value, in_thread()


def function(value: int) -> tuple[int, bool]:
    return value, in_thread()


async def coroutine(value: int) -> tuple[int, bool]:
    await asyncio.sleep(0)
    return value, in_thread()


@pytest.mark.parametrize(
    ("handler", "thread"),
    [
        (function, True),
        (Object(), True),
        (coroutine, False),
        (CoroutineObject(), False),
        (lambda value: coroutine(value), False),
    ],
)
def test_call(handler: Any, thread: bool) -> None:
    with ThreadPoolExecutor(1) as executor:
        assert asyncio.run(call(executor, handler, 5)) == (5, thread)


def stops(value: int) -> int:
    return next(iter(()))


def test_a_handler_that_raises_stop_iteration() -> None:
    """It would be lost on the way."""
    with ThreadPoolExecutor(1) as executor, pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(asyncio.wait_for(call(executor, stops, 5), 5))


def generator(count: int) -> Iterator[int]:
    yield from range(count)


async def asynchronous_generator(count: int) -> AsyncIterator[int]:
    for number in range(count):
        await asyncio.sleep(0)
        yield number


async def of_a_coroutine(count: int) -> list[int]:
    return list(range(count))


KINDS = [generator, asynchronous_generator, of_a_coroutine, lambda count: list(range(count)), lambda count: None]


async def collected(executor: ThreadPoolExecutor, handler: Any, count: int, **options: Any) -> list[Any]:
    return [each async for each in iterate(executor, handler, count, lambda number: (number, in_thread()), **options)]


@pytest.mark.parametrize("handler", KINDS)
@pytest.mark.parametrize("count", [0, 1, 100])
def test_iterate(handler: Any, count: int) -> None:
    with ThreadPoolExecutor(1) as executor:
        found = asyncio.run(collected(executor, handler, count))
    assert found == ([(number, True) for number in range(count)] if handler is not KINDS[-1] else [])


@pytest.mark.parametrize(("handler", "told"), list(zip(KINDS, [[], [], [7], [7], []], strict=True)))
def test_how_many_there_are(handler: Any, told: list[int]) -> None:
    sizes: list[int] = []
    with ThreadPoolExecutor(1) as executor:
        asyncio.run(collected(executor, handler, 7, sized=sizes.append))
    assert sizes == told


def failing(count: int) -> Iterator[int]:
    yield from range(count)
    raise ZeroDivisionError


async def failing_too(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number
    raise ZeroDivisionError


@pytest.mark.parametrize("handler", [failing, failing_too])
def test_what_is_raised_comes_after_the_results(handler: Any) -> None:

    async def run(executor: ThreadPoolExecutor) -> None:
        results = iterate(executor, handler, 3, str)
        assert [await anext(results) for _ in range(3)] == ["0", "1", "2"]
        with pytest.raises(ZeroDivisionError):
            await anext(results)

    with ThreadPoolExecutor(1) as executor:
        asyncio.run(run(executor))


@pytest.mark.parametrize("ahead", [1, 4])
def test_a_generator_that_nobody_wants_any_more(ahead: int) -> None:
    """It is not far ahead, is closed, and what it has made is disposed of."""
    made = []
    disposed: list[int] = []
    closed = threading.Event()

    def endless(_: object) -> Iterator[int]:
        try:
            number = 0
            while True:
                made.append(number)
                yield number
                number += 1
        finally:
            closed.set()

    async def run(executor: ThreadPoolExecutor) -> None:
        results = iterate(executor, endless, None, int, dispose=disposed.append, ahead=ahead)
        assert [await anext(results), await anext(results)] == [0, 1]
        await asyncio.sleep(0.05)
        assert len(made) <= 2 + ahead + 1
        await results.aclose()

    with ThreadPoolExecutor(1) as executor:
        asyncio.run(run(executor))
    assert closed.is_set()
    assert sorted(disposed) == made[2:]


def test_an_error_while_closing() -> None:
    def stubborn(_: object) -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            raise ZeroDivisionError

    async def run(executor: ThreadPoolExecutor) -> None:
        iterator = ThreadIterator(executor, lambda: stubborn(None), int)
        assert await anext(iterator) == 1
        iterator.close()

    with ThreadPoolExecutor(1) as executor:
        asyncio.run(run(executor))
