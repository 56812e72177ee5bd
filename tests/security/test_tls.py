"""Contexts for TLS: who is trusted, revocation lists, files, server names, sessions; by handshakes."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dicomkit.security.tls import client_context, server_context
from dicomkit.security.tls_errors import handshake_error
from tests.security.authority import Certificates
from tests.security.handshakes import client, plain_client, server, shake


def test_a_server_of_another_authority(certificates: Certificates) -> None:
    outcome = shake(client(certificates, ca=[certificates.other_ca.certificate]), server(certificates))
    assert isinstance(outcome.client, ssl.SSLCertVerificationError)
    assert str(handshake_error(outcome.client, "pacs:2762")) == (
        "pacs:2762: the peer's certificate is not accepted: unable to get local issuer certificate"
    )
    assert isinstance(outcome.server, OSError)
    assert "the peer does not accept our certificate: it does not know its CA" in str(handshake_error(outcome.server))


def test_a_client_that_trusts_nobody(certificates: Certificates) -> None:
    assert not shake(client(certificates, ca=[]), server(certificates)).ok
    assert shake(client(certificates, ca=[], verify=False), server(certificates)).ok


def test_expired(certificates: Certificates) -> None:
    outcome = shake(client(certificates), server(certificates, pair=certificates.expired))
    assert isinstance(outcome.client, ssl.SSLError)
    assert str(handshake_error(outcome.client)) == "the peer's certificate is not accepted: certificate has expired"


def test_host_names(certificates: Certificates) -> None:
    """RFC 9325 6.1. The test's certificates are for localhost, 127.0.0.1 and pacs.example."""
    for host in ("localhost", "127.0.0.1", "pacs.example"):
        assert shake(client(certificates), server(certificates), host=host).ok
    outcome = shake(client(certificates), server(certificates), host="10.0.0.9")
    assert isinstance(outcome.client, ssl.SSLError)
    assert "certificate is not valid for '10.0.0.9'" in str(handshake_error(outcome.client))
    assert shake(client(certificates, check_hostname=False), server(certificates), host="10.0.0.9").ok


@pytest.mark.parametrize(("verify", "nobody"), [(True, False), ("if-present", True), (False, True)])
@pytest.mark.parametrize("profile", ["rfc8996", "bcp195-extended"])
def test_certificates_of_clients(certificates: Certificates, profile: str, verify: Any, nobody: bool) -> None:
    """Clients with a good certificate, with none, and with one of another authority."""
    context = server(certificates, profile, verify=verify, ca=[certificates.ca.certificate])
    assert shake(client(certificates, profile, pair=certificates.client), context).ok
    assert shake(client(certificates, profile), context).ok is nobody
    foreign = shake(client(certificates, profile, pair=certificates.foreign_client), context)
    assert foreign.ok is (verify is False)


def test_why_a_client_is_refused(certificates: Certificates) -> None:
    context = server(certificates, verify=True, ca=[certificates.ca.certificate])
    nobody = shake(client(certificates), context)
    assert isinstance(nobody.server, OSError)
    assert "the peer shows no certificate" in str(handshake_error(nobody.server))
    assert isinstance(nobody.client, OSError)
    assert "the peer wants a certificate of ours" in str(handshake_error(nobody.client))


def test_a_server_must_know_its_authority(certificates: Certificates) -> None:
    with pytest.raises(ValueError, match="needs to know by which CA"):
        server_context(certificate=certificates.server[0], key=certificates.server[1])
    with pytest.raises(ValueError, match="verify is True, False or 'if-present'"):
        server(certificates, verify="maybe", ca=[])


def test_chain(certificates: Certificates) -> None:
    """An authority between the root and the certificate is in the certificate's file."""
    context = server(certificates, verify=True, ca=[certificates.ca.certificate])
    assert shake(client(certificates, pair=certificates.department_client), context).ok
    alone = certificates.department.issue("alone")
    assert not shake(client(certificates, pair=alone), context).ok


# revocation


def test_revoked(certificates: Certificates) -> None:
    context = server(certificates, pair=certificates.revoked)
    assert shake(client(certificates), context).ok
    outcome = shake(client(certificates, crl=[certificates.revocation_list]), context)
    assert isinstance(outcome.client, ssl.SSLError)
    assert str(handshake_error(outcome.client)) == "the peer's certificate is not accepted: certificate revoked"
    assert isinstance(outcome.server, OSError)
    assert "it has been revoked" in str(handshake_error(outcome.server))
    assert shake(client(certificates, crl=[certificates.revocation_list]), server(certificates)).ok


def test_revoked_client(certificates: Certificates) -> None:
    listed = server(certificates, verify=True, ca=[certificates.ca.certificate], crl=[certificates.revocation_list])
    assert not shake(client(certificates, pair=certificates.revoked), listed).ok
    assert shake(client(certificates, pair=certificates.client), listed).ok


def test_leaf_or_chain(certificates: Certificates) -> None:
    """With "chain", every authority needs a list; with "leaf", the one that issued the certificate."""
    department_list = certificates.department.revocation_list()
    lists = {"leaf": [department_list], "both": [department_list, certificates.revocation_list]}
    for check, crl, good in (("leaf", "leaf", True), ("chain", "leaf", False), ("chain", "both", True)):
        context = server(certificates, verify=True, ca=[certificates.ca.certificate], crl=lists[crl], check_crl=check)
        assert shake(client(certificates, pair=certificates.department_client), context).ok is good


def test_a_missing_list_refuses(certificates: Certificates) -> None:
    outcome = shake(client(certificates, check_crl="leaf"), server(certificates))
    assert isinstance(outcome.client, ssl.SSLError)
    assert "unable to get certificate CRL" in str(handshake_error(outcome.client))


# files


def test_der_files(certificates: Certificates) -> None:
    authority = certificates.ca
    context = server_context(
        certificate=authority.der(certificates.rsa_server[0], "x509"),
        key=authority.der(certificates.rsa_server[1], "rsa"),
        ca=[authority.der(authority.certificate, "x509")],
        crl=[authority.der(certificates.revocation_list, "crl")],
    )
    good = client_context(
        certificate=authority.der(certificates.client[0], "x509"),
        key=authority.der(certificates.client[1], "ec"),
        ca=[authority.certificate],
    )
    assert shake(good, context).ok
    bad = client(certificates, pair=certificates.revoked)
    assert not shake(bad, context).ok


@pytest.mark.parametrize("words", [("pkcs8", "-topk8", "-nocrypt"), ("pkcs8", "-topk8", "-passout", "pass:x")])
def test_der_keys(certificates: Certificates, words: tuple[str, ...]) -> None:
    """PKCS #8, plain and encrypted."""
    key = certificates.ca.der(certificates.client[1], *words)
    pair = (certificates.client[0], key)
    context = server(certificates, verify=True, ca=[certificates.ca.certificate])
    assert shake(client(certificates, pair=pair, password="x"), context).ok


def test_folders(certificates: Certificates, tmp_path: Path) -> None:
    """A folder of files, and one with the names that OpenSSL looks for."""
    files = tmp_path / "files"
    files.mkdir()
    (files / "root.crt").write_bytes(certificates.ca.certificate.read_bytes())
    (files / "root.crl").write_bytes(certificates.revocation_list.read_bytes())
    (files / "some.pem").write_text("nothing of the kind")
    (files / "README").write_text("nothing at all")
    hashed = tmp_path / "hashed"
    hashed.mkdir()
    digits = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(certificates.ca.certificate)],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    (hashed / f"{digits}.0").write_bytes(certificates.ca.certificate.read_bytes())
    (hashed / f"{digits}.r0").write_bytes(certificates.revocation_list.read_bytes())
    for folder in (files, hashed):
        assert shake(client(certificates, ca=[folder], check_crl="leaf"), server(certificates)).ok
        assert not shake(
            client(certificates, ca=[folder], check_crl="leaf"), server(certificates, pair=certificates.revoked)
        ).ok
    assert not shake(client(certificates, ca=[tmp_path]), server(certificates)).ok


def test_passwords(certificates: Certificates) -> None:
    context = server(certificates, verify=True, ca=[certificates.ca.certificate])
    for password in ("open sesame", b"open sesame", lambda: "open sesame"):
        assert shake(client(certificates, pair=certificates.locked, password=password), context).ok
    with pytest.raises(ValueError, match=r"another password|is another"):
        client(certificates, pair=certificates.locked, password="please")
    with pytest.raises(ValueError, match=r"locked\.key: the private key needs a password"):
        client(certificates, pair=certificates.locked)
    with pytest.raises(ZeroDivisionError):
        client(certificates, pair=certificates.locked, password=lambda: str(1 / 0))


def test_a_key_is_not_asked_for_needlessly(certificates: Certificates) -> None:
    client(certificates, pair=certificates.client, password=lambda: pytest.fail("asked"))


def test_certificate_and_key_in_one_file(certificates: Certificates, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(certificates.client[1].read_bytes() + certificates.client[0].read_bytes())
    context = server(certificates, verify=True, ca=[certificates.ca.certificate])
    assert shake(client(certificates, pair=(both, None)), context).ok


def test_bad_files(certificates: Certificates, tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"rubbish")
    empty = tmp_path / "empty.pem"
    empty.write_bytes(b"")
    good = certificates.client
    with pytest.raises(ValueError, match="rubbish: no certificate or revocation list"):
        client(certificates, ca=[rubbish])
    with pytest.raises(ValueError, match=r"empty\.pem: no certificate or revocation list"):
        client(certificates, ca=[empty])
    with pytest.raises(ValueError, match=r"server\.key: not the private key of the certificate in .*client\.pem"):
        client(certificates, pair=(good[0], certificates.server[1]))
    for pair in ((rubbish, good[1]), (good[0], rubbish), (good[1], good[1]), (good[0], good[0])):
        with pytest.raises(ValueError, match=r"rubbish|neither|no certificate|no private key"):
            client(certificates, pair=pair)
    with pytest.raises(FileNotFoundError):
        client(certificates, pair=(tmp_path / "nowhere", good[1]))
    with pytest.raises(FileNotFoundError):
        client(certificates, ca=[tmp_path / "nowhere"])
    with pytest.raises(ValueError, match="a private key needs its certificate"):
        client(certificates, pair=(None, good[1]))


def test_dh_parameters(certificates: Certificates, tmp_path: Path) -> None:
    """Given ones, and those of RFC 7919 without: p = 2^2048 - 2^1984 + (floor(2^1918 e) + 560316) 2^64 - 1."""
    own = tmp_path / "own.pem"
    with own.open("wb") as file:
        subprocess.run(
            ["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe3072"],
            check=True, stdout=file,
        )  # fmt: skip
    dhe = plain_client(ssl.TLSVersion.TLSv1_2, "DHE-RSA-AES128-GCM-SHA256")
    assert shake(dhe, server(certificates, "bcp195-nd", dh_parameters=own)).ok
    assert shake(dhe, server(certificates, "bcp195-nd")).ok
    with pytest.raises(ValueError, match=r"ca\.pem: no parameters"):
        server(certificates, "bcp195-nd", dh_parameters=certificates.ca.certificate)
    short = tmp_path / "short.pem"
    # A group of 1024 bits: RFC 2409 6.2, which is too short for every profile but the retired ones.
    subprocess.run(["openssl", "dhparam", "-dsaparam", "-out", str(short), "1024"], check=True, capture_output=True)
    with pytest.raises(ValueError, match="too short"):
        server(certificates, "bcp195-extended", dh_parameters=short)


# server names, sessions, protocols


def test_server_names(certificates: Certificates) -> None:
    context = server(certificates, server_name="pacs.example")
    assert shake(client(certificates), context, host="pacs.example").ok
    assert shake(client(certificates, server_name="PACS.example"), context).ok
    assert shake(plain_client(), context, host="127.0.0.1").ok  # an address is no server name: nothing is asked for
    other = shake(client(certificates), context, host="localhost")
    assert isinstance(other.client, OSError)
    assert "the peer is not the server that was asked for" in str(handshake_error(other.client))


@pytest.mark.parametrize("profile", ["rfc8996", "bcp195-extended"])
def test_sessions(certificates: Certificates, profile: str) -> None:
    """A second connection takes up the session of the first: with TLS 1.3 and 1.2, and with a client's certificate."""
    near = client(certificates, profile, pair=certificates.client)
    far = server(certificates, profile, verify=True, ca=[certificates.ca.certificate])
    assert [shake(near, far).resumed for _ in range(3)] == [False, True, True]
    assert not shake(near, far, host="pacs.example").resumed
    another = server(certificates, profile, verify=True, ca=[certificates.ca.certificate])
    outcome = shake(near, another)
    assert outcome.ok
    assert not outcome.resumed


def test_sessions_with_asyncio(certificates: Certificates) -> None:
    near = client(certificates)
    resumed = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(1))
        writer.close()

    async def run() -> None:
        service = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server(certificates))
        port = service.sockets[0].getsockname()[1]
        for _ in range(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=near)
            writer.write(b"x")
            assert await reader.read(1) == b"x"
            resumed.append(writer.get_extra_info("ssl_object").session_reused)
            writer.close()
            await writer.wait_closed()
        service.close()
        await service.wait_closed()

    asyncio.run(run())
    assert resumed == [False, True]


def test_the_name_of_the_protocol(certificates: Certificates) -> None:
    """IANA's registry of application layer protocols has "dicom"."""
    near, far = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = client(certificates).wrap_bio(near, far, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    assert b"\x05dicom" in far.read()
