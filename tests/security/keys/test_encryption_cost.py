"""Encrypted files that ask for hours of work, or for all memory, are refused at once."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dicomkit.errors import SignatureError
from dicomkit.security.keys.private_key import load_private_key
from tests.security.pki import PASSWORD, Pki

LOCK = ("-passout", f"pass:{PASSWORD}")


@pytest.fixture
def openssl(peer: Callable[[str], str], pki: Pki, tmp_path: Path) -> Callable[..., bytes]:
    """Run openssl with the RSA key, and give what it writes."""

    def run(command: str, *words: str) -> bytes:
        path = tmp_path / "made"
        key = ["-inkey" if command == "pkcs12" else "-in", str(pki.rsa.key_pem)]
        subprocess.run([peer("openssl"), command, *key, *words, *LOCK, "-out", str(path)], check=True, capture_output=True)
        return path.read_bytes()

    return run


COUNT = (123456).to_bytes(3, "big")
MORE = b"\x7f\xff\xff"


@pytest.mark.parametrize(
    "words",
    [
        ("pkcs8", "-topk8", "-v2", "aes-256-cbc", "-iter", "123456", "-outform", "DER"),
        ("pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-iter", "123456", "-outform", "DER"),
        ("pkcs12", "-export", "-iter", "123456", "-nomaciter", "-nocerts"),
        ("pkcs12", "-export", "-iter", "123456", "-nomac", "-nocerts", "-keypbe", "PBE-SHA1-3DES"),
    ],
)
def test_rounds(openssl: Callable[..., bytes], words: tuple[str, ...]) -> None:
    data = openssl(*words)
    assert data.count(COUNT) == 1
    assert load_private_key(data, PASSWORD)
    with pytest.raises(SignatureError, match="8388607 rounds"):
        load_private_key(data.replace(COUNT, MORE), PASSWORD)


def test_rounds_of_mac_and_certificates(openssl: Callable[..., bytes], pki: Pki) -> None:
    data = openssl("pkcs12", "-export", "-iter", "123456", "-in", str(pki.rsa.certificate_pem))
    places = [place for place in range(len(data)) if data.startswith(COUNT, place)]
    assert len(places) == 3  # certificates, key, MAC
    for place in places:
        with pytest.raises(SignatureError, match="8388607 rounds"):
            load_private_key(data[:place] + MORE + data[place + 3 :], PASSWORD)


def test_pem(openssl: Callable[..., bytes]) -> None:
    import base64

    data = openssl("pkcs8", "-topk8", "-v2", "aes-256-cbc", "-iter", "123456", "-outform", "DER").replace(COUNT, MORE)
    lines = base64.encodebytes(data)
    pem = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + lines + b"-----END ENCRYPTED PRIVATE KEY-----\n"
    with pytest.raises(SignatureError, match="8388607 rounds"):
        load_private_key(pem, PASSWORD)


def test_scrypt(openssl: Callable[..., bytes]) -> None:
    data = openssl("pkcs8", "-topk8", "-scrypt", "-outform", "DER")
    assert load_private_key(data, PASSWORD)
    cost = b"\2\2\x40\0\2\1\x08\2\1\1"  # 16384, 8, 1
    assert data.count(cost) == 1
    with pytest.raises(SignatureError, match="too much memory"):
        load_private_key(data.replace(cost, b"\2\2\x40\0\2\1\x7f\2\1\2"), PASSWORD)
    for other in (b"\2\2\x40\0\2\1\0\2\1\1", b"\2\2\x80\0\2\1\x08\2\1\1", b"\2\2\x40\1\2\1\x08\2\1\1"):
        with pytest.raises(SignatureError):
            load_private_key(data.replace(cost, other), PASSWORD)


def test_unknown(openssl: Callable[..., bytes]) -> None:
    data = openssl("pkcs8", "-topk8", "-scrypt", "-outform", "DER")
    scrypt = bytes.fromhex("06092b06010401da47040b")
    assert data.count(scrypt) == 1
    with pytest.raises(SignatureError, match="in a way that is not known"):
        load_private_key(data.replace(scrypt, scrypt[:-1] + b"\x0c"), PASSWORD)
