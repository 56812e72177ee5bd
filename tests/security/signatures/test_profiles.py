"""Digital signature profiles: the rules of PS3.15 Annex C, one by one."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import dicomkit
from dicomkit.dataset import DataElement, Dataset
from dicomkit.errors import SignatureError
from dicomkit.security.signatures import mac as macs
from dicomkit.security.signatures.modules import MODULES
from dicomkit.security.signatures.profiles import PROFILES
from dicomkit.standard import Tag
from tests.security.signature_instances import (
    EXPLICIT_LITTLE,
    element,
    image,
    report,
    tag_of,
    verified_report,
    with_every_attribute,
)

REPORT = ("sr_rsa", "sr_rsa_verification")
IMAGE = ("creator_rsa", "authorization_rsa")
INSTANCE = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")

# PS3.15 C.2, in its order, with some attributes of each module, as PS3.3 has them.
CREATOR = {
    "SOP Creation Date and Time": "InstanceCreationDate InstanceCreationTime",
    "General Equipment": "Manufacturer InstitutionName StationName ManufacturerModelName SoftwareVersions",
    "Overlay Plane": "OverlayRows OverlayColumns OverlayType OverlayOrigin OverlayBitsAllocated OverlayData",
    "Curve": "CurveDimensions NumberOfPoints TypeOfData DataValueRepresentation CurveData",
    "Graphic Annotation": "GraphicAnnotationSequence",
    "General Image": "InstanceNumber PatientOrientation ContentDate ContentTime ImageType ImageComments IconImageSequence",
    "General Acquisition": "AcquisitionNumber AcquisitionDate AcquisitionTime AcquisitionDateTime ImagesInAcquisition",
    "Image Pixel": "SamplesPerPixel PhotometricInterpretation Rows Columns BitsAllocated BitsStored HighBit PixelData",
    "SR Document General": "CompletionFlag VerificationFlag VerifyingObserverSequence ReferencedRequestSequence",
    "SR Document Content": "ValueType ConceptNameCodeSequence ContinuityOfContent ContentSequence",
    "Waveform": "WaveformSequence",
    "Waveform Annotation": "WaveformAnnotationSequence",
    "Multi-frame Functional Groups": "SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence NumberOfFrames",
    "Enhanced MR Image": "ResonantNucleus KSpaceFiltering MagneticFieldStrength ContentQualification AcquisitionContrast",
    "MR Spectroscopy": "TransmitterFrequency SpectralWidth ChemicalShiftReference VolumeLocalizationTechnique Decoupling",
    "Raw Data": "CreatorVersionUID ContentLabel ContentDescription",
    "Enhanced CT Image": "MultienergyCTAcquisition ReferencedRawDataSequence VolumetricProperties",
    "Enhanced XA/XRF Image": "PlanesInAcquisition PlaneIdentification ReferencedOtherPlaneSequence ExaminedBodyThickness",
    "Segmentation Image": "SegmentationType SegmentationFractionalType MaximumFractionalValue SegmentSequence",
    "Encapsulated Document": "DocumentTitle MIMETypeOfEncapsulatedDocument EncapsulatedDocument HL7InstanceIdentifier",
    "X-Ray 3D Image": "SourceIrradiationEventSequence VolumeBasedCalculationTechnique",
    "Enhanced PET Image": "SourceImageEvidenceSequence ReferencedImageEvidenceSequence",
    "Enhanced US Image": "PositionMeasuringDeviceUsed TransducerData TransducerGeometryCodeSequence DepthsOfFocus",
    "Surface Segmentation": "ContentCreatorName AlternateContentDescriptionSequence",
    "Surface Mesh": "NumberOfSurfaces SurfaceSequence",
    "Structured Display": "NumberOfScreens NominalScreenDefinitionSequence PresentationCreationDate HangingProtocolName",
    "Structured Display Annotation": "StructuredDisplayTextBoxSequence",
    "Structured Display Image Box": "StructuredDisplayImageBoxSequence ImageBoxSynchronizationSequence",
    "Generic Implant Template Description": "Manufacturer ImplantName ImplantPartNumber ImplantType EffectiveDateTime",
    "Implant Assembly Template": "ImplantAssemblyTemplateName ProcedureTypeCodeSequence ComponentTypesSequence",
    "Implant Template Group": "ImplantTemplateGroupName ImplantTemplateGroupIssuer ImplantTemplateGroupMembersSequence",
    "Point Cloud": "SurfacePointsSequence",
    "Enhanced Mammography Image": "PositionerMotion PositionerType KVP ExposureInmAs CompressionForce OrganDose",
    "Tractography Results": "TrackSetSequence",
    "Volumetric Graphic Annotation": "VolumetricAnnotationSequence VolumetricPresentationInputAnnotationSequence",
}
NOT_OF_AUTHORIZATION = {"SOP Creation Date and Time", "General Equipment", "Tractography Results"}

# PS3.15 C.4
SR_ATTRIBUTES = (
    "CurrentRequestedProcedureEvidenceSequence PertinentOtherEvidenceSequence PredecessorDocumentsSequence "
    "ObservationDateTime " + " ".join(CREATOR[module] for module in ("General Equipment", "SR Document Content"))
).split()


def codes(
    name: str,
    item: Dataset,
    signed: list[str] | None = None,
    *,
    mac: str = "SHA256",
    key: str = "RSA",
    syntax: str = EXPLICIT_LITTLE,
    purpose: int | None = 5,
) -> list[str]:
    """What speaks against a signature of a profile; None: all is signed."""
    tags = macs.signable_tags(item) if signed is None else tuple(tag_of(keyword) for keyword in signed)
    return [problem.code for problem in PROFILES[name].problems(item, tags, mac, key, syntax, purpose)]


# -- what signatures are made with


def test_profiles() -> None:
    assert list(PROFILES) == ["base_rsa", "creator_rsa", "authorization_rsa", "sr_rsa", "sr_rsa_verification"]
    assert [profile.section for profile in PROFILES.values()] == ["C.1", "C.2", "C.3", "C.4", "C.4"]
    assert {name: profile.root_only for name, profile in PROFILES.items()} == {
        "base_rsa": False,  # "does not specify any particular set of Data Elements to sign"
        **dict.fromkeys(("creator_rsa", "authorization_rsa", *REPORT), True),
    }
    assert repr(PROFILES["base_rsa"]) == "<Profile base_rsa>"


@pytest.mark.parametrize("name", PROFILES)
def test_mac_algorithms(name: str) -> None:
    """PS3.15 C.1 to C.3: RIPEMD-160, MD5, SHA-1 or SHA-2 family (SHA256, SHA384, SHA512)."""
    item = verified_report()
    assert PROFILES[name].macs == {"RIPEMD160", "MD5", "SHA1", "SHA256", "SHA384", "SHA512"}
    for mac in PROFILES[name].macs:
        assert codes(name, item, mac=mac) == []
    for mac in ("", "SHA224", "sha256", "SHA256 ", "X" * 100_000):
        assert codes(name, item, mac=mac) == ["profile-mac"]


@pytest.mark.parametrize("name", PROFILES)
def test_keys(name: str) -> None:
    """A MAC "which is then encrypted using a private RSA key"."""
    item = verified_report()
    assert codes(name, item, key="RSA") == []
    for key in ("EC", "DSA", ""):
        assert codes(name, item, key=key) == ["profile-key"]


@pytest.mark.parametrize("name", PROFILES)
def test_transfer_syntaxes(name: str) -> None:
    """PS3.3 table C.12-6: only those that "explicitly include the VR and use Little Endian encoding"."""
    profile = PROFILES[name]
    allowed = {
        syntax.uid for syntax in dicomkit.standard.TransferSyntax.all() if profile.transfer_syntax_allowed(syntax.uid)
    }
    assert {EXPLICIT_LITTLE, "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.5"} <= allowed
    assert not {"1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.113619.5.2"} & allowed
    item = verified_report()
    for syntax in ("1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.3", "", "ExplicitVRLittleEndian", "9" * 100_000):
        assert not profile.transfer_syntax_allowed(syntax)
        assert codes(name, item, syntax=syntax) == ["profile-transfer-syntax"]


def test_purposes() -> None:
    """PS3.15 C.4: signatures have a purpose; that of a verified report is (5, ASTM-sigpurpose, "Verification Signature")."""
    item = verified_report()
    for name in ("base_rsa", *IMAGE):
        assert PROFILES[name].purpose is None
        assert codes(name, item, purpose=None) == codes(name, item, purpose=18) == []
    assert PROFILES["sr_rsa"].purpose is None
    assert codes("sr_rsa", item, purpose=1) == []
    assert codes("sr_rsa", item, purpose=None) == ["profile-purpose"]
    assert PROFILES["sr_rsa_verification"].purpose == 5
    assert codes("sr_rsa_verification", item, purpose=5) == []
    assert (
        codes("sr_rsa_verification", item, purpose=1)
        == codes("sr_rsa_verification", item, purpose=None)
        == ["profile-purpose"]
    )


# -- what they cover


def test_base_demands_nothing() -> None:
    item = with_every_attribute()
    assert PROFILES["base_rsa"].demanded(item) == ()
    assert PROFILES["base_rsa"].completed(item, [0x00100010]) == (0x00100010,)
    assert codes("base_rsa", item, ["PatientName"]) == []


@pytest.mark.parametrize("name", ["creator_rsa", "authorization_rsa"])
@pytest.mark.parametrize("module", CREATOR)
def test_modules(name: str, module: str) -> None:
    """PS3.15 C.2 and C.3: "any Attributes of the ... Module that are present"."""
    demanded = name == "creator_rsa" or module not in NOT_OF_AUTHORIZATION
    elsewhere = {"Manufacturer"} if module == "General Equipment" and not demanded else set()  # of implants, too
    for keyword in sorted(set(CREATOR[module].split()) - elsewhere):
        item = image()
        if keyword != "SharedFunctionalGroupsSequence":
            item.SharedFunctionalGroupsSequence = []
        signed = [int(tag) for tag in item.keys()]
        item.add(element(tag_of(keyword), "SQ" if keyword.endswith("Sequence") else "LO"))
        found = PROFILES[name].problems(item, signed, "SHA256", "RSA", EXPLICIT_LITTLE, None)
        assert [problem.code for problem in found] == ["profile-elements"] * demanded, keyword
        assert all(keyword in str(problem) for problem in found)
        assert (tag_of(keyword) in PROFILES[name].completed(item, signed)) == demanded


@pytest.mark.parametrize("name", ["creator_rsa", "authorization_rsa"])
def test_the_modules_are_those_of_the_standard(name: str) -> None:
    assert set(MODULES) == set(CREATOR) - {"SOP Creation Date and Time"}
    patient = "PatientName PatientID PatientBirthDate StudyDate AccessionNumber StudyDescription SeriesDescription Modality"
    item = image()
    for keyword in patient.split():
        item.add(element(tag_of(keyword), "LO"))
    assert PROFILES[name].completed(item, list(PROFILES[name].required)) == tuple(sorted(map(tag_of, INSTANCE)))


@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("creator_rsa", INSTANCE),
        ("authorization_rsa", INSTANCE),
        ("sr_rsa", ("SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID")),
        ("sr_rsa_verification", (*INSTANCE, "VerificationFlag", "VerifyingObserverSequence")),
    ],
)
def test_required(name: str, required: tuple[str, ...]) -> None:
    """Without these no signature is of the profile, even if they are not there."""
    assert set(PROFILES[name].required) == set(map(tag_of, required))
    everything = [Tag(tag).keyword for tag in macs.signable_tags(verified_report())]
    for keyword in required:
        assert codes(name, verified_report(), [other for other in everything if other != keyword]) == ["profile-elements"]
        if keyword not in ("VerificationFlag",):  # without which it is no report that is verified
            item = verified_report()
            del item[keyword]
            assert codes(name, item) == ["profile-elements"]
            assert tag_of(keyword) not in PROFILES[name].completed(item, None)


@pytest.mark.parametrize("name", REPORT)
def test_report(name: str) -> None:
    """PS3.15 C.4 a to h, and i to l for the verification signature."""
    keywords = [*SR_ATTRIBUTES, *(["VerificationDateTime"] if name == "sr_rsa_verification" else [])]
    item = verified_report()
    before = [int(tag) for tag in item.keys()]
    for keyword in keywords:
        if not item._has(tag_of(keyword)):
            item.add(element(tag_of(keyword), "SQ" if keyword.endswith("Sequence") else "LO"))
    completed = PROFILES[name].completed(item, before)
    assert {tag_of(keyword) for keyword in keywords} <= set(completed)
    for keyword in keywords:
        signed = [tag for tag in completed if tag != tag_of(keyword)]
        found = PROFILES[name].problems(item, signed, "SHA256", "RSA", EXPLICIT_LITTLE, 5)
        assert [problem.code for problem in found] == ["profile-elements"], keyword
    # what may change when a report is verified or sent on: SOP Instance UID, flags, dates, the patient
    unverified = report(PatientName="Somebody", InstanceNumber=1, ContentDate="20240131")
    left = {Tag(tag).keyword for tag in map(int, unverified.keys())}
    left -= {Tag(tag).keyword for tag in PROFILES["sr_rsa"].completed(unverified, [])}
    assert left == {"SOPInstanceUID", "ContentDate", "PatientName", "InstanceNumber", "CompletionFlag", "VerificationFlag"}


@pytest.mark.parametrize("name", IMAGE)
def test_repeating_groups(name: str) -> None:
    """All overlays and curves (PS3.5 7.6: groups 6000 to 601E and 5000 to 501E, even)."""
    groups = [*range(0x6000, 0x6020, 2), *range(0x5000, 0x5020, 2)]
    beyond = [0x6020, 0x60FE, 0x5020, 0x50FE, 0x6001, 0x5001]
    item = image()
    for group in [*groups, *beyond]:
        item.add(element(group << 16 | 0x0010, "US" if group % 2 == 0 else "LO"))
    demanded = PROFILES[name].demanded(item)
    assert {tag >> 16 for tag in demanded if tag >> 16 >= 0x5000} == set(groups)


@pytest.mark.parametrize("name", ["creator_rsa", "authorization_rsa"])
def test_raw_data(name: str) -> None:
    """PS3.3 C.19.1: raw data are in private elements."""
    item = image()
    for tag, vr in ((0x00090010, "LO"), (0x00091001, "OB"), (0x7FE10010, "LO"), (0x7FE11001, "OW")):
        item.add(DataElement(Tag(tag), vr, b"\0\0" if vr[0] == "O" else "ACME"))
    plain = PROFILES[name].completed(item, [tag_of("SOPInstanceUID")])
    assert not any(tag & 0x10000 for tag in plain)
    item.CreatorVersionUID = "1.2.3"
    assert {tag for tag in PROFILES[name].completed(item, []) if tag & 0x10000} == {
        0x00090010,
        0x00091001,
        0x7FE10010,
        0x7FE11001,
    }
    assert codes(name, item, [Tag(tag).keyword for tag in plain]) == ["profile-elements"]
    item.add(DataElement(Tag(0x00091002), "UN", b"\0\0"))
    with pytest.raises(SignatureError, match=r"^\(0009,1002\): cannot be signed, as the .* demands: "):
        PROFILES[name].completed(item, [])


def test_enhanced_instances() -> None:
    """The modules of enhanced images are in no other instances; but what they have is signed with all."""
    profile = PROFILES["creator_rsa"]
    plain, enhanced = image(KVP=120), image(KVP=120, PerFrameFunctionalGroupsSequence=[Dataset()])
    signed = ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"]
    assert codes("creator_rsa", plain, signed) == []
    assert codes("creator_rsa", enhanced, [*signed, "PerFrameFunctionalGroupsSequence"]) == ["profile-elements"]
    assert tag_of("KVP") in profile.completed(plain, [])
    assert tag_of("KVP") in profile.completed(enhanced, [])
    assert not profile.required_if_present & profile.required_if_enhanced


def test_completed_refuses() -> None:
    item = image(PatientComments="nothing")
    item.add(DataElement(Tag(0x00290010), "LO", "ACME"))
    item.add(DataElement(Tag(0x00291001), "UN", b"\1\2"))
    profile = PROFILES["creator_rsa"]
    assert 0x00291001 not in profile.completed(item, None)
    assert profile.completed(item, None) == macs.signable_tags(item)
    with pytest.raises(SignatureError, match=r"^\(0010,0020\): cannot be signed: it is not there$"):
        profile.completed(item, [0x00100020])
    with pytest.raises(SignatureError, match=r"^\(0029,1001\): cannot be signed: ") as error:
        profile.completed(item, [0x00291001])
    assert pickle.loads(pickle.dumps(error.value)).path == "(0029,1001)"
    # Graphic Annotation with something unknown inside
    item.GraphicAnnotationSequence = [Dataset()]
    item.GraphicAnnotationSequence[0].add(DataElement(Tag(0x00291001), "UN", b"\1\2"))
    for tags in (None, []):
        with pytest.raises(SignatureError, match=r"^\(0070,0001\): cannot be signed, as the Creator RSA"):
            profile.completed(item, tags)


# -- what they are for


@pytest.mark.parametrize("name", REPORT)
def test_only_reports(name: str) -> None:
    PROFILES[name].inspect(verified_report())
    for keyword in ("ValueType", "ConceptNameCodeSequence", "ContentSequence"):
        item = verified_report()
        del item[keyword]
        with pytest.raises(SignatureError, match="for structured reports"):
            PROFILES[name].inspect(item)
        assert "profile-data-set" in codes(name, item)


def test_verification_is_for_verified_reports() -> None:
    for item in (report(), report(VerificationFlag=None), report(VerificationFlag=["VERIFIED", "VERIFIED"])):
        PROFILES["sr_rsa"].inspect(item)
        with pytest.raises(SignatureError, match="Verification Flag is VERIFIED"):
            PROFILES["sr_rsa_verification"].inspect(item)


def test_one_verifying_observer() -> None:
    """PS3.15 C.4: for documents "where there is no more than one Verifying Observer". dcmsign takes more."""
    item = verified_report(VerifyingObserverSequence=[Dataset(), Dataset()])
    for name in REPORT:
        with pytest.raises(SignatureError, match="one Verifying Observer, not 2"):
            PROFILES[name].inspect(item)


def test_mac_algorithms_of_references() -> None:
    """PS3.15 C.4: those of "all occurrences of Referenced SOP Instance MAC Sequence"."""
    for algorithm, expected in (
        ("MD5", []),
        ("SHA256", []),
        ("SHA3", ["profile-referenced-mac"]),
        (None, ["profile-referenced-mac"]),
    ):
        reference = Dataset(ReferencedSOPInstanceMACSequence=[Dataset(MACAlgorithm=algorithm)])
        series = Dataset(ReferencedSOPSequence=[Dataset(), reference])
        item = verified_report(CurrentRequestedProcedureEvidenceSequence=[Dataset(ReferencedSeriesSequence=[series])])
        assert codes("sr_rsa", item) == codes("sr_rsa_verification", item) == expected
        assert codes("creator_rsa", item) == []


def test_items(examples_dir: Path) -> None:
    item = dicomkit.read(examples_dir / "report.dcm").ContentSequence[0]
    PROFILES["base_rsa"].inspect(item)
    for name in IMAGE + REPORT:
        with pytest.raises(SignatureError, match="not for items of sequences"):
            PROFILES[name].inspect(item)
        assert "profile-data-set" in codes(name, item)


def test_hostile_values() -> None:
    """Whatever is in the data set, there is an answer."""
    item = verified_report()
    for keyword in ("VerifyingObserverSequence", "ContentSequence", "CurrentRequestedProcedureEvidenceSequence"):
        item.add(DataElement(Tag(keyword), "LO", "nothing"))
    item.add(DataElement(Tag("VerificationFlag"), "SQ", [Dataset()]))
    item.add(DataElement(Tag("ValueType"), "OB", b"\xff"))
    for name in PROFILES:
        found = codes(name, item, [], mac="\0", key="?", syntax="\0", purpose=-1)
        assert "profile-mac" in found
        assert (
            PROFILES[name].problems(item, frozenset(range(1 << 16)), "SHA256", "RSA", EXPLICIT_LITTLE, 1 << 80) is not None
        )
    many = PROFILES["creator_rsa"].problems(with_every_attribute(), (), "SHA256", "RSA", EXPLICIT_LITTLE, None)
    assert [len(str(problem)) < 500 for problem in many] == [True]
