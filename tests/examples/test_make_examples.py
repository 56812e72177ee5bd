"""The example files are what their script makes, and pydicom reads in them what they say."""

from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path

import pytest

pydicom = pytest.importorskip("pydicom")

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.glob("*.dcm"))
CT_NAMES = ["ct.dcm", "ct_big_endian.dcm", "ct_deflated.dcm", "ct_implicit.dcm"]


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    command = [sys.executable, str(EXAMPLES / "make_examples.py"), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def test_the_script_makes_these_files_and_no_other(remade: Path) -> None:
    assert sorted(path.name for path in remade.iterdir()) == NAMES
    assert sum(path.stat().st_size for path in EXAMPLES.glob("*.dcm")) < 200_000


@pytest.mark.parametrize("name", NAMES)
def test_same_bytes(remade: Path, name: str) -> None:
    kept, made = (EXAMPLES / name).read_bytes(), (remade / name).read_bytes()
    if name == "ct_deflated.dcm":  # zlib and zlib-ng compress differently
        kept, made = inflated(kept), inflated(made)
    assert made == kept


def inflated(content: bytes) -> bytes:
    """The file with its data set inflated; (0002,0000), 12 bytes behind the prefix, says where that starts."""
    start = 144 + int.from_bytes(content[140:144], "little")
    return content[:start] + zlib.decompressobj(-zlib.MAX_WBITS).decompress(content[start:])


@pytest.mark.parametrize("name", CT_NAMES)
def test_ct(name: str) -> None:
    ds = pydicom.dcmread(EXAMPLES / name)
    assert str(ds.PatientName) == "Müller^Jürgen^Ägidius^Dr.^Jr."
    assert ds.PatientName.family_name == "Müller"
    assert ds.ImagePositionPatient == [-120.0, -120.0, 57.5]
    assert ds.WindowCenter == [40, 600]
    assert ds.ReferencedImageSequence[0].PurposeOfReferenceCodeSequence[0].CodeMeaning == "Localizer"
    assert [item.ScheduledProcedureStepID for item in ds.RequestAttributesSequence] == ["SPS-1", "SPS-2"]
    assert ds.RevolutionTime == 0.5
    pixels = ds.PixelData
    assert len(pixels) == 2 * 64 * 64
    order = "big" if name == "ct_big_endian.dcm" else "little"
    numbers = [int.from_bytes(pixels[i : i + 2], order) for i in range(0, len(pixels), 2)]
    assert (min(numbers), max(numbers)) == (ds.SmallestImagePixelValue, ds.LargestImagePixelValue) == (24, 1924)


@pytest.mark.parametrize("name", ["ct.dcm", "ct_big_endian.dcm", "ct_deflated.dcm"])
def test_private_block(name: str) -> None:
    block = pydicom.dcmread(EXAMPLES / name).private_block(0x0009, "DICOMKIT EXAMPLE 1.0")
    assert block[0x01].value == "Röhre A"
    assert block[0x02].value == [0.25, -0.0015]
    assert block[0x03].value == [0.1, -2.5]
    assert block[0x04].value[0][0x0009, 0x1010].value == [1, 2, 3]
    assert len(block[0x04].value[1]) == 0
    assert block[0x05].value == bytes(range(10))
    assert block[0x07].value == -123456
    assert list(block[0x08].value) == [0x00100010, 0x7FE00010]


def test_enhanced() -> None:
    ds = pydicom.dcmread(EXAMPLES / "enhanced.dcm")
    assert str(ds.PatientName) == "Παπαδόπουλος^Γιώργος"
    frames = ds.PerFrameFunctionalGroupsSequence
    assert len(frames) == ds.NumberOfFrames == 4
    assert [list(frame.FrameContentSequence[0].DimensionIndexValues) for frame in frames] == [[1, i] for i in (1, 2, 3, 4)]
    assert [frame.PlanePositionSequence[0].ImagePositionPatient[2] for frame in frames] == [57.5, 62.5, 67.5, 72.5]
    assert ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing == [15, 15]


def test_japanese() -> None:
    ds = pydicom.dcmread(EXAMPLES / "japanese.dcm")
    assert str(ds.PatientName) == "Yamada^Tarou=山田^太郎=やまだ^たろう"
    assert ds.InstitutionName == "東京病院"
    assert [str(name) for name in ds.PerformingPhysicianName] == ["鈴木^花子", "Sato^Hanako"]
    # PS3.5 H.3.1 prints the bytes of this name.
    assert ds["PatientName"].value.original_string == (
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"
    )


def test_report() -> None:
    ds = pydicom.dcmread(EXAMPLES / "report.dcm")
    findings = ds.ContentSequence[2]
    assert findings.ConceptNameCodeSequence[0].CodeMeaning == "Findings"
    finding, long_axis, _ = findings.ContentSequence
    assert finding.TextValue == "Keine Blutung. Größe unverändert: 12 mm."
    assert long_axis.MeasuredValueSequence[0].NumericValue == 12.25
    line = long_axis.ContentSequence[0]
    assert list(line.GraphicData) == [20.5, 31.0, 44.0, 31.5]
    ct = pydicom.dcmread(EXAMPLES / "ct.dcm")
    assert line.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == ct.SOPInstanceUID


def test_structure_set() -> None:
    ds = pydicom.dcmread(EXAMPLES / "rtstruct.dcm")
    assert [region.ROIName for region in ds.StructureSetROISequence] == ["External", "Insert"]
    assert list(ds.ROIContourSequence[0].ROIDisplayColor) == [0, 128, 0]
    contour = ds.ROIContourSequence[0].ContourSequence[0]
    assert len(contour.ContourData) == 3 * contour.NumberOfContourPoints == 72
    assert contour.ContourData[:6] == [105.0, 0.0, 57.5, 101.42, 27.18, 57.5]


def test_rle() -> None:
    """pydicom's decoder gives the pixels that ct.dcm's phantom has at half the size."""
    np = pytest.importorskip("numpy")
    pixels = pydicom.dcmread(EXAMPLES / "rle.dcm").pixel_array
    assert pixels.shape == (2, 32, 32)
    assert np.unique(pixels[:, 0, 0]).tolist() == [24]
    assert pixels.max() == 1924
    assert pixels[0, 16, 16] == 1024 + (16 * 7 + 16 * 13) % 9 - 4
