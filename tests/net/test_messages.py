"""DIMSE messages: the table against PS3.7 and pynetdicom's, and messages as attributes and as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit import Tag
from dicomkit._ext.pdu import decode_command
from dicomkit.net import messages
from dicomkit.net.messages import ELEMENTS, MESSAGES, Message, command_field

# PS3.7 annex E.1, Command Field (0000,0100), in the standard's order
PRINTED = """
0001H C-STORE-RQ   8001H C-STORE-RSP   0010H C-GET-RQ     8010H C-GET-RSP    0020H C-FIND-RQ   8020H C-FIND-RSP
0021H C-MOVE-RQ    8021H C-MOVE-RSP    0030H C-ECHO-RQ    8030H C-ECHO-RSP   0100H N-EVENT-REPORT-RQ
8100H N-EVENT-REPORT-RSP  0110H N-GET-RQ  8110H N-GET-RSP  0120H N-SET-RQ    8120H N-SET-RSP   0130H N-ACTION-RQ
8130H N-ACTION-RSP 0140H N-CREATE-RQ   8140H N-CREATE-RSP 0150H N-DELETE-RQ  8150H N-DELETE-RSP  0FFFH C-CANCEL-RQ
"""
COMMAND_FIELDS = PRINTED.split()

# PS3.7 tables 9.1-1 to 9.1-5 and 10.1-1 to 10.1-6: what is mandatory (M) in requests, by the names of the parameters
MANDATORY = {
    "C-STORE-RQ": "Message ID, Affected SOP Class UID, Affected SOP Instance UID, Priority, Data Set",
    "C-FIND-RQ": "Message ID, Affected SOP Class UID, Priority, Identifier",
    "C-GET-RQ": "Message ID, Affected SOP Class UID, Priority, Identifier",
    "C-MOVE-RQ": "Message ID, Affected SOP Class UID, Priority, Move Destination, Identifier",
    "C-ECHO-RQ": "Message ID, Affected SOP Class UID",
    "N-EVENT-REPORT-RQ": "Message ID, Affected SOP Class UID, Affected SOP Instance UID, Event Type ID",
    "N-GET-RQ": "Message ID, Requested SOP Class UID, Requested SOP Instance UID",
    "N-SET-RQ": "Message ID, Requested SOP Class UID, Requested SOP Instance UID, Modification List",
    "N-ACTION-RQ": "Message ID, Requested SOP Class UID, Requested SOP Instance UID, Action Type ID",
    "N-CREATE-RQ": "Message ID, Affected SOP Class UID",
    "N-DELETE-RQ": "Message ID, Requested SOP Class UID, Requested SOP Instance UID",
    "C-CANCEL-RQ": "Message ID Being Responded To",
}


def test_command_fields() -> None:
    printed = {name: int(code[:4], 16) for code, name in zip(COMMAND_FIELDS[::2], COMMAND_FIELDS[1::2], strict=True)}
    assert {layout.name: field for field, layout in MESSAGES.items()} == printed
    assert all(command_field(name) == field for name, field in printed.items())
    with pytest.raises(ValueError, match="C-DELETE-RQ"):
        command_field("C-DELETE-RQ")


@pytest.mark.parametrize("name", MANDATORY)
def test_mandatory_parameters(name: str) -> None:
    layout = MESSAGES[command_field(name)]
    parameters = {Tag(tag).name for tag in layout.required} | ({layout.data_set} if layout.data_set_required else set())
    assert parameters == set(MANDATORY[name].split(", "))


@pytest.mark.parametrize("field", [field for field in MESSAGES if field & 0x8000])
def test_responses_have_a_message_id_and_a_status(field: int) -> None:
    assert {Tag(tag).keyword for tag in MESSAGES[field].required} == {"MessageIDBeingRespondedTo", "Status"}


def test_elements_are_those_of_pynetdicom() -> None:
    theirs = pytest.importorskip("pynetdicom.dimse_messages")
    always = {"CommandGroupLength", "CommandField", "CommandDataSetType"}
    of_status = {Tag(tag).keyword for tag in messages.STATUS_ELEMENTS}
    for layout in MESSAGES.values():
        ours = {Tag(tag).keyword for tag in (*layout.required, *layout.optional)}
        assert ours - of_status == set(theirs._COMMAND_SET_KEYWORDS[layout.name]) - always - of_status, layout
        data_set = theirs._DATASET_KEYWORDS.get(layout.name.replace("-", "_"), "")
        assert layout.data_set.replace(" ", "") == data_set, layout


def test_tags() -> None:
    assert {keyword: int(Tag(keyword)) for keyword in ELEMENTS} == ELEMENTS


def test_a_request_and_its_response() -> None:
    request = Message.make(
        "C-STORE-RQ",
        5,
        has_data=True,
        message_id=7,
        affected_sop_class_uid="1.2",
        affected_sop_instance_uid="1.2.3",
        priority=0,
        move_originator_message_id=None,
    )
    assert request.name == "C-STORE-RQ"
    assert (request.message_id, request.priority, request.has_data) == (7, 0, True)
    assert (request.sop_class_uid, request.sop_instance_uid) == ("1.2", "1.2.3")
    assert request.move_originator_message_id is None
    assert request.missing() == []
    assert not request.is_response
    response = request.response(0xA700, error_comment="disk full")
    assert response.elements == {
        0x00000002: "1.2",
        0x00000100: 0x8001,
        0x00000120: 7,
        0x00000800: 0x0101,
        0x00000900: 0xA700,
        0x00000902: "disk full",
        0x00001000: "1.2.3",
    }
    assert response.context_id == 5
    assert response.is_response
    assert (response.message_id_being_responded_to, response.status) == (7, 0xA700)
    assert "C-STORE-RSP" in repr(response)


def test_the_response_names_the_requested_instance_as_affected() -> None:
    request = Message.make(
        "N-ACTION-RQ",
        1,
        message_id=1,
        requested_sop_class_uid="1.2.840.10008.1.20.1",
        requested_sop_instance_uid="1.2.840.10008.1.20.1.1",
        action_type_id=1,
    )
    response = request.response(0, has_data=True)
    assert response.affected_sop_class_uid == "1.2.840.10008.1.20.1"
    assert response.affected_sop_instance_uid == "1.2.840.10008.1.20.1.1"
    assert response.action_type_id == 1
    assert response.requested_sop_class_uid is None
    assert response.has_data


def test_what_has_no_response() -> None:
    with pytest.raises(ValueError, match="C-CANCEL-RQ"):
        Message.make("C-CANCEL-RQ", message_id_being_responded_to=1).response(0)
    unknown = Message({0x00000100: 0x0FF0, 0x00000800: 0x0101})
    assert unknown.name == "command 0FF0H"
    assert unknown.layout is None
    assert unknown.missing() == []
    with pytest.raises(ValueError, match="0FF0"):
        unknown.response(0)


@pytest.mark.parametrize("elements", [{}, {0x100: 1}, {0x800: 1}, {0x100: (1, 2), 0x800: 1}, {0x100: None, 0x800: 1}])
def test_what_is_no_command_set(elements: dict[int, object]) -> None:
    with pytest.raises(ValueError, match="command set"):
        Message(elements)


def test_what_is_missing_or_of_the_wrong_type() -> None:
    message = Message({0x100: 1, 0x800: 1, 0x110: (1, 2), 0x2: "", 0x1000: None})
    assert {Tag(tag).keyword for tag in message.missing()} == {
        "MessageID",
        "AffectedSOPClassUID",
        "AffectedSOPInstanceUID",
        "Priority",
    }
    assert message.message_id is None
    assert message.affected_sop_class_uid is None


def test_lists_of_tags() -> None:
    one = Message({0x100: 0x110, 0x800: 0x101, 0x1005: 0x00100010})
    two = Message({0x100: 0x110, 0x800: 0x101, 0x1005: (0x00100010, 0x00100020)})
    assert one.attribute_identifier_list == (0x00100010,)
    assert two.attribute_identifier_list == (0x00100010, 0x00100020)
    assert two.offending_element is None


def test_names_that_are_none() -> None:
    with pytest.raises(TypeError, match="patient_name"):
        Message.make("C-ECHO-RQ", patient_name="Doe")
    with pytest.raises(AttributeError):
        _ = Message.make("C-ECHO-RQ").patient_name  # type: ignore[attr-defined]  # that is what is tested


def test_equality() -> None:
    one, other = Message.make("C-ECHO-RQ", 1, message_id=1), Message.make("C-ECHO-RQ", 1, message_id=1)
    assert one == other
    assert one != Message.make("C-ECHO-RQ", 3, message_id=1)
    assert one != "C-ECHO-RQ"


numbers = st.integers(0, 0xFFFF)
uids = st.from_regex(r"[1-9][0-9]{0,3}(\.[1-9][0-9]{0,5}){0,8}", fullmatch=True)
tags = st.lists(st.integers(0, 0xFFFFFFFF), min_size=2, max_size=5).map(tuple)


@given(st.sampled_from([*MESSAGES.values()]), st.booleans(), st.data())
def test_bytes_and_back(layout: messages.Layout, has_data: bool, draw: st.DataObject) -> None:
    kinds = {messages.Number: numbers, messages.Text: uids, messages.Tags: tags}
    elements = {
        name: draw.draw(kinds[type(vars(Message)[name])])
        for name, tag in messages._ATTRIBUTES.items()
        if tag in (*layout.required, *layout.optional)
    }
    message = Message.make(layout.name, 3, has_data=has_data, **elements)
    if "move_destination" in elements:
        elements["move_destination"] = message.elements[0x600] = "PACS"
    read = Message(decode_command(message.encode()), 3)
    assert read == message
    assert all(getattr(read, name) == value for name, value in elements.items())


def test_bytes_are_those_of_ps3_7() -> None:
    # 6.3.1: implicit VR little endian, sorted, with the group length; annex E
    request = Message.make("C-ECHO-RQ", 1, message_id=258, affected_sop_class_uid="1.2.840.10008.1.1")
    assert request.encode() == bytes.fromhex(
        "0000 0000 0400 0000 3800 0000"
        "0000 0200 1200 0000 312E322E3834302E31303030382E312E3100"
        "0000 0001 0200 0000 3000"
        "0000 1001 0200 0000 0201"
        "0000 0008 0200 0000 0101"
    )
