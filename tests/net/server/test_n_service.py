"""DIMSE-N in general."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dicomkit import Dataset, DimseError
from dicomkit.net.association import associate
from dicomkit.net.server import Limits, NService, Request
from tests.net.server.wire import Connect, Listen

PRINTER = "1.2.840.10008.5.1.1.16"
INSTANCE = "1.2.840.10008.5.1.1.17"


class Printer:
    """Handlers of all operations, which note what they were called with."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str | None]] = []

    def _note(self, request: Request) -> None:
        self.seen.append((request.message.name, request.sop_instance, request.dataset.get("PatientID")))

    def create(self, request: Request) -> Dataset:
        self._note(request)
        return Dataset(PatientID="created")

    async def set(self, request: Request) -> tuple[int, Dataset]:
        await asyncio.sleep(0)
        self._note(request)
        return 0x0107, Dataset(PatientID="set")

    def get(self, request: Request) -> Dataset:
        self._note(request)
        tags = request.message.attribute_identifier_list
        assert tags == (0x00100010, 0x00100020)
        return Dataset(PatientID="got")

    def action(self, request: Request) -> None:
        self._note(request)
        assert request.message.action_type_id == 5

    def delete(self, request: Request) -> int:
        self._note(request)
        return 0x0001

    def event(self, request: Request) -> Dataset:
        self._note(request)
        assert request.message.event_type_id == 3
        return Dataset(PatientID="reported")


def service(printer: Printer) -> NService:
    return NService(
        "Printer",
        n_create=printer.create,
        n_set=printer.set,
        n_get=printer.get,
        n_action=printer.action,
        n_delete=printer.delete,
        n_event_report=printer.event,
    )


def test_all_operations(listen: Listen) -> None:
    printer = Printer()
    server = listen([service(printer)])
    sent = Dataset(PatientID="sent")
    with associate("127.0.0.1", server.port, contexts=[PRINTER], roles={PRINTER: (True, True)}) as association:
        created = association.n_create(PRINTER, "1.2.3", sent)
        assert (created.status, created.sop_instance_uid, created.dataset.PatientID) == (0, "1.2.3", "created")
        changed = association.n_set(PRINTER, INSTANCE, sent)
        assert (changed.status, changed.dataset.PatientID) == (0x0107, "set")
        assert association.n_get(PRINTER, INSTANCE, ["PatientName", "PatientID"]).dataset.PatientID == "got"
        done = association.n_action(PRINTER, INSTANCE, 5, sent)
        assert (done.status, done.dataset, done.message.action_type_id) == (0, None, 5)
        assert association.n_delete(PRINTER, INSTANCE).status == 0x0001
        reported = association.n_event_report(PRINTER, INSTANCE, 3, sent)
        assert reported.dataset.PatientID == "reported"
    assert printer.seen == [
        ("N-CREATE-RQ", "1.2.3", "sent"),
        ("N-SET-RQ", INSTANCE, "sent"),
        ("N-GET-RQ", INSTANCE, None),
        ("N-ACTION-RQ", INSTANCE, "sent"),
        ("N-DELETE-RQ", INSTANCE, None),
        ("N-EVENT-REPORT-RQ", INSTANCE, "sent"),
    ]


def test_an_instance_is_assigned(listen: Listen) -> None:
    """N-CREATE without one: the handler and the peer get the same new UID."""
    seen: list[str] = []
    server = listen([NService(PRINTER, n_create=lambda request: seen.append(request.sop_instance))])
    with associate("127.0.0.1", server.port, contexts=[PRINTER]) as association:
        reply = association.n_create(PRINTER)
    assert seen == [reply.sop_instance_uid]
    assert seen[0].startswith("2.25.")


def refuse(request: Request) -> None:
    raise DimseError(0x0112, "no such printer")


def fail(request: Request) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(("handler", "status"), [(refuse, 0x0112), (fail, 0x0110), (lambda request: 0x0213, 0x0213)])
def test_failures(handler: Any, status: int, listen: Listen) -> None:
    server = listen([NService(PRINTER, n_get=handler)])
    with associate("127.0.0.1", server.port, contexts=[PRINTER]) as association:
        with pytest.raises(DimseError) as caught:
            association.n_get(PRINTER, INSTANCE)
        assert caught.value.status == status
        with pytest.raises(DimseError) as caught:
            association.n_delete(PRINTER, INSTANCE)
        assert caught.value.status == 0x0211  # there is no handler


def test_what_is_missing(listen: Listen, wire: Connect) -> None:
    peer = wire(listen([NService(PRINTER, n_action=fail)], limits=Limits(identifier_size=100)))
    peer.associate([PRINTER])
    peer.command("N-ACTION-RQ", message_id=1, requested_sop_class_uid=PRINTER, requested_sop_instance_uid=INSTANCE)
    assert peer.response().status == 0x0212  # mistyped argument: no Action Type ID
    peer.command(
        "N-ACTION-RQ",
        has_data=True,
        message_id=2,
        requested_sop_class_uid=PRINTER,
        requested_sop_instance_uid=INSTANCE,
        action_type_id=1,
    )
    peer.data(bytes(101))
    assert peer.response().status == 0x0213  # resource limitation
    peer.release()
