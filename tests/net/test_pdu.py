"""The PDUs of an association: against bytes by hand from PS3.8 9.3, and pynetdicom both ways."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import EncodeError, ProtocolError
from dicomkit.net.pdu import (
    APPLICATION_CONTEXT,
    PDU,
    Abort,
    AcceptedContext,
    AssociateAC,
    AssociateRJ,
    AssociateRQ,
    CommonExtendedNegotiation,
    PresentationContext,
    ReleaseRP,
    ReleaseRQ,
    RoleSelection,
    UserIdentity,
    UserInformation,
    decode,
)
from tests.dcmtk import dcmtk

VERIFICATION, IMPLICIT, EXPLICIT = "1.2.840.10008.1.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"

REQUEST = AssociateRQ(
    "STORESCP",
    "ECHOSCU",
    APPLICATION_CONTEXT,
    (PresentationContext(1, VERIFICATION, (IMPLICIT,)),),
    UserInformation(16384, "1.2.3.4", "KIT_1"),
)
ACCEPTANCE = AssociateAC(
    "STORESCP", "ECHOSCU", APPLICATION_CONTEXT, (AcceptedContext(1, 0, IMPLICIT),), UserInformation(32768, "1.2.3.4")
)
HEAD = "0001 0000 53544F5245534350 2020202020202020 4543484F534355 202020202020202020" + "00" * 32
CONTEXT_NAME = "10 00 0015 312E322E3834302E31303030382E332E312E312E31"

# A PDU and its bytes
BY_HAND: list[tuple[PDU, str]] = [
    (
        REQUEST,  # PS3.8 tables 9-11 to 9-16, PS3.7 D.3.3.1 and D.3.3.2
        "01 00 000000AF" + HEAD + CONTEXT_NAME
        + "20 00 002E 01 00 00 00"
        + "30 00 0011 312E322E3834302E31303030382E312E31"
        + "40 00 0011 312E322E3834302E31303030382E312E32"
        + "50 00 001C 51 00 0004 00004000 52 00 0007 312E322E332E34 55 00 0005 4B49545F31",
    ),
    (
        ACCEPTANCE,  # PS3.8 tables 9-17 to 9-20
        "02 00 00000091" + HEAD + CONTEXT_NAME
        + "21 00 0019 01 00 00 00"
        + "40 00 0011 312E322E3834302E31303030382E312E32"
        + "50 00 0013 51 00 0004 00008000 52 00 0007 312E322E332E34",
    ),
    (AssociateRJ(1, 2, 3), "03 00 00000004 00 01 02 03"),  # PS3.8 table 9-21
    (ReleaseRQ(), "05 00 00000004 00000000"),  # PS3.8 table 9-24
    (ReleaseRP(), "06 00 00000004 00000000"),  # PS3.8 table 9-25
    (Abort(2, 6), "07 00 00000004 00 00 02 06"),  # PS3.8 table 9-26
    (Abort(), "07 00 00000004 00 00 00 00"),
]  # fmt: skip


@pytest.mark.parametrize(("pdu", "encoded"), BY_HAND)
def test_pdus_by_hand(pdu: PDU, encoded: str) -> None:
    whole = bytes.fromhex(encoded)
    assert pdu.encode() == whole
    assert decode(whole[0], whole[6:]) == pdu


def test_reserved_fields_are_not_tested() -> None:
    """PS3.8 9.3.1: reserved fields are not tested when received."""
    body = bytearray(REQUEST.body())
    body[2:4] = b"\xff\xff"
    body[36:68] = b"\xff" * 32
    assert decode(1, bytes(body)) == REQUEST
    assert decode(3, b"\xff\1\1\7") == AssociateRJ(1, 1, 7)
    assert decode(5, b"\xff\xff\xff\xff") == ReleaseRQ()
    assert decode(6, b"\xff\xff\xff\xff") == ReleaseRP()
    assert decode(7, b"\xff\xff\0\0") == Abort()


def test_titles() -> None:
    body = bytearray(REQUEST.body())
    body[4:36] = b"  A TITLE\0\0\0\0\0\0\0" + bytes(16)
    pdu = decode(1, bytes(body))
    assert isinstance(pdu, AssociateRQ)
    assert (pdu.called_ae_title, pdu.calling_ae_title) == ("A TITLE", "")
    hostile = b"../../etc/passwd" + b"$(reboot)\x1b\xff\r\n`'"
    body[4:36] = hostile.ljust(32)
    pdu = decode(1, bytes(body))
    assert isinstance(pdu, AssociateRQ)
    assert (pdu.called_ae_title, pdu.calling_ae_title) == ("../../etc/passwd", "$(reboot)\x1b\xff\r\n`'")
    for title in ("x" * 17, "\u4e00"):
        with pytest.raises(EncodeError):
            AssociateRQ(title, "A", "", (), UserInformation()).encode()


def test_protocol_version() -> None:
    assert tuple(decode(1, b"\0\2" + REQUEST.body()[2:]))[-1] == 2
    assert AssociateRQ("A", "B", "", (), UserInformation(), 3).body()[:2] == b"\0\3"


def test_reasons_in_words() -> None:
    assert AssociateRJ(1, 1, 7).text == "called AE title not recognized"
    assert AssociateRJ(2, 3, 1).text == "temporary congestion"
    assert AssociateRJ(1, 1, 9).text == "reason 9"
    assert Abort(2, 1).text == "unrecognized PDU"
    assert Abort(2, 3).text == "reason 3"
    assert Abort(0, 5).text == ""


@pytest.mark.parametrize("pdu_type", [3, 5, 6, 7])
@pytest.mark.parametrize("length", [0, 3, 5])
def test_pdus_of_a_wrong_length(pdu_type: int, length: int) -> None:
    with pytest.raises(ProtocolError, match=f"has {length} bytes, not 4"):
        decode(pdu_type, bytes(length))


@pytest.mark.parametrize("pdu_type", [0, 4, 8, 255, -1])
def test_types_that_are_not_decoded(pdu_type: int) -> None:
    with pytest.raises(ProtocolError, match="there is no PDU type"):
        decode(pdu_type, bytes(4))


@pytest.mark.parametrize("pdu_type", [1, 2])
@pytest.mark.parametrize("length", [0, 67])
def test_associations_that_are_too_short(pdu_type: int, length: int) -> None:
    with pytest.raises(ProtocolError, match="runs past the end"):
        decode(pdu_type, bytes(length))


# ------------------------------------------------------------------------------------------------ properties

UIDS = st.integers(0, 10**40).map(lambda number: f"1.2.{number}")
PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
TITLES = st.text(PRINTABLE, min_size=1, max_size=16).filter(lambda text: text.strip() == text)
BYTES = st.binary(max_size=30)
BYTE = st.integers(0, 255)
WORD = st.integers(0, 0xFFFF)
IDENTITIES = st.builds(UserIdentity, BYTE, BYTES, BYTES, st.booleans())


def tuples(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=4).map(tuple)


INFORMATION = st.builds(
    UserInformation,
    st.integers(0, 0xFFFFFFFF),
    UIDS,
    st.one_of(st.just(""), TITLES),
    st.one_of(st.none(), st.tuples(WORD, WORD)),
    tuples(st.builds(RoleSelection, UIDS, st.booleans(), st.booleans())),
    tuples(st.tuples(UIDS, BYTES)),
    tuples(st.builds(CommonExtendedNegotiation, UIDS, UIDS, tuples(UIDS))),
    st.one_of(st.none(), IDENTITIES),
    st.one_of(st.none(), BYTES),
    tuples(st.tuples(st.one_of(st.integers(0, 0x50), st.integers(0x5A, 0xFF)), BYTES)),
)
NUMBERS = st.sets(st.integers(0, 127), max_size=5).map(lambda halves: [2 * half + 1 for half in sorted(halves)])


@st.composite
def associations(draw: Any) -> AssociateRQ | AssociateAC:
    accept = draw(st.booleans())
    information = draw(INFORMATION)
    titles = draw(TITLES), draw(TITLES)
    if accept:
        results = tuple([AcceptedContext(number, draw(BYTE), draw(UIDS)) for number in draw(NUMBERS)])
        return AssociateAC(*titles, draw(UIDS), results, information, draw(WORD))
    contexts = tuple([PresentationContext(number, draw(UIDS), draw(tuples(UIDS))) for number in draw(NUMBERS)])
    return AssociateRQ(*titles, draw(UIDS), contexts, information, draw(WORD))


@given(associations())
def test_associations_come_back(pdu: AssociateRQ | AssociateAC) -> None:
    whole = pdu.encode()
    assert whole[0] == pdu.pdu_type
    assert int.from_bytes(whole[2:6], "big") == len(whole) - 6
    assert decode(whole[0], whole[6:]) == pdu


@given(BYTE, BYTE, BYTE)
def test_short_pdus_come_back(one: int, other: int, third: int) -> None:
    for pdu in (AssociateRJ(one, other, third), Abort(one, other)):
        whole = pdu.encode()
        assert decode(whole[0], whole[6:]) == pdu


@given(associations(), st.data())
def test_damage_ends_in_a_protocol_error(pdu: AssociateRQ | AssociateAC, data: st.DataObject) -> None:
    body = bytearray(pdu.body())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(BYTE)
    del body[data.draw(st.integers(60, max(len(body), 60))) :]
    try:
        found = decode(pdu.pdu_type, bytes(body))
    except ProtocolError as error:
        assert error.offset is not None
        assert 0 <= error.offset <= len(body)
    else:
        # what was skipped or padding does not come back, but all else does
        assert decode(found.pdu_type, found.body()) == found


# ------------------------------------------------------------------------------------------------ pynetdicom


def everything(accept: bool) -> UserInformation:
    identity = None if accept else UserIdentity(2, b"somebody", b"secret", True)
    return UserInformation(
        16384,
        "1.2.826.0.1.3680043.9.3811",
        "KIT_1",
        (5, 7),
        (RoleSelection(VERIFICATION, True, False), RoleSelection("1.2.840.10008.5.1.4.1.1.2", True, True)),
        (("1.2.840.10008.5.1.4.1.2.1.1", b"\1\1\0\1"),),
        () if accept else (CommonExtendedNegotiation("1.2.3", "1.2.840.10008.4.2", ("1.2.4", "1.2.5.6")),),
        identity,
        b"answer" if accept else None,
    )


def full_request() -> AssociateRQ:
    contexts = tuple([PresentationContext(number, f"1.2.{number}", (IMPLICIT, EXPLICIT)) for number in range(1, 256, 2)])
    return AssociateRQ("STORESCP", "ECHOSCU", APPLICATION_CONTEXT, contexts, everything(False))


def full_acceptance() -> AssociateAC:
    contexts = tuple([AcceptedContext(number, number % 5, EXPLICIT) for number in range(1, 256, 2)])
    return AssociateAC("STORESCP", "ECHOSCU", APPLICATION_CONTEXT, contexts, everything(True))


def pynetdicom_user_information(items: Any) -> UserInformation:
    """What pynetdicom found, as ours."""
    fields: dict[str, Any] = {}
    roles, extended, common = [], [], []
    for one in items:
        kind = type(one).__name__
        if kind == "MaximumLengthSubItem":
            fields["max_pdu_length"] = one.maximum_length_received
        elif kind == "ImplementationClassUIDSubItem":
            fields["implementation_class_uid"] = str(one.implementation_class_uid)
        elif kind == "ImplementationVersionNameSubItem":
            fields["implementation_version_name"] = one.implementation_version_name
        elif kind == "AsynchronousOperationsWindowSubItem":
            window = one.maximum_number_operations_invoked, one.maximum_number_operations_performed
            fields["async_window"] = window
        elif kind == "SCP_SCU_RoleSelectionSubItem":
            roles.append(RoleSelection(str(one.sop_class_uid), bool(one.scu_role), bool(one.scp_role)))
        elif kind == "SOPClassExtendedNegotiationSubItem":
            extended.append((str(one.sop_class_uid), one.service_class_application_information))
        elif kind == "SOPClassCommonExtendedNegotiationSubItem":
            related = tuple([str(uid) for uid in one.related_general_sop_class_identification])
            common.append(CommonExtendedNegotiation(str(one.sop_class_uid), str(one.service_class_uid), related))
        elif kind == "UserIdentitySubItemRQ":
            requested = bool(one.positive_response_requested)
            fields["user_identity"] = UserIdentity(one.user_identity_type, one.primary_field, one.secondary_field, requested)
        else:
            assert kind == "UserIdentitySubItemAC"
            fields["user_identity_response"] = one.server_response
    return UserInformation(**fields, roles=tuple(roles), extended=tuple(extended), common_extended=tuple(common))


def test_pynetdicom_reads_and_writes_our_request() -> None:
    pynetdicom = pytest.importorskip("pynetdicom.pdu")
    request = full_request()
    theirs = pynetdicom.A_ASSOCIATE_RQ()
    theirs.decode(request.encode())
    contexts = [
        PresentationContext(
            one.presentation_context_id, str(one.abstract_syntax), tuple([str(uid) for uid in one.transfer_syntax])
        )
        for one in theirs.presentation_context
    ]
    assert theirs.called_ae_title.strip() == request.called_ae_title
    assert theirs.calling_ae_title.strip() == request.calling_ae_title
    assert str(theirs.application_context_name) == request.application_context_name
    assert tuple(contexts) == request.presentation_contexts
    assert pynetdicom_user_information(theirs.user_information.user_data) == request.user_information
    written = theirs.encode()
    assert decode(written[0], written[6:]) == request
    assert len(written) == len(request.encode())


def test_pynetdicom_reads_and_writes_our_acceptance() -> None:
    pynetdicom = pytest.importorskip("pynetdicom.pdu")
    acceptance = full_acceptance()
    theirs = pynetdicom.A_ASSOCIATE_AC()
    theirs.decode(acceptance.encode())
    results = [(one.presentation_context_id, one.result) for one in theirs.presentation_context]
    assert results == [(one.id, one.result) for one in acceptance.presentation_contexts]
    assert {str(one.transfer_syntax) for one in theirs.presentation_context} == {EXPLICIT}
    assert pynetdicom_user_information(theirs.user_information.user_data) == acceptance.user_information
    written = theirs.encode()
    assert decode(written[0], written[6:]) == acceptance


@pytest.mark.parametrize(
    ("pdu", "name"),
    [
        (AssociateRJ(1, 1, 7), "A_ASSOCIATE_RJ"),
        (ReleaseRQ(), "A_RELEASE_RQ"),
        (ReleaseRP(), "A_RELEASE_RP"),
        (Abort(2, 6), "A_ABORT_RQ"),
    ],
)
def test_pynetdicom_reads_and_writes_short_pdus(pdu: PDU, name: str) -> None:
    theirs = getattr(pytest.importorskip("pynetdicom.pdu"), name)()
    theirs.decode(pdu.encode())
    assert theirs.encode() == pdu.encode()


# ------------------------------------------------------------------------------------------------ DCMTK


def first_pdu(command: list[str], answer: bytes) -> tuple[bytes, bytes]:
    """What a command of DCMTK sends first, and all that it sends behind our answer to that."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        port = str(server.getsockname()[1])
        process = subprocess.Popen([port if word == "PORT" else word for word in command], stderr=subprocess.DEVNULL)
        try:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as stream:
                connection.settimeout(20)
                head = stream.read(6)
                body = stream.read(int.from_bytes(head[2:], "big"))
                connection.sendall(answer)
                return head + body, stream.read(10)
        finally:
            process.kill()
            process.wait()


def test_a_request_of_dcmtk(examples_dir: Path) -> None:
    command = [dcmtk("storescu"), "-aet", "ECHOSCU", "-aec", "STORESCP", "-pdu", "32768"]
    command += ["-usr", "somebody", "-pwd", "secret", "-rsp", "127.0.0.1", "PORT", str(examples_dir / "ct.dcm")]
    sent, after = first_pdu(command, AssociateRJ(1, 1, 3).encode())
    request = decode(sent[0], sent[6:])
    assert isinstance(request, AssociateRQ)
    assert (request.called_ae_title, request.calling_ae_title) == ("STORESCP", "ECHOSCU")
    assert (request.application_context_name, request.protocol_version) == (APPLICATION_CONTEXT, 1)
    ct = [one for one in request.presentation_contexts if one.abstract_syntax == "1.2.840.10008.5.1.4.1.1.2"]
    assert [one.transfer_syntaxes for one in ct] == [(EXPLICIT,), ("1.2.840.10008.1.2.2", IMPLICIT)]
    information = request.user_information
    assert information.max_pdu_length == 32768
    assert information.implementation_class_uid.startswith("1.2.276.0.7230010.3.0.3.")
    assert information.implementation_version_name.startswith("OFFIS_DCMTK_")
    assert information.user_identity == UserIdentity(2, b"somebody", b"secret", True)
    assert len(request.encode()) == len(sent)  # reserved bytes differ
    assert after == b""


def test_dcmtk_takes_our_acceptance() -> None:
    sent, after = first_pdu([dcmtk("echoscu"), "127.0.0.1", "PORT"], ACCEPTANCE.encode())
    request = decode(sent[0], sent[6:])
    assert isinstance(request, AssociateRQ)
    assert request.presentation_contexts == (PresentationContext(1, VERIFICATION, (IMPLICIT,)),)
    assert after == bytes.fromhex("04 00 0000004A 00000046 01 03")[: len(after)]
    assert after
