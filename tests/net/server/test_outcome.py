"""What handlers return."""

from __future__ import annotations

import pytest

from dicomkit import Dataset
from dicomkit.net.server.outcome import encoded, outcome_of, status_of
from dicomkit.net.status import Status


@pytest.mark.parametrize(("result", "status"), [(None, 0), (0, 0), (0xB000, 0xB000), (Status(0xC123), 0xC123)])
def test_a_status(result: object, status: int) -> None:
    assert status_of(result) == status
    assert outcome_of(result) == (status, None)


@pytest.mark.parametrize("result", [True, "0000", 1.5, -1, 0x10000, object(), (0, 1), (0,)])
def test_no_status(result: object) -> None:
    with pytest.raises(TypeError, match="status"):
        outcome_of(result)


def test_a_data_set() -> None:
    dataset = Dataset(PatientID="1")
    assert outcome_of(dataset) == (0, dataset)
    assert outcome_of((0x0107, dataset)) == (0x0107, dataset)
    assert outcome_of((0x0107, None)) == (0x0107, None)


def test_encoding() -> None:
    dataset = Dataset(PatientID="1")
    assert encoded(dataset, "1.2.840.10008.1.2.1") == b"\x10\0\x20\0LO\x02\x001 "
    assert encoded(dataset, "1.2.840.10008.1.2") == b"\x10\0\x20\0\x02\0\0\x001 "
    assert encoded(dataset, "1.2.840.10008.1.2.2") == b"\0\x10\0\x20LO\0\x021 "
