"""Signatures of digests: those of OpenSSL verify here, ours verify there, and nothing else does."""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.errors import SignatureError
from dicomkit.security.keys.digest_signature import sign_digest, verify_digest
from tests.security.pki import Identity, Pki, new_key

ALGORITHMS = ["RIPEMD160", "SHA1", "MD5", "SHA256", "SHA384", "SHA512"]
SIZES = {"RIPEMD160": 20, "SHA1": 20, "MD5": 16, "SHA256": 32, "SHA384": 48, "SHA512": 64}
MESSAGE = b"what was signed"


def signers(pki: Pki) -> list[Identity]:
    return [pki.rsa, pki.rsa1024, pki.p256, pki.p384, pki.dsa]


@pytest.fixture
def message(tmp_path: Path) -> Path:
    path = tmp_path / "message"
    path.write_bytes(MESSAGE)
    return path


def digest_of(algorithm: str, openssl: str, message: Path) -> bytes:
    words = [
        openssl,
        "dgst",
        f"-{algorithm.lower()}",
        "-binary",
        "-provider",
        "legacy",
        "-provider",
        "default",
        str(message),
    ]
    return subprocess.run(words, check=True, capture_output=True).stdout


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", ["rsa", "rsa1024", "p256", "p384", "dsa"])
def test_openssl(pki: Pki, peer: Callable[[str], str], message: Path, name: str, algorithm: str) -> None:
    openssl = peer("openssl")
    identity: Identity = getattr(pki, name)
    digest = digest_of(algorithm, openssl, message)
    if algorithm != "RIPEMD160":
        assert digest == hashlib.new(algorithm, MESSAGE).digest()
    public = identity.certificate.public_key()
    command = [openssl, "dgst", f"-{algorithm.lower()}", "-provider", "legacy", "-provider", "default"]
    theirs = subprocess.run([*command, "-sign", identity.key_pem, message], check=True, capture_output=True).stdout
    assert verify_digest(public, algorithm, digest, theirs)
    assert not verify_digest(public, algorithm, bytes(len(digest)), theirs)
    ours = sign_digest(identity.key, algorithm, digest)
    signature, key = message.with_name("signature"), message.with_name("key.pem")
    signature.write_bytes(ours)
    words = [openssl, "x509", "-in", str(identity.certificate_pem), "-pubkey", "-noout"]
    key.write_bytes(subprocess.run(words, check=True, capture_output=True).stdout)
    done = subprocess.run([*command, "-verify", key, "-signature", signature, message], capture_output=True, text=True)
    assert "Verified OK" in done.stdout, done.stderr
    assert verify_digest(public, algorithm, digest, ours)


def test_each_key_and_algorithm(pki: Pki) -> None:
    """A signature is for one key, and if the digest is in it, for one algorithm."""
    for identity in signers(pki):
        for algorithm in ALGORITHMS:
            digest = hashlib.sha512(MESSAGE).digest()[: SIZES[algorithm]]
            signature = sign_digest(identity.key, algorithm, digest)
            for other in signers(pki):
                assert verify_digest(other.certificate.public_key(), algorithm, digest, signature) == (other is identity)
            for another in set(ALGORITHMS) - {algorithm}:
                same_size = SIZES[another] == SIZES[algorithm]
                expected = same_size and not isinstance(identity.key, rsa.RSAPrivateKey)
                assert verify_digest(identity.certificate.public_key(), another, digest, signature) == expected


def test_padding(pki: Pki) -> None:
    """One byte of padding behind DER, where it makes the length even; nothing else."""
    digest = hashlib.sha256(MESSAGE).digest()
    for identity in (pki.p256, pki.dsa):
        public = identity.certificate.public_key()
        seen: set[int] = set()
        while len(seen) < 2:
            signature = sign_digest(identity.key, "SHA256", digest)
            odd = len(signature) % 2
            seen.add(odd)
            assert verify_digest(public, "SHA256", digest, signature)
            assert verify_digest(public, "SHA256", digest, signature + b"\0") == bool(odd)
            for wrong in (b"\1", b" ", b"\0\0", b"\0\0\0", b"\0\1", b"\1\0"):
                assert not verify_digest(public, "SHA256", digest, signature + wrong)
            assert not verify_digest(public, "SHA256", digest, b"\0" + signature)
    signature = sign_digest(pki.rsa.key, "SHA256", digest)
    for wrong in (b"\0", b"\0\0"):
        assert not verify_digest(pki.rsa.certificate.public_key(), "SHA256", digest, signature + wrong)


def test_rsa_of_odd_length() -> None:
    """A key of 1032 bits makes signatures of 129 bytes, which a value cannot have."""
    key = rsa.generate_private_key(65537, 1032)
    for algorithm in ("SHA256", "RIPEMD160"):
        digest = bytes(SIZES[algorithm])
        signature = sign_digest(key, algorithm, digest)
        assert len(signature) == 129
        assert verify_digest(key.public_key(), algorithm, digest, signature)
        assert verify_digest(key.public_key(), algorithm, digest, signature + b"\0")
        assert not verify_digest(key.public_key(), algorithm, digest, signature + b"\1")
        assert not verify_digest(key.public_key(), algorithm, digest, signature + b"\0\0")


def test_other_contents_of_rsa(pki: Pki) -> None:
    """What is signed has to be the DigestInfo, whole and alone (Bleichenbacher 2006)."""
    key, public = pki.rsa.key, pki.rsa.certificate.public_key()
    assert isinstance(key, rsa.RSAPrivateKey)
    digest = bytes(range(20))
    info = bytes.fromhex("3021300906052b2403020105000414")
    without_null = bytes.fromhex("301f300706052b24030201 0414")
    of_sha1 = bytes.fromhex("3021300906052b0e03021a05000414")
    good = key.sign(info + digest, padding.PKCS1v15(), utils.NoDigestInfo())
    assert verify_digest(public, "RIPEMD160", digest, good)
    for content in (digest, info + digest + b"\0", b"\0" + info + digest, without_null + digest, of_sha1 + digest, info):
        signature = key.sign(content, padding.PKCS1v15(), utils.NoDigestInfo())
        assert not verify_digest(public, "RIPEMD160", digest, signature)
    probabilistic = key.sign(digest, padding.PSS(padding.MGF1(hashes.SHA1()), 20), utils.Prehashed(hashes.SHA1()))
    for algorithm in ("SHA1", "RIPEMD160"):
        assert not verify_digest(public, algorithm, digest, probabilistic)


def test_garbage(pki: Pki) -> None:
    digest = bytes(32)
    for identity in signers(pki):
        public = identity.certificate.public_key()
        for signature in (b"", b"\0", bytes(64), bytes(128), bytes(256), b"\xff" * 256, b"0\x06\2\1\0\2\1\0", bytes(10_000)):
            assert not verify_digest(public, "SHA256", digest, signature)
            assert not verify_digest(public, "RIPEMD160", digest[:20], signature)
        assert not verify_digest(public, "SHA256", digest[:31], bytes(256))
        assert not verify_digest(public, "SHA3", digest, bytes(256))
        assert not verify_digest(public, "", b"", b"")
    assert not verify_digest(ed25519.Ed25519PrivateKey.generate().public_key(), "SHA256", digest, bytes(64))


@given(data=st.data())
def test_changed_bits(pki: Pki, data: st.DataObject) -> None:
    identity = data.draw(st.sampled_from(signers(pki)))
    algorithm = data.draw(st.sampled_from(ALGORITHMS))
    digest = bytes(SIZES[algorithm])
    signature = bytearray(sign_digest(identity.key, algorithm, digest))
    bit = data.draw(st.integers(0, 10**6)) % (len(signature) * 8)  # the length is not always the same
    signature[bit // 8] ^= 1 << bit % 8
    assert not verify_digest(identity.certificate.public_key(), algorithm, digest, bytes(signature))


def test_refused(pki: Pki) -> None:
    with pytest.raises(SignatureError, match="31 bytes are no digest of SHA256"):
        sign_digest(pki.rsa.key, "SHA256", bytes(31))
    with pytest.raises(SignatureError, match="no digest of SHA3"):
        sign_digest(pki.rsa.key, "SHA3", bytes(32))
    with pytest.raises(SignatureError, match="Ed25519PrivateKey makes no signatures of DICOM"):
        sign_digest(ed25519.Ed25519PrivateKey.generate(), "SHA256", bytes(32))  # type: ignore[arg-type]  # that is the test
    small = new_key("rsa512")
    assert isinstance(small, rsa.RSAPrivateKey)
    with pytest.raises(SignatureError, match="cannot sign a digest of SHA512"):
        sign_digest(small, "SHA512", bytes(64))


def test_speed(pki: Pki) -> None:
    """A signature is verified in no more than twice the time that the library takes."""
    digest = bytes(32)
    signature = sign_digest(pki.rsa.key, "SHA256", digest)
    public = pki.rsa.certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)

    def seconds(work: Callable[[], object]) -> float:
        best = 1.0
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(100):
                work()
            best = min(best, time.perf_counter() - start)
        return best

    scheme, hashed = padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())
    ours = seconds(lambda: verify_digest(public, "SHA256", digest, signature))
    assert ours < 2 * seconds(lambda: public.verify(signature, digest, scheme, hashed))


def test_curves() -> None:
    for kind in ("p192", "p521", "bp256"):
        key = new_key(kind)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        signature = sign_digest(key, "SHA512", bytes(64))
        assert verify_digest(key.public_key(), "SHA512", bytes(64), signature)
