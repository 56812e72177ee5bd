"""The six tools for compressed pixel data, and those of DCMTK 3.6.7: the same command line on the same file.

Where nothing is lost, or decoded only, data sets and pixels are equal; where something is, pixels are about equal. DCMTK's
tools read all that ours write. A difference is an error unless it is listed here with its reason.
"""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit

_spec = importlib.util.spec_from_file_location("compared", Path(__file__).with_name("compared.py"))
assert _spec is not None
assert _spec.loader is not None
compared = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(compared)

DECODERS = {"dcmcrle": "dcmdrle", "dcmcjpeg": "dcmdjpeg", "dcmcjpls": "dcmdjpls"}

SMALL = ("CT_small.dcm", "MR_small.dcm", "MR_small_bigendian.dcm", "SC_rgb_small_odd.dcm", "examples_palette.dcm")
LOSSLESS = [
    "dcmcrle", "dcmcrle +ua", "dcmcrle -ot", "dcmcrle +fs 1", "dcmcrle +cs", "dcmcrle -e +g", "dcmcjpeg",
    "dcmcjpeg +el", "dcmcjpeg +el +sv 4", "dcmcjpeg +el +sv 7 +fs 1", "dcmcjpeg +cs +un", "dcmcjpeg +ua -ot",
    "dcmcjpeg +p 64 8", "dcmcjpls", "dcmcjpls +is", "dcmcjpls +in", "dcmcjpls +iv", "dcmcjpls +pz", "dcmcjpls +pc",
    "dcmcjpls +t1 4 +t2 9 +t3 30 +rs 32", "dcmcjpls +fs 1 -ot", "dcmcjpls +cs", "dcmcjpls +ua",
]  # fmt: skip

#: What differs (a pattern of tag path and values), in which file, from which options -> why.
OTHERWISE = [
    (r"^\(7FE0,0010\)", "", "", "the pixels are compared, not their encoding"),
    (r"^\(0008,2111\)", "", "", "after lossless encoding too, DCMTK writes a Derivation Description"),
    (r"^\(7FE0,0000\)", "", "+g", "their length"),
    (r"^\(0008,0018\)", "", "a", "a UID of its own for each"),
    (r"^\(0008,0018\)", "", "c", "a UID of its own for each"),
    (r"^\(0008,(0008|2112)\)", "", "a", "the pixels are the same: the image is no derived one"),
    (r"^\(0008,(0008|2112)\)", "", "c", "the pixels are the same: the image is no derived one"),
    (r"^\(0028,0006\)", "SC_rgb", "RLE", "Planar Configuration of RLE is 1 (PS3.5 8.2.2); DCMTK leaves it"),
]  # fmt: skip


def pixels_of(path: Path) -> np.ndarray[Any, Any]:
    return dicomkit.read(path).pixels.array(color="raw")


def both(
    peer: Callable[[str], str], tool: Callable[..., Any], name: str, line: str, path: Path, folder: Path
) -> tuple[int, int]:
    """Run both; they write theirs.dcm and ours.dcm. Returns their exit codes."""
    theirs = subprocess.run([peer(name), *line.split(), path, folder / "theirs.dcm"], capture_output=True, check=False)
    ours = tool(name, *line.split(), str(path), str(folder / "ours.dcm"))
    return theirs.returncode, ours.code


def unexpected(line: str, name: str, folder: Path) -> list[str]:
    found = compared.differences(folder / "theirs.dcm", folder / "ours.dcm")
    return [one for one in found if not compared.accepted(OTHERWISE, line, name, one)]


@pytest.mark.parametrize("number", range(len(LOSSLESS)))
def test_nothing_is_lost(
    pydicom_files: list[Path], number: int, tool: Any, peer: Callable[[str], str], tmp_path: Path
) -> None:
    name, _, line = LOSSLESS[number].partition(" ")
    for path in [path for path in pydicom_files if path.name in SMALL][number % 2 :: 2]:
        assert both(peer, tool, name, line, path, tmp_path) == (0, 0), path
        label = f"{line} RLE" if name == "dcmcrle" else line
        assert unexpected(label, path.name, tmp_path) == [], path
        # each toolkit's decoder on the other one's file
        subprocess.run([peer(DECODERS[name]), tmp_path / "ours.dcm", tmp_path / "decoded"], check=True, capture_output=True)
        original = pixels_of(path)
        assert np.array_equal(pixels_of(tmp_path / "theirs.dcm"), original)
        assert np.array_equal(pixels_of(tmp_path / "ours.dcm"), original)
        assert np.array_equal(pixels_of(tmp_path / "decoded"), original)
        assert tool(DECODERS[name], str(tmp_path / "theirs.dcm"), str(tmp_path / "decoded")).code == 0
        assert np.array_equal(pixels_of(tmp_path / "decoded"), original)


LOSSY = [
    "dcmcjpeg +eb", "dcmcjpeg +ee", "dcmcjpeg +eb +Wm", "dcmcjpeg +eb +Wn", "dcmcjpeg +ee +Wm",
    "dcmcjpeg +eb +Wr 10 10 20 20", "dcmcjpeg +ee +Ww 40 400", "dcmcjpeg +eb +Wh 5", "dcmcjpeg +eb +sr",
    "dcmcjpeg +eb +rm +sr", "dcmcjpeg +pl", "dcmcjpeg +pl +sr", "dcmcjpeg +eb +q 50 -ho", "dcmcjpeg +eb +cr",
    "dcmcjpeg +eb +cm", "dcmcjpeg +eb +s4", "dcmcjpeg +eb +n1", "dcmcjpeg +eb +n2", "dcmcjpeg +eb +np",
    "dcmcjpls +en", "dcmcjpls +en +md 4", "dcmcjpeg +pt 2",
]  # fmt: skip

#: Attributes that say what the pixels are now.
DESCRIBED = (
    "SOPClassUID", "LossyImageCompression", "LossyImageCompressionMethod", "SamplesPerPixel", "PhotometricInterpretation",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PlanarConfiguration", "ImageType",
    "SmallestImagePixelValue", "LargestImagePixelValue", "PixelPaddingValue",
)  # fmt: skip


@pytest.mark.parametrize("command", LOSSY)
def test_losses(
    pydicom_files: list[Path], examples_dir: Path, command: str, tool: Any, peer: Callable[[str], str], tmp_path: Path
) -> None:
    name, _, line = command.partition(" ")
    names = ("CT_small.dcm", "MR_small.dcm", "SC_rgb_small_odd.dcm")
    paths = [path for path in pydicom_files if path.name in names]
    if name == "dcmcjpls":
        # signed samples have no place there (PS3.5 8.2.3)
        assert both(peer, tool, name, line, paths[0], tmp_path) == (1, 1)
        # of the small colour image DCMTK makes what is no codestream, and what it cannot decode itself
        paths = [examples_dir / "ct.dcm"]
    for path in paths:
        assert both(peer, tool, name, line, path, tmp_path) == (0, 0), path
        theirs, ours = dicomkit.read(tmp_path / "theirs.dcm"), dicomkit.read(tmp_path / "ours.dcm")
        assert ours.transfer_syntax == theirs.transfer_syntax
        if not (line.startswith("+pl") and path.name == "SC_rgb_small_odd.dcm") and "+pt" not in line:
            # with +pl, DCMTK says that RGB has lost something, which it has not; with +pt that nothing is lost, which is
            for keyword in DESCRIBED:
                assert ours.get(keyword) == theirs.get(keyword), (path, keyword)
            assert ours.SOPInstanceUID != dicomkit.read(path).SOPInstanceUID
            if "+cm" not in line:  # DCMTK's is that of the grey image
                assert abs(ours.LossyImageCompressionRatio[-1] / theirs.LossyImageCompressionRatio[-1] - 1) < 0.6
        if "+W" in line or "+sr" in line or "+pt" in line or path.name not in names[:2]:
            for keyword in ("RescaleSlope", "RescaleIntercept", "RescaleType", "WindowCenter", "WindowWidth"):
                assert same(ours.get(keyword), theirs.get(keyword)), (path, keyword)
            difference = np.abs(ours.pixels.array().astype(int) - theirs.pixels.array())
            assert difference.mean() < 3, path
        # else DCMTK scales by the number of bits of the values, not by the smallest and largest one
        subprocess.run([peer(DECODERS[name]), tmp_path / "ours.dcm", tmp_path / "decoded"], check=True, capture_output=True)
        assert np.array_equal(pixels_of(tmp_path / "decoded"), ours.pixels.array())


def same(one: Any, other: Any) -> bool:
    """Whether numbers are equal but for digits that DCMTK cuts off."""
    if isinstance(one, (float, tuple)) and other is not None:
        return bool(np.allclose(one, other, rtol=1e-4))
    return bool(one == other)


DECODED = [
    "dcmdrle", "dcmdrle +br", "dcmdrle +tb", "dcmdrle +ti -e", "dcmdrle -F", "dcmdrle +g", "dcmdjpeg", "dcmdjpeg +cl",
    "dcmdjpeg +cn", "dcmdjpeg +ca", "dcmdjpeg +cg", "dcmdjpeg +cgl", "dcmdjpeg +pl", "dcmdjpeg +px", "dcmdjpeg +tb",
    "dcmdjpeg +w6 +wi +wc", "dcmdjpls", "dcmdjpls +pa", "dcmdjpls +pl", "dcmdjpls +px", "dcmdjpls +io",
    "dcmdjpls +wi +ti",
]  # fmt: skip
FAMILIES = {"dcmdrle": ("rle",), "dcmdjpeg": ("jpeg", "jpeg-lossless"), "dcmdjpls": ("jpeg-ls",)}

#: Files that are decoded otherwise, and why.
OTHER_PIXELS = {
    "rtdose_rle": "a UN that is a sequence by the dictionary becomes SQ",
    "JPEGLSNearLossless_08": "Bits Allocated is not that of the codestream",
}


@pytest.mark.parametrize("number", range(len(DECODED)))
def test_decoding(pydicom_files: list[Path], number: int, tool: Any, peer: Callable[[str], str], tmp_path: Path) -> None:
    name, _, line = DECODED[number].partition(" ")
    paths = [path for path, family in compressed(pydicom_files) if family in FAMILIES[name]]
    done = 0
    for path in paths[number % 3 :: 3] if len(paths) > 6 else paths:
        theirs, ours = both(peer, tool, name, line, path, tmp_path)
        assert bool(ours) <= bool(theirs), path
        if theirs or ours:
            continue
        assert [one for one in unexpected("", "", tmp_path) if "(0002,0016)" not in one] == [], path
        one, other = pixels_of(tmp_path / "theirs.dcm"), pixels_of(tmp_path / "ours.dcm")
        assert one.shape == other.shape
        assert np.abs(one.astype(int) - other).max() <= (3 if name == "dcmdjpeg" else 0), path
        done += 1
    assert done >= 2


def compressed(paths: list[Path]) -> list[tuple[Path, str]]:
    """Those with compressed pixel data, and the families of their codecs."""
    found = []
    for path in paths:
        if path.stat().st_size > 300_000 or any(part in path.name for part in OTHER_PIXELS):
            continue
        try:
            dataset = dicomkit.read(path)
        except dicomkit.DicomError:
            continue
        if "PixelData" in dataset and dataset["PixelData"].is_encapsulated:
            found.append((path, dicomkit.standard.TransferSyntax.assumed(str(dataset.transfer_syntax)).family))
    return found


@pytest.mark.parametrize("name", ["dcmcrle", "dcmdrle", "dcmcjpeg", "dcmdjpeg", "dcmcjpls", "dcmdjpls"])
def test_exit_codes(
    name: str, examples_dir: Path, pydicom_files: list[Path], tool: Any, peer: Callable[[str], str], tmp_path: Path
) -> None:
    """Without pixel data, in any transfer syntax, truncated, missing, no DICOM at all."""
    wanted = (
        "MR_small_RLE",
        "MR_small_jpeg_ls_lossless",
        "SC_rgb_jpeg_gdcm",
        "MR_small_jp2klossless",
        "MR_truncated",
        "liver_1frame",
    )
    paths = [path for path in pydicom_files if path.stem in wanted]
    assert len(paths) == len(wanted)
    (tmp_path / "text").write_bytes(b"This is no DICOM file. " * 20)
    paths += [examples_dir / "ct.dcm", examples_dir / "report.dcm", tmp_path / "text", tmp_path / "missing"]
    for path in paths:
        theirs, ours = both(peer, tool, name, "", path, tmp_path)
        assert ours == theirs, path
        if not ours:
            syntaxes = [dicomkit.read(tmp_path / f"{who}.dcm").transfer_syntax for who in ("theirs", "ours")]
            assert syntaxes[0] == syntaxes[1], path
    for words in ([], ["a"], ["a", "b", "c"], ["+xyz", "a", "b"]):
        theirs = subprocess.run([peer(name), *words], capture_output=True, check=False).returncode
        assert tool(name, *words).code == theirs


@pytest.mark.parametrize("name", ["dcmcrle", "dcmdrle", "dcmcjpeg", "dcmdjpeg", "dcmcjpls", "dcmdjpls"])
def test_all_options_are_there(name: str, tool: Any, peer: Callable[[str], str]) -> None:
    def options(text: str) -> set[tuple[str, ...]]:
        rows = [line.split() for line in text.splitlines() if line.startswith("  ")]
        return {tuple(word for word in row[:2] if word[0] in "+-") for row in rows if row and row[0][0] in "+-"}

    theirs = options(subprocess.run([peer(name), "--help"], capture_output=True, text=True, check=True).stdout)
    assert options(tool(name, "--help").out.decode()) == theirs


def test_transcoded_again(pydicom_files: list[Path], tool: Any, peer: Callable[[str], str], tmp_path: Path) -> None:
    """DCMTK's dcmcjpeg without loss makes RGB of YBR_FULL, but leaves YBR_FULL in the data set. Ours does not convert."""
    path = next(path for path in pydicom_files if path.name == "SC_rgb_dcmtk_+eb+cy+s4.dcm")
    assert both(peer, tool, "dcmcjpeg", "+e1", path, tmp_path) == (0, 0)
    assert dicomkit.read(tmp_path / "ours.dcm").PhotometricInterpretation == "YBR_FULL"
    assert np.array_equal(pixels_of(tmp_path / "ours.dcm"), pixels_of(path))
    assert dicomkit.read(tmp_path / "ours.dcm").LossyImageCompression == "01"
