"""DIMSE messages (PS3.7 sections 9.3 and 10.3, annex E): what they are made of, as a table, and the messages themselves.

A message is its command set, a dict from tag to value. Its data set travels apart, as bytes or parts.
"""

from __future__ import annotations

from dicomkit._ext.pdu import encode_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Self

__all__ = ["ELEMENTS", "MESSAGES", "NO_DATA_SET", "Layout", "Message", "command_field"]

# Command elements of PS3.7 annex E.1, as attributes of messages: name in the standard -> tag.
ELEMENTS: Final = {
    "AffectedSOPClassUID": 0x00000002,
    "RequestedSOPClassUID": 0x00000003,
    "CommandField": 0x00000100,
    "MessageID": 0x00000110,
    "MessageIDBeingRespondedTo": 0x00000120,
    "MoveDestination": 0x00000600,
    "Priority": 0x00000700,
    "CommandDataSetType": 0x00000800,
    "Status": 0x00000900,
    "OffendingElement": 0x00000901,
    "ErrorComment": 0x00000902,
    "ErrorID": 0x00000903,
    "AffectedSOPInstanceUID": 0x00001000,
    "RequestedSOPInstanceUID": 0x00001001,
    "EventTypeID": 0x00001002,
    "AttributeIdentifierList": 0x00001005,
    "ActionTypeID": 0x00001008,
    "NumberOfRemainingSuboperations": 0x00001020,
    "NumberOfCompletedSuboperations": 0x00001021,
    "NumberOfFailedSuboperations": 0x00001022,
    "NumberOfWarningSuboperations": 0x00001023,
    "MoveOriginatorApplicationEntityTitle": 0x00001030,
    "MoveOriginatorMessageID": 0x00001031,
}

COMMAND_FIELD: Final = 0x00000100
DATA_SET_TYPE: Final = 0x00000800
NO_DATA_SET: Final = 0x0101
WITH_DATA_SET: Final = 0x0001  # anything but 0101H; what DCMTK and others write
RESPONSE: Final = 0x8000
CANCEL: Final = 0x0FFF


class Layout:
    """A row of `MESSAGES`.

    Attributes:
        name: as "C-STORE-RQ".
        required, optional: tags of command elements, without the length, field and data set type that all have.
        data_set: what its data set is called, "" if it has none.
        data_set_required: whether it must have one.
    """

    __slots__ = ("copied", "data_set", "data_set_required", "name", "optional", "required")

    def __init__(self, name: str, elements: str, data_set: str = "") -> None:
        self.name = name
        words = elements.split()
        self.required = tuple(ELEMENTS[word] for word in words if word[0] != "[")
        self.optional = tuple(ELEMENTS[word.strip("[]")] for word in words if word[0] == "[")
        self.data_set = data_set.strip("[]")
        self.data_set_required = data_set != "" and data_set[0] != "["
        self.copied: tuple[tuple[int, int], ...] = ()

    def __repr__(self) -> str:
        return f"<Layout {self.name}>"


# PS3.7 tables 9.3-1 to 9.3-13 (DIMSE-C) and 10.3-1 to 10.3-12 (DIMSE-N): command field -> elements, data set; what may be
# left out is in brackets. Responses may say more of their status: see STATUS_ELEMENTS.
MESSAGES: Final[dict[int, Layout]] = {
    0x0001: Layout(
        "C-STORE-RQ",
        "AffectedSOPClassUID MessageID Priority AffectedSOPInstanceUID "
        "[MoveOriginatorApplicationEntityTitle] [MoveOriginatorMessageID]",
        "Data Set",
    ),
    0x8001: Layout("C-STORE-RSP", "[AffectedSOPClassUID] MessageIDBeingRespondedTo Status [AffectedSOPInstanceUID]"),
    0x0020: Layout("C-FIND-RQ", "AffectedSOPClassUID MessageID Priority", "Identifier"),
    0x8020: Layout("C-FIND-RSP", "[AffectedSOPClassUID] MessageIDBeingRespondedTo Status", "[Identifier]"),
    0x0FFF: Layout("C-CANCEL-RQ", "MessageIDBeingRespondedTo"),
    0x0010: Layout("C-GET-RQ", "AffectedSOPClassUID MessageID Priority", "Identifier"),
    0x8010: Layout(
        "C-GET-RSP",
        "[AffectedSOPClassUID] MessageIDBeingRespondedTo Status [NumberOfRemainingSuboperations] "
        "[NumberOfCompletedSuboperations] [NumberOfFailedSuboperations] [NumberOfWarningSuboperations]",
        "[Identifier]",
    ),
    0x0021: Layout("C-MOVE-RQ", "AffectedSOPClassUID MessageID Priority MoveDestination", "Identifier"),
    0x8021: Layout(
        "C-MOVE-RSP",
        "[AffectedSOPClassUID] MessageIDBeingRespondedTo Status [NumberOfRemainingSuboperations] "
        "[NumberOfCompletedSuboperations] [NumberOfFailedSuboperations] [NumberOfWarningSuboperations]",
        "[Identifier]",
    ),
    0x0030: Layout("C-ECHO-RQ", "AffectedSOPClassUID MessageID"),
    0x8030: Layout("C-ECHO-RSP", "[AffectedSOPClassUID] MessageIDBeingRespondedTo Status"),
    0x0100: Layout(
        "N-EVENT-REPORT-RQ", "AffectedSOPClassUID MessageID AffectedSOPInstanceUID EventTypeID", "[Event Information]"
    ),
    0x8100: Layout(
        "N-EVENT-REPORT-RSP",
        "[AffectedSOPClassUID] MessageIDBeingRespondedTo Status [AffectedSOPInstanceUID] [EventTypeID]",
        "[Event Reply]",
    ),
    0x0110: Layout("N-GET-RQ", "RequestedSOPClassUID MessageID RequestedSOPInstanceUID [AttributeIdentifierList]"),
    0x8110: Layout(
        "N-GET-RSP",
        "[AffectedSOPClassUID] MessageIDBeingRespondedTo Status [AffectedSOPInstanceUID]",
        "[Attribute List]",
    ),
    0x0120: Layout("N-SET-RQ", "RequestedSOPClassUID MessageID RequestedSOPInstanceUID", "Modification List"),
    0x8120: Layout(
        "N-SET-RSP",
        "[AffectedSOPClassUID] MessageIDBeingRespondedTo Status [AffectedSOPInstanceUID]",
        "[Attribute List]",
    ),
    0x0130: Layout(
        "N-ACTION-RQ", "RequestedSOPClassUID MessageID RequestedSOPInstanceUID ActionTypeID", "[Action Information]"
    ),
    0x8130: Layout(
        "N-ACTION-RSP",
        "[AffectedSOPClassUID] MessageIDBeingRespondedTo Status [AffectedSOPInstanceUID] [ActionTypeID]",
        "[Action Reply]",
    ),
    0x0140: Layout("N-CREATE-RQ", "AffectedSOPClassUID MessageID [AffectedSOPInstanceUID]", "[Attribute List]"),
    0x8140: Layout(
        "N-CREATE-RSP",
        "[AffectedSOPClassUID] MessageIDBeingRespondedTo Status [AffectedSOPInstanceUID]",
        "[Attribute List]",
    ),
    0x0150: Layout("N-DELETE-RQ", "RequestedSOPClassUID MessageID RequestedSOPInstanceUID"),
    0x8150: Layout("N-DELETE-RSP", "[AffectedSOPClassUID] MessageIDBeingRespondedTo Status [AffectedSOPInstanceUID]"),
}

# What a response may add to its status (PS3.7 annex C, which says for each status what of these goes with it).
STATUS_ELEMENTS: Final = tuple(
    ELEMENTS[word] for word in ("OffendingElement", "ErrorComment", "ErrorID", "AttributeIdentifierList")
)

# An element of a request -> the one of its response that repeats it.
_REPEATED: Final = {
    "AffectedSOPClassUID": "AffectedSOPClassUID",
    "RequestedSOPClassUID": "AffectedSOPClassUID",
    "MessageID": "MessageIDBeingRespondedTo",
    "AffectedSOPInstanceUID": "AffectedSOPInstanceUID",
    "RequestedSOPInstanceUID": "AffectedSOPInstanceUID",
    "EventTypeID": "EventTypeID",
    "ActionTypeID": "ActionTypeID",
}

_FIELDS: Final = {layout.name: field for field, layout in MESSAGES.items()}


def _copied(request: Layout, response: Layout) -> tuple[tuple[int, int], ...]:
    there = {*request.required, *request.optional}
    pairs = [(ELEMENTS[one], ELEMENTS[other]) for one, other in _REPEATED.items()]
    return tuple((one, other) for one, other in pairs if one in there and other in response.required + response.optional)


for _field, _layout in MESSAGES.items():
    if _field | RESPONSE in MESSAGES and not _field & RESPONSE:
        _layout.copied = _copied(_layout, MESSAGES[_field | RESPONSE])


def command_field(name: str) -> int:
    """The command field of a message, as of "C-STORE-RQ".

    Raises:
        ValueError: there is no such message.
    """
    field = _FIELDS.get(name)
    if field is None:
        raise ValueError(f"{name!r} is no DIMSE message")
    return field


class Number:
    """A command element that is one number, as an attribute of messages."""

    def __init__(self, keyword: str) -> None:
        self.tag = ELEMENTS[keyword]

    def __get__(self, message: Message, owner: type) -> int | None:
        value = message.elements.get(self.tag)
        return value if isinstance(value, int) else None


class Text:
    """A command element that is one text."""

    def __init__(self, keyword: str) -> None:
        self.tag = ELEMENTS[keyword]

    def __get__(self, message: Message, owner: type) -> str | None:
        value = message.elements.get(self.tag)
        return value if value and isinstance(value, str) else None


class Tags:
    """A command element that is a list of tags."""

    def __init__(self, keyword: str) -> None:
        self.tag = ELEMENTS[keyword]

    def __get__(self, message: Message, owner: type) -> tuple[int, ...] | None:
        value = message.elements.get(self.tag)
        if isinstance(value, int):
            return (value,)
        return value if value and isinstance(value, tuple) else None


class Message:
    """A DIMSE message: a command set, and what belongs to it.

    Every command element is an attribute too, by its name: `message.message_id`, `message.affected_sop_class_uid`, ...; None
    if it is absent or empty.

    Attributes:
        elements: the command set, tag -> value (int, str or tuple of them).
        context_id: of the presentation context that it came or goes by.
        command_field: which message it is.
        has_data: whether a data set follows.
        data: the data set, if whoever received the message has put it together; else None.
    """

    __slots__ = ("command_field", "context_id", "data", "elements", "has_data")

    affected_sop_class_uid = Text("AffectedSOPClassUID")
    requested_sop_class_uid = Text("RequestedSOPClassUID")
    message_id = Number("MessageID")
    message_id_being_responded_to = Number("MessageIDBeingRespondedTo")
    move_destination = Text("MoveDestination")
    priority = Number("Priority")
    command_data_set_type = Number("CommandDataSetType")
    status = Number("Status")
    offending_element = Tags("OffendingElement")
    error_comment = Text("ErrorComment")
    error_id = Number("ErrorID")
    affected_sop_instance_uid = Text("AffectedSOPInstanceUID")
    requested_sop_instance_uid = Text("RequestedSOPInstanceUID")
    event_type_id = Number("EventTypeID")
    attribute_identifier_list = Tags("AttributeIdentifierList")
    action_type_id = Number("ActionTypeID")
    number_of_remaining_suboperations = Number("NumberOfRemainingSuboperations")
    number_of_completed_suboperations = Number("NumberOfCompletedSuboperations")
    number_of_failed_suboperations = Number("NumberOfFailedSuboperations")
    number_of_warning_suboperations = Number("NumberOfWarningSuboperations")
    move_originator_application_entity_title = Text("MoveOriginatorApplicationEntityTitle")
    move_originator_message_id = Number("MoveOriginatorMessageID")

    def __init__(self, elements: dict[int, Any], context_id: int = 0) -> None:
        """Wrap a command set; nothing is checked but what all messages have.

        Raises:
            ValueError: Command Field or Command Data Set Type is missing or no number.
        """
        field = elements.get(COMMAND_FIELD)
        kind = elements.get(DATA_SET_TYPE)
        if not isinstance(field, int):
            raise ValueError("the command set has no Command Field")
        if not isinstance(kind, int):
            raise ValueError("the command set has no Command Data Set Type")
        self.elements = elements
        self.context_id = context_id
        self.command_field = field
        self.has_data = kind != NO_DATA_SET
        self.data: Any = None

    @classmethod
    def make(cls, name: str, context_id: int = 0, *, has_data: bool = False, **elements: Any) -> Self:
        """A message of a name, as "C-ECHO-RQ", with elements by their attribute names. None leaves an element out.

        Raises:
            ValueError: there is no such message.
            TypeError: there is no such element.
        """
        command: dict[int, Any] = {
            COMMAND_FIELD: command_field(name),
            DATA_SET_TYPE: WITH_DATA_SET if has_data else NO_DATA_SET,
        }
        for key, value in elements.items():
            tag = _ATTRIBUTES.get(key)
            if tag is None:
                raise TypeError(f"there is no command element {key!r}")
            if value is not None:
                command[tag] = value
        return cls(command, context_id)

    def response(self, status: int, *, has_data: bool = False, **elements: Any) -> Message:
        """The response to this request: what it repeats of the request, the status, and further elements.

        Raises:
            ValueError: it is no request, or of no message that is known.
        """
        layout = MESSAGES.get(self.command_field)
        if layout is None or not layout.copied:
            raise ValueError(f"{self.name} has no response")
        command: dict[int, Any] = {
            COMMAND_FIELD: self.command_field | RESPONSE,
            DATA_SET_TYPE: WITH_DATA_SET if has_data else NO_DATA_SET,
            0x00000900: int(status),
        }
        mine = self.elements
        for one, other in layout.copied:
            value = mine.get(one)
            if value is not None:
                command[other] = value
        for key, value in elements.items():
            if value is not None:
                command[_ATTRIBUTES[key]] = value
        return Message(command, self.context_id)

    @property
    def name(self) -> str:
        """As "C-STORE-RQ"; of unknown commands their number."""
        layout = MESSAGES.get(self.command_field)
        return f"command {self.command_field:04X}H" if layout is None else layout.name

    @property
    def layout(self) -> Layout | None:
        """What it should be made of; None for an unknown command."""
        return MESSAGES.get(self.command_field)

    @property
    def is_response(self) -> bool:
        return self.command_field & RESPONSE != 0

    @property
    def sop_class_uid(self) -> str | None:
        """The affected or requested SOP class."""
        return self.elements.get(0x00000002) or self.elements.get(0x00000003)

    @property
    def sop_instance_uid(self) -> str | None:
        """The affected or requested SOP instance."""
        return self.elements.get(0x00001000) or self.elements.get(0x00001001)

    def missing(self) -> list[int]:
        """Tags of the elements that PS3.7 requires and that are absent, empty, or of the wrong type."""
        layout = MESSAGES.get(self.command_field)
        return [] if layout is None else [tag for tag in layout.required if not self._is_sound(tag)]

    def _is_sound(self, tag: int) -> bool:
        value = self.elements.get(tag)
        return isinstance(value, str) and value != "" if tag in _TEXTS else isinstance(value, int)

    def encode(self) -> bytes:
        """The command set as it is sent (PS3.7 6.3.1)."""
        return encode_command(self.elements)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self.elements == other.elements and self.context_id == other.context_id

    __hash__ = None  # type: ignore[assignment]  # it can be changed

    def __repr__(self) -> str:
        parts = [f"{name}={value!r}" for name, tag in _ATTRIBUTES.items() if (value := self.elements.get(tag)) is not None]
        return f"<{self.name} {' '.join(parts[:6])}>"


_ATTRIBUTES: Final = {name: each.tag for name, each in vars(Message).items() if isinstance(each, (Number, Text, Tags))}
_TEXTS: Final = frozenset(each.tag for each in vars(Message).values() if isinstance(each, Text))
