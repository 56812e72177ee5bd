"""Both drivers with one face: the asyncio association, each of whose operations runs the event loop until it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from typing import Any

from dicomkit import aio
from dicomkit.net import association


class AsBlocking:
    """An asyncio association that blocks."""

    def __init__(self, loop: asyncio.AbstractEventLoop, inner: Any) -> None:
        self._loop = loop
        self._inner = inner

    def run(self, what: Awaitable[Any]) -> Any:
        async def wait() -> Any:
            return await what

        return self._loop.run_until_complete(wait())

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value):
            return value

        def call(*arguments: Any, **options: Any) -> Any:
            result = value(*arguments, **options)
            return Blocking(self, result) if isinstance(result, aio.Results) else self.run(result)

        return call

    def __enter__(self) -> AsBlocking:
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            self.run(self._inner.__aexit__(*error))
        finally:
            self._loop.close()


class Blocking:
    """An asynchronous iterator that blocks."""

    def __init__(self, association: AsBlocking, inner: Any) -> None:
        self._association = association
        self._inner = inner

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return self._association.run(self._inner.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        self._association.run(self._inner.aclose())

    @property
    def outcome(self) -> Any:
        return self._inner.outcome


def blocking(port: int, **options: Any) -> Any:
    """An association of the blocking driver."""
    return association.associate(options.pop("host", "127.0.0.1"), port, **options)


def asynchronous(port: int, **options: Any) -> Any:
    """An association of the asyncio driver."""
    loop = asyncio.new_event_loop()

    async def open_it() -> Any:
        return await aio.associate(options.pop("host", "127.0.0.1"), port, **options)

    try:
        return AsBlocking(loop, loop.run_until_complete(open_it()))
    except BaseException:
        loop.close()
        raise


DRIVERS = {"blocking": blocking, "asyncio": asynchronous}
