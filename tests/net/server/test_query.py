"""C-FIND."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from dicomkit import Dataset, DimseError
from dicomkit.net.association import associate
from dicomkit.net.server import Find, Limits, Request
from tests.net.server.wire import EXPLICIT, Connect, Listen, until

STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
QUERY = Dataset(QueryRetrieveLevel="STUDY", PatientName="A*", StudyInstanceUID=None)


def matches(request: Request) -> Iterator[Dataset]:
    assert request.dataset.PatientName == "A*"
    assert request.sop_class == STUDY_ROOT
    for number in range(3):
        yield Dataset(QueryRetrieveLevel="STUDY", PatientName=f"A^{number}", StudyInstanceUID=f"1.2.{number}")


async def matches_too(request: Request) -> AsyncIterator[Dataset]:
    for match in matches(request):
        await asyncio.sleep(0)
        yield match


async def matches_as_well(request: Request) -> list[Dataset]:
    await asyncio.sleep(0)
    return list(matches(request))


@pytest.mark.parametrize("handler", [matches, matches_too, matches_as_well, lambda request: list(matches(request))])
@pytest.mark.parametrize("syntax", ["ExplicitVRLittleEndian", "ImplicitVRLittleEndian", "DeflatedExplicitVRLittleEndian"])
def test_matches(handler: Any, syntax: str, listen: Listen) -> None:
    server = listen([Find(handler)])
    with associate("127.0.0.1", server.port, contexts=[(STUDY_ROOT, [syntax])]) as association:
        results = association.find(QUERY)
        assert [str(match.PatientName) for match in results] == ["A^0", "A^1", "A^2"]
        assert results.outcome == 0
        assert len(list(association.find(QUERY))) == 3


def nothing(request: Request) -> None:
    return None


def refuse(request: Request) -> None:
    raise DimseError(0xA700, "no")


def late(request: Request) -> Iterator[Dataset]:
    yield Dataset(PatientID="1")
    raise DimseError(0xC123)


def broken(request: Request) -> Iterator[Dataset]:
    yield Dataset(PatientID="1")
    raise ZeroDivisionError


def wrong(request: Request) -> Iterator[Any]:
    yield "no data set"


@pytest.mark.parametrize(
    ("handler", "count", "status"),
    [(nothing, 0, 0), (refuse, 0, 0xA700), (late, 1, 0xC123), (broken, 1, 0xC000), (wrong, 0, 0xC000)],
)
def test_outcomes(handler: Any, count: int, status: int, listen: Listen) -> None:
    server = listen([Find(handler)])
    found = []
    with associate("127.0.0.1", server.port, contexts=[STUDY_ROOT]) as association:
        results = association.find(QUERY)
        if status:
            with pytest.raises(DimseError) as caught:
                found.extend(results)
            assert caught.value.status == status
        else:
            found.extend(results)
    assert len(found) == count
    assert server.counters.handler_errors == (status == 0xC000)


class Endless:
    """Matches without end; it knows whether it was closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.request: Request | None = None

    def __call__(self, request: Request) -> Iterator[Dataset]:
        self.request = request
        try:
            while True:
                time.sleep(0.001)
                yield Dataset(PatientID="1")
        finally:
            self.closed.set()


class EndlessCoroutine(Endless):
    async def __call__(self, request: Request) -> AsyncIterator[Dataset]:  # type: ignore[override]  # the other kind
        self.request = request
        try:
            while True:
                await asyncio.sleep(0.001)
                yield Dataset(PatientID="1")
        finally:
            self.closed.set()


@pytest.mark.parametrize("kind", [Endless, EndlessCoroutine])
def test_cancel(kind: type[Endless], listen: Listen, wire: Connect) -> None:
    handler = kind()
    peer = wire(listen([Find(handler)]))
    peer.associate([STUDY_ROOT])
    peer.command("C-FIND-RQ", has_data=True, message_id=7, affected_sop_class_uid=STUDY_ROOT, priority=0)
    peer.data(QUERY.to_bytes(meta="none"))
    assert peer.response().status == 0xFF00
    peer.command("C-CANCEL-RQ", message_id_being_responded_to=6)  # of no operation: nothing happens
    peer.command("C-CANCEL-RQ", message_id_being_responded_to=7)
    while (response := peer.response()).status == 0xFF00:
        pass
    assert (response.status, response.has_data) == (0xFE00, False)
    assert handler.closed.wait(5)
    assert handler.request is not None
    assert handler.request.cancelled
    peer.command("C-CANCEL-RQ", message_id_being_responded_to=7)  # too late
    peer.release()


@pytest.mark.parametrize("kind", [Endless, EndlessCoroutine])
@pytest.mark.parametrize("how", ["close", "abort"])
def test_the_peer_goes(kind: type[Endless], how: str, listen: Listen, wire: Connect) -> None:
    handler = kind()
    server = listen([Find(handler)])
    peer = wire(server)
    peer.associate([STUDY_ROOT])
    peer.command("C-FIND-RQ", has_data=True, message_id=7, affected_sop_class_uid=STUDY_ROOT, priority=0)
    peer.data(QUERY.to_bytes(meta="none"))
    assert peer.response().status == 0xFF00
    if how == "abort":
        peer.send(bytes.fromhex("07 00 00000004 00000000"))
    peer.close()
    assert handler.closed.wait(5)
    until(lambda: not server.counters.open_connections)
    assert server.counters.operations == 0
    assert server.counters.handler_errors == 0


def test_a_peer_that_does_not_read(listen: Listen, wire: Connect) -> None:
    """The handler waits for it; when it reads again, all is there."""
    made = []

    def many(request: Request) -> Iterator[Dataset]:
        for number in range(400):
            made.append(number)
            yield Dataset(PatientID=str(number), EncapsulatedDocument=bytes(50_000))

    server = listen([Find(many)], limits=Limits(send_buffer=100_000))
    peer = wire(server)
    peer.associate([(STUDY_ROOT, [EXPLICIT])])
    peer.command("C-FIND-RQ", has_data=True, message_id=7, affected_sop_class_uid=STUDY_ROOT, priority=0)
    peer.data(QUERY.to_bytes(meta="none"))
    until(lambda: len(made) > 20)
    before = -1
    while before != len(made):
        before = len(made)
        time.sleep(0.1)
    assert before < 400  # 20 MB are more than the buffers of system and server hold
    received = 0
    while peer.response().status == 0xFF00:
        received += 1
    assert received == 400
    peer.release()


def test_without_identifier(listen: Listen, wire: Connect) -> None:
    peer = wire(listen([Find(nothing)]))
    peer.associate([STUDY_ROOT])
    peer.command("C-FIND-RQ", message_id=7, affected_sop_class_uid=STUDY_ROOT, priority=0)
    assert peer.response().status == 0xA900
    peer.command("C-STORE-RQ", message_id=8, affected_sop_class_uid=STUDY_ROOT, priority=0)
    assert peer.response().status == 0x0211
    peer.release()


def test_an_identifier_that_is_too_large(listen: Listen, wire: Connect) -> None:
    peer = wire(listen([Find(nothing)], limits=Limits(identifier_size=1000)))
    peer.associate([STUDY_ROOT])
    peer.command("C-FIND-RQ", has_data=True, message_id=7, affected_sop_class_uid=STUDY_ROOT, priority=0)
    peer.data(bytes(1001))
    assert peer.response().status == 0xA700
    peer.release()
