"""The operations, over both drivers: what they send (PS3.7 sections 9 and 10), and what they make of the answers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset
from dicomkit.errors import DimseError, NetworkError, NoPresentationContext, ParseError
from dicomkit.net.messages import Message
from dicomkit.net.negotiation import Policy
from dicomkit.net.outgoing import Outgoing
from tests.net.acceptor import Talk, accepting
from tests.net.drivers import DRIVERS

CT = "1.2.840.10008.5.1.4.1.1.2"
STUDY_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
STUDY_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
STUDY_GET = "1.2.840.10008.5.1.4.1.2.2.3"
EXPLICIT = "1.2.840.10008.1.2.1"
QUERY = Dataset(QueryRetrieveLevel="STUDY", PatientID="1", StudyInstanceUID="")

Open = Callable[..., Any]


@pytest.fixture(params=DRIVERS)
def associate(request: pytest.FixtureRequest) -> Open:
    """Each of the drivers."""
    driver: Open = DRIVERS[request.param]
    return driver


def encoded(**values: Any) -> bytes:
    return Dataset(**values).to_bytes(meta="none", transfer_syntax=EXPLICIT)


def test_echo(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        for number in (1, 2):
            request = talk.message()
            assert request == Message.make("C-ECHO-RQ", 1, message_id=number, affected_sop_class_uid="1.2.840.10008.1.1")
            talk.answer(request)
        talk.release()

    with accepting(script) as port, associate(port) as assoc:
        assert assoc.echo().is_success
        assert assoc.echo() == 0


@pytest.mark.parametrize("status", [0xA700, 0x0122, 0xC123])
def test_a_failure_is_raised_and_the_association_goes_on(associate: Open, status: int) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.answer(talk.message(), status, error_comment="no", offending_element=(0x00080016,))
        talk.answer(talk.message())
        talk.release()

    with accepting(script) as port, associate(port) as assoc:
        with pytest.raises(DimseError) as raised:
            assoc.echo()
        assert (raised.value.status, raised.value.comment, raised.value.operation) == (status, "no", "C-ECHO")
        assert raised.value.offending_elements == (0x00080016,)
        assert assoc.echo().is_success


def test_a_warning_is_returned(associate: Open, examples_dir: Path) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.answer(talk.message(), 0xB000)
        talk.release()

    with accepting(script) as port, associate(port, contexts=[CT]) as assoc:
        status = assoc.store(examples_dir / "ct.dcm")
        assert status.is_warning
        assert status.text == "coercion of data elements"


# -- C-STORE


def test_store(associate: Open, examples_dir: Path) -> None:
    path = examples_dir / "ct.dcm"
    data = path.read_bytes()
    ds = dicomkit.read(path)
    assert ds.file_meta is not None

    def script(talk: Talk) -> None:
        talk.accept()
        for number in range(1, 6):
            request = talk.message()
            assert request.data == data[144 + int.from_bytes(data[140:144], "little") :]
            expected = Message.make(
                "C-STORE-RQ",
                1,
                has_data=True,
                message_id=number,
                affected_sop_class_uid=CT,
                affected_sop_instance_uid=str(ds.file_meta.MediaStorageSOPInstanceUID),
                priority={4: 2}.get(number, 0),
                move_originator_application_entity_title="MOVER" if number == 5 else None,
                move_originator_message_id=77 if number == 5 else None,
            )
            assert request == expected
            talk.answer(request)
        talk.release()

    with accepting(script) as port, associate(port, contexts=[CT]) as assoc:
        assoc.store(path)
        assoc.store(data)
        assoc.store(Outgoing(str(path)))
        assoc.store(dicomkit.read(path), priority="low")
        assoc.store(path, move_originator=("MOVER", 77))
        with pytest.raises(KeyError):
            assoc.store(path, priority="urgent")


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of more than a megabyte."""
    ds = dicomkit.new("CTImageStorage", PatientID="1")
    ds.PixelData = os.urandom(3_000_000)
    path = tmp_path / "large.dcm"
    ds.save(path)
    return path


@pytest.mark.parametrize("length", [0, 4096, 65536, 1 << 20])
def test_large_files(associate: Open, large: Path, length: int) -> None:
    def script(talk: Talk) -> None:
        talk.accept(Policy({}, otherwise=lambda uid: (), max_pdu_length=length))
        request = talk.message()
        assert large.read_bytes().endswith(request.data)
        assert len(request.data) > 3_000_000
        talk.answer(request)
        talk.release()

    with accepting(script) as port, associate(port, contexts=[CT]) as assoc:
        assert assoc.store(large).is_success


def test_what_cannot_be_stored(associate: Open, tmp_path: Path, examples_dir: Path) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.answer(talk.message())
        talk.release()

    broken = tmp_path / "broken.dcm"
    broken.write_bytes(b"hello")
    with accepting(script) as port, associate(port, contexts=["MRImageStorage", "Verification"]) as assoc:
        with pytest.raises(FileNotFoundError):
            assoc.store(tmp_path / "missing.dcm")
        with pytest.raises(ParseError):
            assoc.store(broken)
        with pytest.raises(NoPresentationContext):
            assoc.store(examples_dir / "ct.dcm")
        assert assoc.echo().is_success  # nothing was sent


def test_store_many(associate: Open, examples_dir: Path, tmp_path: Path) -> None:
    names = ["ct.dcm", "ct_implicit.dcm", "missing.dcm", "ct_big_endian.dcm", "rtstruct.dcm"]
    statuses = iter([0, 0xA700, 0xB000])

    def script(talk: Talk) -> None:
        talk.accept()
        for status in statuses:
            talk.answer(talk.message(), status)
        talk.release()

    with accepting(script) as port, associate(port, contexts=[CT]) as assoc:
        sources = [examples_dir / name for name in names]
        results = assoc.store_many(iter(sources))
        found = list(results)
        assert [each.source for each in found] == sources
        assert [None if each.status is None else each.status.code for each in found] == [0, 0xA700, None, 0xB000, None]
        assert [type(each.error) for each in found if each.error] == [FileNotFoundError, NoPresentationContext]
        assert [each.is_stored for each in found] == [True, False, False, True, False]
        assert results.outcome is None


def test_several_stores_are_under_way_at_a_time(associate: Open, examples_dir: Path) -> None:
    path = examples_dir / "ct.dcm"

    def script(talk: Talk) -> None:
        talk.accept(Policy({}, otherwise=lambda uid: (), async_window=(1, 3)))
        waiting = [talk.message(), talk.message(), talk.message()]  # without an answer
        for _ in range(7):
            talk.answer(waiting.pop(1))  # in another order
            waiting.append(talk.message())
        for request in waiting:
            talk.answer(request)
        talk.release()

    with accepting(script) as port, associate(port, contexts=[CT], async_window=(0, 1)) as assoc:
        assert assoc.agreement.window == (3, 1)
        found = list(assoc.store_many([path] * 10))
        assert len(found) == 10
        assert all(each.is_stored for each in found)


def test_the_next_object_is_read_while_the_peer_works(associate: Open, examples_dir: Path) -> None:
    """So much the peer here waits for."""
    taken = threading.Semaphore(0)

    def script(talk: Talk) -> None:
        talk.accept()
        assert taken.acquire(timeout=10)
        for number in range(3):
            request = talk.message()
            assert number == 2 or taken.acquire(timeout=10)
            assert not taken.acquire(blocking=False)  # one, and not more
            talk.answer(request)
        talk.release()

    def sources() -> Iterator[Path]:
        for _ in range(3):
            taken.release()
            yield examples_dir / "ct.dcm"

    with accepting(script) as port, associate(port, contexts=[CT]) as assoc:
        assert [each.is_stored for each in assoc.store_many(sources())] == [True] * 3


def test_what_is_withdrawn_is_not_sent(associate: Open, large: Path) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        for _ in range(2):
            talk.answer(talk.message())
        talk.release()

    objects = [Outgoing(str(large)) for _ in range(3)]
    missing = large.with_name("missing")
    stored = []
    with accepting(script) as port, associate(port, contexts=[CT]) as assoc:
        for each in assoc.store_many([*objects[:2], missing, objects[2]]):
            stored.append(each.source)
            objects[0].is_withdrawn = True  # too late
            objects[1].is_withdrawn = True
    assert stored == [objects[0], missing, objects[2]]
    assert [each.message_id for each in objects] == [1, 0, 2]
    assert all_closed(objects)


def test_what_was_read_ahead_is_closed(associate: Open, large: Path) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.answer(talk.message())
        talk.release()

    objects = [Outgoing(str(large)) for _ in range(2)]
    with accepting(script) as port, associate(port, contexts=[CT]) as assoc:
        results = assoc.store_many(objects)
        assert next(iter(results)).source is objects[0]
        results.close()
    assert [each.message_id for each in objects] == [1, 0]
    assert all_closed(objects)


def all_closed(objects: list[Outgoing]) -> bool:
    return [each._file.fd for each in objects if each._file is not None] == [-1] * len(objects)


# -- C-FIND


def test_find(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        assert request.name == "C-FIND-RQ"
        assert (request.affected_sop_class_uid, request.priority, request.context_id) == (STUDY_FIND, 1, 3)
        assert request.data == QUERY.to_bytes(meta="none", transfer_syntax=EXPLICIT)
        for number in range(3):
            talk.answer(request, 0xFF00 + number % 2, encoded(PatientID=str(number), StudyDescription="x" * 20000))
        talk.answer(request)
        talk.release()

    with accepting(script) as port, associate(port, contexts=["Verification", STUDY_FIND]) as assoc:
        results = assoc.find(QUERY, priority="high")
        assert [found.PatientID for found in results] == ["0", "1", "2"]
        assert results.outcome.is_success
        assert list(results) == []


def test_find_names_the_information_model(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        assert request.affected_sop_class_uid == "1.2.840.10008.5.1.4.31"
        talk.answer(request)
        talk.release()

    contexts = [STUDY_FIND, "ModalityWorklistInformationModelFind"]
    with accepting(script) as port, associate(port, contexts=contexts) as assoc:
        assert list(assoc.find(QUERY, sop_class="ModalityWorklistInformationModelFind")) == []
        with pytest.raises(NoPresentationContext, match="C-MOVE"):
            assoc.move(QUERY, destination="ME")
        with pytest.raises(NoPresentationContext):
            list(assoc.get(QUERY, sop_class="StudyRootQueryRetrieveInformationModelGet"))


def test_find_fails(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        talk.answer(request, 0xFF00, encoded(PatientID="1"))
        talk.answer(request, 0xA900, error_comment="no such key")
        talk.answer(talk.message())
        talk.release()

    with accepting(script) as port, associate(port, contexts=[STUDY_FIND, "Verification"]) as assoc:
        results = assoc.find(QUERY)
        assert next(results).PatientID == "1"
        with pytest.raises(DimseError, match="no such key"):
            next(results)
        with pytest.raises(RuntimeError, match="not come to its end"):
            _ = results.outcome
        assert assoc.echo().is_success


def cancelled(talk: Talk, request: Message) -> None:
    """Wait for the C-CANCEL, and end as it says; some more matches were on their way."""
    cancel = talk.message()
    assert (cancel.name, cancel.message_id_being_responded_to) == ("C-CANCEL-RQ", request.message_id)
    talk.answer(request, 0xFF00, encoded(PatientID="late"))
    talk.answer(request, 0xFE00)


def finding(talk: Talk) -> Message:
    talk.accept()
    request = talk.message()
    for number in range(3):
        talk.answer(request, 0xFF00, encoded(PatientID=str(number)))
    return request


def test_cancel(associate: Open) -> None:
    def script(talk: Talk) -> None:
        cancelled(talk, finding(talk))
        talk.release()

    with accepting(script) as port, associate(port, contexts=[STUDY_FIND]) as assoc:
        found = []
        results = assoc.find(QUERY)
        for each in results:
            found.append(each.PatientID)
            if len(found) == 2:
                assoc.cancel()
        assert found == ["0", "1", "2", "late"]
        assert results.outcome.is_cancel


@pytest.mark.parametrize("how", ["close", "break", "release"])
def test_results_that_are_left_are_cancelled(associate: Open, how: str) -> None:
    def script(talk: Talk) -> None:
        cancelled(talk, finding(talk))
        if how != "release":
            talk.answer(talk.message())
        talk.release()

    with accepting(script) as port, associate(port, contexts=[STUDY_FIND, "Verification"]) as assoc:
        if how == "break":
            for found in assoc.find(QUERY):
                assert found.PatientID == "0"
                break
        else:
            results = assoc.find(QUERY)
            assert next(results).PatientID == "0"
        if how == "close":
            results.close()
            results.close()
            assert list(results) == []
        if how != "release":
            assert assoc.echo().is_success


def test_no_other_operation_while_results_are_taken(associate: Open) -> None:
    def script(talk: Talk) -> None:
        request = finding(talk)
        talk.answer(request)
        talk.release()

    with accepting(script) as port, associate(port, contexts=[STUDY_FIND, "Verification"]) as assoc:
        results = assoc.find(QUERY)
        found = [next(results).PatientID]
        with pytest.raises(RuntimeError, match="in progress"):
            assoc.echo()
        with pytest.raises(RuntimeError, match="in progress"):
            list(assoc.find(QUERY))
        found += [each.PatientID for each in results]
        assert found == ["0", "1", "2"]


def test_a_match_that_is_no_data_set(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        talk.answer(request, 0xFF00, b"\x08\0\x05\0CS\x40\0ISO")
        talk.answer(request, 0xFF00, b"")
        talk.answer(request)
        talk.release()

    with accepting(script) as port, associate(port, contexts=[STUDY_FIND]) as assoc:
        found = list(assoc.find(QUERY))
        assert [each.problems != () for each in found] == [True, False]


# -- C-MOVE


def test_move(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        assert request.name == "C-MOVE-RQ"
        assert (request.affected_sop_class_uid, request.move_destination) == (STUDY_MOVE, "ELSEWHERE")
        for done in range(2):
            talk.answer(
                request,
                0xFF00,
                number_of_remaining_suboperations=3 - done,
                number_of_completed_suboperations=done,
                number_of_failed_suboperations=0,
                number_of_warning_suboperations=0,
            )
        talk.answer(
            request,
            0xB000,
            encoded(FailedSOPInstanceUIDList=("1.2.3", "1.2.4")),
            number_of_completed_suboperations=1,
            number_of_failed_suboperations=2,
            number_of_warning_suboperations=1,
        )
        talk.release()

    seen = []
    with accepting(script) as port, associate(port, contexts=[STUDY_MOVE]) as assoc:
        done = assoc.move(QUERY, destination="ELSEWHERE", progress=seen.append)
        assert [(each.remaining, each.completed, each.status.code) for each in seen] == [(3, 0, 0xFF00), (2, 1, 0xFF00)]
        assert (done.remaining, done.completed, done.failed, done.warning) == (None, 1, 2, 1)
        assert done.failed_sop_instance_uids == ("1.2.3", "1.2.4")
        assert done.status.text == "sub-operations complete, one or more failures or warnings"


def test_move_fails(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.answer(talk.message(), 0xA801)
        talk.release()

    with accepting(script) as port, associate(port, contexts=[STUDY_MOVE]) as assoc:
        with pytest.raises(DimseError, match="move destination unknown"):
            assoc.move(QUERY, destination="NOWHERE")
        assert assoc.is_open


# -- C-GET


def getting(talk: Talk, objects: list[bytes]) -> tuple[Message, list[int | None]]:
    """Send objects back over the association. Returns the request, and the statuses of the answers."""
    talk.accept()
    request = talk.message()
    assert request.name == "C-GET-RQ"
    statuses = []
    for number, data in enumerate(objects):
        talk.say(
            Message.make(
                "C-STORE-RQ",
                3,
                has_data=True,
                message_id=number + 1,
                affected_sop_class_uid=CT,
                affected_sop_instance_uid=f"1.2.{number}",
                priority=0,
            ),
            data,
        )
        answer = talk.message()
        assert (answer.name, answer.message_id_being_responded_to) == ("C-STORE-RSP", number + 1)
        assert answer.affected_sop_instance_uid == f"1.2.{number}"
        statuses.append(answer.status)
        talk.answer(request, 0xFF00, number_of_completed_suboperations=number + 1)
    return request, statuses


ROLES = {CT: (False, True)}


def test_get(associate: Open) -> None:
    objects = [encoded(PatientID=str(number), PixelData=bytes(100_000)) for number in range(3)]

    def script(talk: Talk) -> None:
        request, statuses = getting(talk, objects)
        assert statuses == [0, 0, 0]
        talk.answer(request, number_of_completed_suboperations=3)
        talk.release()

    seen: list[int] = []
    with accepting(script) as port, associate(port, contexts=[STUDY_GET, CT], roles=ROLES) as assoc:
        results = assoc.get(QUERY, progress=lambda retrieval: seen.append(retrieval.completed))
        found = list(results)
        assert [each.PatientID for each in found] == ["0", "1", "2"]
        assert [each.to_bytes(meta="none") for each in found] == objects
        assert found[0].transfer_syntax == EXPLICIT
        assert results.outcome.completed == 3
        assert seen == [1, 2, 3]


class Sink:
    """Takes what it is given, and fails in several ways."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.size = 0

    def write(self, view: memoryview) -> None:
        self.size += len(view)
        if self.instance == "1.2.1":
            raise OSError("disk full")

    def finish(self) -> tuple[str, int]:
        if self.instance == "1.2.2":
            raise DimseError(0xA900, "not wanted")
        if self.instance == "1.2.3":
            raise ValueError
        return self.instance, self.size

    def discard(self) -> None:
        pass


def test_get_into_sinks(associate: Open) -> None:
    objects = [bytes(100)] * 5

    def script(talk: Talk) -> None:
        request, statuses = getting(talk, objects)
        assert statuses == [0, 0xA700, 0xA900, 0xC000, 0]
        talk.answer(request)
        talk.release()

    with accepting(script) as port, associate(port, contexts=[STUDY_GET, CT], roles=ROLES) as assoc:
        results = assoc.get(QUERY, receive=lambda message, syntax: Sink(message.affected_sop_instance_uid))
        assert list(results) == [("1.2.0", 100), ("1.2.4", 100)]


def test_get_what_is_no_data_set(associate: Open) -> None:
    def script(talk: Talk) -> None:
        request, statuses = getting(talk, [b"\xff" * 20])
        assert statuses == [0xC000]
        talk.answer(request, 0xB000)
        talk.release()

    contexts = [STUDY_GET, (CT, ["DeflatedExplicitVRLittleEndian"])]
    with accepting(script) as port, associate(port, contexts=contexts, roles=ROLES) as assoc:
        assert list(assoc.get(QUERY)) == []


def test_get_that_is_left(associate: Open) -> None:
    def script(talk: Talk) -> None:
        request, statuses = getting(talk, [encoded(PatientID="0")])
        assert statuses == [0]
        assert talk.message().name == "C-CANCEL-RQ"
        late = Message.make("C-STORE-RQ", 3, has_data=True, message_id=2, affected_sop_class_uid=CT)
        talk.say(late, encoded(PatientID="1"))
        assert talk.message().status == 0x0211
        talk.answer(request, 0xFE00)
        talk.release()

    with accepting(script) as port, associate(port, contexts=[STUDY_GET, CT], roles=ROLES) as assoc:
        for found in assoc.get(QUERY):
            assert found.PatientID == "0"
            break


def test_an_operation_after_the_end(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.release()

    with accepting(script) as port:
        assoc = associate(port, contexts=[STUDY_FIND, "Verification"])
        assoc.release()
        with assoc:
            for operation in (assoc.echo, lambda: list(assoc.find(QUERY))):
                with pytest.raises(NetworkError, match="released"):
                    operation()
