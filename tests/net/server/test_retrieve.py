"""C-GET and C-MOVE."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset, DimseError
from dicomkit.net.association import associate
from dicomkit.net.server import Get, Limits, Move, Request, Server, Storage, StoreTo
from tests.net.server.wire import CT, EXPLICIT, Connect, Listen, until

GET = "1.2.840.10008.5.1.4.1.2.2.3"
MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
QUERY = Dataset(QueryRetrieveLevel="STUDY", StudyInstanceUID="1.2")


def objects(count: int, sop_class: str = CT) -> list[Dataset]:
    return [
        dicomkit.new(sop_class, SOPInstanceUID=f"1.2.{number}", PatientID=str(number), PixelData=bytes(100_000))
        for number in range(count)
    ]


def as_generator(request: Request) -> Iterator[Any]:
    yield from objects(3)


async def as_asynchronous_generator(request: Request) -> AsyncIterator[Any]:
    for each in objects(3):
        yield each


def as_list(request: Request) -> list[Any]:
    return [each.to_bytes() for each in objects(3)]


KINDS = [as_generator, as_asynchronous_generator, as_list]


def get(server: Server, **options: Any) -> tuple[list[Any], Any]:
    with associate("127.0.0.1", server.port, contexts=[GET, CT], roles={CT: (False, True)}, **options) as association:
        results = association.get(QUERY)
        return list(results), results.outcome


@pytest.mark.parametrize("handler", KINDS)
def test_get(handler: Any, listen: Listen) -> None:
    server = listen([Get(handler)])
    found, outcome = get(server)
    assert [each.PatientID for each in found] == ["0", "1", "2"]
    assert all(len(each.PixelData) == 100_000 for each in found)
    assert (outcome.status, outcome.completed, outcome.failed, outcome.warning) == (0, 3, 0, 0)
    assert (server.counters.objects_sent, server.counters.objects_not_sent) == (3, 0)


@pytest.mark.parametrize(("handler", "remaining"), [(as_list, [2, 1, 0]), (as_generator, [None, None, None])])
def test_pending_responses(handler: Any, remaining: list[int | None], listen: Listen) -> None:
    """How many remain is said where it is known."""
    server = listen([Get(handler)])
    seen = []
    with associate("127.0.0.1", server.port, contexts=[GET, CT], roles={CT: (False, True)}) as association:
        list(association.get(QUERY, progress=lambda each: seen.append((each.completed, each.remaining))))
    assert seen == list(zip([1, 2, 3], remaining, strict=True))


def test_get_of_files(listen: Listen, tmp_path: Path, examples_dir: Path) -> None:
    """As they are."""
    path = examples_dir / "ct.dcm"
    (found,), _ = get(listen([Get(lambda request: [path])]))
    assert found.to_bytes(meta="none") == dicomkit.read(path).to_bytes(meta="none")


def test_what_cannot_be_sent(listen: Listen, tmp_path: Path) -> None:
    """No file, no DICOM, no context: the rest is sent, and the response says which failed."""
    (tmp_path / "text").write_text("no DICOM at all")
    handler = [tmp_path / "missing", tmp_path / "text", 5, *objects(1), *objects(2, MR)]
    server = listen([Get(lambda request: handler)])
    found, outcome = get(server)
    assert [each.PatientID for each in found] == ["0"]
    assert (outcome.status, outcome.completed, outcome.failed) == (0xB000, 1, 5)
    assert outcome.failed_sop_instance_uids == ("1.2.0", "1.2.1")
    assert (server.counters.objects_sent, server.counters.objects_not_sent) == (1, 5)


def test_nothing_at_all_could_be_sent(listen: Listen) -> None:
    server = listen([Get(lambda request: objects(2, MR))])
    with (
        associate("127.0.0.1", server.port, contexts=[GET, CT], roles={CT: (False, True)}) as association,
        pytest.raises(DimseError) as caught,
    ):
        list(association.get(QUERY))
    assert caught.value.status == 0xA702


def refuse(request: Request) -> None:
    raise DimseError(0xA900)


def broken(request: Request) -> Iterator[Any]:
    yield objects(1)[0]
    raise ZeroDivisionError


@pytest.mark.parametrize("service", [Get, Move])
@pytest.mark.parametrize(("handler", "status"), [(refuse, 0xA900), (broken, 0xC000)])
def test_handlers_that_fail(service: Any, handler: Any, status: int, listen: Listen) -> None:
    destination = listen([Storage(None)])
    server = listen([service(handler)], destinations={"DEST": ("127.0.0.1", destination.port)})
    contexts = [GET, MOVE, CT]
    with associate("127.0.0.1", server.port, contexts=contexts, roles={CT: (False, True)}) as association:
        with pytest.raises(DimseError) as caught:
            list(association.get(QUERY)) if service is Get else association.move(QUERY, destination="DEST")
        assert caught.value.status == status
    assert server.counters.handler_errors == (status == 0xC000)


def endless(request: Request) -> Iterator[Any]:
    each = objects(1)[0]
    while True:
        yield each


def test_get_cancelled(listen: Listen) -> None:
    server = listen([Get(endless)])
    with associate("127.0.0.1", server.port, contexts=[GET, CT], roles={CT: (False, True)}) as association:
        results = association.get(QUERY)
        for _ in range(3):
            next(results)
        association.cancel()
        list(results)
        assert results.outcome.status == 0xFE00
        assert results.outcome.completed >= 3
    until(lambda: server.counters.operations == 0)


def test_get_from_a_peer_that_goes(listen: Listen, wire: Connect) -> None:
    closed = threading.Event()

    def handler(request: Request) -> Iterator[Any]:
        try:
            yield from endless(request)
        finally:
            closed.set()

    server = listen([Get(handler)])
    peer = wire(server)
    peer.associate([(GET, [EXPLICIT]), (CT, [EXPLICIT])], roles={CT: (False, True)})
    peer.command("C-GET-RQ", has_data=True, message_id=1, affected_sop_class_uid=GET, priority=0)
    peer.data(QUERY.to_bytes(meta="none"))
    assert peer.response().name == "C-STORE-RQ"
    peer.close()
    assert closed.wait(5)
    until(lambda: not server.counters.open_connections)
    assert server.counters.handler_errors == 0


def test_a_peer_that_does_not_answer_a_sub_operation(listen: Listen, wire: Connect) -> None:
    """It counts as failed; an answer that comes late does no harm."""
    server = listen([Get(lambda request: objects(2))], limits=Limits(sub_operation=0.2))
    peer = wire(server)
    peer.associate([(GET, [EXPLICIT]), (CT, [EXPLICIT])], roles={CT: (False, True)})
    peer.command("C-GET-RQ", has_data=True, message_id=1, affected_sop_class_uid=GET, priority=0)
    peer.data(QUERY.to_bytes(meta="none"))
    first = peer.response()
    assert peer.response().number_of_failed_suboperations == 1
    second = peer.response()
    for request in (first, second):
        peer.command("C-STORE-RSP", 3, message_id_being_responded_to=request.message_id, status=0)
    assert (peer.response().number_of_completed_suboperations, peer.response().status) == (1, 0xB000)
    peer.release()


def test_transcoding(listen: Listen, examples_dir: Path) -> None:
    """A compressed object for a peer that takes uncompressed ones only."""
    compressed = dicomkit.read(examples_dir / "ct.dcm")
    compressed.compress("RLELossless", new_instance=False)
    (found,), outcome = get(listen([Get(lambda request: [compressed])]))
    assert found.transfer_syntax == EXPLICIT
    assert (found.pixels.array() == compressed.pixels.array()).all()
    assert outcome.completed == 1
    with pytest.raises(DimseError):
        get(listen([Get(lambda request: [compressed], transcode="never")]))


def test_get_needs_the_role(listen: Listen) -> None:
    server = listen([Get(as_list)])
    with (
        associate("127.0.0.1", server.port, contexts=[GET, CT]) as association,
        pytest.raises(DimseError) as caught,
    ):
        list(association.get(QUERY))
    assert caught.value.status == 0xA702


# -- C-MOVE


@pytest.mark.parametrize("handler", KINDS)
def test_move(handler: Any, listen: Listen) -> None:
    received: list[Request] = []
    destination = listen([Storage(received.append)])
    server = listen([Move(handler)], ae_title="ARCHIVE", destinations={"DEST": ("127.0.0.1", destination.port)})
    with associate("127.0.0.1", server.port, contexts=[MOVE], calling="VIEWER") as association:
        outcome = association.move(QUERY, destination="DEST")
    assert (outcome.status, outcome.completed, outcome.failed) == (0, 3, 0)
    assert [request.dataset.PatientID for request in received] == ["0", "1", "2"]
    assert {(request.peer.ae_title, request.peer.called_ae_title) for request in received} == {("ARCHIVE", "DEST")}
    assert {request.message.move_originator_application_entity_title for request in received} == {"VIEWER"}
    assert {request.message.move_originator_message_id for request in received} == {1}
    until(lambda: destination.counters.associations_released == 1)  # one association for all
    assert destination.counters.associations == 1


def test_move_of_several_kinds(listen: Listen, tmp_path: Path, examples_dir: Path) -> None:
    """SOP classes and transfer syntaxes that show one by one."""
    destination = listen([Storage(StoreTo(tmp_path))])
    compressed = dicomkit.read(examples_dir / "ct.dcm")
    compressed.compress("RLELossless", new_instance=False)
    sent = [*objects(2), *objects(2, MR), compressed, examples_dir / "ct.dcm"]
    server = listen([Move(lambda request: iter(sent))], destinations={"DEST": ("127.0.0.1", destination.port)})
    with associate("127.0.0.1", server.port, contexts=[MOVE]) as association:
        assert association.move(QUERY, destination="DEST").completed == 6
    until(lambda: not destination.counters.open_associations)
    assert destination.counters.associations_released == destination.counters.associations == 3
    assert len(list(tmp_path.iterdir())) == 5


def test_an_unknown_destination(listen: Listen) -> None:
    for destinations in (None, {}, {"OTHER": ("127.0.0.1", 1)}, lambda title: None):
        server = listen([Move(as_list)], destinations=destinations)
        with associate("127.0.0.1", server.port, contexts=[MOVE]) as association:
            with pytest.raises(DimseError) as caught:
                association.move(QUERY, destination="DEST")
            assert caught.value.status == 0xA801


def test_a_destination_that_is_not_there(listen: Listen) -> None:
    gone = listen()
    port = gone.port
    server = listen([Move(as_list)], destinations={"DEST": ("127.0.0.1", port), "REJECTS": ("127.0.0.1", 0)})
    rejecting = listen([Storage(None)], called=["NOBODY"])
    server.destinations = {"REJECTS": ("127.0.0.1", rejecting.port), "GONE": ("127.0.0.1", 1)}
    for title in ("REJECTS", "GONE"):
        with associate("127.0.0.1", server.port, contexts=[MOVE]) as association:
            with pytest.raises(DimseError) as caught:
                association.move(QUERY, destination=title)
            assert caught.value.status == 0xA702


def test_a_destination_that_aborts(listen: Listen) -> None:
    """That is no abort of the association that the C-MOVE came by, and no fault of the handler."""
    with socket.create_server(("127.0.0.1", 0)) as destination:
        server = listen([Move(as_list)], destinations={"DEST": ("127.0.0.1", destination.getsockname()[1])})

        def abort() -> None:
            with destination.accept()[0] as peer:
                peer.recv(65536)
                peer.sendall(bytes.fromhex("07 00 00000004 00000000"))

        thread = threading.Thread(target=abort)
        thread.start()
        with associate("127.0.0.1", server.port, contexts=[MOVE]) as association:
            with pytest.raises(DimseError) as raised:
                association.move(QUERY, destination="DEST")
            assert raised.value.status == 0xA702
            assert association.is_open
        thread.join()
    assert server.counters.handler_errors == 0


def test_a_destination_that_refuses(listen: Listen) -> None:
    """Single objects by status; or their SOP class."""
    statuses = iter([0, 0xA700, 0xB000])
    destination = listen([Storage(lambda request: next(statuses), sop_classes=[CT])])
    handler = [*objects(3), *objects(1, MR)]
    server = listen([Move(lambda request: handler)], destinations={"DEST": ("127.0.0.1", destination.port)})
    with associate("127.0.0.1", server.port, contexts=[MOVE]) as association:
        outcome = association.move(QUERY, destination="DEST")
    assert (outcome.status, outcome.completed, outcome.failed, outcome.warning) == (0xB000, 1, 2, 1)
    assert outcome.failed_sop_instance_uids == ("1.2.1", "1.2.0")


def test_move_cancelled(listen: Listen, wire: Connect) -> None:
    destination = listen([Storage(None)])
    server = listen([Move(endless)], destinations={"DEST": ("127.0.0.1", destination.port)})
    peer = wire(server)
    peer.associate([(MOVE, [EXPLICIT])])
    peer.command("C-MOVE-RQ", has_data=True, message_id=9, affected_sop_class_uid=MOVE, priority=0, move_destination="DEST")
    peer.data(QUERY.to_bytes(meta="none"))
    assert peer.response().status == 0xFF00
    peer.command("C-CANCEL-RQ", message_id_being_responded_to=9)
    while (response := peer.response()).status == 0xFF00:
        pass
    assert response.status == 0xFE00
    until(lambda: not destination.counters.open_associations)
    assert destination.counters.associations_released == 1
    peer.release()


def test_move_for_a_peer_that_goes(listen: Listen, wire: Connect) -> None:
    destination = listen([Storage(None)])
    server = listen([Move(endless)], destinations={"DEST": ("127.0.0.1", destination.port)})
    peer = wire(server)
    peer.associate([(MOVE, [EXPLICIT])])
    peer.command("C-MOVE-RQ", has_data=True, message_id=9, affected_sop_class_uid=MOVE, priority=0, move_destination="DEST")
    peer.data(QUERY.to_bytes(meta="none"))
    assert peer.response().status == 0xFF00
    peer.close()
    until(lambda: not server.counters.open_connections)
    until(lambda: not destination.counters.open_associations)
    assert destination.counters.associations_released == 1
