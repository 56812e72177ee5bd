"""`dicomkit echoscu` and `dicomkit termscu`: against the server of this package."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dicomkit.net.items import UserIdentity
from dicomkit.net.pdu import AssociateRQ
from dicomkit.net.server import Server, Storage, Verification
from dicomkit.security.tls import server_context
from tests.dcmtk import options_of
from tests.security.authority import Certificates, make_certificates

Tool = Callable[..., Any]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory, peer: Callable[[str], str]) -> Certificates:
    peer("openssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@contextmanager
def serving(**options: Any) -> Iterator[str]:
    """A server; gives its port."""
    services = options.pop("services", [Verification()])
    with Server(services, **options).started("127.0.0.1") as server:
        yield str(server.port)


def test_echo(tool: Tool) -> None:
    with serving() as port:
        assert tool("echoscu", "127.0.0.1", port).err == ""
        result = tool("echoscu", "-v", "127.0.0.1", port)
    assert result.code == 0
    assert result.err.splitlines() == [
        "I: Requesting Association",
        "I: Association Accepted (Max Send PDV: 1048564)",
        "I: Sending Echo Request (MsgID 1)",
        "I: Received Echo Response (Success)",
        "I: Releasing Association",
    ]


def test_repeat_and_abort(tool: Tool) -> None:
    with serving() as port:
        result = tool("echoscu", "-v", "--repeat", "3", "--abort", "localhost", port)
    assert result.code == 0
    assert result.err.count("Received Echo Response (Success)") == 3
    assert result.err.endswith("I: Aborting Association\n")


def test_titles_and_proposals(tool: Tool) -> None:
    seen = []
    with serving(associated=lambda peer: seen.append(peer.agreement.request)) as port:
        line = ["-aet", "ME", "-aec", "YOU", "-pts", "38", "-ppc", "100", "-pdu", "16384"]
        assert tool("echoscu", *line, "127.0.0.1", port).code == 0
        assert tool("echoscu", "127.0.0.1", port).code == 0
    request, plain = seen
    assert (request.calling_ae_title, request.called_ae_title) == ("ME", "YOU")
    assert request.user_information.max_pdu_length == 16384
    assert [context.id for context in request.presentation_contexts] == list(range(1, 200, 2))
    syntaxes = request.presentation_contexts[0].transfer_syntaxes
    assert syntaxes[:4] == ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", syntaxes[3])
    assert len(set(syntaxes)) == 38
    assert (plain.calling_ae_title, plain.called_ae_title) == ("ECHOSCU", "ANY-SCP")
    assert [context.transfer_syntaxes for context in plain.presentation_contexts] == [("1.2.840.10008.1.2",)]


def test_debug(tool: Tool) -> None:
    with serving() as port:
        lines = tool("echoscu", "-d", "127.0.0.1", port).err.splitlines()
    assert "D: Request Parameters:" in lines
    assert "D:   Context ID:        1 (Accepted)" in lines
    assert "D:     Accepted Transfer Syntax: =ImplicitVRLittleEndian" in lines


def test_rejected(tool: Tool) -> None:
    with serving(called={"PACS"}) as port:
        result = tool("echoscu", "127.0.0.1", port)
    assert result.code == 1
    assert result.err.splitlines() == [
        "F: Association Rejected:",
        "F: Result: Rejected Permanent, Source: Service User",
        "F: Reason: Called AE Title Not Recognized",
    ]


def test_no_context(tool: Tool) -> None:
    with serving(services=[Storage(None)]) as port:
        result = tool("echoscu", "127.0.0.1", port)
    assert (result.code, result.err) == (1, "F: No Acceptable Presentation Contexts\n")


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def test_nobody_there(tool: Tool) -> None:
    port = free_port()
    result = tool("echoscu", "127.0.0.1", port)
    assert result.code == 1
    assert result.err.lower() == f"f: association request failed: 127.0.0.1:{port}: connection refused\n"


@contextmanager
def answering(answer: bytes, *, wait: bool = True) -> Iterator[str]:
    """A server that answers what it gets with the same bytes, and says no more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
                if wait:
                    done.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        yield str(listener.getsockname()[1])
        done.set()
        thread.join()


def test_silent_peer(tool: Tool) -> None:
    with answering(b"") as port:
        result = tool("echoscu", "-ta", "1", "127.0.0.1", port)
    assert result.code == 1
    assert "no answer to the association request" in result.err


def test_peer_that_aborts(tool: Tool) -> None:
    with answering(bytes.fromhex("0700 0000 0004 0000 0000"), wait=False) as port:
        result = tool("echoscu", "127.0.0.1", port)
    assert result.code == 1
    assert "aborted" in result.err


def test_user_identity(tool: Tool) -> None:
    def identify(identity: UserIdentity, request: AssociateRQ) -> bool:
        return (identity.primary, identity.secondary) == (b"joe", b"secret")

    with serving(identify=identify) as port:
        good = tool("echoscu", "-usr", "joe", "-pwd", "secret", "-rsp", "--explain", "127.0.0.1", port)
        bad = tool("echoscu", "-usr", "joe", "-pwd", "guess", "127.0.0.1", port)
    assert good.code == 0
    assert b"user identity      user name and passcode: confirmed\n" in good.out
    assert bad.code == 1


def test_explain(tool: Tool, tmp_path: Path) -> None:
    profile = tmp_path / "profile.cfg"
    profile.write_text(
        "[[TransferSyntaxes]]\n[JPEG]\nTransferSyntax1 = JPEGBaseline\n[Plain]\nTransferSyntax1 = LittleEndianExplicit\n"
        "[[PresentationContexts]]\n[Images]\nPresentationContext1 = CTImageStorage\\JPEG\n"
        "PresentationContext2 = CTImageStorage\\Plain\nPresentationContext3 = MRImageStorage\\Plain\n"
        "[[SCPSCURoleSelection]]\n[Roles]\nRole1 = CTImageStorage\\BOTH\n"
        "[[Profiles]]\n[Images]\nPresentationContexts = Images\nSCPSCURoleSelection = Roles\n"
    )
    storage = Storage(None, sop_classes=["CTImageStorage"], transfer_syntaxes=["ExplicitVRLittleEndian"])
    with serving(services=[Verification(), storage]) as port:
        result = tool("echoscu", "--explain", "-xf", str(profile), "Images", "127.0.0.1", port)
    assert result.code == 0
    text = result.out.decode()
    assert "Presentation contexts: 4 proposed, 2 accepted\n" in text
    assert text.count("accepted  Explicit VR Little Endian (1.2.840.10008.1.2.1)\n") == 1
    assert "  3  CT Image Storage (1.2.840.10008.5.1.4.1.1.2)\n" in text
    assert "refused   transfer syntaxes not supported: " in text
    assert "refused   abstract syntax not supported: " in text
    assert "our role           CT Image Storage (1.2.840.10008.5.1.4.1.1.2): proposed SCU and SCP; accepted SCU" in text
    assert text.endswith("C-ECHO: success\n")


def test_explain_failures(tool: Tool) -> None:
    with serving(called={"PACS"}) as port:
        rejected = tool("echoscu", "--explain", "127.0.0.1", port).out.decode()
    assert "Association: rejected\n" in rejected
    assert "the peer goes by another AE title: give that (-aec)" in rejected
    assert "nothing has been said yet" in tool("echoscu", "--explain", "127.0.0.1", free_port()).out.decode()
    with answering(b"SSH-2.0-OpenSSH_9.2p1\r\n", wait=False) as port:
        assert "does not speak DICOM" in tool("echoscu", "--explain", "127.0.0.1", port).out.decode()


def test_tls(tool: Tool, certificates: Certificates) -> None:
    ca, (certificate, key) = certificates.ca.certificate, certificates.client
    context = server_context(certificate=certificates.server[0], key=certificates.server[1], ca=[ca])
    with serving(tls=context) as port:
        good = tool("echoscu", "+tls", str(key), str(certificate), "+cf", str(ca), "127.0.0.1", port)
        anonymous = tool("echoscu", "+tla", "+cf", str(ca), "127.0.0.1", port)
        foreign = tool(
            "echoscu", "+tls", str(key), str(certificate), "+cf", str(certificates.other_ca.certificate), "127.0.0.1", port
        )
        plain = tool("echoscu", "-ta", "5", "127.0.0.1", port)
    assert (good.code, good.err) == (0, "")
    assert anonymous.code == foreign.code == plain.code == 1
    assert "certificate" in foreign.err
    with serving() as port:
        no_tls = tool("echoscu", "+tla", "+cf", str(ca), "127.0.0.1", port)
    assert no_tls.code == 1
    assert "does not speak TLS" in no_tls.err


def test_certificate_checks(tool: Tool, certificates: Certificates) -> None:
    ca = str(certificates.ca.certificate)
    good, bad = str(certificates.server[0]), str(certificates.foreign_client[0])
    result = tool("echoscu", "+vc", good, "+cf", ca)
    assert (result.code, result.out.decode()) == (0, f"Verification of certificate '{good}' passed.\n")
    result = tool("echoscu", "+vc", bad, "+cf", ca)
    assert result.code == 22
    assert result.out.decode().startswith(f"Verification of certificate '{bad}' failed: ")
    assert tool("echoscu", "+rc", ca).out.decode() == f"Certificate '{ca}' is a valid, self-signed root CA.\n"
    assert tool("echoscu", "+rc", good).code == 22


def test_list_ciphers(tool: Tool) -> None:
    result = tool("echoscu", "+cc")
    assert result.code == 0
    assert b"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" in result.out


@pytest.mark.parametrize(
    "line", ["", "localhost", "localhost x", "localhost 1 2", "-pts 0 localhost 1", "+cf x localhost 1"]
)
@pytest.mark.parametrize("name", ["echoscu", "termscu"])
def test_usage_errors(tool: Tool, name: str, line: str) -> None:
    result = tool(name, *line.split())
    if line:
        assert result.code == 1
        assert "\nerror: " in result.err
    else:
        assert result.code == 0
        assert b"usage: " in result.out


def test_options_of_dcmtk() -> None:
    from dicomkit.cli import echoscu, termscu

    for name, module in (("echoscu", echoscu), ("termscu", termscu)):
        ours = {option.long: option.short for group in module.GROUPS for option in group}
        theirs = {long: short for long, (short, _) in options_of(name).items()}
        assert {long: short for long, short in ours.items() if long in theirs} == theirs


def test_termscu(tool: Tool) -> None:
    """DCMTK's servers reject the association when they shut down. Ours do not know the SOP class."""
    with serving() as port:
        result = tool("termscu", "127.0.0.1", port)
    assert (result.code, result.err) == (1, "F: No Acceptable Presentation Contexts\n")
