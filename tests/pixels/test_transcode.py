from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit
from dicomkit.errors import CodecError, UnsupportedTransferSyntax
from dicomkit.pixels import PixelData

Make = Callable[..., Any]

LOSSLESS = [
    "RLELossless", "JPEGLossless", "JPEGLosslessSV1", "JPEGLSLossless", "JPEG2000Lossless", "HTJ2KLossless",
    "HTJ2KLosslessRPCL", "JPEGXLLossless", "DeflatedImageFrameCompression", "EncapsulatedUncompressedExplicitVRLittleEndian",
]  # fmt: skip
LOSSY = {
    "JPEGBaseline8Bit": "ISO_10918_1",
    "JPEGLSNearLossless": "ISO_14495_1",
    "JPEG2000": "ISO_15444_1",
    "HTJ2K": "ISO_15444_15",
    "JPEGXL": "ISO_18181_1",
}
KINDS: list[dict[str, Any]] = [
    {},
    {"stored": 12},
    {"stored": 12, "signed": True},
    {"signed": True},
    {"stored": 8},
    {"allocated": 8},
    {"allocated": 8, "stored": 6, "signed": True},
    {"allocated": 8, "samples": 3},
    {"samples": 3},
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("syntax", LOSSLESS)
def test_nothing_is_lost(image: Make, syntax: str, kind: dict[str, Any]) -> None:
    dataset, array = image(frames=3, **kind)
    dataset.compress(syntax)
    assert np.array_equal(dataset.pixels.array(), array)
    read = dicomkit.read(dataset.to_bytes())
    assert read.transfer_syntax == dataset.transfer_syntax == dicomkit.UID.from_keyword(syntax)
    assert read["PixelData"].is_encapsulated
    assert read.get("LossyImageCompression") is None
    assert read.SOPInstanceUID == read.file_meta.MediaStorageSOPInstanceUID
    assert np.array_equal(read.pixels.array(), array)
    read.decompress()
    again = dicomkit.read(read.to_bytes())
    assert again.transfer_syntax.keyword == "ExplicitVRLittleEndian"
    assert np.array_equal(again.pixels.array(), array)
    assert again["PixelData"].vr == ("OW" if array.itemsize > 1 else "OB")
    assert again.PhotometricInterpretation == ("RGB" if array.ndim == 4 else "MONOCHROME2")


@pytest.mark.parametrize("syntax", ["DeflatedImageFrameCompression", "JPEG2000Lossless"])
def test_single_bits(image: Make, syntax: str) -> None:
    dataset, array = image(rows=9, columns=9, frames=3, allocated=1)
    dataset.compress(syntax)
    read = dicomkit.read(dataset.to_bytes())
    assert np.array_equal(read.pixels.array(), array)
    read.decompress()
    assert read.PixelData[: 243 // 8] == np.packbits(array.reshape(-1), bitorder="little").tobytes()[: 243 // 8]


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("syntax", LOSSY)
def test_a_loss_is_noted(image: Make, syntax: str, samples: int) -> None:
    dataset, _ = image(rows=64, columns=64, samples=samples, allocated=8)
    ramp = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    array = ramp if samples == 1 else np.stack([ramp, ramp + 20, 255 - ramp], -1)
    dataset.PixelData = array.tobytes()
    dataset.ImageType = ("ORIGINAL", "PRIMARY")
    before = dataset.SOPInstanceUID
    dataset.compress(syntax)
    read = dicomkit.read(dataset.to_bytes())
    assert np.abs(read.pixels.frame(0).astype(int) - array).max() <= 12
    assert read.LossyImageCompression == "01"
    assert read.LossyImageCompressionMethod == (LOSSY[syntax],)
    ratio = array.nbytes / len(read.pixels.encoded(0))
    assert read.LossyImageCompressionRatio[0] == pytest.approx(ratio, rel=0.02)
    assert read.ImageType == ("DERIVED", "PRIMARY")
    assert read.SOPInstanceUID != before
    assert read.file_meta.MediaStorageSOPInstanceUID == read.SOPInstanceUID
    assert read.SourceImageSequence[0].ReferencedSOPInstanceUID == before
    assert read.DerivationCodeSequence[0].CodeValue == "113040"
    read.compress("JPEG2000", quality=40)
    assert read.LossyImageCompressionMethod == (LOSSY[syntax], "ISO_15444_1")
    assert len(read.LossyImageCompressionRatio) == 2
    assert len(read.DerivationCodeSequence) == 1


@pytest.mark.parametrize(
    ("syntax", "photometric"),
    [
        ("JPEGBaseline8Bit", "YBR_FULL_422"),
        ("JPEG2000Lossless", "YBR_RCT"),
        ("JPEG2000", "YBR_ICT"),
        ("HTJ2KLossless", "YBR_RCT"),
        ("JPEGLSLossless", "RGB"),
        ("RLELossless", "RGB"),
        ("JPEGXL", "XYB"),
    ],
)
def test_photometric_interpretation(image: Make, syntax: str, photometric: str) -> None:
    dataset, _ = image(rows=64, columns=64, samples=3, allocated=8)
    dataset.compress(syntax)
    assert dataset.PhotometricInterpretation == photometric
    assert dataset.PlanarConfiguration == (1 if syntax == "RLELossless" else 0)
    dataset.decompress()
    assert dataset.PhotometricInterpretation == "RGB"
    assert dataset.PlanarConfiguration == 0


def test_raw_color(image: Make) -> None:
    dataset, array = image(samples=3, allocated=8, photometric="YBR_FULL")
    dataset.compress("RLELossless")
    dataset.decompress()
    assert dataset.PhotometricInterpretation == "YBR_FULL"
    assert dataset.PixelData == array.tobytes() + b"\0"
    dataset.compress("JPEGBaseline8Bit", subsampling="444")
    dataset.decompress(color="raw")
    assert dataset.PhotometricInterpretation == "YBR_FULL"


def test_options(image: Make) -> None:
    dataset, array = image(allocated=8)
    dataset.compress("JPEGLossless", predictor=6)
    assert np.array_equal(dataset.pixels.array(), array)
    dataset.compress("JPEGLSNearLossless", near=7)
    assert np.abs(dataset.pixels.array().astype(int) - array).max() <= 7
    with pytest.raises(TypeError, match="'quality' is no option"):
        dataset.compress("RLELossless", quality=3)
    with pytest.raises(ValueError, match="near is 0"):
        dataset.compress("JPEGLSLossless", near=3)
    with pytest.raises(ValueError, match="no transfer syntax"):
        dataset.compress("RLE")


def test_what_has_no_place_changes_nothing(image: Make) -> None:
    dataset, _ = image()
    before = dataset.to_bytes()
    for syntax in ("JPEGBaseline8Bit", "JPEGExtended12Bit"):
        with pytest.raises(CodecError, match="samples have 16 bits"):
            dataset.compress(syntax)
    for syntax in ("MPEG2MPML", "JPEG2000MC", "JPIPReferenced", "JPEGExtended35"):
        with pytest.raises(UnsupportedTransferSyntax):
            dataset.compress(syntax)
    dataset.NumberOfFrames = 2
    with pytest.raises(CodecError, match="frame 1"):
        dataset.compress("RLELossless")
    dataset.NumberOfFrames = 1
    assert dataset.to_bytes() == before


def test_a_palette_bears_no_loss(image: Make) -> None:
    dataset, _ = image(allocated=8, photometric="PALETTE COLOR")
    for syntax in LOSSY:
        with pytest.raises(CodecError):
            dataset.compress(syntax)


def test_icons_become_native(image: Make) -> None:
    icon, array = image(allocated=8)
    icon.compress("RLELossless")
    dataset, _ = image()
    dataset.compress("RLELossless")
    dataset.IconImageSequence = [icon]
    read = dicomkit.read(dataset.to_bytes())
    for syntax in ("JPEGLosslessSV1", "ExplicitVRLittleEndian"):
        other = dicomkit.read(read.to_bytes())
        other.compress(syntax)
        again = dicomkit.read(other.to_bytes())
        assert np.array_equal(again.IconImageSequence[0].pixels.array(), array)


def test_overlays_in_unused_bits_are_kept(image: Make) -> None:
    dataset, array = image(frames=3, stored=12)
    overlay = np.random.default_rng(1).integers(0, 2, array.shape, np.uint16)
    dataset.PixelData = (array | overlay << 14).astype("<u2").tobytes()
    dataset[0x60020100], dataset[0x60020102] = 16, 14
    read = dicomkit.read(dataset.to_bytes())
    read.compress("JPEGLosslessSV1")
    assert np.array_equal(read.pixels.array(), array)
    packed = np.packbits(overlay.astype(np.uint8).reshape(-1), bitorder="little").tobytes()
    assert read[0x60023000].value[: len(packed)] == packed
    assert (read[0x60020100].value, read[0x60020102].value, read[0x60020015].value) == (1, 0, 3)


def test_jpeg_to_jpeg_xl_and_back(image: Make) -> None:
    dataset, _ = image(rows=40, columns=40, samples=3, allocated=8, frames=2)
    dataset.compress("JPEGBaseline8Bit")
    before = [bytes(dataset.pixels.encoded(number)) for number in range(2)]
    pixels = dataset.pixels.array()
    dataset.compress("JPEGXLJPEGRecompression")
    assert dataset.transfer_syntax == "1.2.840.10008.1.2.4.111"
    assert np.abs(dataset.pixels.array().astype(int) - pixels).max() <= 8
    dataset.compress("JPEGBaseline8Bit")
    assert [bytes(dataset.pixels.encoded(number)).rstrip(b"\0") for number in range(2)] == [
        data.rstrip(b"\0") for data in before
    ]


def test_other_byte_orders(image: Make, tmp_path: Path) -> None:
    dataset, array = image(frames=2)
    big = dicomkit.read(dataset.to_bytes(transfer_syntax="ExplicitVRBigEndian"))
    big.compress("RLELossless")
    read = dicomkit.read(big.to_bytes())
    assert np.array_equal(read.pixels.array(), array)
    read.decompress("ExplicitVRBigEndian")
    read.save(tmp_path / "big.dcm")
    again = dicomkit.read(tmp_path / "big.dcm")
    assert again.transfer_syntax.keyword == "ExplicitVRBigEndian"
    assert np.array_equal(again.pixels.array(), array)
    implicit = dicomkit.read(dataset.to_bytes(transfer_syntax="ImplicitVRLittleEndian"))
    implicit.compress("RLELossless")
    assert np.array_equal(dicomkit.read(implicit.to_bytes()).pixels.array(), array)


def test_over_its_own_file(image: Make, tmp_path: Path) -> None:
    dataset, array = image(rows=300, columns=300, frames=4)
    path = tmp_path / "image.dcm"
    dataset.save(path)
    for syntax in ("RLELossless", "ExplicitVRLittleEndian", "JPEGLosslessSV1"):
        read = dicomkit.read(path)
        read.compress(syntax)
        read.save(path)
        assert np.array_equal(read.pixels.array(), array)
        assert np.array_equal(dicomkit.read(path).pixels.array(), array)


def test_memory_does_not_grow_with_frames(image: Make, tmp_path: Path) -> None:
    """Of 300 MB of frames, a few are in memory at a time."""
    import subprocess
    import sys
    import textwrap

    resource = pytest.importorskip("resource")
    assert resource
    dataset, _ = image(rows=1, columns=1)
    del dataset.PixelData
    dataset.Rows = dataset.Columns = 512
    dataset.NumberOfFrames = 600
    path = tmp_path / "large.dcm"
    with path.open("wb") as file:
        file.write(dataset.to_bytes())
        file.write(b"\xe0\x7f\x10\0OW\0\0" + (600 << 19).to_bytes(4, "little"))
        file.truncate(file.tell() + (600 << 19))
    code = textwrap.dedent(f"""
        import resource, dicomkit
        dicomkit.read({str(path)!r}).pixels.frame(0)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        dataset = dicomkit.read({str(path)!r})
        dataset.compress("RLELossless")
        dataset.save({str(path)!r} + ".rle")
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
    """)
    subprocess.run([sys.executable, "-c", code], check=True)
    assert len(PixelData(dicomkit.read(f"{path}.rle"))) == 600
