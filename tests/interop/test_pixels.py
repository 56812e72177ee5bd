"""Pixels as pydicom with its plug-ins, DCMTK and GDCM see them."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit

pydicom = pytest.importorskip("pydicom")

#: Files whose pixels pydicom does not give, or others, and why.
EXPECTED = {
    # libjpeg's IDCT (pylibjpeg) rounds 1.4 % of the samples otherwise, by 1; DCMTK's gives what ours does: see below
    "JPGExtended.dcm": 1,
    # The last bytes are missing: pydicom raises, as we do
    "MR_truncated.dcm": None,
    # A delimiter was written over the header of the codestream: nobody decodes it
    "JPEG2000-embedded-sequence-delimiter.dcm": None,
    # pydicom does not know RLE of single bits, nor Deflated Image Frame Compression
    "liver_rle.dcm": None,
    "liver_nonbyte_aligned_rle.dcm": None,
    "liver_deflate.dcm": None,
    "liver_nonbyte_aligned_deflate.dcm": None,
    # the peer gives up: 12-bit JPEG whose markers it does not like; a value of IS that is no number
    "JPEG-lossy.dcm": None,
    "badVR.dcm": None,
}


def theirs(path: Path) -> Any:
    """pydicom's pixels; None if there are none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(path)
            if not any(name in dataset for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
                return None
            return dataset.pixel_array
        except Exception as error:  # whatever it raises for what it cannot read
            return error


def compare(paths: list[Path]) -> tuple[int, list[str]]:
    """How many were equal, and what was not as expected."""
    equal, faults = 0, []
    for path in paths:
        expected = theirs(path)
        if expected is None or (isinstance(expected, Exception) and path.name not in EXPECTED):
            continue
        if isinstance(expected, Exception):
            assert EXPECTED[path.name] is None
            continue
        ours = dicomkit.read(path).pixels.array()
        if ours.ndim == expected.ndim + 1:
            ours = ours[0]
        allowed = EXPECTED.get(path.name) or 0
        if ours.shape != expected.shape or np.abs(ours.astype(float) - expected).max() > allowed:
            faults.append(f"{path}: {ours.shape} {ours.dtype}, {expected.shape} {expected.dtype}")
        else:
            equal += 1
    return equal, faults


def test_pydicom_files(pydicom_files: list[Path]) -> None:
    for needed in ("libjpeg", "openjpeg", "rle"):  # without them pydicom has no pixels of these
        pytest.importorskip(needed)
    equal, faults = compare(pydicom_files)
    assert not faults
    assert equal >= 60


def test_further_files(data_dir: Path) -> None:
    for needed in ("libjpeg", "openjpeg", "rle"):
        pytest.importorskip(needed)
    equal, faults = compare(sorted(data_dir.rglob("*.dcm")))
    assert not faults
    assert equal >= 60


def test_the_same_segmentation_in_all_forms(data_dir: Path) -> None:
    """pydicom's `liver` is one segmentation in many encodings, aligned to bytes or not."""
    forms = sorted(data_dir.rglob("liver*.dcm"))
    if not forms:
        pytest.skip("no such files")
    for kind in ("liver_nonbyte_aligned", "liver"):
        same = [path for path in forms if path.stem.startswith(kind) and ("nonbyte" in path.stem) == ("nonbyte" in kind)]
        arrays = [dicomkit.read(path).pixels.array() for path in same]
        assert len(arrays) >= 3
        assert all(np.array_equal(array, arrays[0]) for array in arrays)


#: DCMTK's decoder -> families of codecs.
DCMTK_DECODERS = {"dcmdjpeg": ("jpeg", "jpeg-lossless"), "dcmdjpls": ("jpeg-ls",), "dcmdrle": ("rle",)}


@pytest.mark.parametrize("tool", DCMTK_DECODERS)
def test_dcmtk(tool: str, peer: Callable[[str], str], pydicom_files: list[Path], tmp_path: Path) -> None:
    command = peer(tool)
    compared = 0
    for path in pydicom_files:
        try:
            dataset = dicomkit.read(path)
            family = dicomkit.standard.TransferSyntax.assumed(dataset.transfer_syntax).family
        except (dicomkit.DicomError, TypeError):
            continue
        if family not in DCMTK_DECODERS[tool] or "PixelData" not in dataset:
            continue
        result = subprocess.run([command, path, tmp_path / "native.dcm"], capture_output=True)
        if result.returncode:
            continue
        expected = dicomkit.read(tmp_path / "native.dcm")
        close = 2 if dataset.SamplesPerPixel == 3 and family == "jpeg" else 0  # chrominance between its samples
        difference = dataset.pixels.array().astype(int) - expected.pixels.array()
        if close:
            assert np.mean(np.abs(difference)) <= close, path
        else:
            assert not difference.any(), path
        compared += 1
    assert compared >= 2


@pytest.mark.parametrize(
    ("syntax", "tool"),
    [
        ("RLELossless", "dcmdrle"),
        ("JPEGLossless", "dcmdjpeg"),
        ("JPEGLosslessSV1", "dcmdjpeg"),
        ("JPEGLSLossless", "dcmdjpls"),
        ("JPEG2000Lossless", "gdcmconv"),
        ("RLELossless", "gdcmconv"),
        ("JPEGLosslessSV1", "gdcmconv"),
    ],
)
@pytest.mark.parametrize("name", ["ct.dcm", "rle.dcm"])
def test_they_read_what_we_write(
    syntax: str, tool: str, name: str, peer: Callable[[str], str], examples_dir: Path, tmp_path: Path
) -> None:
    dataset = dicomkit.read(examples_dir / name)
    array = dataset.pixels.array()
    dataset.decompress()
    dataset.compress(syntax)
    dataset.save(tmp_path / "ours.dcm")
    raw = ["--raw"] if tool == "gdcmconv" else []
    subprocess.run([peer(tool), *raw, tmp_path / "ours.dcm", tmp_path / "theirs.dcm"], check=True, capture_output=True)
    assert np.array_equal(dicomkit.read(tmp_path / "theirs.dcm").pixels.array(), array)
