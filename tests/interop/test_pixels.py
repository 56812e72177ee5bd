"""Pixels as pydicom with its plug-ins, DCMTK and GDCM see them: every file, and who is right where they differ."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomkit
from tests.interop.pixel_verdicts import BOTH, VERDICTS

pydicom = pytest.importorskip("pydicom")

CARRIERS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
#: Plug-in -> the module that it needs.
PLUGINS = {"gdcm": "gdcm", "pylibjpeg": "libjpeg", "pyjpegls": "jpeg_ls", "pydicom": "numpy"}


@pytest.fixture(scope="session")
def image_files(pydicom_files: list[Path], data_dir: Path) -> list[Path]:
    """All files with pixel data: pydicom's, those of the package pydicom-data, and those of `data_dir`, none twice."""
    folders = [data_dir]
    spec = importlib.util.find_spec("data_store")  # of pydicom-data
    if spec is not None and spec.submodule_search_locations:
        folders += map(Path, spec.submodule_search_locations)
    files = {}
    for path in (*pydicom_files, *(path for folder in folders for path in sorted(folder.rglob("*.dcm")))):
        files.setdefault(hashlib.sha1(path.read_bytes()).digest(), path)
    found = []
    for path in files.values():
        try:
            dataset = dicomkit.read(path)
        except dicomkit.DicomError:
            continue
        if any(name in dataset for name in CARRIERS):
            found.append(path)
    return found


LARGE = 32 << 20


def frames_of(path: Path) -> list[int]:
    """The frames that are compared: of large files the first ones, which are as good as all."""
    pixels = dicomkit.read(path).pixels
    size = pixels.dtype.itemsize * int(np.prod(pixels.shape))
    return list(range(len(pixels) if size < LARGE else 3))


def of_pydicom(path: Path, **options: Any) -> Any:
    """Frames as pydicom gives them."""
    from pydicom.pixels import pixel_array

    dataset = pydicom.dcmread(path, force=True)
    whole = attempt(lambda: len(frames_of(path)) == len(dicomkit.read(path).pixels))
    if whole is not False:
        return pixel_array(dataset, **options)
    return np.stack([pixel_array(dataset, index=number, **options) for number in frames_of(path)])


def attempt(decode: Callable[[], Any]) -> Any:
    """The array, or why there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return decode()
        except Exception as error:  # whatever a peer raises for what it cannot decode
            return error


class Comparison:
    """Compares arrays of files with those of one peer, and keeps what is not as the verdicts say."""

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.equal = 0
        self.faults: list[str] = []

    def take(self, path: Path, theirs: Any, color: str = "raw") -> None:
        def decoded() -> Any:
            pixels = dicomkit.read(path).pixels
            return np.stack([pixels.frame(number, color=color) for number in frames_of(path)])

        ours = attempt(decoded)
        verdict = VERDICTS.get(path.name, {}).get(self.peer)
        if isinstance(ours, Exception):
            if verdict is None or verdict[0] != BOTH or not isinstance(theirs, Exception):
                self.faults.append(f"{path}: {ours!r}")
            return
        if isinstance(theirs, Exception):
            if verdict is None or verdict[1] is not None:
                self.faults.append(f"{path}: {theirs!r}")
            return
        if ours.ndim == theirs.ndim + 1:
            ours = ours[0]
        if ours.dtype.kind == theirs.dtype.kind and np.array_equal(ours, theirs, equal_nan=ours.dtype.kind == "f"):
            self.equal += 1
        elif verdict is None or ours.shape != theirs.shape or np.abs(ours.astype(float) - theirs).max() > (verdict[1] or 0):
            self.faults.append(f"{path}: {ours.shape} {ours.dtype}, {theirs.shape} {theirs.dtype}")


def by_family(paths: list[Path], families: tuple[str, ...] | None = None) -> Iterator[tuple[Path, dicomkit.Dataset]]:
    """Files whose pixel data are in codestreams of these families, or of any if None."""
    for path in paths:
        dataset = dicomkit.read(path)
        if "PixelData" in dataset and dataset["PixelData"].is_encapsulated:
            family = dicomkit.standard.TransferSyntax.assumed(dataset.transfer_syntax).family
            if families is None or family in families:
                yield path, dataset


def test_pydicom(image_files: list[Path]) -> None:
    """All native files, and those that no plug-in has; the others with RGB, by the plug-in that pydicom takes first."""
    for needed in PLUGINS.values():  # without them pydicom has no pixels of these
        pytest.importorskip(needed)
    from pydicom.pixels import get_decoder

    native = Comparison("pydicom")
    rgb = {name: Comparison(name) for name in PLUGINS}
    encapsulated = {path for path, _ in by_family(image_files)}
    for path in image_files:
        if path not in encapsulated:
            native.take(path, attempt(lambda path=path: of_pydicom(path)), "rgb")
            continue
        syntax = pydicom.uid.UID(str(dicomkit.read(path).transfer_syntax))
        plugins = attempt(lambda syntax=syntax: get_decoder(syntax).available_plugins)
        first = plugins[0] if isinstance(plugins, tuple) else "pydicom"
        options = {"decoding_plugin": first} if isinstance(plugins, tuple) else {}
        rgb[first].take(path, attempt(lambda path=path, options=options: of_pydicom(path, **options)), "rgb")
    assert not native.faults
    assert not [fault for comparison in rgb.values() for fault in comparison.faults]
    assert native.equal >= 100
    assert sum(comparison.equal for comparison in rgb.values()) >= 60


@pytest.mark.parametrize("plugin", PLUGINS)
def test_plugins_of_pydicom(plugin: str, image_files: list[Path]) -> None:
    pytest.importorskip(PLUGINS[plugin])
    from pydicom.pixels import get_decoder

    comparison = Comparison(plugin)
    for path, dataset in by_family(image_files):
        plugins = attempt(
            lambda dataset=dataset: get_decoder(pydicom.uid.UID(str(dataset.transfer_syntax))).available_plugins
        )
        if isinstance(plugins, tuple) and plugin in plugins:
            comparison.take(path, attempt(lambda path=path: of_pydicom(path, raw=True, decoding_plugin=plugin)))
    assert not comparison.faults
    assert comparison.equal >= 12


def kind_of(dataset: dicomkit.Dataset) -> tuple[Any, ...]:
    """What a decoder may see in a file."""
    names = ("SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored", "PixelRepresentation")
    frames = dataset.get("NumberOfFrames") or 1
    return (dataset.transfer_syntax, frames == 1, *(dataset.get(name) for name in names))


#: Tool -> its options, families of codecs that it decodes, how many files there are at least.
TOOLS: dict[str, tuple[list[str], tuple[str, ...] | None, int]] = {
    "dcmdjpeg": (["-q", "+cn"], ("jpeg", "jpeg-lossless"), 18),
    "dcmdjpls": (["-q"], ("jpeg-ls",), 11),
    "dcmdrle": (["-q"], ("rle",), 12),
    "gdcmconv": (["--raw"], None, 38),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_tools(tool: str, peer: Callable[[str], str], image_files: list[Path], tmp_path: Path) -> None:
    options, families, least = TOOLS[tool]
    command = peer(tool)
    comparison = Comparison(tool)

    def decoded(path: Path) -> Any:
        out = tmp_path / path.name
        subprocess.run([command, *options, path, out], check=True, capture_output=True)
        pixels = dicomkit.read(out).pixels
        return np.stack([pixels.frame(number, color="raw") for number in frames_of(out)])

    paths = [path for path, _ in by_family(image_files, families)]
    if tool == "gdcmconv":  # all files are decoded by GDCM in pydicom: here, one of each kind
        paths = list({kind_of(dicomkit.read(path)): path for path in paths}.values())
    with ThreadPoolExecutor(2) as pool:  # the tools take longer to start than to decode
        for path, theirs in zip(paths, pool.map(lambda path: attempt(lambda: decoded(path)), paths), strict=True):
            comparison.take(path, theirs)
    assert not comparison.faults
    assert comparison.equal >= least


def test_colour_of_dcmdjpeg(peer: Callable[[str], str], image_files: list[Path], tmp_path: Path) -> None:
    """Its default converts YCbCr to RGB, with interpolated chrominance."""
    command = peer("dcmdjpeg")
    comparison = Comparison("dcmdjpeg")

    def decoded(path: Path) -> Any:
        subprocess.run([command, "-q", path, tmp_path / "rgb.dcm"], check=True, capture_output=True)
        pixels = dicomkit.read(tmp_path / "rgb.dcm").pixels
        return np.stack([pixels.frame(number, color="raw") for number in frames_of(tmp_path / "rgb.dcm")])

    for path, dataset in by_family(image_files, ("jpeg",)):
        if dataset.SamplesPerPixel == 3:
            comparison.take(path, attempt(lambda path=path: decoded(path)), "rgb")
    assert not comparison.faults
    assert comparison.equal >= 9


def test_frames_that_are_there_of_a_file_that_is_cut_off(image_files: list[Path]) -> None:
    """emri_small is there whole as well: pydicom's native one."""
    files = {path.name: path for path in image_files}
    if "emri_small_jpeg_2k_lossless_too_short.dcm" not in files:
        pytest.skip("no such file")
    cut = dicomkit.read(files["emri_small_jpeg_2k_lossless_too_short.dcm"]).pixels
    whole = dicomkit.read(files["emri_small.dcm"]).pixels.array()
    there = [attempt(lambda number=number: cut.frame(number)) for number in range(len(cut))]
    sound = [number for number, frame in enumerate(there) if not isinstance(frame, Exception)]
    assert len(sound) >= 8
    assert all(np.array_equal(there[number], whole[number]) for number in sound)
    assert all(isinstance(frame, dicomkit.CodecError) for number, frame in enumerate(there) if number not in sound)


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
