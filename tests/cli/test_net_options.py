"""The options that network tools share: DCMTK's rows, and what they are to `dicomkit.associate`."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicomkit.cli.net_options import (
    ABORT,
    ACSE_TIMEOUT,
    CONFIG_FILE,
    DIMSE_TIMEOUT,
    INTERNET_PROTOCOL,
    MAX_PDU,
    MAX_SEND_PDU,
    REPEAT,
    SOCKET_TIMEOUT,
    TIMEOUT,
    USER_IDENTITY,
    ae_titles,
    association_profile,
    connection,
    user_identity,
)
from dicomkit.cli.options import Group, UsageError, parse
from dicomkit.net.items import UserIdentity
from tests.dcmtk import options_of

OTHER = (TIMEOUT, SOCKET_TIMEOUT, ACSE_TIMEOUT, DIMSE_TIMEOUT, MAX_PDU, MAX_SEND_PDU, REPEAT, ABORT)
GROUPS = (Group("", ae_titles("STORESCU"), CONFIG_FILE, USER_IDENTITY, INTERNET_PROTOCOL, ("other", OTHER)),)


def test_rows_of_dcmtk() -> None:
    """Names and texts of storescu's options; only the lengths of PDUs have other limits here."""
    theirs = options_of("storescu")
    for option in GROUPS[0]:
        if option.field in ("ip", "max_pdu", "max_send_pdu"):
            continue
        text = f"{option.argument} {option.help}" if option.argument else option.help
        assert theirs[option.long] == (option.short, text.replace("\n", " "))


def test_defaults() -> None:
    """Those of DCMTK: no limit for connecting and for DIMSE, 30 seconds for ACSE, 60 for the socket."""
    assert connection(parse(GROUPS, ["pacs.example", "104"]), "ECHOSCU") == {
        "host": "pacs.example",
        "port": 104,
        "called": "ANY-SCP",
        "calling": "ECHOSCU",
        "max_pdu_length": 1 << 20,
        "max_send_pdu_length": 0,
        "connect_timeout": None,
        "acse_timeout": 30,
        "dimse_timeout": None,
        "idle_timeout": 60,
    }


def test_all() -> None:
    line = "-aet ME -aec YOU -to 1 -ts 0 -ta 3 -td 4 -pdu 16384 --max-send-pdu 8192 localhost 11112"
    assert connection(parse(GROUPS, line.split()), "ECHOSCU") == {
        "host": "localhost",
        "port": 11112,
        "called": "YOU",
        "calling": "ME",
        "max_pdu_length": 16384,
        "max_send_pdu_length": 8192,
        "connect_timeout": 1,
        "acse_timeout": 3,
        "dimse_timeout": 4,
        "idle_timeout": None,
    }


def test_internet_protocol() -> None:
    arguments = connection(parse(GROUPS, ["-i4", "localhost", "104"]), "ME")
    assert arguments["host"] == "127.0.0.1"
    assert arguments["server_hostname"] == "localhost"
    assert connection(parse(GROUPS, ["-i6", "::1", "104"]), "ME")["host"] == "::1"
    with pytest.raises(UsageError, match=r"127\.0\.0\.1 has no address of IPv6"):
        connection(parse(GROUPS, ["-i6", "127.0.0.1", "104"]), "ME")
    assert connection(parse(GROUPS, ["-i6", "-i0", "127.0.0.1", "104"]), "ME")["host"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "Missing parameter peer"),
        ("localhost", "Missing parameter port"),
        ("localhost 104 more", "Too many arguments"),
        ("localhost 0", r"Invalid value for parameter port \(0\)"),
        ("localhost 65536", r"Invalid value for parameter port \(65536\)"),
        ("localhost dicom", r"Invalid value for parameter port \(dicom\)"),
        ("-aet SEVENTEENLETTERSX localhost 1", "Invalid value for option --aetitle"),
        ("-aec A\\B localhost 1", "Invalid value for option --call"),
        ("-pdu 4095 localhost 1", r"Invalid value for option --max-pdu \(underflow: 4095\)"),
        ("-ta 0 localhost 1", r"Invalid value for option --acse-timeout \(underflow: 0\)"),
    ],
)
def test_usage_errors(line: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        connection(parse(GROUPS, line.split()), "ME")


def test_user_identity(tmp_path: Path) -> None:
    """PS3.7 D.3.3.7: types 1 to 5."""
    ticket = tmp_path / "ticket"
    ticket.write_bytes(b"\0\1ticket")

    def identity(*words: str) -> UserIdentity | None:
        return user_identity(parse(GROUPS, words))

    assert identity() is None
    assert identity("-usr", "mül ler") == UserIdentity(1, "mül ler".encode(), b"", False)
    assert identity("-usr", "u", "-pwd", "p", "-rsp") == UserIdentity(2, b"u", b"p", True)
    assert identity("-usr", "u", "-epw") == UserIdentity(2, b"u", b"", False)
    for kind, option in ((3, "-kt"), (4, "--saml"), (5, "--jwt")):
        assert identity(option, str(ticket)) == UserIdentity(kind, b"\0\1ticket", b"", False)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("-pwd p", "--password only allowed with --user"),
        ("-epw", "--empty-password only allowed with --user"),
        ("-usr u -kt f", "--kerberos not allowed with --user"),
        ("-kt f --jwt f", "--jwt not allowed with --kerberos"),
        ("-rsp", "--pos-response only allowed with"),
        ("--saml /no/such/file", "--saml: /no/such/file: No such file"),
        ("--jwt /dev/null", "0 bytes; a user identity has 1 to 65535"),
    ],
)
def test_user_identity_usage_errors(line: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        user_identity(parse(GROUPS, line.split()))


def test_association_profile(tmp_path: Path) -> None:
    path = tmp_path / "a b.cfg"
    path.write_text(
        "[[TransferSyntaxes]]\n[T]\nTransferSyntax1 = LittleEndianImplicit\n[[PresentationContexts]]\n[P]\n"
        "PresentationContext1 = CTImageStorage\\T\n[[Profiles]]\n[Some Name]\nPresentationContexts = P\n"
    )
    assert association_profile(parse(GROUPS, [])) is None
    profile = association_profile(parse(GROUPS, ["-xf", str(path), "Some Name"]))
    assert profile is not None
    assert profile.presentation_contexts == (("1.2.840.10008.5.1.4.1.1.2", ("1.2.840.10008.1.2",)),)
    with pytest.raises(UsageError, match=r"there is no section \[Other\]"):
        association_profile(parse(GROUPS, ["-xf", str(path), "Other"]))
    with pytest.raises(UsageError, match="nowhere: No such file"):
        association_profile(parse(GROUPS, ["-xf", "nowhere", "Other"]))
    with pytest.raises(UsageError, match="Missing value for option --config-file"):
        parse(GROUPS, ["-xf", str(path)])
