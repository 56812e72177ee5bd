"""Making signatures: what stands in the data set, what they are made of, and what is refused."""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

import dicomkit
from dicomkit import DataElement, Dataset, SignatureError, Tag
from dicomkit.media.transfer import chunks
from dicomkit.security.timestamps.token_check import TimestampRequest
from dicomkit.security.trust.store import TrustStore
from tests.reference.encoding import DEFLATED, EXPLICIT, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Element
from tests.reference.encoding import Sequence as SequenceNode
from tests.security.pki import Identity, Pki
from tests.security.signature_instances import image, report, verified_report
from tests.security.signed import Nodes, nodes_of, sign, stored, unchanged
from tests.security.stamping import Authority, verified

HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
    "SHA1": hashes.SHA1(),
    "MD5": hashes.MD5(),
}


@pytest.fixture(scope="module")
def authority(pki: Pki, peer: Callable[[str], str]) -> Authority:
    peer("openssl")
    return Authority(pki.folder, pki.tsa)


# -- what stands in the data set


def test_what_a_signature_consists_of(pki: Pki) -> None:
    """PS3.3 table C.12-6: the Digital Signatures Macro."""
    dataset = image()
    uid = sign(
        dataset, pki.rsa, purpose=1, time=dt.datetime(2026, 3, 1, 12, 30, 15, 250000, dt.timezone(dt.timedelta(hours=2)))
    )
    dataset = dicomkit.read(dataset.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new"))
    (parameters,) = dataset.MACParametersSequence
    assert [(element.tag.keyword, element.vr) for element in parameters] == [
        ("MACIDNumber", "US"),
        ("MACCalculationTransferSyntaxUID", "UI"),
        ("MACAlgorithm", "CS"),
        ("DataElementsSigned", "AT"),
    ]
    assert parameters.MACIDNumber == 0
    assert parameters.MACCalculationTransferSyntaxUID == EXPLICIT_LITTLE
    assert parameters.MACAlgorithm == "SHA256"
    assert parameters.DataElementsSigned == (0x00080016, 0x00080018, 0x00100010, 0x0020000D, 0x0020000E)
    (signature,) = dataset.DigitalSignaturesSequence
    assert [(element.tag.keyword, element.vr) for element in signature] == [
        ("MACIDNumber", "US"),
        ("DigitalSignatureUID", "UI"),
        ("DigitalSignatureDateTime", "DT"),
        ("CertificateType", "CS"),
        ("CertificateOfSigner", "OB"),
        ("Signature", "OB"),
        ("DigitalSignaturePurposeCodeSequence", "SQ"),
    ]
    assert signature.MACIDNumber == 0
    assert signature.DigitalSignatureUID == uid
    assert signature.DigitalSignatureDateTime == "20260301123015.250000+0200"
    assert signature.CertificateType == "X509_1993_SIG"
    assert signature.CertificateOfSigner.rstrip(b"\0") == pki.rsa.der.rstrip(b"\0")
    assert len(signature.Signature) == 256
    (purpose,) = signature.DigitalSignaturePurposeCodeSequence
    assert (purpose.CodeValue, purpose.CodingSchemeDesignator) == ("1", "ASTM-sigpurpose")
    assert purpose.CodeMeaning == "Author's Signature"


def test_defaults(pki: Pki) -> None:
    dataset = image()
    before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    first, second = sign(dataset, pki.p256), sign(dataset, pki.p256)
    assert first != second
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in (first, second))
    for signature in dataset.DigitalSignaturesSequence:
        time = signature.DigitalSignatureDateTime.to_datetime()
        assert before < time < dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
        assert "DigitalSignaturePurposeCodeSequence" not in signature
        assert "CertifiedTimestamp" not in signature
        assert "CertifiedTimestampType" not in signature


def test_a_uid_to_order(pki: Pki) -> None:
    dataset = image()
    assert sign(dataset, pki.p256, uid="1.2.3.4") == "1.2.3.4"
    assert dataset.DigitalSignaturesSequence[0].DigitalSignatureUID == "1.2.3.4"
    for wrong in ("1.2.", "one", "1.2.3\\1.2.4", "1" * 65, "1.02"):
        still = unchanged(dataset)
        with pytest.raises(ValueError, match="UID"):
            sign(dataset, pki.p256, uid=wrong)
        assert still()


def _is_signed(data: bytes, signature: bytes, mac: str, identity: Identity) -> bool:
    """Verify a signature by the means of cryptography alone."""
    public = identity.certificate.public_key()
    if mac == "RIPEMD160":  # which it does not know
        digest = hashlib.new("ripemd160", data).digest()
        prefix = bytes.fromhex("3021300906052b2403020105000414")  # PS3.15 C.1, RFC 8017 A.2.4
        if isinstance(public, rsa.RSAPublicKey):
            number = pow(int.from_bytes(signature), public.public_numbers().e, public.public_numbers().n)
            content = number.to_bytes(public.key_size // 8)
            return content == b"\0\1" + b"\xff" * (len(content) - 38) + b"\0" + prefix + digest
        algorithm: Any = Prehashed(hashes.SHA1())  # of the same size
        data = digest
    else:
        algorithm = HASHES[mac]
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, data, padding.PKCS1v15(), algorithm)
    elif isinstance(public, dsa.DSAPublicKey):
        public.verify(signature, data, algorithm)
    else:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(signature, data, ec.ECDSA(algorithm))
    return True


def _without_padding(der: bytes) -> bytes:
    return der[: 2 + der[1]] if der[0] == 0x30 and der[1] < 0x80 and len(der) < 128 else der


@pytest.mark.parametrize("mac", [*HASHES, "RIPEMD160"])
@pytest.mark.parametrize("kind", ["rsa", "dsa", "p256", "p384"])
def test_what_is_signed(kind: str, mac: str, pki: Pki) -> None:
    """PS3.3 C.12.1.1.3.1.1: the elements, and the signature's own item but certificate and signature, as they are stored."""
    identity: Identity = getattr(pki, kind)
    dataset = image(PatientID="4711", PixelData=bytes(range(64)), Rows=8)
    sign(dataset, identity, mac=mac, weak=True, purpose=5)
    nodes = nodes_of(dataset)
    own = [node for node in nodes if node.tag not in (0x4FFE0001, 0xFFFAFFFA)]
    (sequence,) = [node for node in nodes if node.tag == 0xFFFAFFFA]
    assert isinstance(sequence, SequenceNode)
    elements = sequence.items[0].elements
    flat = [node for node in elements if node.tag not in (0x04000115, 0x04000120, 0x04000401)]
    data = b"".join(EXPLICIT.node(node) for node in (*own, *flat))
    # the purpose: a sequence, whose lengths and delimiters are not signed but the one at its end
    (purpose,) = [node for node in elements if node.tag == 0x04000401]
    assert isinstance(purpose, SequenceNode)
    data += bytes.fromhex("0004 0104 5351 0000 feff00e0")
    data += b"".join(EXPLICIT.node(node) for node in purpose.items[0].elements) + bytes.fromhex("feffdde0")
    (signature,) = [node for node in elements if node.tag == 0x04000120]
    assert isinstance(signature, Element)
    assert _is_signed(data, _without_padding(signature.value), mac, identity)


def test_the_dump(pki: Pki) -> None:
    """What `dump` is given is what the signature is of."""
    kept: list[bytes] = []
    dataset = image()
    sign(dataset, pki.rsa, dump=lambda parts: kept.extend(map(bytes, chunks(parts))))
    assert _is_signed(b"".join(kept), dataset.DigitalSignaturesSequence[0].Signature, "SHA256", pki.rsa)
    assert b"".join(kept).startswith(bytes.fromhex("08001600 5549"))


# -- time-stamps


@pytest.mark.parametrize("kind", ["rsa", "dsa", "p256", "p384"])
def test_time_stamps(kind: str, pki: Pki, trust: TrustStore, authority: Authority, tmp_path: Path) -> None:
    """The token is of the signature, as it is without padding; OpenSSL agrees."""
    for name in ("SHA256", "SHA384", "SHA512"):
        queries: list[bytes] = []

        def ask(query: bytes, queries: list[bytes] = queries) -> bytes:
            queries.append(query)
            return authority.reply(query)

        dataset = image()
        sign(dataset, getattr(pki, kind), timestamp=ask, timestamp_hash=name)
        dataset = dicomkit.read(dataset.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new"))
        signature = dataset.DigitalSignaturesSequence[0]
        assert signature.CertifiedTimestampType == "CMS_TSP"
        value = signature.Signature if kind == "rsa" else _without_padding(signature.Signature)
        request = TimestampRequest.decode(queries[0])
        assert (request.hash, request.imprint) == (name, hashlib.new(name, value).digest())
        assert request.nonce is not None
        assert request.certificates
        assert verified(tmp_path, signature.CertifiedTimestamp, value, pki.root)
        assert dicomkit.verify(dataset, trust, timestamps="require").valid


def test_time_stamps_that_are_not_good(pki: Pki, authority: Authority) -> None:
    """An answer to another question, none, or garbage."""
    dataset = image()
    still = unchanged(dataset)
    other = TimestampRequest.make(b"something else").encode()

    def failing(query: bytes) -> bytes:
        raise OSError("no answer")

    for ask in (lambda query: authority.reply(other), lambda query: b"", lambda query: b"garbage", lambda query: query):
        with pytest.raises(SignatureError):
            sign(dataset, pki.p256, timestamp=ask)
        assert still()
    with pytest.raises(OSError, match="no answer"):
        sign(dataset, pki.p256, timestamp=failing)
    assert still()
    with pytest.raises(SignatureError, match="SHA3"):
        sign(dataset, pki.p256, timestamp=authority.reply, timestamp_hash="SHA3")
    assert still()


# -- items, and several signatures


def test_items(pki: Pki, trust: TrustStore) -> None:
    """A signature stands where it is made; each level has MAC IDs of its own."""
    dataset = report(ContentSequence=[Dataset(ValueType="TEXT", TextValue="a"), Dataset(ValueType="TEXT", TextValue="b")])
    for item in dataset.ContentSequence:
        sign(item, pki.p256)
    sign(dataset, pki.p256)
    for level in (*dataset.ContentSequence, dataset):
        assert [item.MACIDNumber for item in level.MACParametersSequence] == [0]
        assert [item.MACIDNumber for item in level.DigitalSignaturesSequence] == [0]
    found = dicomkit.verify(dicomkit.read(dataset.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new")), trust)
    assert found.valid
    assert [result.path for result in found] == ["", "(0040,A730)[0]", "(0040,A730)[1]"]


def test_one_more_signature_breaks_none(pki: Pki, trust: TrustStore, examples_dir: Path) -> None:
    dataset = dicomkit.read(examples_dir / "report.dcm")
    items = [dataset, dataset.ContentSequence[2], dataset.ContentSequence[2].ContentSequence[1]]
    uids = []
    for number, identity in enumerate((pki.rsa, pki.dsa, pki.p256, pki.p384, pki.rsa, pki.p256)):
        uids.append(sign(items[number % 3], identity))
        found = dicomkit.verify(dicomkit.read(dataset.to_bytes()), trust)
        assert all(result.intact and result.trusted for result in found)
        assert {result.uid for result in found} == set(uids)
    assert found.valid


def test_numbers_that_are_free(pki: Pki, trust: TrustStore) -> None:
    """The lowest that neither sequence has."""
    dataset = image()
    dataset.MACParametersSequence = [Dataset(MACIDNumber=0), Dataset(MACIDNumber=2), Dataset()]
    dataset.DigitalSignaturesSequence = [Dataset(MACIDNumber=3), Dataset()]
    for expected in (1, 4, 5):
        sign(dataset, pki.p256)
        assert dataset.MACParametersSequence[-1].MACIDNumber == expected
        assert dataset.DigitalSignaturesSequence[-1].MACIDNumber == expected
    assert [result.valid for result in dicomkit.verify(dataset, trust)] == [False, False, True, True, True]


def test_something_else_in_the_place_of_the_sequences(pki: Pki) -> None:
    for tag in (0x4FFE0001, 0xFFFAFFFA):
        dataset = image()
        dataset.add(DataElement(Tag(tag), "OB", b"ab"))
        still = unchanged(dataset)
        with pytest.raises(SignatureError, match="no sequence"):
            sign(dataset, pki.p256)
        assert still()
        nodes: Nodes = tuple(node for node in nodes_of(image()))
        read = dicomkit.read(stored((*nodes, Element(tag, "OB", b"ab"))))
        with pytest.raises(SignatureError, match="no sequence"):
            sign(read, pki.p256)
        assert not read.is_changed()


# -- what was read, and what was made


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED])
def test_a_data_set_that_was_made(syntax: str, pki: Pki, trust: TrustStore) -> None:
    """Signed before it is known how it will be stored."""
    dataset = verified_report(SpecificCharacterSet="ISO_IR 192", PatientName="Müller^Jürgen", PatientWeight=70.5)
    sign(dataset, pki.rsa)
    assert dicomkit.verify(dataset, trust).valid
    assert dicomkit.verify(dicomkit.read(dataset.to_bytes(transfer_syntax=syntax, meta="new")), trust).valid


def test_a_data_set_that_was_changed(pki: Pki, trust: TrustStore, examples_dir: Path) -> None:
    for name in ("ct.dcm", "report.dcm", "japanese.dcm", "rle.dcm"):
        dataset = dicomkit.read(examples_dir / name)
        dataset.PatientID = "changed"
        dataset.PatientComments = "added"
        del dataset.PatientSex
        sign(dataset, pki.p256)
        assert dicomkit.verify(dataset, trust).valid
        assert dicomkit.verify(dicomkit.read(dataset.to_bytes()), trust).valid


def test_deferred_values(pki: Pki, trust: TrustStore, tmp_path: Path) -> None:
    """They are hashed from the file, and stay there."""
    path = tmp_path / "large.dcm"
    image(PixelData=bytes(range(256)) * 40_000, Rows=1).save(path, transfer_syntax=EXPLICIT_LITTLE, meta="new")
    dataset = dicomkit.read(path, defer_size=1000)
    assert not dataset["PixelData"].is_in_memory
    sign(dataset, pki.p256)
    assert not dataset["PixelData"].is_in_memory
    dataset.save(path)
    assert dicomkit.verify(dicomkit.read(path, defer_size=1000), trust).valid


def test_a_file_of_openssl(pki: Pki, peer: Callable[[str], str], tmp_path: Path) -> None:
    """The whole by other means: the dumped bytes, the signature and the key of the certificate, by `openssl dgst`."""
    for identity in (pki.rsa, pki.p256, pki.dsa):
        kept: list[bytes] = []
        dataset = image()
        sign(dataset, identity, mac="SHA512", dump=lambda parts, kept=kept: kept.extend(map(bytes, chunks(parts))))
        for name, data in (("data", b"".join(kept)), ("signature", dataset.DigitalSignaturesSequence[0].Signature)):
            (tmp_path / name).write_bytes(data)
        (tmp_path / "certificate").write_bytes(dataset.DigitalSignaturesSequence[0].CertificateOfSigner)
        words = [peer("openssl"), "x509", "-inform", "DER", "-in", "certificate", "-pubkey", "-noout", "-out", "key"]
        subprocess.run(words, check=True, cwd=tmp_path)
        words = [peer("openssl"), "dgst", "-sha512", "-verify", "key", "-signature", "signature", "data"]
        assert b"Verified OK" in subprocess.run(words, check=True, cwd=tmp_path, capture_output=True).stdout
