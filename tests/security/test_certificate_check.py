"""Certificates without a peer: each is judged as in a handshake."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicomkit.security.certificate_check import is_root, rejection
from dicomkit.security.tls import client_context
from tests.security.authority import Certificates


@pytest.mark.parametrize("profile", ["rfc8996", "bcp195", "bcp195-nd", "aes"])
def test_good_and_bad(certificates: Certificates, profile: str) -> None:
    """Whatever the kind of key and the cipher suites of the profile."""
    context = client_context(profile, ca=[certificates.ca.certificate])
    for pair in (certificates.server, certificates.rsa_server, certificates.department_client, certificates.revoked):
        assert rejection(context, pair[0]) == ""
    assert rejection(context, certificates.expired[0]) == "certificate has expired"
    assert rejection(context, certificates.foreign_client[0]) == "unable to get local issuer certificate"


def test_revoked(certificates: Certificates) -> None:
    context = client_context(ca=[certificates.ca.certificate], crl=[certificates.revocation_list])
    assert rejection(context, certificates.revoked[0]) == "certificate revoked"
    assert rejection(context, certificates.server[0]) == ""


def test_weak(certificates: Certificates) -> None:
    assert "too" in rejection(client_context(ca=[certificates.ca.certificate]), certificates.weak[0])


def test_der(certificates: Certificates) -> None:
    path = certificates.ca.der(certificates.server[0], "x509")
    assert rejection(client_context(ca=[certificates.ca.certificate]), path) == ""
    assert rejection(client_context(ca=[]), path) != ""


def test_root(certificates: Certificates, tmp_path: Path) -> None:
    assert is_root(certificates.ca.certificate)
    assert is_root(certificates.ca.der(certificates.ca.certificate, "x509"))
    for path in (certificates.department.certificate, certificates.server[0], tmp_path / "nowhere"):
        assert not is_root(path)


def test_no_certificate(certificates: Certificates, tmp_path: Path) -> None:
    context = client_context(ca=[])
    path = tmp_path / "text"
    path.write_text("text")
    assert "neither PEM nor DER" in rejection(context, path)
    assert "no certificate" in rejection(context, certificates.server[1])
    assert "No such file" in rejection(context, tmp_path / "nowhere")


def test_long_chain(certificates: Certificates, tmp_path: Path) -> None:
    """More than one record of TLS."""
    path = tmp_path / "long.pem"
    path.write_bytes(certificates.server[0].read_bytes() * 60)
    assert rejection(client_context(ca=[certificates.ca.certificate]), path) == ""
