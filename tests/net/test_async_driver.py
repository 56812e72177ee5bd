"""What only the asyncio driver has: tasks, and their end. The rest is in test_association."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset, aio
from dicomkit.errors import NetworkError
from tests.net.acceptor import Talk, accepting

CT = "1.2.840.10008.5.1.4.1.1.2"
STUDY_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
QUERY = Dataset(QueryRetrieveLevel="STUDY", PatientID="1")


def run(what: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(what, 20))


def test_operations_of_tasks_wait_for_each_other(examples_dir: Path) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        for _ in range(10):
            talk.answer(talk.message())
        talk.release()

    async def main(port: int) -> None:
        async with aio.associate("127.0.0.1", port, contexts=["Verification", CT]) as assoc:
            echoes = [assoc.echo() for _ in range(5)]
            stores = [assoc.store(examples_dir / "ct.dcm") for _ in range(5)]
            statuses = await asyncio.gather(*echoes, *stores)
            assert all(status.is_success for status in statuses)

    with accepting(script) as port:
        run(main(port))


def test_the_loop_goes_on_meanwhile(tmp_path: Path) -> None:
    ds = dicomkit.new("CTImageStorage")
    ds.PixelData = bytes(20_000_000)
    ds.save(tmp_path / "large.dcm")

    def script(talk: Talk) -> None:
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        talk.accept()
        time.sleep(0.3)
        talk.answer(talk.message())
        talk.release()

    async def main(port: int) -> None:
        async with aio.associate("127.0.0.1", port, contexts=[CT]) as assoc:
            task = asyncio.ensure_future(assoc.store(tmp_path / "large.dcm"))
            longest, ticks, last = 0.0, 0, time.monotonic()
            while not task.done():
                await asyncio.sleep(0.01)
                now = time.monotonic()
                longest, last, ticks = max(longest, now - last), now, ticks + 1
            assert task.result().is_success
            assert ticks > 10
            assert longest < 0.25

    with accepting(script) as port:
        run(main(port))


def test_a_task_that_is_cancelled_while_it_waits() -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        late = talk.message()
        time.sleep(0.3)
        talk.answer(late)
        talk.answer(talk.message())
        talk.release()

    async def main(port: int) -> None:
        async with aio.associate("127.0.0.1", port) as assoc:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(assoc.echo(), 0.1)
            assert assoc.is_open
            assert (await assoc.echo()).is_success

    with accepting(script) as port:
        run(main(port))


def test_a_task_that_is_cancelled_while_it_sends() -> None:
    ds = dicomkit.new("CTImageStorage")
    ds.PixelData = bytes(50_000_000)

    def script(talk: Talk) -> None:
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        talk.accept()
        time.sleep(1)

    async def main(port: int) -> None:
        async with aio.associate("127.0.0.1", port, contexts=[CT]) as assoc:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(assoc.store(ds), 0.3)
            assert not assoc.is_open
            with pytest.raises(NetworkError, match="broken"):
                await assoc.echo()

    with accepting(script) as port:
        run(main(port))


def test_a_cancel_from_another_task() -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        talk.answer(request, 0xFF00, QUERY.to_bytes(meta="none"))
        assert talk.message().name == "C-CANCEL-RQ"
        talk.answer(request, 0xFE00)
        talk.release()

    async def main(port: int) -> None:
        async with aio.associate("127.0.0.1", port, contexts=[STUDY_FIND]) as assoc:
            results = assoc.find(QUERY)
            await anext(results)
            rest = asyncio.ensure_future(_all(results))
            await asyncio.sleep(0.05)
            await assoc.cancel()
            assert await rest == []
            assert results.outcome.is_cancel

    with accepting(script) as port:
        run(main(port))


async def _all(results: Any) -> list[Any]:
    return [each async for each in results]


def test_awaited_without_a_block() -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.answer(talk.message())
        talk.release()

    async def main(port: int) -> None:
        assoc = await aio.associate("127.0.0.1", port)
        assert (await assoc.echo()).is_success
        await assoc.release()
        await assoc.release()
        async with assoc:
            pass

    with accepting(script) as port:
        run(main(port))


def test_opening_that_is_cancelled_leaves_nothing() -> None:
    def script(talk: Talk) -> None:
        talk.pdu()
        assert talk.socket.recv(100) == b""

    async def main(port: int) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await aio.associate("127.0.0.1", port)

    with accepting(script) as port:
        run(main(port))


def test_many_associations_in_one_loop() -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.answer(talk.message())
        talk.release()

    async def one(port: int) -> None:
        async with aio.associate("127.0.0.1", port) as assoc:
            assert (await assoc.echo()).is_success

    async def main(port: int) -> None:
        await asyncio.gather(*[one(port) for _ in range(30)])

    with accepting(*[script] * 30) as port:
        run(main(port))
