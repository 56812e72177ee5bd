"""The DIMSE-N operations (PS3.7 section 10): see `operations`."""

from __future__ import annotations

from dicomkit.net.operations import WAIT, agreement_of, checked, context_of, encoded, received
from dicomkit.net.results import EventReport, Reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.net.messages import Message
    from dicomkit.net.operations import Operation
    from dicomkit.net.service_user import ServiceUser

__all__ = ["event_report", "n_action", "n_create", "n_delete", "n_event_report", "n_get", "n_set"]

N_EVENT_REPORT: Final = 0x0100

# Tags of command elements.
COMMAND_FIELD: Final = 0x00000100
AFFECTED_CLASS: Final = 0x00000002
REQUESTED_CLASS: Final = 0x00000003
AFFECTED_INSTANCE: Final = 0x00001000
REQUESTED_INSTANCE: Final = 0x00001001
EVENT_TYPE: Final = 0x00001002
ATTRIBUTES: Final = 0x00001005
ACTION_TYPE: Final = 0x00001008


def _n_operation(
    user: ServiceUser, elements: dict[int, Any], abstract_syntax: str, dataset: Dataset | None = None
) -> Operation[Reply]:
    context = None
    if elements[COMMAND_FIELD] == N_EVENT_REPORT:  # by the SCP; but not every peer negotiates roles for that
        context = agreement_of(user).find(abstract_syntax, as_scp=True)
    context = context or context_of(user, abstract_syntax)
    user.request(elements, context.id, encoded(dataset, context))
    response: Message = yield WAIT
    return Reply(checked(response), received(response, context), response)


def n_event_report(
    user: ServiceUser, sop_class: str, instance: str, event_type: int, information: Dataset | None, abstract_syntax: str
) -> Operation[Reply]:
    """N-EVENT-REPORT (PS3.7 10.1.1)."""
    elements = {
        COMMAND_FIELD: N_EVENT_REPORT,
        AFFECTED_CLASS: sop_class,
        AFFECTED_INSTANCE: instance,
        EVENT_TYPE: event_type,
    }
    return _n_operation(user, elements, abstract_syntax, information)


def n_get(
    user: ServiceUser, sop_class: str, instance: str, attributes: tuple[int, ...], abstract_syntax: str
) -> Operation[Reply]:
    """N-GET (PS3.7 10.1.2)."""
    elements: dict[int, Any] = {COMMAND_FIELD: 0x0110, REQUESTED_CLASS: sop_class, REQUESTED_INSTANCE: instance}
    if attributes:
        elements[ATTRIBUTES] = attributes
    return _n_operation(user, elements, abstract_syntax)


def n_set(
    user: ServiceUser, sop_class: str, instance: str, modifications: Dataset, abstract_syntax: str
) -> Operation[Reply]:
    """N-SET (PS3.7 10.1.3)."""
    elements = {COMMAND_FIELD: 0x0120, REQUESTED_CLASS: sop_class, REQUESTED_INSTANCE: instance}
    return _n_operation(user, elements, abstract_syntax, modifications)


def n_action(
    user: ServiceUser, sop_class: str, instance: str, action_type: int, information: Dataset | None, abstract_syntax: str
) -> Operation[Reply]:
    """N-ACTION (PS3.7 10.1.4)."""
    elements = {COMMAND_FIELD: 0x0130, REQUESTED_CLASS: sop_class, REQUESTED_INSTANCE: instance, ACTION_TYPE: action_type}
    return _n_operation(user, elements, abstract_syntax, information)


def n_create(
    user: ServiceUser, sop_class: str, instance: str | None, attributes: Dataset | None, abstract_syntax: str
) -> Operation[Reply]:
    """N-CREATE (PS3.7 10.1.5)."""
    elements = {COMMAND_FIELD: 0x0140, AFFECTED_CLASS: sop_class}
    if instance is not None:
        elements[AFFECTED_INSTANCE] = instance
    return _n_operation(user, elements, abstract_syntax, attributes)


def n_delete(user: ServiceUser, sop_class: str, instance: str, abstract_syntax: str) -> Operation[Reply]:
    """N-DELETE (PS3.7 10.1.6)."""
    elements = {COMMAND_FIELD: 0x0150, REQUESTED_CLASS: sop_class, REQUESTED_INSTANCE: instance}
    return _n_operation(user, elements, abstract_syntax)


def event_report(user: ServiceUser) -> EventReport:
    """The first of the event reports that have come."""
    message = user.reports.popleft()
    context = agreement_of(user).contexts.get(message.context_id)
    dataset = None if context is None else received(message, context)
    return EventReport(
        message.affected_sop_class_uid or "", message.affected_sop_instance_uid or "", message.event_type_id or 0, dataset
    )
