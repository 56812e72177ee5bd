"""What is said about a negotiation."""

from __future__ import annotations

import pytest

from dicomkit.errors import (
    AssociationAborted,
    AssociationRejected,
    ConnectError,
    NetworkError,
    ProtocolError,
    Timeout,
)
from dicomkit.net.explanation import explain, explain_failure
from dicomkit.net.items import AcceptedContext, PresentationContext, RoleSelection, UserIdentity, UserInformation
from dicomkit.net.negotiation import propose
from dicomkit.net.pdu import APPLICATION_CONTEXT, AssociateAC, AssociateRQ

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"


def answer(*results: AcceptedContext, **user: object) -> AssociateAC:
    information = UserInformation(**{"max_pdu_length": 16384, "implementation_class_uid": "1.2.3", **user})  # type: ignore[arg-type]  # fields
    return AssociateAC("A", "B", APPLICATION_CONTEXT, results, information)


def request(**user: object) -> AssociateRQ:
    return propose([PresentationContext(1, CT, (EXPLICIT, IMPLICIT))], **user)  # type: ignore[arg-type]  # arguments


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (AcceptedContext(1, 0, IMPLICIT), "accepted  Implicit VR Little Endian (1.2.840.10008.1.2)"),
        (AcceptedContext(1, 0, "1.2.3"), "accepted  1.2.3, which was not proposed: the context cannot be used"),
        (AcceptedContext(1, 1), "refused   rejected by the user: "),
        (AcceptedContext(1, 2), "refused   rejected, no reason given: "),
        (AcceptedContext(1, 3), "refused   abstract syntax not supported: "),
        (AcceptedContext(1, 4), "refused   transfer syntaxes not supported: "),
        (AcceptedContext(1, 9), "refused   result 9: PS3.8 does not define it"),
        (AcceptedContext(3, 0, IMPLICIT), "ignored   the peer does not answer to it"),
    ],
)
def test_contexts(result: AcceptedContext, line: str) -> None:
    lines = explain(request(), answer(result))
    at = lines.index("    1  CT Image Storage (1.2.840.10008.5.1.4.1.1.2)")
    assert lines[at + 1].strip() == "proposed  Explicit VR Little Endian (1.2.840.10008.1.2.1)"
    assert lines[at + 3].strip().startswith(line)


def test_user_information() -> None:
    asked = request(
        async_window=(0, 1),
        roles={CT: (True, True), "1.2.3": (False, True)},
        extended={CT: b"\1\2", "1.2.3": b"\3"},
        user_identity=UserIdentity(4, b"assertion", b"", True),
    )
    given = answer(
        async_window=(8, 1),
        roles=(RoleSelection(CT, False, True),),
        extended=((CT, b"\1\0"),),
        implementation_version_name="PACS 1",
    )
    text = "\n".join(explain(asked, given))
    for part in (
        "implementation     1.2.3, PACS 1",
        "proposed any number invoked, 1 performed; accepted 8 invoked, 1 performed",
        "proposed SCU and SCP; accepted SCP",
        "proposed SCP; not answered: SCU",
        "proposed 0102; 0100",
        "proposed 03; not answered",
        "SAML assertion: not confirmed",
    ):
        assert part in text
    plain = "\n".join(explain(request(), answer(max_pdu_length=0, implementation_class_uid="")))
    assert "the peer takes PDUs of any length" in plain
    assert "no class UID, which PS3.7 D.3.3.2 demands" in plain


def test_no_secret_is_told() -> None:
    asked = request(user_identity=UserIdentity(2, b"joe", b"secret"))
    text = "\n".join(explain(asked, answer()))
    assert "secret" not in text
    assert "user name and passcode: no confirmation was asked for" in text


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (AssociationRejected(1, 1, 3), ["rejected", "permanently, by the application", "does not know our AE title"]),
        (AssociationRejected(2, 3, 2), ["for now, by the upper layer (presentation)", "try again later"]),
        (AssociationRejected(7, 7, 7), ["with result 7, by the peer"]),
        (AssociationAborted(2, 1), ["aborted", "upper layer of the peer", "unrecognized PDU"]),
        (ConnectError("connection refused"), ["no connection", "firewalls or TLS"]),
        (Timeout("no answer"), ["no answer", "waits for TLS"]),
        (ProtocolError("unknown PDU type 53H"), ["not understood", "does not speak DICOM"]),
        (NetworkError("gone"), ["failed", "gone"]),
    ],
)
def test_failures(error: NetworkError, parts: list[str]) -> None:
    text = "\n".join(explain_failure(error))
    for part in parts:
        assert part in text
