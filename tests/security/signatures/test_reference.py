"""References to the content of instances (PS3.3 tables C.17-3, C.17-3a), against signatures and MAC streams of dcmsign."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomkit
from dicomkit.dataset import DataElement, Dataset
from dicomkit.errors import SignatureError
from dicomkit.security.signatures.mac import signable_tags
from dicomkit.security.signatures.reference import (
    REFERENCES,
    check_reference,
    mac_algorithms,
    mac_reference,
    references,
    signature_references,
)
from dicomkit.standard import Tag
from tests.security.pki import Pki

MAC_ID_NUMBER = bytes.fromhex("0004 0500 5553 0200")  # the header in explicit VR little endian


class Signed:
    """A file that dcmsign has signed, and the bytes that it calculated the MAC from."""

    def __init__(self, path: Path, stream: bytes) -> None:
        self.path = path
        self.stream = stream

    @property
    def dataset(self) -> Dataset:
        return dicomkit.read(self.path)

    @property
    def content(self) -> bytes:
        """What it took from the data set: all before what is from the signature itself."""
        return self.stream[: self.stream.rindex(MAC_ID_NUMBER)]


@pytest.fixture(scope="module")
def sign(peer: Callable[[str], str], pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Signed]:
    folder = tmp_path_factory.mktemp("signed")

    def run(path: Path, *options: str) -> Signed:
        output, dump = folder / f"signed {len(list(folder.iterdir()))}.dcm", folder / "dump"
        identity = pki.p256 if "EC" in options else pki.rsa
        others = [option for option in options if option != "EC"]
        keys = (identity.key_pem, identity.certificate_pem)
        command = [peer("dcmsign"), "-q", "+m2", "+d", dump, *others, "+s", *keys, path, output]
        subprocess.run(command, check=True)
        return Signed(output, dump.read_bytes())

    return run


@pytest.fixture
def ct(sign: Callable[..., Signed], examples_dir: Path) -> Dataset:
    return sign(examples_dir / "ct.dcm").dataset


def reference_to(instance: Dataset, **values: object) -> Dataset:
    item = Dataset(ReferencedSOPClassUID=instance.SOPClassUID, ReferencedSOPInstanceUID=instance.SOPInstanceUID)
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def codes(reference: Dataset, instance: Dataset, **options: tuple[str, ...]) -> list[str]:
    return [problem.code for problem in check_reference(reference, instance, **options)]


# -- where they are


def test_references_of_a_report(examples_dir: Path) -> None:
    found = list(references(dicomkit.read(examples_dir / "report.dcm")))
    ct = dicomkit.read(examples_dir / "ct.dcm")
    assert [path for path, _ in found] == ["(0040,A375)[0].(0008,1115)[0].(0008,1199)[0]"]
    assert found[0][1].ReferencedSOPInstanceUID == ct.SOPInstanceUID
    assert codes(found[0][1], ct) == ["reference-unsecured"]


def test_sequences_of_references() -> None:
    """All sequences of PS3.3 that include table C.17-3 at the top level."""
    assert [Tag(tag).keyword for tag in REFERENCES] == [
        "ReferencedWaveformSequence",
        "ReferencedImageEvidenceSequence",
        "ReferencedRawDataSequence",
        "SourceImageEvidenceSequence",
        "ReferencedPresentationStateSequence",
        "PredecessorDocumentsSequence",
        "CurrentRequestedProcedureEvidenceSequence",
        "PertinentOtherEvidenceSequence",
        "IdenticalDocumentsSequence",
        "ReferencedSpatialRegistrationSequence",
        "ReferencedRTPlanSequence",
    ]
    document = Dataset()
    for tag in REFERENCES:
        series = Dataset(ReferencedSOPSequence=[Dataset(InstanceNumber=1), Dataset(InstanceNumber=2)])
        document[tag] = [Dataset(ReferencedSeriesSequence=[Dataset(), series])]
    found = [(path, item.InstanceNumber) for path, item in references(document)]
    assert len(found) == 2 * len(REFERENCES)
    assert found[1] == ("(0008,113A)[0].(0008,1115)[1].(0008,1199)[1]", 2)


def test_references_of_hostile_documents() -> None:
    document = Dataset()
    for tag, vr, value in zip(REFERENCES, ("LO", "OB", "UN"), ("text", b"\0", b"\xfe\xff\x00\xe0"), strict=False):
        document.add(DataElement(Tag(tag), vr, value))
    document[REFERENCES[3]] = [Dataset(), Dataset(ReferencedSeriesSequence=None)]
    item = Dataset()
    item.add(DataElement(Tag("ReferencedSeriesSequence"), "US", 1))
    document[REFERENCES[4]] = [item]
    assert list(references(document)) == []


# -- by signatures


@pytest.mark.parametrize("key", ["RSA", "EC"])
def test_signatures(key: str, sign: Callable[..., Signed], examples_dir: Path) -> None:
    instance = sign(examples_dir / "ct.dcm", *([key] if key == "EC" else [])).dataset
    items = signature_references(instance)
    signature = instance.DigitalSignaturesSequence[0]
    assert [[element.keyword for element in item] for item in items] == [["DigitalSignatureUID", "Signature"]]
    assert (items[0].DigitalSignatureUID, items[0].Signature) == (signature.DigitalSignatureUID, signature.Signature)
    reference = reference_to(instance, ReferencedDigitalSignatureSequence=items)
    assert check_reference(reference, instance) == []
    # an ECDSA signature of odd length is padded when it is written
    items[0].Signature = signature.Signature[:-1] if signature.Signature.endswith(b"\0") else signature.Signature
    assert check_reference(reference, instance) == []


def test_signatures_by_uid(sign: Callable[..., Signed], examples_dir: Path) -> None:
    once = sign(examples_dir / "report.dcm", "-t", "SOPInstanceUID")
    instance = sign(once.path, "-t", "PatientName").dataset
    first, second = (str(item.DigitalSignatureUID) for item in instance.DigitalSignaturesSequence)
    assert [item.DigitalSignatureUID for item in signature_references(instance)] == [first, second]
    assert [item.DigitalSignatureUID for item in signature_references(instance, [second])] == [second]
    with pytest.raises(SignatureError, match=r"the instance has no signatures with the UID 1\.2\.3"):
        signature_references(instance, [first, "1.2.3"])
    with pytest.raises(SignatureError, match="no signature to refer to"):
        signature_references(instance, [])


def test_signatures_of_items_are_named(sign: Callable[..., Signed], examples_dir: Path) -> None:
    instance = sign(examples_dir / "report.dcm", "-t", "PatientName").dataset
    inner = Dataset(DigitalSignatureUID="1.2.3", Signature=b"\1\2")
    instance.ContentSequence[0].DigitalSignaturesSequence = [inner]
    assert "1.2.3" not in [item.DigitalSignatureUID for item in signature_references(instance)]
    items = signature_references(instance, ["1.2.3"])
    assert check_reference(reference_to(instance, ReferencedDigitalSignatureSequence=items), instance) == []


def test_no_signature(examples_dir: Path) -> None:
    for items in (None, [], [Dataset()], [Dataset(DigitalSignatureUID="1.2")], [Dataset(Signature=b"\1\2")]):
        instance = dicomkit.read(examples_dir / "ct.dcm")
        if items is not None:
            instance.DigitalSignaturesSequence = items
        with pytest.raises(SignatureError):
            signature_references(instance)


def test_changed_signatures(ct: Dataset) -> None:
    reference = reference_to(ct, ReferencedDigitalSignatureSequence=signature_references(ct))
    item = reference.ReferencedDigitalSignatureSequence[0]
    value = item.Signature
    for changed in (bytes([value[0] ^ 1]) + value[1:], value[:-1], value + b"\0", value[:-1] + b"\1"):
        item.Signature = changed
        assert codes(reference, ct) == ["reference-signature-changed"], changed
    item.Signature = value
    item.DigitalSignatureUID = "1.2.3"
    assert codes(reference, ct) == ["reference-signature-missing"]
    del ct.DigitalSignaturesSequence
    assert codes(reference, ct) == ["reference-signature-missing"]


def test_hostile_signatures(ct: Dataset) -> None:
    good = signature_references(ct)[0]
    for items in ([], [Dataset()], [good, Dataset(DigitalSignatureUID="1.2")], [Dataset(Signature=b"\1\2")]):
        assert codes(reference_to(ct, ReferencedDigitalSignatureSequence=items), ct) == ["reference-signature"]
    reference = reference_to(ct)
    reference.add(DataElement(Tag("ReferencedDigitalSignatureSequence"), "LO", "text"))
    assert codes(reference, ct) == ["reference-signature"]
    # twice the same UID in the instance: nobody knows which is meant
    ct.DigitalSignaturesSequence.append(Dataset(DigitalSignatureUID=good.DigitalSignatureUID, Signature=good.Signature))
    assert codes(reference_to(ct, ReferencedDigitalSignatureSequence=[good]), ct) == ["reference-signature"]


# -- by a MAC


@pytest.mark.parametrize("file", ["ct.dcm", "ct_implicit.dcm", "enhanced.dcm", "report.dcm", "rle.dcm", "rtstruct.dcm"])
def test_mac_is_that_of_what_dcmsign_signs(file: str, sign: Callable[..., Signed], examples_dir: Path) -> None:
    """PS3.3 table C.17-3a: that of C.12.1.1.3, "without inclusion of fields from the Digital Signatures Sequence"."""
    signed = sign(examples_dir / file)
    parameters = signed.dataset.MACParametersSequence[0]
    for mac in ("SHA256", "SHA384", "SHA512", "SHA1", "MD5", "RIPEMD160"):
        item = mac_reference(signed.dataset, mac=mac)
        assert [element.keyword for element in item] == [
            "MACCalculationTransferSyntaxUID",
            "MACAlgorithm",
            "DataElementsSigned",
            "MAC",
        ]
        assert item.MACCalculationTransferSyntaxUID == parameters.MACCalculationTransferSyntaxUID
        assert item.DataElementsSigned == parameters.DataElementsSigned
        assert (item.MACAlgorithm, item.MAC) == (mac, hashlib.new(mac.lower(), signed.content).digest())
        reference = reference_to(signed.dataset, ReferencedSOPInstanceMACSequence=[item])
        assert mac_algorithms(reference) == [mac]
        assert codes(reference, signed.dataset) == (["reference-mac"] if mac == "MD5" else [])
        assert codes(reference, signed.dataset, refused_macs=()) == []
        # signing does not change what is signed
        assert codes(reference, dicomkit.read(examples_dir / file), refused_macs=()) == []


def test_mac_of_some_elements(ct: Dataset) -> None:
    item = mac_reference(ct, tags=["PixelData", 0x00080018, "Rows", Tag("Rows")])
    assert item.DataElementsSigned == (0x00080018, 0x00280010, 0x7FE00010)
    reference = reference_to(ct, ReferencedSOPInstanceMACSequence=[item])
    ct.PatientName = "Somebody^Else"
    assert codes(reference, ct) == []
    for keyword, value in (("Rows", 1), ("PixelData", ct.PixelData[:-1] + bytes([ct.PixelData[-1] ^ 1]))):
        before = ct[keyword].value
        setattr(ct, keyword, value)
        assert codes(reference, ct) == ["reference-mac-changed"]
        del ct[keyword]
        assert codes(reference, ct) == ["reference-mac-changed"]
        setattr(ct, keyword, before)
        assert codes(reference, ct) == []


def test_mac_refuses(ct: Dataset, examples_dir: Path) -> None:
    ct.add(DataElement(Tag(0x00291001), "UN", b"\1\2"))
    assert 0x00291001 not in mac_reference(ct).DataElementsSigned
    for tags, message in (
        (["PatientComments"], r"^\(0010,4000\): cannot be signed: it is not there$"),
        ([0x00291001], r"^\(0029,1001\): cannot be signed: "),
        ([0x00080000], r"^\(0008,0000\): cannot be signed: "),
        ([], "no element that a MAC can be calculated from"),
    ):
        with pytest.raises(SignatureError, match=message):
            mac_reference(ct, tags=tags)
    report = dicomkit.read(examples_dir / "report.dcm")
    with pytest.raises(SignatureError, match="it is not there"):
        mac_reference(report, tags=["ContentSequence[0].ValueType"])
    with pytest.raises(SignatureError):
        mac_reference(ct, transfer_syntax="ImplicitVRLittleEndian")
    with pytest.raises(ValueError, match="no MAC algorithm"):
        mac_reference(ct, mac="CRC32")
    with pytest.raises(SignatureError, match="no element"):
        mac_reference(Dataset())
    for number in range(16_400):
        ct.add(DataElement(Tag(0x00310010 + (number << 17 & 0x7FFF0000) + number // 4096), "LO", "ACME"))
    with pytest.raises(SignatureError, match="of 16383 elements at most"):
        mac_reference(ct)


def hostile_mac(ct: Dataset, **values: object) -> Dataset:
    """A reference whose MAC item is sound but for some values; None takes the element out."""
    item = mac_reference(ct)
    for keyword, value in values.items():
        del item[keyword]
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
            item.add(DataElement(Tag(keyword), *value))
        elif value is not None:
            setattr(item, keyword, value)
    return reference_to(ct, ReferencedSOPInstanceMACSequence=[item])


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"MACAlgorithm": None}, "reference-mac"),
        ({"MACAlgorithm": "SHA3"}, "reference-mac"),
        ({"MACAlgorithm": "SHA512"}, "reference-mac-changed"),
        ({"MACAlgorithm": ["SHA256", "SHA256"]}, "reference-mac"),
        ({"MACAlgorithm": ("OB", b"\xff\xfe")}, "reference-mac"),
        ({"MACAlgorithm": ("SQ", [Dataset()])}, "reference-mac"),
        ({"MACCalculationTransferSyntaxUID": None}, "reference-mac"),
        ({"MACCalculationTransferSyntaxUID": "1.2.840.10008.1.2"}, "reference-mac"),
        ({"MACCalculationTransferSyntaxUID": "1.2.840.10008.1.2.2"}, "reference-mac"),
        ({"MACCalculationTransferSyntaxUID": "1.2.840.10008.1.1"}, "reference-mac"),
        ({"MACCalculationTransferSyntaxUID": ("US", 5)}, "reference-mac"),
        ({"DataElementsSigned": None}, "reference-mac"),
        ({"DataElementsSigned": ()}, "reference-mac"),
        ({"DataElementsSigned": (0x00104000,)}, "reference-mac"),
        ({"DataElementsSigned": ("LO", "text")}, "reference-mac"),
        ({"DataElementsSigned": (0x00080018,)}, "reference-mac-changed"),
        ({"DataElementsSigned": tuple(range(0x00080000, 0x00080000 + 16_000))}, "reference-mac"),
        ({"MAC": None}, "reference-mac"),
        ({"MAC": b""}, "reference-mac"),
        ({"MAC": bytes(32)}, "reference-mac-changed"),
        ({"MAC": bytes(1 << 20)}, "reference-mac-changed"),
        ({"MAC": ("LO", "text")}, "reference-mac"),
        # that of nothing: no MAC of nothing is believed
        ({"MAC": hashlib.sha256(b"").digest(), "DataElementsSigned": (0x00104000,)}, "reference-mac"),
    ],
)
def test_hostile_macs(values: dict[str, object], code: str, ct: Dataset) -> None:
    ct.add(DataElement(Tag(0x00080000), "UL", 0))
    assert codes(hostile_mac(ct), ct) == []
    assert codes(hostile_mac(ct, **values), ct) == [code]


def test_hostile_mac_sequences(ct: Dataset) -> None:
    item = mac_reference(ct)
    for items in ([], [item, item]):
        assert codes(reference_to(ct, ReferencedSOPInstanceMACSequence=items), ct) == ["reference-mac"]
    reference = reference_to(ct)
    reference.add(DataElement(Tag("ReferencedSOPInstanceMACSequence"), "LO", "text"))
    assert codes(reference, ct) == ["reference-mac"]
    assert mac_algorithms(reference) == []
    assert codes(reference_to(Dataset(SOPClassUID="1.2", SOPInstanceUID="1.3")), Dataset()) != []


# -- of which instance


def test_another_instance(ct: Dataset, examples_dir: Path) -> None:
    secured = {"ReferencedSOPInstanceMACSequence": [mac_reference(ct, tags=["Rows"])]}
    assert codes(reference_to(ct, **secured), ct) == []
    for keyword in ("ReferencedSOPClassUID", "ReferencedSOPInstanceUID"):
        for value in ("1.2.3", None, ["1.2", "1.3"]):
            reference = reference_to(ct, **secured)
            setattr(reference, keyword, value)
            assert codes(reference, ct) == ["reference-instance"]
        reference = reference_to(ct, **secured)
        del reference[keyword]
        assert codes(reference, ct) == ["reference-instance"]
    reference = Dataset()
    assert codes(reference, Dataset()) == ["reference-instance", "reference-instance", "reference-unsecured"]


def test_in_a_report(ct: Dataset, examples_dir: Path, tmp_path: Path) -> None:
    """Made, put into a report, written, read and checked."""
    report = dicomkit.read(examples_dir / "report.dcm")
    ((path, item),) = references(report)
    item.ReferencedDigitalSignatureSequence = signature_references(ct)
    item.ReferencedSOPInstanceMACSequence = [mac_reference(ct)]
    report.save(tmp_path / "report.dcm")
    ((read_path, read),) = references(dicomkit.read(tmp_path / "report.dcm"))
    assert read_path == path
    assert check_reference(read, ct) == []
    ct.PatientName = "Somebody^Else"
    assert codes(read, ct) == ["reference-mac-changed"]  # the signature itself is still there: it is to be verified
    assert Tag("PatientName") in signable_tags(ct)
