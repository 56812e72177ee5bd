"""TLS with other implementations: the command of OpenSSL, and DCMTK."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dicomkit.errors import ConnectError
from dicomkit.security.tls_errors import handshake_error
from tests.dcmtk import dcmtk
from tests.security.authority import Certificates
from tests.security.handshakes import client, server


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def connect(port: int) -> socket.socket:
    """A connection to a process that may still be starting."""
    for _ in range(100):
        try:
            return socket.create_connection(("127.0.0.1", port), 5)
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("the peer does not listen")


@pytest.mark.parametrize(("version", "name"), [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_openssl_server(certificates: Certificates, peer: Callable[[str], str], version: str, name: str) -> None:
    port = free_port()
    with process(
        peer("openssl"), "s_server", "-accept", str(port), "-cert", str(certificates.rsa_server[0]),
        "-key", str(certificates.rsa_server[1]), "-CAfile", str(certificates.ca.certificate), "-Verify", "3",
        version, "-quiet", "-rev",
    ), connect(port) as plain:  # fmt: skip
        context = client(certificates, pair=certificates.client)
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(b"dicom\n")
            assert connection.recv(100) == b"mocid\n"
            assert connection.version() == name


@pytest.mark.parametrize(("version", "name"), [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_openssl_client(certificates: Certificates, peer: Callable[[str], str], version: str, name: str) -> None:
    context = server(certificates, verify=True, ca=[certificates.ca.certificate], server_name="localhost")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        port = listener.getsockname()[1]
        with process(
            peer("openssl"), "s_client", "-connect", f"127.0.0.1:{port}", "-cert", str(certificates.client[0]),
            "-key", str(certificates.client[1]), "-CAfile", str(certificates.ca.certificate), "-verify_return_error",
            "-servername", "localhost", "-alpn", "dicom", "-quiet", version,
        ) as child:  # fmt: skip
            plain, _ = listener.accept()
            with context.wrap_socket(plain, server_side=True) as connection:
                assert child.stdin is not None
                child.stdin.write(b"A-ASSOCIATE\n")
                child.stdin.flush()
                assert connection.recv(100) == b"A-ASSOCIATE\n"
                assert connection.version() == name
                assert connection.selected_alpn_protocol() == "dicom"


def item(kind: int, content: bytes) -> bytes:
    return bytes([kind, 0]) + len(content).to_bytes(2, "big") + content


# PS3.8 9.3.2: Verification with implicit VR little endian.
ASSOCIATE_RQ = (
    bytes.fromhex("0001 0000")
    + b"ANY-SCP         "
    + b"DICOMKIT        "
    + bytes(32)
    + item(0x10, b"1.2.840.10008.3.1.1.1")
    + item(0x20, b"\1\0\0\0" + item(0x30, b"1.2.840.10008.1.1") + item(0x40, b"1.2.840.10008.1.2"))
    + item(0x50, item(0x51, b"\0\0\x40\0") + item(0x52, b"1.2.3.4"))
)
ASSOCIATE_RQ = b"\1\0" + len(ASSOCIATE_RQ).to_bytes(4, "big") + ASSOCIATE_RQ

# DCMTK's options of the profiles that 3.6.7 has.
DCMTK_PROFILES = {"bcp195-nd": "+py", "bcp195": "+px", "bcp195-extended": "+pz", "aes": "+pa", "null": "+pn"}


@pytest.mark.parametrize("profile", DCMTK_PROFILES)
def test_dcmtk_client(certificates: Certificates, profile: str) -> None:
    """DCMTK's echoscu reaches us: the handshake is done, and an A-ASSOCIATE-RQ (PS3.8 9.3.2) arrives."""
    context = server(certificates, profile, verify=True, ca=[certificates.ca.certificate])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        with process(
            dcmtk("echoscu"), "+tls", str(certificates.client[1]), str(certificates.client[0]), "+cf",
            str(certificates.ca.certificate), DCMTK_PROFILES[profile], "127.0.0.1", str(listener.getsockname()[1]),
        ):  # fmt: skip
            plain, _ = listener.accept()
            plain.settimeout(10)
            with context.wrap_socket(plain, server_side=True) as connection:
                assert connection.recv(6)[:2] == b"\x01\x00"
                assert connection.getpeercert()


@pytest.mark.parametrize("profile", DCMTK_PROFILES)
def test_dcmtk_server(certificates: Certificates, tmp_path: Path, profile: str) -> None:
    """We reach DCMTK's storescp: it answers an A-ASSOCIATE-RQ with an A-ASSOCIATE-AC."""
    port = free_port()
    with process(
        dcmtk("storescp"), "+tls", str(certificates.rsa_server[1]), str(certificates.rsa_server[0]), "+cf",
        str(certificates.ca.certificate), DCMTK_PROFILES[profile], "-od", str(tmp_path), str(port),
    ), connect(port) as plain:  # fmt: skip
        context = client(certificates, profile, pair=certificates.client)
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(ASSOCIATE_RQ)
            assert connection.recv(6)[:1] == b"\x02"


def test_dcmtk_refuses(certificates: Certificates) -> None:
    """A server whose certificate is of another authority is refused by DCMTK, and we say so."""
    pair = certificates.foreign_client
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        with process(
            dcmtk("echoscu"), "+tla", "+cf", str(certificates.ca.certificate), "127.0.0.1",
            str(listener.getsockname()[1]),
        ):  # fmt: skip
            plain, _ = listener.accept()
            plain.settimeout(10)
            context = server(certificates, "bcp195-extended", pair=pair)
            with pytest.raises(OSError) as caught:  # noqa: PT011  # an alert, or the end of the connection
                context.wrap_socket(plain, server_side=True)
            assert isinstance(handshake_error(caught.value), ConnectError)
