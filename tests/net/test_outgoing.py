"""What is to be stored: what its header says, and which bytes go out."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicomkit
from dicomkit.errors import EncodeError, NoPresentationContext, ParseError, SourceChanged, UnsupportedTransferSyntax
from dicomkit.media.transfer import chunks
from dicomkit.net import outgoing as module
from dicomkit.net.negotiation import Agreement, Policy, propose
from dicomkit.net.outgoing import OpenFile, Outgoing, read_header
from dicomkit.net.pdu import AssociateAC

CT = "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"


def agreement(*contexts: Any) -> Agreement:
    """What a requestor has agreed on with an acceptor that takes everything."""
    request = propose(contexts)
    answer = Policy({}, otherwise=lambda uid: ()).negotiate(request)
    assert isinstance(answer, AssociateAC)
    return Agreement(request, answer, requestor=True)


def sent(outgoing: Outgoing, agreed: Agreement, transcode: Any = "never") -> bytes:
    _, parts = outgoing.fit(agreed, transcode)
    return b"".join(chunks(parts))


def behind_the_meta(path: Path) -> bytes:
    """The data set of a file: behind the group length that its meta information begins with (PS3.10 7.1)."""
    data = path.read_bytes()
    return data[132 + 12 + int.from_bytes(data[140:144], "little") :]


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("ct.dcm", EXPLICIT),
        ("ct_implicit.dcm", IMPLICIT),
        ("ct_big_endian.dcm", "1.2.840.10008.1.2.2"),
        ("ct_deflated.dcm", "1.2.840.10008.1.2.1.99"),
        ("rle.dcm", "1.2.840.10008.1.2.5"),
    ],
)
def test_a_file_as_it_is(examples_dir: Path, name: str, syntax: str) -> None:
    path = examples_dir / name
    meta = dicomkit.read(path).file_meta
    assert meta is not None
    expected = behind_the_meta(path)
    stream = path.open("rb")
    with stream:
        for source in (path, str(path), path.read_bytes(), memoryview(path.read_bytes()), stream):
            outgoing = Outgoing(source)
            assert outgoing.sop_class_uid == meta.MediaStorageSOPClassUID
            assert outgoing.sop_instance_uid == meta.MediaStorageSOPInstanceUID
            assert outgoing.transfer_syntax == syntax
            context = (outgoing.sop_class_uid, [syntax])
            if source is not stream or syntax == EXPLICIT:
                assert sent(outgoing, agreement(context)) == expected
            outgoing.close()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that is larger than what is read of it first."""
    ds = dicomkit.new("CTImageStorage", PatientID="1", Rows=300, Columns=300, BitsAllocated=16, BitsStored=16, HighBit=15)
    ds.SamplesPerPixel, ds.PixelRepresentation, ds.PhotometricInterpretation = 1, 0, "MONOCHROME2"
    ds.PixelData = os.urandom(180000)
    path = tmp_path / "large.dcm"
    ds.save(path)
    return path


def test_a_large_file_goes_by_reference(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_READ", 1000)
    outgoing = Outgoing(large)
    _, parts = outgoing.fit(agreement(CT), "never", in_memory=True)
    head, rest = parts
    assert isinstance(rest, tuple)
    assert isinstance(rest[0], OpenFile)
    assert rest[1] + rest[2] == large.stat().st_size
    assert not isinstance(head, tuple)
    assert b"".join(chunks(parts)) == behind_the_meta(large)
    assert outgoing.size == len(behind_the_meta(large))
    outgoing.close()
    outgoing.close()
    with pytest.raises(OSError, match="descriptor"):
        rest[0].read(0, 1)


def test_a_file_that_is_not_so_large_is_read(large: Path) -> None:
    outgoing = Outgoing(large)
    _, parts = outgoing.fit(agreement(CT), "never", in_memory=True)
    assert not any(isinstance(part, tuple) for part in parts)
    assert b"".join(chunks(parts)) == behind_the_meta(large)
    outgoing.close()


def test_a_file_that_becomes_shorter(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_READ", 1000)
    outgoing = Outgoing(large)
    _, parts = outgoing.fit(agreement(CT), "never", in_memory=True)
    os.truncate(large, 100000)
    with pytest.raises(SourceChanged, match="shorter"):
        list(chunks(parts))
    outgoing.close()


def test_a_data_set() -> None:
    ds = dicomkit.new("CTImageStorage", PatientID="1")
    outgoing = Outgoing(ds)
    assert (outgoing.sop_class_uid, outgoing.sop_instance_uid) == (CT, ds.SOPInstanceUID)
    assert outgoing.transfer_syntax == EXPLICIT
    assert sent(outgoing, agreement(CT)) == ds.to_bytes(meta="none")
    assert sent(outgoing, agreement((CT, [IMPLICIT])), "lossless") == ds.to_bytes(meta="none", transfer_syntax=IMPLICIT)


def test_a_changed_data_set_is_sent_as_it_is_now(examples_dir: Path) -> None:
    ds = dicomkit.read(examples_dir / "ct.dcm")
    ds.PatientName = "Roe^Jane"
    data = sent(Outgoing(ds), agreement(CT))
    assert dicomkit.read(data).PatientName == "Roe^Jane"


def test_an_outgoing_has_a_context_only_for_what_it_is(examples_dir: Path) -> None:
    outgoing = Outgoing(examples_dir / "ct.dcm")
    with pytest.raises(NoPresentationContext, match="it was not proposed"):
        outgoing.fit(agreement("MRImageStorage"), "lossless")
    with pytest.raises(UnsupportedTransferSyntax, match="only Implicit VR Little Endian"):
        outgoing.fit(agreement((CT, [IMPLICIT])), "never")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[132:],  # no preamble
        lambda data: data[:132] + data[132:].replace(b"UI\x1a\x00", b"\x1a\x00\x00\x00", 1),  # implicit VR in the meta
        lambda data: data.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0", 1),  # the wrong transfer syntax
    ],
)
def test_what_the_header_does_not_say_is_read(examples_dir: Path, tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "damaged.dcm"
    whole = (examples_dir / "ct.dcm").read_bytes()
    path.write_bytes(damage(whole))
    assert path.read_bytes() != whole
    outgoing = Outgoing(path)
    assert outgoing.sop_class_uid == CT
    data = sent(outgoing, agreement(CT), "lossless")
    assert dicomkit.read(data, transfer_syntax=EXPLICIT).PatientID == dicomkit.read(whole).PatientID
    outgoing.close()


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (b"", ParseError),
        (b"hello", ParseError),
        ("/no/such/file", FileNotFoundError),
        ("/", OSError),
        (7, TypeError),
        (None, TypeError),
        (dicomkit.Dataset(PatientID="1"), EncodeError),
        (dicomkit.Dataset(SOPClassUID=CT), EncodeError),
    ],
)
def test_what_cannot_be_stored(source: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Outgoing(source)


def test_a_pipe(examples_dir: Path) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    path = examples_dir / "ct.dcm"
    assert sent(Outgoing(Pipe(path.read_bytes())), agreement(CT)) == behind_the_meta(path)


@given(st.integers(0, 600), st.lists(st.tuples(st.integers(0, 599), st.integers(0, 255)), max_size=4))
def test_a_damaged_header_raises_nothing_else(length: int, changes: list[tuple[int, int]]) -> None:
    data = bytearray((Path(__file__).parents[2] / "examples" / "ct.dcm").read_bytes())
    for at, value in changes:
        data[at] = value
    found = read_header(memoryview(bytes(data))[:length], len(data))
    if found is not None:
        assert found[3] <= length
