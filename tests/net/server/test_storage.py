"""C-STORE to programs, and to nowhere."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import DimseError
from dicomkit.net.association import associate
from dicomkit.net.server import Limits, Request, Storage
from tests.net.server.wire import CT, EXPLICIT, Connect, Listen, until


def store(port: int, source: Any, **options: Any) -> Any:
    with associate("127.0.0.1", port, contexts=[CT], **options) as association:
        return association.store(source)


def test_a_function(listen: Listen, examples_dir: Path) -> None:
    """It runs in a thread and gets the object with File Meta Information, as it was sent."""
    seen: list[Any] = []

    def keep(request: Request) -> None:
        seen.append((threading.current_thread().name, request.dataset, request.peer, request.sop_instance))
        assert request.dataset is request.dataset
        assert not request.cancelled

    server = listen([Storage(keep)])
    assert store(server.port, examples_dir / "ct.dcm", calling="SENDER", called="ME").is_success
    ((thread, dataset, peer, instance),) = seen
    original = dicomkit.read(examples_dir / "ct.dcm")
    assert thread.startswith("dicomkit-handler")
    assert dataset.to_bytes(meta="none") == original.to_bytes(meta="none")
    assert dataset.file_meta.MediaStorageSOPInstanceUID == instance == original.SOPInstanceUID
    assert dataset.file_meta.SourceApplicationEntityTitle == "SENDER"
    assert (peer.ae_title, peer.called_ae_title, peer.address) == ("SENDER", "ME", "127.0.0.1")
    assert peer.user_identity is None
    assert "SENDER" in repr(peer)
    assert (server.counters.objects, server.counters.objects_failed) == (1, 0)


def test_a_coroutine(listen: Listen, examples_dir: Path) -> None:
    seen: list[Any] = []

    async def keep(request: Request) -> int:
        await asyncio.sleep(0)
        seen.append((threading.current_thread().name, request.dataset.SOPInstanceUID, repr(request)))
        return 0xB000

    server = listen([Storage(keep)])
    assert store(server.port, examples_dir / "ct.dcm") == 0xB000
    assert seen[0][0] == "dicomkit-server"
    assert "C-STORE-RQ" in seen[0][2]


def refuse(request: Request) -> None:
    raise DimseError(0xA701, "no room " + "x" * 100)


def fail(request: Request) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("handler", "status", "errors"),
    [(lambda request: 0xA700, 0xA700, 0), (refuse, 0xA701, 0), (fail, 0xC000, 1), (lambda request: "no status", 0xC000, 1)],
)
def test_failures(handler: Any, status: int, errors: int, listen: Listen, examples_dir: Path) -> None:
    server = listen([Storage(handler)])
    with associate("127.0.0.1", server.port, contexts=[CT]) as association:
        for _ in range(2):  # the association goes on
            with pytest.raises(DimseError) as caught:
                association.store(examples_dir / "ct.dcm")
            assert caught.value.status == status
            if status == 0xA701:
                assert caught.value.comment == ("no room " + "x" * 100)[:64]
    assert (server.counters.objects, server.counters.objects_failed) == (0, 2)
    assert server.counters.handler_errors == errors * 2


def test_discarding(listen: Listen, examples_dir: Path) -> None:
    server = listen([Storage(None)])
    assert store(server.port, examples_dir / "ct.dcm").is_success
    assert server.counters.objects == 1


def test_too_large(listen: Listen, examples_dir: Path) -> None:
    seen: list[Request] = []
    server = listen([Storage(seen.append)], limits=Limits(object_size=1000))
    with pytest.raises(DimseError) as caught:
        store(server.port, examples_dir / "ct.dcm")
    assert caught.value.status == 0xA700
    assert seen == []


@pytest.mark.parametrize("missing", ["affected_sop_instance_uid", "affected_sop_class_uid"])
def test_no_uid(missing: str, listen: Listen, wire: Connect) -> None:
    peer = wire(listen([Storage(None)]))
    peer.associate([CT])
    elements = {"affected_sop_class_uid": CT, "affected_sop_instance_uid": "1.2.3"}
    del elements[missing]
    peer.command("C-STORE-RQ", has_data=True, message_id=1, priority=0, **elements)
    peer.data(b"x" * 100)
    assert peer.response().status == 0x0117
    peer.release()


@pytest.mark.parametrize("has_data", [False, True])
def test_no_data_set(has_data: bool, listen: Listen, wire: Connect) -> None:
    """None is announced, or an empty one is sent."""
    seen: list[Request] = []
    peer = wire(listen([Storage(seen.append)]))
    peer.associate([CT])
    peer.command(
        "C-STORE-RQ",
        has_data=has_data,
        message_id=1,
        priority=0,
        affected_sop_class_uid=CT,
        affected_sop_instance_uid="1.2.3",
    )
    if has_data:
        peer.data(b"")
    assert peer.response().status == 0xC000
    peer.release()
    assert seen == []


def test_another_operation(listen: Listen, wire: Connect) -> None:
    peer = wire(listen([Storage(None)]))
    peer.associate([CT])
    peer.command("C-ECHO-RQ", message_id=1, affected_sop_class_uid=CT)
    assert peer.response().status == 0x0211
    peer.release()


def test_damaged_data_sets_are_for_the_handler(listen: Listen, wire: Connect) -> None:
    server = listen([Storage(lambda request: 0 if request.dataset.PatientID else 1)])
    peer = wire(server)
    peer.associate([(CT, [EXPLICIT])])
    peer.command(
        "C-STORE-RQ",
        has_data=True,
        message_id=1,
        priority=0,
        affected_sop_class_uid=CT,
        affected_sop_instance_uid="1.2.3",
    )
    peer.data(b"\xff" * 50)
    assert peer.response().status == 0xC000
    assert server.counters.handler_errors == 1


def test_large_objects_do_not_fill_the_memory(listen: Listen, wire: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too large for memory goes through a temporary file, and is read from there."""
    monkeypatch.setattr("dicomkit.net.received.MOST_IN_MEMORY", 1000)
    seen: list[tuple[str, int]] = []
    server = listen([Storage(lambda request: seen.append((request.dataset.PatientID, len(request.dataset.PixelData))))])
    dataset = dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID="1.2.3", PatientID="5", PixelData=bytes(300_000))
    assert store(server.port, dataset).is_success
    assert seen == [("5", 300_000)]


def test_an_association_that_ends_on_the_way(listen: Listen, wire: Connect) -> None:
    seen: list[Request] = []
    server = listen([Storage(seen.append)])
    peer = wire(server)
    peer.associate([CT])
    peer.command(
        "C-STORE-RQ",
        has_data=True,
        message_id=1,
        priority=0,
        affected_sop_class_uid=CT,
        affected_sop_instance_uid="1.2.3",
    )
    peer.data(b"x" * 1000, last=False)
    peer.close()
    until(lambda: not server.counters.open_connections)
    assert seen == []
    counters = server.counters
    assert (counters.objects, counters.objects_failed, counters.operations, counters.associations_lost) == (0, 0, 0, 1)
