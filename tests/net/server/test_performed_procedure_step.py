"""Modality Performed Procedure Step."""

from __future__ import annotations

import pytest

from dicomkit import Dataset, DimseError
from dicomkit.net.association import associate
from dicomkit.net.server import ModalityPerformedProcedureStep, Request
from tests.net.server.wire import Listen

MPPS = "1.2.840.10008.3.1.2.3.3"
RETRIEVE = "1.2.840.10008.3.1.2.3.4"


class Steps:
    """Keeps procedure steps as a small information system would."""

    def __init__(self) -> None:
        self.steps: dict[str, Dataset] = {}

    def create(self, request: Request) -> None:
        if request.sop_instance in self.steps:
            raise DimseError(0x0111)
        self.steps[request.sop_instance] = request.dataset

    def set(self, request: Request) -> None:
        step = self.steps.get(request.sop_instance)
        if step is None:
            raise DimseError(0x0112)
        if step.PerformedProcedureStepStatus != "IN PROGRESS":
            raise DimseError(0x0110)
        for element in request.dataset:
            step[element.tag] = element.value

    def get(self, request: Request) -> Dataset:
        return self.steps[request.sop_instance]


def test_a_step(listen: Listen) -> None:
    steps = Steps()
    server = listen([ModalityPerformedProcedureStep(steps.create, steps.set, steps.get)])
    with associate("127.0.0.1", server.port, contexts=[MPPS, RETRIEVE]) as association:
        began = Dataset(PerformedProcedureStepStatus="IN PROGRESS", PatientID="5")
        assert association.n_create(MPPS, "1.2.3", began).sop_instance_uid == "1.2.3"
        association.n_set(MPPS, "1.2.3", Dataset(PatientName="A^B"))
        association.n_set(MPPS, "1.2.3", Dataset(PerformedProcedureStepStatus="COMPLETED"))
        found = association.n_get(RETRIEVE, "1.2.3").dataset
        assert (found.PatientID, found.PatientName, found.PerformedProcedureStepStatus) == ("5", "A^B", "COMPLETED")
        for instance, status in (("1.2.3", 0x0110), ("1.2.4", 0x0112)):
            with pytest.raises(DimseError) as caught:
                association.n_set(MPPS, instance, Dataset(PatientName="X"))
            assert caught.value.status == status


@pytest.mark.parametrize(("status", "error"), [(None, 0x0120), ("COMPLETED", 0x0106), ("STARTED", 0x0106)])
def test_a_step_begins_in_progress(status: str | None, error: int, listen: Listen) -> None:
    """PS3.4 F.7.2.1.2"""
    steps = Steps()
    server = listen([ModalityPerformedProcedureStep(steps.create, steps.set)])
    attributes = Dataset(PatientID="5")
    if status is not None:
        attributes.PerformedProcedureStepStatus = status
    with associate("127.0.0.1", server.port, contexts=[MPPS, RETRIEVE]) as association:
        assert [context.abstract_syntax for context in association.accepted] == [MPPS]
        with pytest.raises(DimseError) as caught:
            association.n_create(MPPS, "1.2.3", attributes)
        assert caught.value.status == error
        association.n_create(MPPS, "1.2.3", Dataset(PerformedProcedureStepStatus="IN PROGRESS"))
        with pytest.raises(DimseError) as caught:
            association.n_set(MPPS, "1.2.3", Dataset(PerformedProcedureStepStatus="FINISHED"))
        assert caught.value.status == 0x0106
    assert len(steps.steps) == 1
