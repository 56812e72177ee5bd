"""The data sets of storage commitment (PS3.4 tables J.3-1 and J.3-2)."""

from __future__ import annotations

import pytest

from dicomkit import Dataset
from dicomkit.net.storage_commitment import CommitmentRequest, CommitmentResult, Reference

CT = "1.2.840.10008.5.1.4.1.1.2"
FIRST, SECOND = Reference(CT, "1.2.1"), Reference(CT, "1.2.2")


def test_a_request() -> None:
    request = CommitmentRequest("1.2.9", (FIRST, SECOND))
    dataset = request.to_dataset()
    assert dataset["0008,1195"].value == "1.2.9"
    assert [item["0008,1155"].value for item in dataset["0008,1199"].value] == ["1.2.1", "1.2.2"]
    assert [item["0008,1150"].value for item in dataset["0008,1199"].value] == [CT, CT]
    assert CommitmentRequest.of(dataset) == request


@pytest.mark.parametrize(
    ("result", "event_type"),
    [
        (CommitmentResult("1.2.9", (FIRST,), {}), 1),
        (CommitmentResult("1.2.9", (FIRST,), {SECOND: 0x0112}), 2),
        (CommitmentResult("1.2.9", (), {FIRST: 0x0110, SECOND: 0x0112}), 2),
    ],
)
def test_a_result(result: CommitmentResult, event_type: int) -> None:
    dataset = result.to_dataset()
    assert result.event_type == event_type
    assert CommitmentResult.of(dataset) == result
    assert ("FailedSOPSequence" in dataset) == (event_type == 2)


def test_a_reason_that_is_missing() -> None:
    item = Dataset(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID="1.2.1")
    assert CommitmentResult.of(Dataset(TransactionUID="1", FailedSOPSequence=[item])).failed == {FIRST: 0x0110}


def test_no_result() -> None:
    with pytest.raises(ValueError, match="without Event Information"):
        CommitmentResult.of(None)


@pytest.mark.parametrize(
    "dataset",
    [
        Dataset(),
        Dataset(TransactionUID=None),
        Dataset(TransactionUID="1.2"),
        Dataset(TransactionUID="1.2", ReferencedSOPSequence=[]),
        Dataset(TransactionUID="1.2", ReferencedSOPSequence=[Dataset()]),
        Dataset(TransactionUID="1.2", ReferencedSOPSequence=[Dataset(ReferencedSOPClassUID=CT)]),
    ],
)
def test_what_is_none(dataset: Dataset) -> None:
    with pytest.raises(ValueError, match="storage commitment"):
        CommitmentRequest.of(dataset)
