"""What association PDUs carry: each item against bytes by hand, and the records."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from dicomkit.errors import EncodeError, ProtocolError
from dicomkit.net.items import (
    AcceptedContext,
    CommonExtendedNegotiation,
    PresentationContext,
    Record,
    RoleSelection,
    UserIdentity,
    UserInformation,
)
from dicomkit.net.pdu import AssociateAC, AssociateRQ, decode

FIXED = bytes.fromhex("0001 0000") + b"CALLED".ljust(16) + b"CALLING".ljust(16) + bytes(32)
MAXIMUM = bytes.fromhex("51 00 0004 00004000")
CLASS = bytes.fromhex("52 00 0005") + b"1.2.3"
NOTHING = UserInformation(0x4000, "1.2.3")

# Fields of the user information, and the sub-item by hand
SUB_ITEMS: list[tuple[dict[str, Any], bytes]] = [
    # PS3.7 table D.3-7
    ({"async_window": (1, 65535)}, bytes.fromhex("53 00 0004 0001 FFFF")),
    # PS3.7 table D.3-9
    ({"roles": (RoleSelection("1.2.840", True, False),)}, bytes.fromhex("54 00 000B 0007") + b"1.2.840\1\0"),
    (
        {"roles": (RoleSelection("1.2", False, True), RoleSelection("1.3", True, True))},
        bytes.fromhex("54 00 0007 0003") + b"1.2\0\1" + bytes.fromhex("54 00 0007 0003") + b"1.3\1\1",
    ),
    # PS3.7 table D.3-3
    ({"implementation_version_name": "KIT_1"}, bytes.fromhex("55 00 0005") + b"KIT_1"),
    # PS3.7 table D.3-11
    ({"extended": (("1.2.840", b"\1\0\1"),)}, bytes.fromhex("56 00 000C 0007") + b"1.2.840\1\0\1"),
    (
        {"extended": (("1.2", b""), ("1.3", b"x"))},
        bytes.fromhex("56 00 0005 0003") + b"1.2" + bytes.fromhex("56 00 0006 0003") + b"1.3x",
    ),
    # PS3.7 tables D.3-12 and D.3-13
    (
        {"common_extended": (CommonExtendedNegotiation("1.2.3", "1.4", ("1.5.6", "1.7")),)},
        bytes.fromhex("57 00 001A 0005") + b"1.2.3" + bytes.fromhex("0003") + b"1.4" + bytes.fromhex("000C 0005") + b"1.5.6"
        + bytes.fromhex("0003") + b"1.7",
    ),
    (
        {"common_extended": (CommonExtendedNegotiation("1.2.3", "1.4"),)},
        bytes.fromhex("57 00 000E 0005") + b"1.2.3" + bytes.fromhex("0003") + b"1.4" + bytes.fromhex("0000"),
    ),
    # PS3.7 table D.3-14
    ({"user_identity": UserIdentity(1, b"me")}, bytes.fromhex("58 00 0008 01 00 0002") + b"me" + bytes.fromhex("0000")),
    (
        {"user_identity": UserIdentity(2, b"me", b"secret", True)},
        bytes.fromhex("58 00 000E 02 01 0002") + b"me" + bytes.fromhex("0006") + b"secret",
    ),
    (
        {"user_identity": UserIdentity(5, b"e30.e30.", response_requested=True)},
        bytes.fromhex("58 00 000E 05 01 0008") + b"e30.e30." + bytes.fromhex("0000"),
    ),
    # PS3.7 table D.3-15
    ({"user_identity_response": b"ok"}, bytes.fromhex("59 00 0004 0002") + b"ok"),
    ({"user_identity_response": b""}, bytes.fromhex("59 00 0002 0000")),
    ({"unknown": ((0x5A, b"new"), (0xFF, b""))}, bytes.fromhex("5A 00 0003") + b"new" + bytes.fromhex("FF 00 0000")),
]  # fmt: skip

# A presentation context of a request (PS3.8 tables 9-13 to 9-15) and of an acceptance (9-18, 9-19)
REQUESTED = [
    (
        PresentationContext(1, "1.2.840.10008.1.1", ("1.2.840.10008.1.2",)),
        bytes.fromhex("20 00 002E 01 00 00 00 30 00 0011") + b"1.2.840.10008.1.1"
        + bytes.fromhex("40 00 0011") + b"1.2.840.10008.1.2",
    ),
    (
        PresentationContext(255, "1.2", ("1.3", "1.4.5")),
        bytes.fromhex("20 00 001B FF 00 00 00 30 00 0003") + b"1.2" + bytes.fromhex("40 00 0003") + b"1.3"
        + bytes.fromhex("40 00 0005") + b"1.4.5",
    ),
    (PresentationContext(3, "1.2", ()), bytes.fromhex("20 00 000B 03 00 00 00 30 00 0003") + b"1.2"),
]  # fmt: skip
RESULTS = [
    (AcceptedContext(1, 0, "1.2.3"), bytes.fromhex("21 00 000D 01 00 00 00 40 00 0005") + b"1.2.3"),
    (AcceptedContext(255, 4), bytes.fromhex("21 00 0008 FF 00 04 00 40 00 0000")),
]


def item(kind: int, content: bytes) -> bytes:
    return bytes((kind, 0)) + len(content).to_bytes(2, "big") + content


def request(*items: bytes) -> AssociateRQ:
    pdu = decode(1, FIXED + b"".join(items))
    assert isinstance(pdu, AssociateRQ)
    return pdu


def acceptance(*items: bytes) -> AssociateAC:
    pdu = decode(2, FIXED + b"".join(items))
    assert isinstance(pdu, AssociateAC)
    return pdu


def sub_items(information: UserInformation) -> bytes:
    body = AssociateRQ("CALLED", "CALLING", "", (), information).body()
    start = len(FIXED + item(0x10, b""))
    assert body[start] == 0x50
    assert int.from_bytes(body[start + 2 : start + 4], "big") == len(body) - start - 4
    return body[start + 4 :]


# ------------------------------------------------------------------------------------------------ items


@pytest.mark.parametrize(("fields", "encoded"), SUB_ITEMS)
def test_sub_items_by_hand(fields: dict[str, Any], encoded: bytes) -> None:
    information = UserInformation(0x4000, "1.2.3", **fields)
    assert sub_items(information) == MAXIMUM + CLASS + encoded
    for order in (MAXIMUM + CLASS + encoded, encoded + CLASS + MAXIMUM):
        assert request(item(0x50, order)).user_information == information
        assert acceptance(item(0x50, order)).user_information == information


@pytest.mark.parametrize(("context", "encoded"), REQUESTED)
def test_requested_contexts_by_hand(context: PresentationContext, encoded: bytes) -> None:
    body = AssociateRQ("CALLED", "CALLING", "", (context,), NOTHING).body()
    assert body == FIXED + item(0x10, b"") + encoded + item(0x50, MAXIMUM + CLASS)
    assert decode(1, body) == AssociateRQ("CALLED", "CALLING", "", (context,), NOTHING)


@pytest.mark.parametrize(("context", "encoded"), RESULTS)
def test_context_results_by_hand(context: AcceptedContext, encoded: bytes) -> None:
    body = AssociateAC("CALLED", "CALLING", "", (context,), NOTHING).body()
    assert body == FIXED + item(0x10, b"") + encoded + item(0x50, MAXIMUM + CLASS)
    assert decode(2, body) == AssociateAC("CALLED", "CALLING", "", (context,), NOTHING)


def test_what_is_missing() -> None:
    assert request() == AssociateRQ("CALLED", "CALLING", "", (), UserInformation())
    assert acceptance() == AssociateAC("CALLED", "CALLING", "", (), UserInformation())
    assert request(item(0x20, b"\1\0\0\0")).presentation_contexts == (PresentationContext(1, "", ()),)
    assert acceptance(item(0x21, b"\1\0\3\0")).presentation_contexts == (AcceptedContext(1, 3),)


def test_unknown_items_are_skipped() -> None:
    """PS3.8 9.3.1: items that are not recognised are ignored. So are those of the other PDU."""
    context = item(0x20, b"\1\0\0\0" + item(0x31, b"x") + item(0x30, b"1.2"))
    assert request(item(0x11, b"x"), context, item(0xFE, b"")).presentation_contexts == (PresentationContext(1, "1.2", ()),)
    assert request(item(0x21, b"\1\0\0\0")).presentation_contexts == ()
    result = item(0x21, b"\1\0\0\0" + item(0x41, b"x") + item(0x40, b"1.2"))
    assert acceptance(item(0x20, b"\1\0\0\0"), result).presentation_contexts == (AcceptedContext(1, 0, "1.2"),)


def test_padding_is_not_kept() -> None:
    context = item(0x20, b"\1\0\0\0" + item(0x30, b"1.2.3\0") + item(0x40, b"1.2 ") + item(0x40, b"1.3\0\0"))
    assert request(context).presentation_contexts == (PresentationContext(1, "1.2.3", ("1.2", "1.3")),)
    assert request(item(0x50, item(0x52, b"1.2\0"))).user_information.implementation_class_uid == "1.2"
    role = item(0x54, b"\0\4" + b"1.2\0" + b"\1\0")
    assert request(item(0x50, role)).user_information.roles == (RoleSelection("1.2", True, False),)


def test_what_follows_the_fields_of_an_item_is_ignored() -> None:
    later = item(0x51, bytes(3) + b"\1" + b"more") + item(0x53, bytes(4) + b"more")
    assert request(item(0x50, later)).user_information == UserInformation(1, async_window=(0, 0))


def test_several_user_information_items_count_together() -> None:
    information = request(item(0x50, MAXIMUM), item(0x50, CLASS)).user_information
    assert information == NOTHING


WRONG = [
    (item(0x20, b"\1\0\0"), 72, "runs past the end"),
    (item(0x20, b"\2\0\0\0"), 72, "presentation context ID 2 is not odd"),
    (item(0x20, b"\0\0\0\0"), 72, "presentation context ID 0 is not odd"),
    (item(0x20, b"\1\0\0\0") * 2, 80, "more than one presentation context with ID 1"),
    (item(0x20, b"\1\0\0\0" + b"\x30\0\0\1"), 80, "runs past the end"),
    (b"\x10\0\0\1", 72, "runs past the end"),
    (b"\x10\0\0", 68, "runs past the end"),
    (item(0x50, b"\x51\0\xff\xff" + bytes(100)), 76, "runs past the end"),
    *[(item(0x50, item(kind, b"\0\4abc")), None, "runs past the end") for kind in (0x54, 0x56, 0x57, 0x59)],
    (item(0x50, item(0x51, b"\0\0\0")), 76, "runs past the end"),
    (item(0x50, item(0x53, b"\0\1\0")), 78, "runs past the end"),
    (item(0x50, item(0x54, b"\0\3" + b"1.2" + b"\1")), 81, "runs past the end"),
    (item(0x50, item(0x57, b"\0\1a\0\1b\0\3\0\4c")), 86, "runs past the end"),
    (item(0x50, item(0x58, b"\2\0\0\1a")), 81, "runs past the end"),
]


@pytest.mark.parametrize(("items", "offset", "text"), WRONG)
def test_wrong_items(items: bytes, offset: int | None, text: str) -> None:
    with pytest.raises(ProtocolError, match=text) as caught:
        request(items)
    assert caught.value.offset == (78 if offset is None else offset)


@pytest.mark.parametrize(
    "information",
    [
        UserInformation(-1),
        UserInformation(1 << 32),
        UserInformation(async_window=(1, 1 << 16)),
        UserInformation(implementation_class_uid="1.2.\u4e00"),
        UserInformation(extended=(("1.2", bytes(70_000)),)),
        UserInformation(user_identity=UserIdentity(256, b"")),
        UserInformation(user_identity=UserIdentity(1, bytes(70_000))),
        UserInformation(user_identity_response=bytes(70_000)),
        UserInformation(unknown=((0x5A, bytes(65_000)), (0x5A, bytes(65_000)))),
    ],
)
def test_what_cannot_be_encoded(information: UserInformation) -> None:
    with pytest.raises(EncodeError):
        AssociateRQ("CALLED", "CALLING", "", (), information).encode()


# ------------------------------------------------------------------------------------------------ records


def test_records_do_not_change() -> None:
    context = PresentationContext(1, "1.2", ("1.3",))
    with pytest.raises(AttributeError, match="no setter"):
        context.id = 3
    with pytest.raises(AttributeError, match="no deleter"):
        del context.id
    with pytest.raises(AttributeError):
        context.other = 3  # type: ignore[attr-defined]  # that there is no such attribute is what is tested
    assert not hasattr(context, "__dict__")


def test_records_compare_by_value() -> None:
    assert PresentationContext(1, "1.2", ()) == PresentationContext(id=1, abstract_syntax="1.2", transfer_syntaxes=())
    assert hash(PresentationContext(1, "1.2", ())) == hash(PresentationContext(1, "1.2", ()))
    assert PresentationContext(1, "1.2", ()) != PresentationContext(3, "1.2", ())
    assert PresentationContext(1, "1.2", ()) != CommonExtendedNegotiation("1.2", "1.2")
    assert PresentationContext(1, "1.2", ()) != (1, "1.2", ())


def test_records_tell_what_they_hold() -> None:
    assert repr(AcceptedContext(1, 0, "1.2")) == "AcceptedContext(id=1, result=0, transfer_syntax='1.2')"
    match AcceptedContext(1, 3):
        case AcceptedContext(number, result, ""):
            assert (number, result) == (1, 3)
        case _:
            pytest.fail("no match")


def test_credentials_are_not_told() -> None:
    text = repr(UserInformation(user_identity=UserIdentity(2, b"somebody", b"secret", True)))
    assert "user_identity=UserIdentity(type=2, response_requested=True)" in text
    assert "secret" not in text
    assert "somebody" not in text


def test_records_are_copied_and_pickled() -> None:
    information = UserInformation(
        1, "1.2", roles=(RoleSelection("1.2", True, False),), user_identity=UserIdentity(2, b"a", b"b")
    )
    for one in (copy.copy(information), copy.deepcopy(information), pickle.loads(pickle.dumps(information))):
        assert one == information
    assert UserInformation.from_tuple(tuple(information)) == information


def test_accepted() -> None:
    assert [AcceptedContext(1, result).accepted for result in range(5)] == [True, False, False, False, False]


def test_every_record_is_whole() -> None:
    for cls in Record.__subclasses__():
        assert cls.__doc__
        if cls.__match_args__:
            names = cls.__new__.__code__.co_varnames[1 : cls.__new__.__code__.co_argcount]
            assert names == cls.__match_args__
