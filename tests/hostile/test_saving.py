"""Saving over the file that values still come from, and from files that change: nothing is lost, nothing is wrong."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset, SourceChanged
from dicomkit.media import transfer
from tests.hostile.deferred import HEAD, OPTIONS, assert_alone, assert_values, compressed, native
from tests.reference.encoding import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, file_bytes

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals, limits and links as POSIX has them")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file.dcm"
    path.write_bytes(native())
    return path


# -- the target is the source


def by_path(path: Path) -> Dataset:
    return dicomkit.read(path)


def by_closed_file(path: Path) -> Dataset:
    with path.open("rb") as file:
        return dicomkit.read(file)


OPEN: list[Any] = []


def by_open_file(path: Path) -> Dataset:
    OPEN.append(path.open("rb"))
    return dicomkit.read(OPEN[-1])


@pytest.fixture(autouse=True)
def close_files() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


WAYS = pytest.mark.parametrize("way", [by_path, by_closed_file, by_open_file])
ROUNDS: list[list[dict[str, Any]]] = [
    [{}, {}, {}],
    [{"transfer_syntax": IMPLICIT_LITTLE}, {"transfer_syntax": EXPLICIT_BIG}, {"transfer_syntax": EXPLICIT_LITTLE}, {}],
    [{"transfer_syntax": EXPLICIT_BIG}, {"transfer_syntax": EXPLICIT_BIG}, {"transfer_syntax": DEFLATED}],
    [{"transfer_syntax": DEFLATED}, {"transfer_syntax": DEFLATED}, {"transfer_syntax": EXPLICIT_LITTLE}, {}],
    [{"sequence_length": "undefined"}, {"meta": "new", "padding": (4096, 100)}, {"group_length": "create"}],
]


@WAYS
@pytest.mark.parametrize("rounds", ROUNDS, ids=str)
@pytest.mark.parametrize("change", [False, True])
def test_saving_over_the_source(
    change: bool, rounds: list[dict[str, Any]], way: Callable[[Path], Dataset], path: Path, tmp_path: Path
) -> None:
    """Several times in a row; deferred values stay readable, and what is saved elsewhere afterwards is right."""
    dataset = way(path)
    for number, options in enumerate(rounds):
        if change:
            dataset.PatientName = "Name^" * (number + 1)
        dataset.save(path, **options)
        assert_values(dataset)
        again = dicomkit.read(path)
        assert_values(again)
        assert again.PatientName == dataset.PatientName
        assert str(again.transfer_syntax) == options.get("transfer_syntax", EXPLICIT_LITTLE)
        assert_values(dicomkit.read(io.BytesIO(dataset.to_bytes())))
        assert_alone(path)
    other = tmp_path / "other.dcm"
    dataset.save(other, transfer_syntax=IMPLICIT_LITTLE)
    assert_values(dicomkit.read(other))


@WAYS
def test_saving_fragments_over_the_source(way: Callable[[Path], Dataset], path: Path) -> None:
    """Their headers are in memory, they are not."""
    path.write_bytes(compressed())
    dataset = way(path)
    expected = dataset["PixelData"].raw
    for number in range(3):
        dataset.PatientName = "Name^" * (number + 1)
        dataset.save(path)
        assert dataset["PixelData"].raw == expected
        assert bytes(dataset["PixelData"].view()) == expected
        assert_values(dataset, None)
        assert dicomkit.read(path)["PixelData"].raw == expected


@POSIX
def test_saving_over_the_source_by_another_name(path: Path, tmp_path: Path) -> None:
    """A symbolic link, a hard link, another working directory."""
    (tmp_path / "folder").mkdir()
    symbolic, hard = tmp_path / "folder" / "symbolic", tmp_path / "folder" / "hard"
    symbolic.symlink_to("../file.dcm")
    dataset = dicomkit.read(path)
    dataset.PatientName = "Another^Name"
    dataset.save(symbolic)
    assert symbolic.is_symlink()
    assert_values(dataset)
    assert_values(dicomkit.read(path))
    os.link(path, hard)
    dataset.PatientName = "A"
    dataset.save(hard)
    assert_values(dataset)
    assert (dicomkit.read(path).PatientName, dicomkit.read(hard).PatientName) == ("Another^Name", "A")


def test_a_relative_source(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    dataset = dicomkit.read("file.dcm")
    dataset.PatientName = "Another^Name"
    dataset.save("file.dcm")
    monkeypatch.chdir("/")
    assert_values(dataset)
    dataset.save(path, transfer_syntax=EXPLICIT_BIG)
    assert_values(dataset)


def test_two_data_sets_of_one_source(path: Path) -> None:
    """The one that saves reads on; the other one says that its values are gone, and never gives wrong ones."""
    one, two = dicomkit.read(path), dicomkit.read(path)
    one.PatientName = "Another^Name"
    one.save(path)
    assert_values(one)
    with pytest.raises(SourceChanged):
        _ = two.PixelData
    two.PatientName = "C"
    before = path.read_bytes()
    for options in ({}, {"transfer_syntax": EXPLICIT_BIG}, {"transfer_syntax": DEFLATED}):
        with pytest.raises(SourceChanged):
            two.save(path, **options)  # type: ignore[arg-type]  # a few options
        assert path.read_bytes() == before
    assert_alone(path)


def test_a_value_that_was_left_out(path: Path) -> None:
    """It is gone with the file that had it: no other value comes in its place."""
    dataset = dicomkit.read(path)
    element = dataset["PixelData"]
    del dataset.PixelData
    dataset.save(path)
    with pytest.raises(SourceChanged, match="without this deferred value"):
        _ = element.value
    assert_values(dataset, None)


@pytest.mark.parametrize("mode", ["r+b", "w+b", "ab", "wb"])
def test_file_objects_on_the_source_are_refused(mode: str, path: Path) -> None:
    """What is written would go over what is still to be read. Nothing is written then; "w" has emptied the file itself."""
    for changed in (False, True):
        path.write_bytes(native())
        dataset = dicomkit.read(path)
        if changed:
            dataset.PatientName = "Another^Name"
        for options in ({}, {"transfer_syntax": DEFLATED}):
            path.write_bytes(native())
            dataset = dicomkit.read(path)
            with path.open(mode) as file, pytest.raises((ValueError, SourceChanged)):
                dataset.save(file, **options)  # type: ignore[arg-type]  # a few options
            assert path.read_bytes() == (b"" if "w" in mode else native())


def test_the_file_object_that_was_read_is_refused(path: Path) -> None:
    with path.open("r+b") as file:
        dataset = dicomkit.read(file)
        dataset.PatientName = "Another^Name"
        with pytest.raises(ValueError, match="save it to the path"):
            dataset.save(file)
    assert path.read_bytes() == native()
    memory = io.BytesIO(native())
    dataset = dicomkit.read(memory)
    with pytest.raises(ValueError, match="save it to the path"):
        dataset.save(memory)
    assert memory.getvalue() == native()


def test_a_small_file_may_be_written_to_its_own_object() -> None:
    """All of it is in memory."""
    content = file_bytes(HEAD[:2])
    memory = io.BytesIO(content)
    dataset = dicomkit.read(memory, defer_size=1 << 20)
    dataset.PatientName = "A"
    memory.seek(0)
    dataset.save(memory)
    assert dicomkit.read(memory.getvalue()).PatientName == "A"


# -- sources that change


@pytest.mark.parametrize("change", ["truncated", "longer", "replaced", "gone", "touched"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("edited", [False, True])
def test_a_source_that_changed(change: str, options: dict[str, Any], edited: bool, path: Path, tmp_path: Path) -> None:
    """SourceChanged, and the target is as it was."""
    dataset = dicomkit.read(path)
    if edited:
        dataset.PatientName = "Another^Name"
    target = tmp_path / "folder" / "target.dcm"
    target.parent.mkdir()
    target.write_bytes(b"what was there")
    if change == "truncated":
        os.truncate(path, 1000)
    elif change == "longer":
        with path.open("ab") as file:
            file.write(b"more")
    elif change == "replaced":
        path.unlink()
        path.write_bytes(native())
        os.utime(path, ns=(1, 1))
    elif change == "gone":
        path.unlink()
    else:
        os.utime(path, ns=(1, 1))
    with pytest.raises(SourceChanged) as caught:
        dataset.save(target, **options)
    assert caught.value.source == str(path)
    assert target.read_bytes() == b"what was there"
    assert_alone(target)
    with pytest.raises(SourceChanged):
        dataset.to_bytes(**options)


@POSIX
@pytest.mark.parametrize("edited", [False, True])
def test_a_source_that_is_truncated_while_it_is_saved(edited: bool, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = transfer.copy_range
    target = path.parent / "target.dcm"
    target.write_bytes(b"what was there")

    def copy_range(*arguments: int) -> int:
        os.truncate(path, 100_000)
        return real(*arguments)

    dataset = dicomkit.read(path)
    if edited:
        dataset.PatientName = "Another^Name"
    monkeypatch.setattr(transfer, "copy_range", copy_range)
    with pytest.raises(SourceChanged):
        dataset.save(target)
    assert target.read_bytes() == b"what was there"


def test_a_closed_source_without_a_name() -> None:
    memory = io.BytesIO(native())
    dataset = dicomkit.read(memory)
    memory.close()
    for edit in (False, True):
        if edit:
            dataset.PatientName = "X"
        with pytest.raises(SourceChanged):
            dataset.to_bytes()
