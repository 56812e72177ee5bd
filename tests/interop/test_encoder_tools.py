"""What we encode, decoded by DCMTK's and GDCM's programs, and what they encode, decoded by us: whole files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit
from tests.interop.test_encoders import Image, make_image

Peer = Callable[[str], str]

KINDS = [  # bits, signed, samples
    (8, False, 1),
    (8, True, 1),
    (10, False, 1),
    (12, True, 1),
    (16, False, 1),
    (16, True, 1),
    (8, False, 3),
    (16, False, 3),
]
NARROW = [(2, False, 1), (3, True, 1), (7, False, 1), (5, False, 3)]
GDCM = [KINDS[number] for number in (1, 3, 4, 6)]  # its program takes long to start


def some(number: int) -> list[tuple[int, bool, int]]:
    """Some kinds, others for each predictor."""
    return (KINDS * 3)[3 * number : 3 * number + 3]


def image_of(kind: tuple[int, bool, int], seed: int = 1) -> Image:
    bits, signed, samples = kind
    return make_image((2, 23, 34, *([samples] if samples > 1 else [])), bits, signed, seed % 3, seed)


def run(command: list[str | Path]) -> None:
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, f"{command}: {result.stderr}{result.stdout}"


def array_of(path: Path) -> Any:
    return dicomkit.read(path).pixels.array(color="raw")


OURS = [
    *[("JPEGLossless", {"predictor": number}, ["dcmdjpeg", "-q"], some(number - 1)) for number in range(1, 8)],
    ("JPEGLosslessSV1", {}, ["dcmdjpeg", "-q"], KINDS + NARROW),
    ("JPEGLSLossless", {}, ["dcmdjpls", "-q"], KINDS),
    ("RLELossless", {}, ["dcmdrle", "-q"], KINDS + NARROW),
    # GDCM: its JPEG and JPEG-LS have no fewer than 8 bits; its RLE no samples of several bytes in colour
    ("JPEGLossless", {"predictor": 6}, ["gdcmconv", "--raw"], GDCM),
    ("JPEGLosslessSV1", {}, ["gdcmconv", "--raw"], GDCM),
    ("JPEGLSLossless", {}, ["gdcmconv", "--raw"], GDCM),
    ("JPEG2000Lossless", {}, ["gdcmconv", "--raw"], GDCM + NARROW[:2]),
    ("RLELossless", {}, ["gdcmconv", "--raw"], GDCM[:3]),
]


@pytest.mark.parametrize(("syntax", "options", "command", "kinds"), OURS)
def test_they_decode_what_we_encode(
    syntax: str, options: dict[str, Any], command: list[str], kinds: list[Any], peer: Peer, tmp_path: Path
) -> None:
    for number, kind in enumerate(kinds):
        dataset, array = image_of(kind, number)
        dataset.compress(syntax, **options)
        dataset.save(tmp_path / "ours.dcm")
        run([peer(command[0]), *command[1:], tmp_path / "ours.dcm", tmp_path / "theirs.dcm"])
        assert np.array_equal(array_of(tmp_path / "theirs.dcm"), array), kind


THEIRS = [
    *[(["dcmcjpeg", "-q", "+el", "+sv", str(number)], some(number - 1)) for number in range(1, 8)],
    (["dcmcjpeg", "-q", "+e1"], KINDS),
    (["dcmcjpls", "-q", "+el"], KINDS),
    (["dcmcjpls", "-q", "+el", "+in"], [kind for kind in KINDS if kind != (16, False, 3)]),
    (["dcmcrle", "-q"], KINDS + NARROW),
    (["gdcmconv", "--jpeg"], GDCM),
    (["gdcmconv", "--jpegls"], GDCM),
    (["gdcmconv", "--j2k"], GDCM),
    (["gdcmconv", "--rle"], GDCM[:3]),
]


@pytest.mark.parametrize(("command", "kinds"), THEIRS)
def test_we_decode_what_they_encode(command: list[str], kinds: list[Any], peer: Peer, tmp_path: Path) -> None:
    for number, kind in enumerate(kinds):
        dataset, array = image_of(kind, number)
        dataset.save(tmp_path / "native.dcm")
        run([peer(command[0]), *command[1:], tmp_path / "native.dcm", tmp_path / "theirs.dcm"])
        assert dicomkit.read(tmp_path / "theirs.dcm")["PixelData"].is_encapsulated
        assert np.array_equal(array_of(tmp_path / "theirs.dcm"), array), kind


LOSSY_OF_DCMTK = [  # baseline; extended, spectral selection and progression of 8 and 12 bits
    (["+eb"], 8, 1),
    (["+eb", "+s4"], 8, 3),
    (["+eb", "+s2"], 8, 3),
    (["+ee"], 8, 3),
    (["+ee", "+be"], 12, 1),
    (["+es"], 8, 1),
    (["+ep"], 8, 3),
    (["+ep", "+bt"], 12, 1),
]


@pytest.mark.parametrize(("options", "bits", "samples"), LOSSY_OF_DCMTK)
def test_lossy_jpeg_of_dcmtk(options: list[str], bits: int, samples: int, peer: Peer, tmp_path: Path) -> None:
    """Our samples are those of dcmdjpeg, bit for bit."""
    dataset, _ = make_image((2, 40, 56, *([samples] if samples > 1 else [])), bits, False, 1, bits)
    dataset.save(tmp_path / "native.dcm")
    run([peer("dcmcjpeg"), "-q", *options, tmp_path / "native.dcm", tmp_path / "theirs.dcm"])
    run([peer("dcmdjpeg"), "-q", "+cn", tmp_path / "theirs.dcm", tmp_path / "back.dcm"])
    assert np.array_equal(array_of(tmp_path / "theirs.dcm"), array_of(tmp_path / "back.dcm"))


@pytest.mark.parametrize(("syntax", "bits"), [("JPEGBaseline8Bit", 8), ("JPEGExtended12Bit", 8), ("JPEGExtended12Bit", 12)])
def test_dcmdjpeg_decodes_our_lossy_jpeg(syntax: str, bits: int, peer: Peer, tmp_path: Path) -> None:
    for samples in (1, 3) if bits == 8 else (1,):
        dataset, _ = make_image((2, 40, 56, *([samples] if samples > 1 else [])), bits, False, 1, bits)
        dataset.compress(syntax)
        dataset.save(tmp_path / "ours.dcm")
        run([peer("dcmdjpeg"), "-q", "+cn", tmp_path / "ours.dcm", tmp_path / "theirs.dcm"])
        assert np.array_equal(array_of(tmp_path / "theirs.dcm"), dataset.pixels.array(color="raw"))


@pytest.mark.parametrize("near", [1, 2, 9, 127])
def test_near_lossless_with_dcmtk(near: int, peer: Peer, tmp_path: Path) -> None:
    for kind in ((8, False, 1), (12, False, 1), (8, False, 3)):
        dataset, array = image_of(kind)
        dataset.save(tmp_path / "native.dcm")
        run([peer("dcmcjpls"), "-q", "+en", "+md", str(near), tmp_path / "native.dcm", tmp_path / "theirs.dcm"])
        run([peer("dcmdjpls"), "-q", tmp_path / "theirs.dcm", tmp_path / "back.dcm"])
        assert np.array_equal(array_of(tmp_path / "theirs.dcm"), array_of(tmp_path / "back.dcm"))
        assert np.abs(array_of(tmp_path / "theirs.dcm").astype(int) - array).max() <= near
        dataset.compress("JPEGLSNearLossless", near=near)
        dataset.save(tmp_path / "ours.dcm")
        run([peer("dcmdjpls"), "-q", tmp_path / "ours.dcm", tmp_path / "back.dcm"])
        assert np.array_equal(dataset.pixels.array(), array_of(tmp_path / "back.dcm"))
