"""The DIMSE-N operations, over both drivers: what they send (PS3.7 section 10), and what they make of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dicomkit import Dataset, Tag
from dicomkit.errors import DimseError, NoPresentationContext, Timeout
from dicomkit.net.messages import Message
from tests.net.acceptor import Talk, accepting
from tests.net.drivers import DRIVERS

MPPS = "1.2.840.10008.3.1.2.3.3"
COMMITMENT = "1.2.840.10008.1.20.1"
INSTANCE = "1.2.840.10008.1.20.1.1"
EXPLICIT = "1.2.840.10008.1.2.1"

Open = Callable[..., Any]


@pytest.fixture(params=DRIVERS)
def associate(request: pytest.FixtureRequest) -> Open:
    """Each of the drivers."""
    driver: Open = DRIVERS[request.param]
    return driver


def encoded(dataset: Dataset) -> bytes:
    return dataset.to_bytes(meta="none", transfer_syntax=EXPLICIT)


ATTRIBUTES = Dataset(PerformedProcedureStepStatus="IN PROGRESS")
ANSWER = Dataset(PatientID="1")

# Operation, its arguments, elements of the request, data set of the request
CASES: list[tuple[str, tuple[Any, ...], dict[str, Any], Dataset | None]] = [
    (
        "n_create",
        (MPPS, "1.2.3", ATTRIBUTES),
        {"affected_sop_class_uid": MPPS, "affected_sop_instance_uid": "1.2.3"},
        ATTRIBUTES,
    ),
    ("n_create", ("ModalityPerformedProcedureStep",), {"affected_sop_class_uid": MPPS}, None),
    (
        "n_set",
        (MPPS, "1.2.3", ATTRIBUTES),
        {"requested_sop_class_uid": MPPS, "requested_sop_instance_uid": "1.2.3"},
        ATTRIBUTES,
    ),
    ("n_get", (MPPS, "1.2.3"), {"requested_sop_class_uid": MPPS, "requested_sop_instance_uid": "1.2.3"}, None),
    (
        "n_get",
        (MPPS, "1.2.3", ["PatientID", 0x00100010, Tag("StudyDate")]),
        {
            "requested_sop_class_uid": MPPS,
            "requested_sop_instance_uid": "1.2.3",
            "attribute_identifier_list": (0x00100020, 0x00100010, 0x00080020),
        },
        None,
    ),
    (
        "n_action",
        (MPPS, "1.2.3", 4, ATTRIBUTES),
        {"requested_sop_class_uid": MPPS, "requested_sop_instance_uid": "1.2.3", "action_type_id": 4},
        ATTRIBUTES,
    ),
    (
        "n_event_report",
        (MPPS, "1.2.3", 5),
        {"affected_sop_class_uid": MPPS, "affected_sop_instance_uid": "1.2.3", "event_type_id": 5},
        None,
    ),
    ("n_delete", (MPPS, "1.2.3"), {"requested_sop_class_uid": MPPS, "requested_sop_instance_uid": "1.2.3"}, None),
]


@pytest.mark.parametrize(("name", "arguments", "elements", "data"), CASES)
@pytest.mark.parametrize("with_data", [True, False])
def test_requests(
    associate: Open,
    name: str,
    arguments: tuple[Any, ...],
    elements: dict[str, Any],
    data: Dataset | None,
    with_data: bool,
) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        wanted = f"{name.upper().replace('_', '-')}-RQ"
        assert request == Message.make(wanted, 1, has_data=data is not None, message_id=1, **elements)
        assert request.data == (None if data is None else encoded(data))
        talk.answer(request, 0x0001, encoded(ANSWER) if with_data else None, affected_sop_instance_uid="1.2.9")
        talk.release()

    with accepting(script) as port, associate(port, contexts=[MPPS]) as assoc:
        reply = getattr(assoc, name)(*arguments)
        assert reply.status == 1
        assert reply.status.is_warning
        assert reply.sop_instance_uid == "1.2.9"
        assert (reply.dataset is not None) == with_data
        if with_data:
            assert reply.dataset.PatientID == "1"


def test_another_abstract_syntax(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        assert (request.context_id, request.requested_sop_class_uid) == (3, "1.2.840.10008.5.1.1.1")
        talk.answer(request)
        talk.release()

    meta = "BasicGrayscalePrintManagementMeta"
    with accepting(script) as port, associate(port, contexts=[MPPS, meta]) as assoc:
        assoc.n_delete("BasicFilmSession", "1.2.3", abstract_syntax=meta)
        with pytest.raises(NoPresentationContext, match="Basic Film Session"):
            assoc.n_delete("BasicFilmSession", "1.2.3")


def test_failure(associate: Open) -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.answer(talk.message(), 0x0111)
        talk.release()

    with accepting(script) as port, associate(port, contexts=[MPPS]) as assoc:
        with pytest.raises(DimseError, match="duplicate SOP instance") as raised:
            assoc.n_create(MPPS, "1.2.3", ATTRIBUTES)
        assert raised.value.operation == "N-CREATE"


def test_storage_commitment(associate: Open) -> None:
    information = Dataset(TransactionUID="1.2.3.4")

    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        report = Message.make(
            "N-EVENT-REPORT-RQ",
            1,
            has_data=True,
            message_id=9,
            affected_sop_class_uid=COMMITMENT,
            affected_sop_instance_uid=INSTANCE,
            event_type_id=1,
        )
        talk.say(report, encoded(information))  # before the response: PS3.4 J.3.3 allows it
        talk.answer(request)
        answer = talk.message()
        assert (answer.name, answer.status, answer.message_id_being_responded_to) == ("N-EVENT-REPORT-RSP", 0, 9)
        talk.say(report, encoded(information))
        assert talk.message().status == 0
        talk.release()

    with accepting(script) as port, associate(port, contexts=[COMMITMENT]) as assoc:
        assoc.n_action(COMMITMENT, INSTANCE, 1, information)
        for _ in range(2):
            report = assoc.wait_for_event_report(5)
            assert (report.sop_class_uid, report.sop_instance_uid) == (COMMITMENT, INSTANCE)
            assert report.event_type_id == 1
            assert report.dataset.TransactionUID == "1.2.3.4"
        with pytest.raises(Timeout, match="no event report"):
            assoc.wait_for_event_report(0.05)
        assert assoc.is_open
