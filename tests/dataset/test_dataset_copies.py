"""Copies, pickles and equality of data sets: pristine, edited, items, with values that are still in their file."""

from __future__ import annotations

import concurrent.futures
import copy
import gc
import io
import multiprocessing
import pickle
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from encoding import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, TransferSyntax, Value, file_bytes

import dicomkit
from dicomkit import Dataset

ELEMENTS: list[tuple[int, str, Value]] = [
    (0x00080005, "CS", "ISO_IR 192"),
    (0x00080016, "UI", "1.2"),
    (0x00080018, "UI", "1.2.3"),
    (0x00082218, "SQ", [[(0x00080104, "LO", "Ärm"), (0x00082220, "SQ", [[(0x00080104, "LO", "Öl")]])], []]),
    (0x00100010, "PN", "Jérôme^Ünal"),
    (0x7FE00010, "OW", bytes(range(256)) * 400),
]
LARGE = bytes(range(256)) * 400


def read(syntax: TransferSyntax = EXPLICIT_LITTLE) -> Dataset:
    return dicomkit.read(file_bytes(ELEMENTS, syntax, "utf-8"))


def edited() -> Dataset:
    ds = read()
    ds.AnatomicRegionSequence[0].AnatomicRegionModifierSequence[0].CodeMeaning = "new"
    ds.AnatomicRegionSequence.append(Dataset(CodeMeaning="third"))
    ds.PatientID = "P"
    del ds.SOPClassUID
    return ds


def by_pickle(ds: Dataset) -> Dataset:
    twin: Dataset = pickle.loads(pickle.dumps(ds))
    return twin


TWINS = pytest.mark.parametrize("twin_of", [copy.deepcopy, by_pickle], ids=["deepcopy", "pickle"])
Twin = Callable[[Dataset], Dataset]


@TWINS
@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED])
def test_twins_of_what_was_read(twin_of: Twin, syntax: TransferSyntax) -> None:
    ds = read(syntax)
    twin = twin_of(ds)
    assert twin == ds
    assert twin is not ds
    assert not twin.is_changed()
    assert (twin.file_meta, twin.transfer_syntax, twin.problems) == (ds.file_meta, ds.transfer_syntax, ds.problems)
    assert [element.raw for element in twin] == [element.raw for element in ds]
    assert twin.AnatomicRegionSequence[0].CodeMeaning == "Ärm"


@TWINS
def test_twins_of_what_was_edited(twin_of: Twin) -> None:
    ds = edited()
    twin = twin_of(ds)
    assert twin == ds
    assert twin.is_changed()
    assert [e.value for e in twin.select("AnatomicRegionSequence[*].CodeMeaning")] == ["Ärm", "third"]
    assert twin.AnatomicRegionSequence[0].AnatomicRegionModifierSequence[0].CodeMeaning == "new"
    assert (twin.PatientID, "SOPClassUID" in twin, twin["PatientName"].raw) == ("P", False, ds["PatientName"].raw)


@TWINS
def test_twins_share_nothing_that_changes(twin_of: Twin) -> None:
    for ds in (read(), edited()):
        twin, before = twin_of(ds), twin_of(ds)
        twin.AnatomicRegionSequence[0].AnatomicRegionModifierSequence[0].CodeMeaning = "of the twin"
        twin.AnatomicRegionSequence.pop()
        twin.PatientName = "X"
        assert twin.file_meta is not None
        twin.file_meta.ImplementationVersionName = "X"
        assert ds == before
        assert ds != twin
        assert ds.file_meta is not None
        assert ds.file_meta.ImplementationVersionName == "DICOMKIT_EXAMPLE"


@TWINS
def test_twins_of_items(twin_of: Twin) -> None:
    for ds in (read(), edited()):
        item = ds.AnatomicRegionSequence[0]
        twin = twin_of(item)
        assert twin == item
        assert twin.CodeMeaning == "Ärm"  # the character set is that of the data set around
        assert twin["CodeMeaning"].path == item["CodeMeaning"].path == "(0008,2218)[0].(0008,0104)"
        assert twin.AnatomicRegionModifierSequence == item.AnatomicRegionModifierSequence


@TWINS
def test_twins_of_data_sets_that_were_made(twin_of: Twin) -> None:
    ds = Dataset(PatientName="A^B", AnatomicRegionSequence=[Dataset(CodeMeaning="x")])
    twin = twin_of(ds)
    twin.AnatomicRegionSequence[0].CodeMeaning = "y"
    assert (ds.AnatomicRegionSequence[0].CodeMeaning, twin.PatientName) == ("x", "A^B")


def test_an_item_that_is_there_twice_stays_one_item() -> None:
    item = Dataset(CodeMeaning="x")
    ds = Dataset(AnatomicRegionSequence=[item, item], PrimaryAnatomicStructureSequence=[item])
    for twin in (copy.deepcopy(ds), by_pickle(ds)):
        twin.AnatomicRegionSequence[0].CodeMeaning = "new"
        assert twin.AnatomicRegionSequence[1].CodeMeaning == twin.PrimaryAnatomicStructureSequence[0].CodeMeaning == "new"
        assert item.CodeMeaning == "x"


def nested(depth: int) -> Dataset:
    data = EXPLICIT_LITTLE.encode([(0x0040A160, "UT", "leaf")])
    for _ in range(depth):
        item = EXPLICIT_LITTLE.item(data)
        data = EXPLICIT_LITTLE.element(0x0040A730, "SQ", [])[:8] + len(item).to_bytes(4, "little") + item
    return dicomkit.read(data, transfer_syntax=EXPLICIT_LITTLE.uid)


def test_items_nested_to_the_limit() -> None:
    ds, other = nested(128), nested(128)
    assert ds == other == copy.deepcopy(ds) == by_pickle(ds)
    leaf = ds
    for _ in range(128):
        leaf = leaf.ContentSequence[0]
    leaf.TextValue = "new"
    assert ds != other
    assert copy.deepcopy(ds) == ds


def test_a_shallow_copy_shares_the_items() -> None:
    for touch in (False, True):
        ds = read()
        if touch:
            list(ds.AnatomicRegionSequence)
        twin = copy.copy(ds)
        twin.PatientName = "X"
        del twin.SOPClassUID
        assert (ds.PatientName, "SOPClassUID" in ds) == ("Jérôme^Ünal", True)
        twin.AnatomicRegionSequence[0].CodeMeaning = "new"
        assert ds.AnatomicRegionSequence[0].CodeMeaning == "new"
        assert twin.AnatomicRegionSequence is ds.AnatomicRegionSequence
        assert twin.file_meta is ds.file_meta


# -- values that are still in their file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "large.dcm"
    path.write_bytes(file_bytes(ELEMENTS, EXPLICIT_LITTLE, "utf-8"))
    return path


@TWINS
def test_deferred_values_stay_deferred(twin_of: Twin, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    ds = dicomkit.read(path.name)
    assert len(pickle.dumps(ds)) < 40_000
    twin = twin_of(ds)
    monkeypatch.chdir("/")  # a pickle goes to processes that work elsewhere
    assert not twin["PixelData"].is_in_memory
    if twin_of is by_pickle:
        assert twin.PixelData == LARGE


@pytest.mark.parametrize("kind", ["file", "bytearray", "memoryview", "BytesIO", "pipe"])
def test_pickles_from_any_source(kind: str, path: Path) -> None:
    data = path.read_bytes()
    with open(path, "rb") as file:
        sources: dict[str, Any] = {
            "file": file, "bytearray": bytearray(data), "memoryview": memoryview(data), "BytesIO": io.BytesIO(data),
            "pipe": Unseekable(data),
        }  # fmt: skip
        ds = dicomkit.read(sources[kind], defer_size=1 << 30)
        twin = by_pickle(ds)
    assert twin == ds
    assert twin.PixelData == LARGE


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def __reduce__(self) -> Any:
        raise TypeError("a pipe cannot be pickled")


def summary(ds: Dataset) -> tuple[Dataset, Any, bool]:
    """What a worker process makes of a data set; it goes there and comes back."""
    ds.PatientID = "from the worker"
    return ds, ds.PatientName, ds.PixelData == LARGE


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="a process cannot import this module")
def test_across_processes(path: Path) -> None:
    pool = concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"))
    with pool:
        back, name, same = pool.submit(summary, dicomkit.read(path)).result(timeout=60)
    assert (back.PatientID, str(name), same) == ("from the worker", "Jérôme^Ünal", True)
    assert back.PixelData == LARGE


# -- equality and life time


def test_equal_by_elements() -> None:
    ds = read()
    assert ds == read(IMPLICIT_LITTLE) == read(DEFLATED)
    other = read()
    other.PatientName = "Jérôme^Ünal"
    assert ds == other
    other.AnatomicRegionSequence[0].CodeMeaning = "x"
    assert ds != other
    assert Dataset(Rows=1) != Dataset(Columns=1)
    assert Dataset(Rows=1) != Dataset(Rows=1, Columns=1)
    assert Dataset() != {}
    with pytest.raises(TypeError):
        hash(ds)


@pytest.mark.parametrize("raw", ["2,5", "nan"])
def test_what_cannot_be_decoded_is_no_hindrance(raw: str) -> None:
    def damaged() -> Dataset:
        return dicomkit.read(EXPLICIT_LITTLE.encode([(0x00180050, "DS", raw), (0x00189087, "FD", float("nan"))]))

    assert damaged() == damaged() == copy.deepcopy(damaged()) == by_pickle(damaged())


def test_items_live_longer_than_their_data_set() -> None:
    ds = read()
    item, element = ds.AnatomicRegionSequence[0], ds["PatientName"]
    gone = weakref.ref(ds)
    del ds
    gc.collect()
    assert (item.CodeMeaning, element.value) == ("Ärm", "Jérôme^Ünal")
    del element
    assert gone() is None


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (lambda ds: ds.PatientName, False),
        (lambda ds: list(ds.walk()), False),
        (lambda ds: ds == read(), False),
        (lambda ds: setattr(ds, "PatientName", ds.PatientName), True),
        (lambda ds: delattr(ds, "PatientName"), True),
        (lambda ds: ds.AnatomicRegionSequence.clear(), True),
        (lambda ds: setattr(ds.AnatomicRegionSequence[1], "CodeMeaning", "x"), True),
    ],
)
def test_is_changed(change: Any, changed: bool) -> None:
    ds = read()
    assert not ds.is_changed()
    change(ds)
    assert ds.is_changed() is changed
