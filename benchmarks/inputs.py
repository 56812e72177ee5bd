"""The files that are read: pydicom's own, and synthetic ones that are made once and kept in a cache folder."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import ROOT, synthetic

SMALL = 130  # rows and columns of a small slice
MAKERS = [Path(synthetic.__file__), *sorted((ROOT / "examples").glob("*.py"))]


def cache() -> Path:
    """The cache folder: in DICOMKIT_BENCHMARK_CACHE or the temporary folder, one for each state of the generators."""
    state = hashlib.sha256(b"".join(path.read_bytes() for path in MAKERS)).hexdigest()[:12]
    parent = os.environ.get("DICOMKIT_BENCHMARK_CACHE") or tempfile.gettempdir()
    folder = Path(parent) / f"dicomkit-benchmarks-{state}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pydicom_file(name: str) -> Path:
    """A file of pydicom's test set, which its wheel carries."""
    spec = importlib.util.find_spec("pydicom")
    if spec is None or spec.origin is None:
        raise SystemExit("the benchmarks need pydicom: pip install '.[bench]'")
    return Path(spec.origin).parent / "data" / "test_files" / name


def made(name: str, make: Callable[[], bytes]) -> Path:
    """A file of the cache, made if it is not there."""
    path = cache() / name
    if not path.exists():
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_bytes(make())
        partial.replace(path)
    return path


def ct_small() -> Path:
    """CT_small.dcm: 128 x 128, 39 KB."""
    return pydicom_file("CT_small.dcm")


def rtstruct() -> Path:
    """rtstruct.dcm: 2.5 KB, implicit VR."""
    return pydicom_file("rtstruct.dcm")


def ct512() -> Path:
    """A 512 x 512 CT slice, 530 KB."""
    return made("ct512.dcm", lambda: next(iter(synthetic.ct_slices(1))))


def multiframe(frames: int) -> Path:
    """An enhanced CT with 32 elements (41 records of the index) a frame."""
    return made(f"multiframe-{frames}.dcm", lambda: synthetic.multiframe(frames))


def segmentation(frames: int) -> Path:
    """A segmentation whose frames name their source images."""
    return made(f"segmentation-{frames}.dcm", lambda: synthetic.segmentation(frames))


def ct_series(count: int) -> Path:
    """A folder of CT slices, 530 KB each."""
    return made_folder(f"series-{count}", synthetic.ct_slices(count))


def small_series(count: int) -> Path:
    """A folder of small CT slices, 40 KB each."""
    return made_folder(f"small-series-{count}", synthetic.ct_slices(count, SMALL))


def made_folder(name: str, contents: Iterable[bytes]) -> Path:
    """A folder of the cache with numbered files, made if it is not there."""
    folder = cache() / name
    if not folder.exists():
        partial = folder.with_name(f"{folder.name}.{os.getpid()}")
        partial.mkdir()
        for number, content in enumerate(contents, 1):
            (partial / f"{number:04}.dcm").write_bytes(content)
        partial.replace(folder)
    return folder


def huge() -> Path:
    """A 4 GB file: a CT header and a PixelData of 4 GiB of zeros, on disk a hole."""
    return hollow("huge.dcm", *synthetic.huge_header())


def large_object() -> Path:
    """The same of 3 GiB."""
    header, length = synthetic.huge_header()[0], 3 << 30
    return hollow("large-object.dcm", header[:-4] + length.to_bytes(4, "little"), length)


def hollow(name: str, header: bytes, length: int) -> Path:
    """A file of the cache that ends in so many zeros, which take no room."""
    path = cache() / name
    if not path.exists():
        with path.open("wb") as file:
            file.write(header)
            file.truncate(len(header) + length)
    return path


def dataset_bytes(path: Path) -> bytes:
    """The data set of a file, without preamble and File Meta Information (which (0002,0000) gives the length of)."""
    content = path.read_bytes()
    return content[144 + int.from_bytes(content[140:144], "little") :]
