from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit.errors import CodecError
from dicomkit.pixels.stored import Stored, find_carrier, transfer_syntax_of
from dicomkit.standard.transfer_syntax import TransferSyntax


def test_read_and_assigned_are_the_same(image: Callable[..., Any]) -> None:
    dataset, _ = image(frames=3)
    for syntax in ("ExplicitVRLittleEndian", "RLELossless"):
        dataset.compress(syntax)
        read = dicomkit.read(dataset.to_bytes())
        found = transfer_syntax_of(read)
        assert found.keyword == syntax
        values = [Stored(find_carrier(each), found) for each in (read, dicomkit.Dataset(PixelData=read.PixelData))]
        one, other = values
        assert one.is_encapsulated == other.is_encapsulated == (syntax == "RLELossless")
        assert bytes(one.read(3, 20)) == bytes(other.read(3, 20)) == read.PixelData[3:23]
        if one.is_encapsulated:
            assert one.items().tolist() == other.items().tolist()
        else:
            assert one.length == other.length == len(read.PixelData)


def test_the_element_that_is_not_empty() -> None:
    dataset = dicomkit.Dataset(FloatPixelData=bytes(4))
    assert find_carrier(dataset).keyword == "FloatPixelData"
    dataset.PixelData = b""
    assert find_carrier(dataset).keyword == "FloatPixelData"
    dataset.PixelData = b"\0\0"
    assert find_carrier(dataset).keyword == "PixelData"
    with pytest.raises(CodecError):
        find_carrier(dicomkit.Dataset())


def test_transfer_syntax() -> None:
    dataset = dicomkit.Dataset()
    assert transfer_syntax_of(dataset).keyword == "ExplicitVRLittleEndian"
    dataset.file_meta = dicomkit.Dataset(TransferSyntaxUID="1.2.840.10008.1.2.5")
    assert transfer_syntax_of(dataset).keyword == "RLELossless"
    dataset.transfer_syntax = dicomkit.UID("1.2.840.10008.1.2")
    assert transfer_syntax_of(dataset).keyword == "ImplicitVRLittleEndian"
    assert transfer_syntax_of(dataset, "JPEG2000") == TransferSyntax.find("JPEG2000")
    with pytest.raises(ValueError, match="no transfer syntax"):
        transfer_syntax_of(dataset, "PatientName")


def test_short_pieces_are_read_ahead(tmp_path: Path) -> None:
    """Of what is deferred, and only where several of them follow one another."""
    data = bytes(range(256)) * 4000
    path = tmp_path / "file"
    dicomkit.Dataset(SOPInstanceUID="1.2", PixelData=data).save(path)
    with path.open("rb") as file:
        reads: list[int] = []

        class Counted(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                found = super().read(size)
                reads.append(len(found))
                return found

        dataset = dicomkit.read(Counted(file.read()))
    stored = Stored(find_carrier(dataset), transfer_syntax_of(dataset))
    reads.clear()
    for offset in (0, 500_000, 900_000, 1_023_000, 5):
        assert stored.read(offset, 1000) == data[offset : offset + 1000]
    assert reads == [1000] * 5
    for offset in range(0, len(data), 1000):
        assert stored.read(offset, 1000) == data[offset : offset + 1000]
    assert len(reads) < 40
    assert sum(reads) < 1.2 * len(data)
    reads.clear()
    assert stored.read(1, len(data) - 1) == data[1:]
    assert stored.read(len(data), 0) == b""
    assert reads[0] == len(data) - 1
