"""Private keys from files: all that openssl writes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from dicomkit.errors import SignatureError
from dicomkit.security.keys.private_key import load_private_key
from tests.security.pki import PASSWORD, Identity, Pki


def asked() -> str:
    return PASSWORD


@pytest.mark.parametrize("name", ["rsa", "p256", "p384", "dsa"])
def test_formats(pki: Pki, name: str) -> None:
    identity: Identity = getattr(pki, name)
    public = identity.key.public_key()
    for path, password in (
        (identity.key_pem, None),
        (identity.key_pem, PASSWORD),  # which is not needed
        (identity.key_der, None),
        (identity.key_der, asked),
        (identity.key_locked, PASSWORD),
        (identity.key_locked, PASSWORD.encode()),
        (identity.key_locked, asked),
        (identity.key_der_locked, PASSWORD),
        (identity.p12, PASSWORD),
        (identity.p12, asked),
    ):
        assert load_private_key(path, password).public_key() == public
        assert load_private_key(str(path), password).public_key() == public
        assert load_private_key(path.read_bytes(), password).public_key() == public
        kind = "pkcs12" if path.suffix == ".p12" else "der" if path.suffix == ".der" else "pem"
        assert load_private_key(path, password, format=kind).public_key() == public
    assert load_private_key(identity.key) is identity.key


@pytest.fixture
def openssl(peer: Callable[[str], str], pki: Pki, tmp_path: Path) -> Callable[..., Path]:
    """Run openssl with the RSA or P-256 key, and give what it writes."""
    count = 0

    def run(command: str, *words: str, name: str = "rsa") -> Path:
        nonlocal count
        count += 1
        path = tmp_path / f"made{count}"
        identity: Identity = getattr(pki, name)
        key = ["-inkey" if command == "pkcs12" else "-in", str(identity.key_pem)]
        words = tuple(word.replace("CERTIFICATE", str(identity.certificate_pem)) for word in words)
        subprocess.run([peer("openssl"), command, *key, *words, "-out", str(path)], check=True, capture_output=True)
        return path

    return run


LOCK = ("-passout", f"pass:{PASSWORD}")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("rsa", ("-traditional",)),
        ("rsa", ("-traditional", "-outform", "DER")),
        ("rsa", ("-traditional", "-aes128", *LOCK)),
        ("rsa", ("-traditional", "-des3", *LOCK)),
        ("pkcs8", ("-topk8", "-nocrypt")),
        ("pkcs8", ("-topk8", "-v2", "aes-256-cbc", *LOCK)),
        ("pkcs8", ("-topk8", "-v2", "aes-256-cbc", "-outform", "DER", *LOCK)),
        ("pkcs8", ("-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512", "-iter", "100000", *LOCK)),
        ("pkcs8", ("-topk8", "-scrypt", *LOCK)),
        ("pkcs8", ("-topk8", "-v1", "PBE-SHA1-3DES", *LOCK)),
        ("pkcs12", ("-export", "-in", "CERTIFICATE", *LOCK)),
        ("pkcs12", ("-export", "-in", "CERTIFICATE", "-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", *LOCK)),
        ("pkcs12", ("-export", "-in", "CERTIFICATE", "-nomac", *LOCK)),
        ("pkcs12", ("-export", "-nocerts", *LOCK)),
        ("pkcs12", ("-export", "-in", "CERTIFICATE", "-keypbe", "NONE", "-certpbe", "NONE", "-passout", "pass:")),
    ],
)
def test_made_by_openssl(openssl: Callable[..., Path], pki: Pki, command: str, words: tuple[str, ...]) -> None:
    path = openssl(command, *words)
    locked = LOCK[1] in words
    assert load_private_key(path, PASSWORD if locked else None).public_key() == pki.rsa.key.public_key()
    if locked:
        with pytest.raises(SignatureError, match="a password is needed"):
            load_private_key(path)
        with pytest.raises(SignatureError, match=r"password|cannot be opened"):
            load_private_key(path, "wrong")


def test_elliptic_curve(openssl: Callable[..., Path], pki: Pki) -> None:
    for words in (("-outform", "PEM"), ("-outform", "DER"), ("-aes256", *LOCK)):
        assert load_private_key(openssl("ec", *words, name="p256"), PASSWORD).public_key() == pki.p256.key.public_key()


def test_password_is_asked_for_if_needed(pki: Pki) -> None:
    def never() -> str:
        raise AssertionError

    assert load_private_key(pki.rsa.key_pem, never).public_key() == pki.rsa.key.public_key()
    assert load_private_key(pki.rsa.key_der, never).public_key() == pki.rsa.key.public_key()
    calls = []

    def once() -> bytes:
        calls.append(1)
        return PASSWORD.encode()

    for path in (pki.rsa.key_locked, pki.rsa.key_der_locked, pki.rsa.p12):
        load_private_key(path, once)
    assert len(calls) == 3


@pytest.mark.parametrize("empty", ["", b""])
def test_empty_password(pki: Pki, empty: str | bytes) -> None:
    with pytest.raises(SignatureError, match="wrong password"):
        load_private_key(pki.rsa.key_locked, empty)


def test_no_key(pki: Pki, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no key")
    for source in (text, b"", b"\0", pki.rsa.certificate_pem, pki.rsa.certificate_der, pki.root_crl.der):
        with pytest.raises(SignatureError, match="no private key in it"):
            load_private_key(source)
    with pytest.raises(SignatureError, match="^" + str(text)):
        load_private_key(text)
    for kind in ("pem", "der"):
        with pytest.raises(SignatureError, match="no private key in it"):
            load_private_key(text, format=kind)
    with pytest.raises(SignatureError, match="PKCS #12"):
        load_private_key(text, format="pkcs12")
    with pytest.raises(FileNotFoundError):
        load_private_key(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="no format 'jks'"):
        load_private_key(text, format="jks")


def test_wrong_format(pki: Pki) -> None:
    for source, kind in (
        (pki.rsa.key_pem, "der"),
        (pki.rsa.key_der, "pem"),
        (pki.rsa.key_pem, "pkcs12"),
        (pki.rsa.p12, "der"),
    ):
        with pytest.raises(SignatureError):
            load_private_key(source, PASSWORD, format=kind)


def test_other_types(openssl: Callable[..., Path], peer: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "ed25519.pem"
    subprocess.run([peer("openssl"), "genpkey", "-algorithm", "ED25519", "-out", path], check=True)
    with pytest.raises(SignatureError, match=r"no signatures by a key of this type: .*Ed25519"):
        load_private_key(path)
    with pytest.raises(SignatureError, match=r"no signatures by a key of this type: .*Ed25519"):
        load_private_key(ed25519.Ed25519PrivateKey.generate())  # type: ignore[arg-type]  # that is the test


def test_key_in_a_file_with_others(pki: Pki, tmp_path: Path) -> None:
    path = tmp_path / "all.pem"
    path.write_bytes(b"Explanation\n" + pki.rsa.certificate_pem.read_bytes() + b"more\r\n" + pki.rsa.key_locked.read_bytes())
    assert load_private_key(path, PASSWORD).public_key() == pki.rsa.key.public_key()
    assert isinstance(load_private_key(pki.p256.key_pem), ec.EllipticCurvePrivateKey)
