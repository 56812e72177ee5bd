"""Digital signature profiles: what dcmsign signs for the same data sets, and what it takes for a signature of a profile."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomkit
from dicomkit.dataset import DataElement, Dataset
from dicomkit.errors import SignatureError
from dicomkit.security.signatures.profiles import PROFILES
from dicomkit.standard import Tag
from tests.security.pki import Pki
from tests.security.signature_instances import EXPLICIT_LITTLE, image, tag_of, verified_report, with_every_attribute

OPTIONS = {
    "base_rsa": "+pb",
    "creator_rsa": "+pc",
    "authorization_rsa": "+pa",
    "sr_rsa": "+pr",
    "sr_rsa_verification": "+pv",
}
REPORT = ("sr_rsa", "sr_rsa_verification")
IMAGE = ("creator_rsa", "authorization_rsa")

# What modules have got since the edition that DCMTK's list is of (2019c), what they include by macros that the list leaves
# out, and Type of Data, which was in the Curve module too. (The values of content items are never at the root of a report,
# which is a container.)
NOT_IN_DCMTK = {
    "General Equipment": "ManufacturerDeviceClassUID DateOfManufacture DateOfInstallation",
    "General Acquisition": "AcquisitionUID",
    "Curve": "TypeOfData",
    "SR Document Content": (
        "ReferencedSOPSequence DateTime Date Time PersonName UID TemporalRangeType ReferencedSamplePositions "
        "ReferencedTimeOffsets ReferencedDateTime TextValue ConceptCodeSequence MeasuredValueSequence "
        "NumericValueQualifierCodeSequence TabulatedValuesSequence PixelOriginInterpretation GraphicData GraphicType "
        "FiducialUID ReferencedFrameOfReferenceUID"
    ),
    "Multi-frame Functional Groups": "EncapsulatedPixelDataValueTotalLength",
    "Enhanced MR Image": (
        "EquipmentFrameOfReferenceUID PatientTreatmentPreparationSequence PatientToEquipmentRelationshipSequence "
        "ImagingEquipmentToTreatmentDeliveryDeviceRelationshipSequence ReferencedRTPlanSequence"
    ),
    "Enhanced XA/XRF Image": "PatientOrientationCodeSequence",
    "Enhanced US Image": "TransducerIdentificationSequence TransducerScanPatternCodeSequence",
    "Enhanced Mammography Image": (
        "ExposureIndex TargetExposureIndex DeviationIndex Sensitivity DetectorConditionsNominalFlag DetectorTemperature "
        "DetectorType DetectorConfiguration DetectorDescription DetectorMode DetectorID DateOfLastDetectorCalibration "
        "TimeOfLastDetectorCalibration ExposuresOnDetectorSinceLastCalibration ExposuresOnDetectorSinceManufactured "
        "DetectorTimeSinceLastExposure DetectorBinning DetectorElementPhysicalSize DetectorElementSpacing "
        "DetectorActiveShape DetectorActiveDimensions DetectorActiveOrigin DetectorManufacturerName "
        "DetectorManufacturerModelName XRayDetectorID"
    ),
}  # fmt: skip


class Dcmsign:
    """Signs with dcmsign."""

    def __init__(self, command: str, pki: Pki, folder: Path) -> None:
        self.command = command
        self.identity = pki.rsa
        self.root = pki.root.certificate_pem
        self.output = folder / "signed.dcm"

    def sign(self, path: Path, *options: str) -> Dataset | None:
        """The data set with a signature; None if there is none."""
        self.output.unlink(missing_ok=True)
        keys = (self.identity.key_pem, self.identity.certificate_pem)
        command = [self.command, "-q", "+m2", *options, "+s", *keys, path, self.output]
        done = subprocess.run(command, capture_output=True, check=False)
        return dicomkit.read(self.output.read_bytes()) if done.returncode == 0 else None

    def verify(self, path: Path, *options: str) -> int:
        return subprocess.run(
            [self.command, "-q", *options, "+cf", self.root, path], capture_output=True, check=False
        ).returncode


@pytest.fixture(scope="module")
def dcmsign(peer: Callable[[str], str], pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Dcmsign:
    return Dcmsign(peer("dcmsign"), pki, tmp_path_factory.mktemp("dcmsign"))


def elements_signed(dataset: Dataset) -> set[int]:
    return set(map(int, dataset.MACParametersSequence[0].DataElementsSigned))


@pytest.mark.parametrize("name", PROFILES)
def test_every_attribute_with_dcmsign(name: str, dcmsign: Dcmsign, tmp_path: Path) -> None:
    """Of all the attributes of the dictionary, dcmsign adds no other ones; what it leaves out is known."""
    item = with_every_attribute()
    path = tmp_path / "every.dcm"
    item.save(path, transfer_syntax=EXPLICIT_LITTLE, meta="new")
    signed = dcmsign.sign(path, OPTIONS[name], "-t", "SOPInstanceUID")
    assert signed is not None
    ours = set(PROFILES[name].completed(item, [tag_of("SOPInstanceUID")]))
    missing = set()
    if name != "base_rsa":
        expected = set(NOT_IN_DCMTK) - ({"General Equipment"} if name == "authorization_rsa" else set())
        if name in REPORT:
            expected = {"General Equipment", "SR Document Content"}
        missing = {tag_of(keyword) for module in expected for keyword in NOT_IN_DCMTK[module].split()}
    if name in IMAGE:
        missing.add(0x601E0010)  # it adds the first overlay only
        assert {0x50020010, 0x00290010, 0x00291001} <= ours  # there is a Creator Version UID
    assert ours - elements_signed(signed) == missing
    assert elements_signed(signed) - ours == set()


FILES = (
    "CT_small.dcm",
    "MR_small.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_implicit.dcm",
    "MR_small_RLE.dcm",
    "JPEG2000.dcm",
    "examples_overlay.dcm",
    "examples_palette.dcm",
    "examples_ybr_color.dcm",  # ultrasound, several frames
    "liver_1frame.dcm",  # segmentation
    "reportsi.dcm",
    "rtstruct.dcm",
    "waveform_ecg.dcm",
    "nested_priv_SQ.dcm",
    "enhanced.dcm",
    "report.dcm",
    "ct.dcm",
    "encapsulated.dcm",
    "verified.dcm",
    "raw.dcm",
)
FURTHER_FILES = (
    "emri_small.dcm",
    "eCT_Supplemental.dcm",
    "MR-SIEMENS-DICOM-WithOverlays.dcm",
    "US1_UNCI.dcm",
    "explicit_VR-UN.dcm",
)


@pytest.fixture(scope="module")
def files(pydicom_files: list[Path], examples_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files by name; a few of kinds that there are none of are made."""
    folder = tmp_path_factory.mktemp("files")
    document = image(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1",
        ConversionType="WSD",
        DocumentTitle="Befund",
        MIMETypeOfEncapsulatedDocument="application/pdf",
        EncapsulatedDocument=b"%PDF-1.4\n%%EOF\n\0",
        EncapsulatedDocumentLength=15,
        BurnedInAnnotation="YES",
    )
    raw = image(SOPClassUID="1.2.840.10008.5.1.4.1.1.66", CreatorVersionUID="1.2.3", InstanceNumber=1)
    raw.add(DataElement(Tag(0x00290010), "LO", "ACME"))
    raw.add(DataElement(Tag(0x00291001), "OB", bytes(100)))
    for name, dataset in (("encapsulated", document), ("verified", verified_report()), ("raw", raw)):
        dataset.save(folder / f"{name}.dcm", transfer_syntax=EXPLICIT_LITTLE, meta="new")
    paths = [*pydicom_files, *examples_dir.glob("*.dcm"), *folder.glob("*.dcm")]
    return {path.name: path for path in paths}


def compare(name: str, path: Path, dcmsign: Dcmsign) -> None:
    """dcmsign signs the same elements, and what it has signed is a signature of the profile."""
    profile = PROFILES[name]
    item = dicomkit.read(path)
    signed = dcmsign.sign(path, OPTIONS[name], "-t", "SOPInstanceUID", "+sp", "5")
    try:
        profile.inspect(item)
        tags = profile.completed(item, [tag_of("SOPInstanceUID")])
    except SignatureError:
        assert signed is None
        return
    if signed is None:
        assert profile.problems(item, tags, "SHA256", "RSA", EXPLICIT_LITTLE, 5) != []
        return
    assert elements_signed(signed) == set(tags)
    assert profile.problems(signed, elements_signed(signed), "SHA256", "RSA", EXPLICIT_LITTLE, 5) == []


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("file", FILES)
def test_files_with_dcmsign(name: str, file: str, dcmsign: Dcmsign, files: dict[str, Path]) -> None:
    compare(name, files[file], dcmsign)


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("file", FURTHER_FILES)
def test_further_files_with_dcmsign(name: str, file: str, dcmsign: Dcmsign, data_dir: Path) -> None:
    compare(name, next(data_dir.rglob(file)), dcmsign)


@pytest.mark.parametrize(
    ("name", "policy", "file"),
    [
        ("creator_rsa", "+rc", "CT_small.dcm"),
        ("creator_rsa", "+rc", "enhanced.dcm"),
        ("authorization_rsa", "+ru", "CT_small.dcm"),
        ("sr_rsa", "+rs", "reportsi.dcm"),
        ("sr_rsa_verification", "+rs", "verified.dcm"),
    ],
)
def test_policies_of_dcmsign(
    name: str, policy: str, file: str, dcmsign: Dcmsign, files: dict[str, Path], tmp_path: Path
) -> None:
    """A signature of the elements chosen here, made without a profile, keeps it for dcmsign; with one less it does not."""
    profile = PROFILES[name]
    item = dicomkit.read(files[file])
    tags = profile.completed(item, [])
    listed = tmp_path / "tags.txt"
    for left in (None, tags[0], tags[-1], *profile.required):
        listed.write_text("\n".join(str(Tag(tag)) for tag in tags if tag != left))
        signed = dcmsign.sign(files[file], "-pf", "-tf", str(listed))
        assert signed is not None
        found = profile.problems(signed, elements_signed(signed), "SHA256", "RSA", EXPLICIT_LITTLE, 5)
        assert [problem.code for problem in found] == ([] if left is None else ["profile-elements"])
        assert dcmsign.verify(dcmsign.output, policy) == (0 if left is None else 102)


@pytest.mark.parametrize("name", PROFILES)
def test_keys_of_dcmsign(name: str, dcmsign: Dcmsign, pki: Pki, files: dict[str, Path], tmp_path: Path) -> None:
    other = Dcmsign(dcmsign.command, pki, tmp_path)
    for identity in (pki.p256, pki.dsa):
        other.identity = identity
        assert other.sign(files["verified.dcm"], OPTIONS[name]) is None
        assert other.sign(files["verified.dcm"], "-pf") is not None


def test_macs_of_dcmsign(dcmsign: Dcmsign, files: dict[str, Path]) -> None:
    for option, mac in (
        ("+mr", "RIPEMD160"),
        ("+ms", "SHA1"),
        ("+mm", "MD5"),
        ("+m2", "SHA256"),
        ("+m3", "SHA384"),
        ("+m5", "SHA512"),
    ):
        signed = dcmsign.sign(files["CT_small.dcm"], option, "+pc")
        assert signed is not None
        assert signed.MACParametersSequence[0].MACAlgorithm == mac
        assert mac in PROFILES["creator_rsa"].macs


def test_purpose_of_dcmsign(dcmsign: Dcmsign, files: dict[str, Path]) -> None:
    """The verification profile has its purpose, whatever was asked for. Else dcmsign demands none; the standard does."""
    signed = dcmsign.sign(files["verified.dcm"], "+pv", "+sp", "1")
    assert signed is not None
    assert signed.DigitalSignaturesSequence[0].DigitalSignaturePurposeCodeSequence[0].CodeValue == "5"
    signed = dcmsign.sign(files["verified.dcm"], "+pr")
    assert signed is not None
    assert "DigitalSignaturePurposeCodeSequence" not in signed.DigitalSignaturesSequence[0]
    found = PROFILES["sr_rsa"].problems(signed, elements_signed(signed), "SHA256", "RSA", EXPLICIT_LITTLE, None)
    assert [problem.code for problem in found] == ["profile-purpose"]
