"""Storage commitment: results over the same association, or a new one."""

from __future__ import annotations

from typing import Any

import pytest

from dicomkit import Dataset, DimseError
from dicomkit.net.association import associate
from dicomkit.net.server import StorageCommitment
from dicomkit.net.server import storage_commitment as module
from dicomkit.net.storage_commitment import SOP_CLASS, CommitmentResult, request_commitment
from tests.net.server.wire import CT, EXPLICIT, Connect, Listen, until

STORED = {"1.2.1", "1.2.2"}
OBJECTS = [(CT, "1.2.1"), (CT, "1.2.2"), (CT, "1.2.3"), (CT, "1.2.4")]


def is_stored(sop_class: str, instance: str) -> bool | int:
    assert sop_class == CT
    if instance == "1.2.4":
        return 0x0119
    return instance in STORED


async def is_stored_too(sop_class: str, instance: str) -> bool | int:
    return is_stored(sop_class, instance)


@pytest.mark.parametrize("handler", [is_stored, is_stored_too])
def test_over_the_same_association(handler: Any, listen: Listen) -> None:
    server = listen([StorageCommitment(handler)])
    with associate("127.0.0.1", server.port, contexts=[SOP_CLASS]) as association:
        transaction = request_commitment(association, OBJECTS)
        report = association.wait_for_event_report(5)
        result = CommitmentResult.of(report.dataset)
        assert report.event_type_id == 2
        assert result.transaction == transaction
        assert result.committed == ((CT, "1.2.1"), (CT, "1.2.2"))
        assert result.failed == {(CT, "1.2.3"): 0x0112, (CT, "1.2.4"): 0x0119}
        request_commitment(association, OBJECTS[:2])
        report = association.wait_for_event_report(5)
        assert report.event_type_id == 1
        assert CommitmentResult.of(report.dataset).failed == {}


@pytest.mark.parametrize("reply", ["new", "either"])
def test_over_a_new_association(reply: Any, listen: Listen, wire: Connect) -> None:
    """To the server of who has asked, because that is wanted, or because the association is over."""
    results: list[CommitmentResult] = []
    asking = listen([StorageCommitment(results=results.append)])
    server = listen(
        [StorageCommitment(is_stored, reply=reply)],
        ae_title="ARCHIVE",
        destinations={"MODALITY": ("127.0.0.1", asking.port)},
    )
    peer = wire(server)
    peer.associate([(SOP_CLASS, [EXPLICIT])], calling="MODALITY")
    item = Dataset(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID="1.2.1")
    request = Dataset(TransactionUID="1.2.9", ReferencedSOPSequence=[item])
    peer.command(
        "N-ACTION-RQ",
        has_data=True,
        message_id=1,
        requested_sop_class_uid=SOP_CLASS,
        requested_sop_instance_uid="1.2.840.10008.1.20.1.1",
        action_type_id=1,
    )
    if reply == "new":
        peer.data(request.to_bytes(meta="none"))
        assert peer.response().status == 0
        peer.release()
    else:  # the release is there before the report
        release = bytes.fromhex("05 00 00000004 00000000")
        from tests.net.server.wire import p_data

        peer.send(p_data(1, 2, request.to_bytes(meta="none")) + release)
    until(lambda: results)
    assert results == [CommitmentResult("1.2.9", ((CT, "1.2.1"),), {})]


def test_a_destination_that_comes_back(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again."""
    monkeypatch.setattr(module, "PAUSES", (0.0, 0.05, 0.05))
    results: list[CommitmentResult] = []
    asking = listen([StorageCommitment(results=results.append)])
    places = iter([("127.0.0.1", 1), ("127.0.0.1", asking.port)])

    def lost(self: StorageCommitment, destination: Any, *arguments: Any) -> None:
        real(self, next(places), *arguments)

    real = StorageCommitment._report_there
    monkeypatch.setattr(StorageCommitment, "_report_there", lost)
    server = listen([StorageCommitment(is_stored, reply="new")], destinations=lambda title: ("127.0.0.1", 1))
    with associate("127.0.0.1", server.port, contexts=[SOP_CLASS]) as association:
        request_commitment(association, OBJECTS[:1])
    until(lambda: results)


@pytest.mark.parametrize("reply", ["same", "new", "either"])
def test_nobody_to_tell(reply: Any, listen: Listen, wire: Connect, caplog: pytest.LogCaptureFixture) -> None:
    server = listen([StorageCommitment(lambda *_: 1 / 0, reply=reply)])
    with associate("127.0.0.1", server.port, contexts=[SOP_CLASS]) as association:
        request_commitment(association, OBJECTS[:1])
        if reply == "new":
            until(lambda: "commitment-lost" in caplog.text)
        else:
            result = CommitmentResult.of(association.wait_for_event_report(5).dataset)
            assert result.failed == {OBJECTS[0]: 0x0110}
    assert server.counters.handler_errors == 1


@pytest.mark.parametrize(
    ("instance", "action", "information", "status"),
    [
        ("1.2.3", 1, Dataset(TransactionUID="1.2"), 0x0112),
        ("1.2.840.10008.1.20.1.1", 2, Dataset(TransactionUID="1.2"), 0x0123),
        ("1.2.840.10008.1.20.1.1", 1, Dataset(TransactionUID="1.2"), 0x0115),
        ("1.2.840.10008.1.20.1.1", 1, None, 0x0115),
        ("1.2.840.10008.1.20.1.1", 1, Dataset(TransactionUID="1.2", ReferencedSOPSequence=[Dataset()]), 0x0115),
    ],
)
def test_requests_that_are_none(
    instance: str, action: int, information: Dataset | None, status: int, listen: Listen
) -> None:
    server = listen([StorageCommitment(is_stored)])
    with associate("127.0.0.1", server.port, contexts=[SOP_CLASS]) as association:
        with pytest.raises(DimseError) as caught:
            association.n_action(SOP_CLASS, instance, action, information)
        assert caught.value.status == status


def test_results_that_are_none(listen: Listen) -> None:
    results: list[CommitmentResult] = []
    server = listen([StorageCommitment(results=results.append)])
    roles = {SOP_CLASS: (False, True)}
    with associate("127.0.0.1", server.port, contexts=[SOP_CLASS], roles=roles) as association:
        with pytest.raises(DimseError) as caught:
            association.n_event_report(SOP_CLASS, "1.2.840.10008.1.20.1.1", 1, Dataset(PatientID="5"))
        assert caught.value.status == 0x0115
    assert results == []
