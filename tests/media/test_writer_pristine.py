"""What was read is saved as it was: every file of pydicom and of the data folder, element by element."""

from __future__ import annotations

import copy
import io
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import dicomkit
from dicomkit import Dataset
from tests.interop.accepted import NOT_DICOM
from tests.reference.encoding import (
    EXPLICIT,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT,
    IMPLICIT_LITTLE,
    Element,
    Encoding,
    Item,
    Sequence,
    file_bytes,
)

# Problems of the structure: what has them is written anew, from what was found.
DAMAGE = frozenset(
    (
        "explicit-element",
        "implicit-element",
        "length-past-container",
        "missing-delimiter",
        "value-truncated",
        "wrong-transfer-syntax",
    )
)
NEW_TAG = 0x00081195  # TransactionUID: in none of the files


@pytest.fixture(scope="module")
def every_file(pydicom_files: list[Path]) -> list[Path]:
    files = [path for path in pydicom_files if path.name not in NOT_DICOM]
    named = os.environ.get("DICOMKIT_TEST_DATA")
    folder = Path(named) if named else Path(__file__).parents[3] / "shared" / "data"
    if folder.is_dir():
        files += sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in {"", ".dcm", ".DCM"})
    return files


class Trickle:
    """A stream that gives a few bytes at a time and cannot go back."""

    def __init__(self, data: bytes, most: int = 1009) -> None:
        self._file = io.BytesIO(data)
        self._most = most

    def read(self, size: int = -1) -> bytes:
        return self._file.read(min(size, self._most) if size >= 0 else self._most)

    def seekable(self) -> bool:
        return False


def opened(path: Path) -> Iterator[tuple[str, Dataset]]:
    """The data set, read in every way."""
    content = path.read_bytes()
    yield "path", dicomkit.read(path)
    yield "bytes", dicomkit.read(content)
    with path.open("rb") as file:
        yield "file", dicomkit.read(file)
        file.seek(0)
        closed = dicomkit.read(file)
    yield "closed file", closed
    yield "memory", dicomkit.read(io.BytesIO(content))
    yield "pipe", dicomkit.read(Trickle(content))
    yield "deferred", dicomkit.read(path, defer_size=16)
    yield "forced", dicomkit.read(path, charset="ISO_IR 192")


def test_every_file_is_saved_as_it_was(every_file: list[Path], tmp_path: Path) -> None:
    assert len(every_file) > 150
    target = tmp_path / "out.dcm"
    for path in every_file:
        content = path.read_bytes()
        for way, dataset in opened(path):
            assert dataset.to_bytes() == content, f"{path.name} from {way}"
            if way in ("path", "deferred"):
                dataset.save(target)
                assert target.read_bytes() == content, f"{path.name} from {way}"
                assert dataset.to_bytes(transfer_syntax=dataset.transfer_syntax) == content


def test_values_that_were_touched_are_saved_as_they_were(every_file: list[Path]) -> None:
    """Reading values, walking, comparing and printing is no change."""
    for path in every_file:
        dataset = dicomkit.read(path)
        for element in dataset.walk():
            assert element.vr
        str(dataset)
        assert copy.deepcopy(dataset) == dataset or b"nan" in str(dataset).lower().encode()
        assert not dataset.is_changed()
        assert dataset.to_bytes() == path.read_bytes(), path.name


def test_a_fifo(tmp_path: Path) -> None:
    """A path that is a pipe."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    content = file_bytes((Element(0x00080018, "UI", b"1.2\0"), Element(0x7FE00010, "OW", bytes(300_000)))) + b"trailing"
    path = tmp_path / "fifo"
    os.mkfifo(path)
    thread = threading.Thread(target=path.write_bytes, args=(content,))
    thread.start()
    dataset = dicomkit.read(path)
    thread.join()
    assert dataset.to_bytes() == content


# -- after one change


def raw_elements(dataset: Dataset) -> dict[str, tuple[str, str, int | None, bytes, bytes]]:
    """Every element: VR, VR as encoded, length as encoded, header and value bytes. Of sequences the header only."""
    found = {}
    for element in dataset.walk():
        if element.offset is None:
            continue
        index = dataset._index
        assert index is not None
        is_sequence = element.vr == "SQ"
        header = b"" if is_sequence else header_of(dataset, element)
        length = element.length if not is_sequence or element.length == 0xFFFFFFFF else None
        found.setdefault(element.path, (element.vr, element.encoded_vr, length, header, b"" if is_sequence else element.raw))
    return found


def header_of(dataset: Dataset, element: dicomkit.DataElement) -> bytes:
    _, record = element._place() or (None, 0)
    assert dataset._index is not None
    flags, offset = dataset._index.record(record)[2], dataset._index.record(record)[6]
    size = 12 if flags & 2 else 8
    return dataset._read(offset - size, size)


def is_damaged(dataset: Dataset) -> bool:
    return any(problem.code in DAMAGE for problem in dataset.problems)


def change_root(dataset: Dataset) -> str | None:
    dataset[NEW_TAG] = "1.2.3"
    return "(0008,1195)"


def change_item(dataset: Dataset) -> str | None:
    """Put an element into the deepest first item there is."""
    path = ""
    item = dataset
    while True:
        inner = next((element for element in item if element.vr == "SQ" and len(element.value)), None)
        if inner is None:
            break
        path += f"{inner.tag}[0]."
        item = inner.value[0]
    if item is dataset:
        return None
    item[NEW_TAG] = "1.2.3"
    return f"{path}(0008,1195)"


def drop_item(dataset: Dataset) -> str | None:
    """Take the last item out of the first public sequence: an empty private one is nothing in implicit VR."""
    sequences = (element for element in dataset if element.vr == "SQ" and not element.is_private)
    inner = next((element for element in sequences if len(element.value)), None)
    if inner is None:
        return None
    number = len(inner.value) - 1
    del inner.value[number]
    return f"{inner.tag}[{number}]."


@pytest.mark.parametrize("change", [change_root, change_item, drop_item])
def test_after_one_change_all_other_elements_are_the_same(
    change: Callable[[Dataset], str | None], every_file: list[Path]
) -> None:
    """VR, header and value bytes, of elements in items too; group lengths follow the change."""
    changed = 0
    for path in every_file:
        original = dicomkit.read(path)
        if is_damaged(original):
            continue
        before = raw_elements(original)
        dataset = dicomkit.read(path)
        place = change(dataset)
        if place is None:
            continue
        changed += 1
        again = dicomkit.read(dataset.to_bytes())
        after = raw_elements(again)
        own = [key for key in after if key not in before]
        assert own == ([] if change is drop_item else [place]), path.name
        hidden = tuple(key for key, what in before.items() if what[:2] == ("SQ", "UN") and after.get(key, what) != what)
        for key, what in before.items():
            if change is drop_item and key.startswith(place):
                assert key not in after
            elif key.endswith(",0000)") and what[0] == "UL":
                assert after[key][:2] == what[:2], f"{path.name} {key}"
            elif key.startswith(hidden):  # UN with a change inside becomes SQ, with VRs in it: PS3.5 6.2.2 note 2
                assert (after[key][0], after[key][-1]) == (what[0], what[-1]), f"{path.name} {key}"
            else:
                assert after[key] == what, f"{path.name} {key}"
        assert again.file_meta is not None
        if original.file_meta is not None:  # what was there stays, too
            for element in original.file_meta:
                if element.tag not in (0x00020000, 0x00020010):
                    assert again.file_meta[element.tag].raw == element.raw, f"{path.name} {element.tag}"
    assert changed > 40


def test_deferred_values_are_the_same_after_one_change(every_file: list[Path], tmp_path: Path) -> None:
    target = tmp_path / "out.dcm"
    for path in every_file:
        dataset = dicomkit.read(path, defer_size=16)
        change_root(dataset)
        expected = dicomkit.read(path)
        change_root(expected)
        dataset.save(target)
        assert target.read_bytes() == expected.to_bytes(), path.name


def test_damaged_files_become_sound_after_a_change(every_file: list[Path]) -> None:
    """What is left of a truncated file is written so that nothing is truncated any more."""
    count = 0
    for path in every_file:
        dataset = dicomkit.read(path)
        if not is_damaged(dataset):
            continue
        count += 1
        change_root(dataset)
        again = dicomkit.read(dataset.to_bytes())
        assert not is_damaged(again), (path.name, again.problems)
        tags = [element.path for element in again.walk()]
        assert tags == [element.path for element in dataset.walk()], path.name
    assert count >= 3


@pytest.mark.parametrize("encoding", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
@pytest.mark.parametrize("undefined", [False, True])
def test_truncated_at_every_byte(encoding: Encoding, undefined: bool) -> None:
    """A file that ends anywhere: after a change it is sound, and has what could be read."""
    item = Item((Element(0x00080100, "SH", b"a "), Element(0x00080104, "LO", b"bcd ")), undefined)
    nodes = (
        Element(0x00080060, "CS", b"CT"),
        Sequence(0x00081140, (item, item), undefined),
        Element(0x00100020, "LO", b"ID"),
    )
    syntax = EXPLICIT_LITTLE if encoding == EXPLICIT else IMPLICIT_LITTLE
    whole = file_bytes(nodes, syntax)
    start = len(whole) - len(encoding.data_set(nodes))
    for end in range(start + 10, len(whole)):
        dataset = dicomkit.read(whole[:end])
        assert dataset.to_bytes() == whole[:end]
        values = [(element.path, element.value) for element in dataset.walk() if element.vr != "SQ"]
        dataset.PatientName = "A"
        again = dicomkit.read(dataset.to_bytes(), strict=True)
        assert again == dataset
        assert [pair for pair in values if pair[0] != "(0010,0010)"] == [
            (element.path, element.value) for element in again.walk() if element.vr != "SQ" and element.path != "(0010,0010)"
        ]


# -- what is no longer pristine


def test_replaced_file_meta_is_a_change() -> None:
    one = dicomkit.read(file_bytes((Element(0x00080018, "UI", b"1.2\0"),)))
    other = dicomkit.read(file_bytes((Element(0x00080018, "UI", b"1.9\0"),), IMPLICIT_LITTLE))
    assert other.file_meta is not None
    other.file_meta.SourceApplicationEntityTitle = "OTHER"
    other = dicomkit.read(other.to_bytes())
    one.file_meta = other.file_meta
    again = dicomkit.read(one.to_bytes())
    assert again.file_meta is not None
    assert again.file_meta.SourceApplicationEntityTitle == "OTHER"
    assert (again.file_meta.TransferSyntaxUID, again.SOPInstanceUID) == (EXPLICIT_LITTLE, "1.2")
    one.file_meta = None
    again = dicomkit.read(one.to_bytes())
    assert again.file_meta is not None
    assert "SourceApplicationEntityTitle" not in again.file_meta


def test_file_meta_with_deferred_values(tmp_path: Path) -> None:
    """Whatever a program takes for File Meta Information: what is in it is written, or an error says why not."""
    path = tmp_path / "large.dcm"
    path.write_bytes(file_bytes((Element(0x00080018, "UI", b"1.2\0"), Element(0x7FE00010, "OW", bytes(300_000)))))
    dataset = Dataset(PatientID="1")
    dataset.file_meta = dicomkit.read(path)
    with pytest.raises(ValueError, match=r"\w"):
        dataset.to_bytes()


def test_options_make_it_anew() -> None:
    nodes = (Element(0x00080018, "UI", b"1.2\0"), Sequence(0x00081140, (Item((Element(0x00080100, "SH", b"a "),)),)))
    content = file_bytes(nodes)
    dataset = dicomkit.read(content)
    assert dataset.to_bytes(transfer_syntax="ExplicitVRLittleEndian", meta="keep", padding=None) == content
    assert dataset.to_bytes(meta="none") == EXPLICIT.data_set(nodes)
    undefined = EXPLICIT.data_set((nodes[0], Sequence(0x00081140, (Item((Element(0x00080100, "SH", b"a "),), True),), True)))
    assert dataset.to_bytes(sequence_length="undefined", meta="none") == undefined
    assert len(dataset.to_bytes(padding=(1000, 0))) == 1000


@pytest.mark.parametrize("arguments", [{"stop_before": "PixelData"}, {"only": ["SOPInstanceUID"]}])
def test_what_was_read_in_part_is_saved_in_part(arguments: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "large.dcm"
    nodes = (Element(0x00080018, "UI", b"1.2\0"), Element(0x7FE00010, "OW", bytes(300_000)))
    path.write_bytes(file_bytes(nodes))
    again = dicomkit.read(dicomkit.read(path, **arguments).to_bytes(), strict=True)  # type: ignore[arg-type]  # two cases
    assert again.keys() == [0x00080018]


def test_another_reading_is_not_saved_as_the_bytes() -> None:
    """Read with a transfer syntax or quirks that the file does not have, it is written as it was understood."""
    nodes = (Element(0x00080018, "UI", b"1.2\0"), Element(0x00100010, "PN", b"A "))
    content = file_bytes(nodes)[: -len(EXPLICIT.data_set(nodes))] + IMPLICIT.data_set(nodes)
    dataset = dicomkit.read(content, transfer_syntax=IMPLICIT_LITTLE)
    again = dicomkit.read(dataset.to_bytes(), strict=True)
    assert (again.transfer_syntax, again.PatientName) == (IMPLICIT_LITTLE, "A")
    assert dicomkit.read(dataset.to_bytes(transfer_syntax=EXPLICIT_BIG), strict=True).PatientName == "A"
