"""Modality performed procedure steps: what modalities report of their work (PS3.4 annex F)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomkit.errors import DicomError, DimseError
from dicomkit.net.server.n_service import N_CREATE, NService

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dicomkit.net.server.request import Request

__all__ = ["ModalityPerformedProcedureStep"]

INVALID_ATTRIBUTE_VALUE: Final = 0x0106
PROCESSING_FAILURE: Final = 0x0110
MISSING_ATTRIBUTE: Final = 0x0120

STATUS: Final = 0x00400252  # Performed Procedure Step Status
STATES: Final = frozenset(("IN PROGRESS", "DISCONTINUED", "COMPLETED"))


class ModalityPerformedProcedureStep(NService):
    """Takes what modalities report of their procedure steps.

    See `NService` for handlers. `request.sop_instance` is the UID of the procedure step: the modality's, or a new one if it
    leaves that to this side.

    Args:
        create: a step has begun: `request.dataset` has its attributes. Its status is IN PROGRESS, else the request is
            refused before (PS3.4 F.7.2.1.2).
        set: attributes of a step have changed: `request.dataset` has those. The handler has to refuse changes of a step that
            was completed or discontinued: DimseError(0x0110).
        get: a peer asks for a step, as an SCU of Modality Performed Procedure Step Retrieve; None: nobody may.
    """

    def __init__(
        self,
        create: Callable[[Request], Any],
        set: Callable[[Request], Any],
        get: Callable[[Request], Any] | None = None,
    ) -> None:
        classes = ["ModalityPerformedProcedureStep"] + ["ModalityPerformedProcedureStepRetrieve"] * (get is not None)
        super().__init__(classes, n_create=create, n_set=set, n_get=get)

    async def perform(self, request: Request) -> None:
        status = _status(request)
        creates = request.message.command_field == N_CREATE
        if creates and status is None:
            raise DimseError(MISSING_ATTRIBUTE, "Performed Procedure Step Status is missing")
        if status is not None and (status != "IN PROGRESS" if creates else status not in STATES):
            raise DimseError(INVALID_ATTRIBUTE_VALUE, "Performed Procedure Step Status is wrong")
        await super().perform(request)


def _status(request: Request) -> str | None:
    """What the request says of the status."""
    try:
        value = request.dataset.get(STATUS)
    except DicomError:
        raise DimseError(PROCESSING_FAILURE, "the data set cannot be read") from None
    return value if isinstance(value, str) else None
