"""Asynchronous iterators over results."""

from __future__ import annotations

import asyncio

import pytest

from dicomkit import Dataset, aio
from tests.net.acceptor import Talk, accepting

STUDY_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
QUERY = Dataset(QueryRetrieveLevel="STUDY", PatientID="1")


def test_nothing_is_asked_before_the_first() -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.answer(talk.message())
        talk.release()

    async def main(port: int) -> None:
        async with aio.associate("127.0.0.1", port, contexts=[STUDY_FIND]) as assoc:
            forgotten = assoc.find(QUERY)
            await forgotten.aclose()
            del forgotten
            results = assoc.find(QUERY)
            assert results.__aiter__() is results
            with pytest.raises(RuntimeError, match="not come to its end"):
                _ = results.outcome
            assert [each async for each in results] == []
            assert results.outcome.is_success
            await results.aclose()

    with accepting(script) as port:
        asyncio.run(main(port))
