"""Video: an elementary stream goes into a data set and comes out of it, and peers find it there. Nobody decodes it."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import dicomkit
from dicomkit.errors import CodecError, UnsupportedTransferSyntax
from dicomkit.pixels import encapsulate
from dicomkit.pixels import encapsulation as module
from dicomkit.pixels.codecs import handling
from dicomkit.standard.transfer_syntax import TransferSyntax
from tests.interop.test_encoders import make_image

VIDEO = [syntax for syntax in TransferSyntax.all() if handling(syntax) == "video"]
STREAM = b"\0\0\1\xb3" + random.Random(1).randbytes(5001)  # the start code of an MPEG-2 sequence, and an odd length


def video(syntax: str, pieces: Iterator[bytes] | list[bytes]) -> dicomkit.Dataset:
    dataset, _ = make_image((250, 4, 4, 3), 8, False, 0, 1)
    dataset.PhotometricInterpretation = "YBR_PARTIAL_420"
    encapsulate(dataset, pieces, syntax)
    return dataset


def pieces_of(stream: bytes) -> Iterator[bytes]:
    return (stream[at : at + 700] for at in range(0, len(stream), 700))


def test_all_are_there() -> None:
    assert {syntax.family for syntax in VIDEO} == {"mpeg2", "h264", "h265"}
    assert len(VIDEO) == 16


@pytest.mark.parametrize("syntax", VIDEO, ids=lambda syntax: syntax.keyword)
def test_wrapped_and_carried(syntax: TransferSyntax, tmp_path: Path) -> None:
    encaps = pytest.importorskip("pydicom.encaps")
    pydicom = pytest.importorskip("pydicom")
    dataset = video(syntax.keyword, pieces_of(STREAM))
    dataset.save(tmp_path / "video.dcm")
    for read in (dataset, dicomkit.read(tmp_path / "video.dcm")):
        assert read.transfer_syntax == syntax.uid
        assert b"".join(read.pixels.video()) == STREAM + b"\0"
        assert read.pixels.shape == (250, 4, 4, 3)
        with pytest.raises(UnsupportedTransferSyntax, match="video is carried, not decoded"):
            read.pixels.frame(0)
        with pytest.raises(CodecError, match="frame 3: frames of video depend on one another"):
            read.pixels.encoded(3)
        with pytest.raises(UnsupportedTransferSyntax):
            read.decompress()
        assert read.transfer_syntax == syntax.uid
    theirs = pydicom.dcmread(tmp_path / "video.dcm")
    assert list(encaps.generate_fragments(theirs.PixelData)) == [b"", STREAM + b"\0"]  # an offset table, and one fragment
    assert dicomkit.read(tmp_path / "video.dcm").to_bytes() == (tmp_path / "video.dcm").read_bytes()


def test_dcmtk_carries_it(peer: Callable[[str], str], tmp_path: Path) -> None:
    video("MPEG4HP41", [STREAM]).save(tmp_path / "video.dcm")
    subprocess.run([peer("dcmconv"), tmp_path / "video.dcm", tmp_path / "theirs.dcm"], check=True)
    assert b"".join(dicomkit.read(tmp_path / "theirs.dcm").pixels.video()) == STREAM + b"\0"


def test_split(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Longer than a fragment: several, where that is allowed (here as if 1,000 bytes were 4 GiB)."""
    monkeypatch.setattr(module, "LONGEST", 1000)
    monkeypatch.setattr(module, "LARGEST_FRAGMENT", 1000)
    for syntax in VIDEO:
        if syntax.fragmentable:
            video(syntax.keyword, pieces_of(STREAM)).save(tmp_path / "video.dcm")
            parts = list(dicomkit.read(tmp_path / "video.dcm").pixels.video())
            assert [len(part) for part in parts] == [1000] * 5 + [6]
            assert b"".join(parts) == STREAM + b"\0"
        else:
            with pytest.raises(CodecError, match="does not fit in the one fragment"):
                video(syntax.keyword, pieces_of(STREAM))


def test_memory(tmp_path: Path) -> None:
    """50 MB of video, piece by piece, into a file and out of it."""
    import tracemalloc

    piece = random.Random(2).randbytes(1 << 20)
    tracemalloc.start()
    try:
        dataset = video("HEVCMP51", (piece for _ in range(50)))
        dataset.save(tmp_path / "video.dcm")
        read = dicomkit.read(tmp_path / "video.dcm")
        assert sum(map(len, read.pixels.video())) == 50 << 20
        with (tmp_path / "stream").open("wb") as out:
            out.writelines(read.pixels.video())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "stream").stat().st_size == 50 << 20
    assert peak < 130 << 20  # the one fragment that there is, and the pieces
