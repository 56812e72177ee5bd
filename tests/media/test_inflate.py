"""The deflated transfer syntax (PS3.5 A.5), as it should be and as it is found."""

from __future__ import annotations

import io
import random
import zlib
from pathlib import Path

import pytest
from encoding import DEFLATED, EXPLICIT_LITTLE, Value, file_meta

import dicomkit
from dicomkit import ParseError
from dicomkit.media import inflate

ROWS: list[tuple[int, str, Value]] = [
    (0x00080016, "UI", "1.2"),
    (0x00080018, "UI", "1.2.3"),
    (0x00100010, "PN", "Doe^Jane"),
    (0x00280010, "US", 512),
]
NOISE = random.Random(1).randbytes(300_000)  # does not get smaller
PLAIN = EXPLICIT_LITTLE.encode([*ROWS, (0x7FE00010, "OW", NOISE)])
META = file_meta(ROWS, DEFLATED)


def deflate(data: bytes, window: int = -zlib.MAX_WBITS, level: int = 6) -> bytes:
    stream = zlib.compressobj(level, zlib.DEFLATED, window)
    return stream.compress(data) + stream.flush()


def codes(ds: dicomkit.Dataset) -> list[str]:
    return [problem.code for problem in ds.problems]


@pytest.mark.parametrize("level", [0, 1, 9])
@pytest.mark.parametrize("padding", [b"", b"\0"])
def test_inflated(level: int, padding: bytes, tmp_path: Path) -> None:
    data = META + deflate(PLAIN, level=level) + padding
    path = tmp_path / "file"
    path.write_bytes(data)
    for source in (data, path, io.BytesIO(data)):
        ds = dicomkit.read(source, strict=True)
        assert (ds.PatientName, ds.Rows, ds.PixelData) == ("Doe^Jane", 512, NOISE)
        assert (ds.transfer_syntax, ds.problems) == (DEFLATED.uid, ())
        assert ds["PixelData"].is_in_memory
        assert PLAIN[ds["PatientName"].offset or 0 :].startswith(b"Doe^Jane")  # offsets are those of the data set


def test_the_example_is_the_ct(examples_dir: Path) -> None:
    deflated = dicomkit.read(examples_dir / "ct_deflated.dcm", strict=True)
    plain = dicomkit.read(examples_dir / "ct.dcm", strict=True)
    assert [element.raw for element in deflated] == [element.raw for element in plain]
    assert [element.tag for element in deflated.walk()] == [element.tag for element in plain.walk()]


@pytest.mark.parametrize("quirks", [(), ("zlib",)])
def test_a_zlib_header(quirks: tuple[str, ...]) -> None:
    """RFC 1950 instead of 1951: some writers add it."""
    for level in (1, 6, 9):
        ds = dicomkit.read(META + deflate(PLAIN, zlib.MAX_WBITS, level), quirks=quirks)
        assert (ds.Rows, ds.PixelData, codes(ds)) == (512, NOISE, ["zlib-header"])
    with pytest.raises(ParseError, match="zlib header"):
        dicomkit.read(META + deflate(PLAIN, zlib.MAX_WBITS), strict=True)


@pytest.mark.parametrize("kept", [100, 16_000, 150_000, 300_000])
def test_a_cut_stream_is_read_as_far_as_it_goes(kept: int, tmp_path: Path) -> None:
    data = META + deflate(PLAIN, level=1)[:kept]
    path = tmp_path / "file"
    path.write_bytes(data)
    for source in (data, path):
        ds = dicomkit.read(source)
        assert (ds.PatientName, ds["PixelData"].is_truncated) == ("Doe^Jane", True)
        assert codes(ds) == ["deflate-damaged", "value-truncated"]
        assert NOISE.startswith(ds.PixelData or b"-")
        with pytest.raises(ParseError, match="damaged"):
            dicomkit.read(source, strict=True)


def test_a_damaged_stream_is_read_as_far_as_it_goes() -> None:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    start = deflater.compress(PLAIN) + deflater.flush(zlib.Z_FULL_FLUSH)
    ds = dicomkit.read(META + start + b"\xff" * 100)  # no block has type 3
    assert (ds.PatientName, ds.PixelData, codes(ds)) == ("Doe^Jane", NOISE, ["deflate-damaged"])
    with pytest.raises(ParseError, match="damaged"):
        dicomkit.read(META + start + b"\xff" * 100, strict=True)


def test_what_was_never_deflated() -> None:
    for junk in (b"\xff" * 100, b"this is no deflate stream" * 10):
        with pytest.raises(ParseError, match="inflated"):
            dicomkit.read(META + junk)


def test_a_data_set_that_was_not_deflated_after_all() -> None:
    ds = dicomkit.read(META + PLAIN)
    assert (ds.PatientName, ds.PixelData, codes(ds)) == ("Doe^Jane", NOISE, ["wrong-transfer-syntax"])


def test_an_empty_data_set() -> None:
    ds = dicomkit.read(META + deflate(b""))
    assert (len(ds), ds.problems) == (0, ())


@pytest.mark.parametrize("size", [(4 << 20) - 2, 4 << 20, (4 << 20) + 2, 9 << 20])
def test_any_size(size: int) -> None:
    """The stream is inflated in steps; none of them loses bytes."""
    data = META + deflate(EXPLICIT_LITTLE.encode([*ROWS, (0x7FE00010, "OW", bytes(size - 200))]))
    ds = dicomkit.read(data, strict=True)
    assert (len(ds.PixelData or b""), ds.problems) == (size - 200, ())


def test_a_bomb_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflate, "LARGEST", 32 << 20)
    header = EXPLICIT_LITTLE._header(0x7FE00010, "OB", 64 << 20)
    bomb = META + deflate(EXPLICIT_LITTLE.encode(ROWS) + header + bytes(64 << 20))
    assert len(bomb) < 100_000
    with pytest.raises(ParseError, match="inflates to more than"):
        dicomkit.read(bomb)
