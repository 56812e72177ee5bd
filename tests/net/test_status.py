"""Status codes: categories and meanings, against PS3.7 annex C and pynetdicom's tables of PS3.4."""

from __future__ import annotations

import pickle

import pytest

from dicomkit.net.messages import Message
from dicomkit.net.status import GENERAL, SERVICES, Status, category

# PS3.7 annex C: C.1 success, C.2 pending, C.3 cancel, C.4 warning, C.5 failure
BY_CATEGORY = {
    "success": [0x0000],
    "pending": [0xFF00, 0xFF01],
    "cancel": [0xFE00],
    "warning": [0x0001, 0xB000, 0xB006, 0xBFFF, 0x0107, 0x0116],
    "failure": [
        0x0105, 0x0106, 0x0110, 0x0111, 0x0112, 0x0113, 0x0114, 0x0115, 0x0117, 0x0118, 0x0119, 0x0120, 0x0121, 0x0122,
        0x0123, 0x0124, 0x0210, 0x0211, 0x0212, 0x0213, 0xA000, 0xA700, 0xAFFF, 0xC000, 0xCFFF, 0x01FF, 0x02FF,
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "code"), [(name, code) for name, codes in BY_CATEGORY.items() for code in codes])
def test_category(name: str, code: int) -> None:
    assert category(code) == name
    status = Status(code)
    assert status.category == name
    flags = (status.is_success, status.is_pending, status.is_cancel, status.is_warning, status.is_failure)
    assert flags == tuple(name == each for each in ("success", "pending", "cancel", "warning", "failure"))


# Table of pynetdicom -> our service
TABLES = {
    "VERIFICATION_SERVICE_CLASS_STATUS": "C-ECHO",
    "STORAGE_SERVICE_CLASS_STATUS": "C-STORE",
    "QR_FIND_SERVICE_CLASS_STATUS": "C-FIND",
    "MODALITY_WORKLIST_SERVICE_CLASS_STATUS": "C-FIND",
    "QR_MOVE_SERVICE_CLASS_STATUS": "C-MOVE",
    "QR_GET_SERVICE_CLASS_STATUS": "C-GET",
    "PROCEDURE_STEP_STATUS": "N-SET",
    "PRINT_JOB_MANAGEMENT_SERVICE_CLASS_STATUS": "N-ACTION",
    "UNIFIED_PROCEDURE_STEP_SERVICE_CLASS_STATUS": "N-ACTION",
}


@pytest.mark.parametrize("table", TABLES)
def test_services_are_those_of_pynetdicom(table: str) -> None:
    theirs = getattr(pytest.importorskip("pynetdicom.status"), table)
    for code, (name, _) in theirs.items():
        status = Status(code, TABLES[table])
        assert status.category == name.lower(), hex(code)
        if code < 0xC000 or code & 0xFF == 0:
            assert status.text, hex(code)


def test_ranges_do_not_overlap_and_have_one_category() -> None:
    for rows in SERVICES.values():
        seen: set[int] = set()
        for first, last, text in rows:
            codes = set(range(first, last + 1))
            assert not seen & codes
            seen |= codes
            assert text
            assert category(first) == category(last)


def test_meanings() -> None:
    assert Status(0xA700, "C-STORE").text == Status(0xA7FF, "C-STORE").text == "refused: out of resources"
    assert Status(0xA801, "C-MOVE").text == "refused: move destination unknown"
    assert Status(0x0122).text == "refused: SOP class not supported"
    assert Status(0xC123).text == "failure"
    assert Status(0xB123).text == "warning"
    assert all(text == text.strip(".") for text in GENERAL.values())


def response(code: object) -> Message:
    request = Message.make("C-STORE-RQ", 1, message_id=1, affected_sop_class_uid="1.2", affected_sop_instance_uid="1.3")
    answer = request.response(0xA900, error_comment="wrong class", offending_element=(0x00080016,), error_id=7)
    answer.elements[0x00000900] = code
    return answer


def test_of_a_response() -> None:
    status = Status.of(response(0xA900))
    assert (status.code, status.service, status.comment) == (0xA900, "C-STORE", "wrong class")
    assert (status.offending_elements, status.error_id) == ((0x00080016,), 7)
    assert str(status) == "A900H: data set does not match SOP class (wrong class)"
    assert repr(status) == f"<Status {status}>"


@pytest.mark.parametrize("code", [None, "", (0, 0), b"\0\0"])
def test_a_status_that_is_none_is_a_failure(code: object) -> None:
    assert Status.of(response(code)) == 0x0110


def test_as_a_number() -> None:
    status = Status(0xB000, "C-STORE")
    assert status == 0xB000 == int(status)
    assert status == Status(0xB000, "C-FIND")
    assert status != 0
    assert status != "B000"
    assert len({status, Status(0xB000)}) == 1
    assert Status(0).comment == ""
    assert Status(0).offending_elements == ()
    assert Status(0).error_id is None


def test_pickling() -> None:
    status = pickle.loads(pickle.dumps(Status.of(response(0xA900))))
    assert (status.code, status.comment, status.service) == (0xA900, "wrong class", "C-STORE")
