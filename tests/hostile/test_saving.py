"""Nothing lost: the old file or the new one is there, whole, whatever happens while it is saved.

Faults are injected where they come from: a limit on file sizes and a small file system for full disks, a signal for a
process that dies, another user for what is read-only, the file itself for sources that change.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset, SourceChanged
from dicomkit.media import transfer
from tests.reference.encoding import (
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    JPEG,
    Element,
    Item,
    PixelFragments,
    Sequence,
    file_bytes,
)

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals, limits and links as POSIX has them")
SLOW = pytest.mark.skipif(os.environ.get("DICOMKIT_SLOW_TESTS") != "1", reason="takes long (DICOMKIT_SLOW_TESTS=1)")
WORDS = Random(1).randbytes(150_000)
OTHER = Random(2).randbytes(90_002)
MEGABYTE = 1 << 20

HEAD = (
    Element(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.7\0"),
    Element(0x00080018, "UI", b"1.2.3.4\0"),
    Sequence(0x00081140, (Item((Element(0x00420011, "OB", OTHER), Element(0x00281201, "OW", WORDS))),)),
    Element(0x00100010, "PN", b"A^B "),
)


def native(pixels: bytes = WORDS) -> bytes:
    """A file with deferred values: of words, of bytes, inside a sequence."""
    return file_bytes((*HEAD, Element(0x7FE00010, "OW", pixels)))


def compressed() -> bytes:
    return file_bytes((*HEAD, PixelFragments((b"", WORDS, b"ab", OTHER))), JPEG)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file.dcm"
    path.write_bytes(native())
    return path


def assert_values(dataset: Dataset, pixels: bytes | None = WORDS) -> None:
    """All deferred values are what they were."""
    item = dataset.ReferencedImageSequence[0]
    assert item[0x00420011].value == OTHER
    assert words_of(item[0x00281201]) == WORDS
    if pixels is not None:
        assert words_of(dataset["PixelData"]) == pixels


def words_of(element: dicomkit.DataElement) -> bytes:
    """The words of an O* value in little endian."""
    value = bytes(element.view())
    if not element.big_endian:
        return value
    turned = bytearray(value)
    turned[0::2], turned[1::2] = value[1::2], value[0::2]
    return bytes(turned)


def assert_alone(path: Path) -> None:
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


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


# -- full disks


OPTIONS: list[dict[str, Any]] = [{}, {"transfer_syntax": EXPLICIT_BIG}, {"transfer_syntax": DEFLATED}]


@contextlib.contextmanager
def size_limit(size: int) -> Iterator[None]:
    """No file of this process gets larger: EFBIG, from write, writev and copy_file_range."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@POSIX
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("same", [True, False])
def test_the_disk_is_full_at_any_byte(options: dict[str, Any], same: bool, path: Path, tmp_path: Path) -> None:
    """Over the source, or over another file; with values from memory and from the source."""
    target = path if same else tmp_path / "target.dcm"
    target.write_bytes(native())
    dataset = dicomkit.read(path)
    dataset.PatientName = "Another^Name"
    size = len(dataset.to_bytes(**options))
    for limit in (0, 1, 131, 132, 400, 5000, 91_000, size // 2, size - 150_001, size - 149_000, size - 1):
        with size_limit(limit), pytest.raises(OSError, match="the old file is unchanged") as caught:
            dataset.save(target, **options)
        assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(target))
        assert target.read_bytes() == native()
        assert_values(dataset)
        with size_limit(limit), pytest.raises(OSError, match="nothing was written"):
            dataset.save(tmp_path / "new.dcm", **options)
    assert {entry.name for entry in tmp_path.iterdir()} == {path.name, target.name}
    with size_limit(size):
        dataset.save(target, **options)
    assert_values(dataset)
    assert_values(dicomkit.read(target))


@POSIX
def test_a_small_file_system(tmp_path: Path) -> None:
    """ENOSPC of a real one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1000k", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        path = folder / "file.dcm"
        path.write_bytes(native())
        before = path.read_bytes()
        dataset = dicomkit.read(path)
        dataset.PatientName = "Another^Name"
        large = Dataset(SOPInstanceUID="1.2", PixelData=bytes(700_000))
        for options in OPTIONS[:2]:
            with pytest.raises(OSError, match="No space left on device; the old file is unchanged"):
                large.save(path, **options)
            with pytest.raises(OSError, match="No space left on device; nothing was written"):
                large.save(folder / "new.dcm", **options)
            assert path.read_bytes() == before
            assert_alone(path)
        filler = folder / "filler"
        filler.write_bytes(bytes(300_000))
        with pytest.raises(OSError, match="No space left on device"):
            dataset.save(path)
        assert path.read_bytes() == before
        assert_values(dataset)
        filler.unlink()
        for _ in range(3):
            dataset.save(path)
        assert_values(dicomkit.read(path))
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@POSIX
@pytest.mark.parametrize("name", ["writev", "copy_range", "fsync", "replace", "fstat"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_any_system_call_fails_at_any_time(name: str, code: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner: Any = transfer if name == "copy_range" else os
    real = getattr(owner, name)
    before = path.read_bytes()
    for good_calls in range(4):
        left = [good_calls]

        def call(*arguments: Any, left: list[int] = left) -> Any:
            if not left[0]:
                raise OSError(code, os.strerror(code))
            left[0] -= 1
            return real(*arguments)

        dataset = dicomkit.read(path)
        dataset.PatientName = "A^B"  # what it is
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, call)
            try:
                dataset.save(path, fsync=True)
            except OSError as error:
                assert error.errno == code
                assert ("the old file is unchanged" in str(error)) == (path.read_bytes() == before)
                assert ("the new file is there" in str(error)) == (path.read_bytes() != before)
        assert_values(dicomkit.read(path))
        assert_alone(path)
        path.write_bytes(before)


# -- what dies


def child(work: Callable[[], None]) -> int:
    """Do it in a process of its own. Returns its number."""
    number = os.fork()
    if number == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return number


@POSIX
@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, DEFLATED])
def test_a_process_that_is_killed_at_any_moment(syntax: str, path: Path) -> None:
    """SIGKILL while it saves over an existing file, again and again: every time, a whole file is there."""
    random = Random(5)
    contents = []
    dataset = dicomkit.read(path)
    for name in ("First^Name", "Second^And^Longer^Name"):
        dataset.PatientName = name
        contents.append(dataset.to_bytes(transfer_syntax=syntax))
    dataset.save(path, transfer_syntax=syntax)
    found = set()
    leftovers = 0
    for _ in range(40):

        def work() -> None:
            own = dicomkit.read(path)
            while True:
                for name in ("First^Name", "Second^And^Longer^Name"):
                    own.PatientName = name
                    own.save(path, transfer_syntax=syntax)

        number = child(work)
        time.sleep(0.005 + random.random() * 0.02)
        os.kill(number, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == -signal.SIGKILL
        now = path.read_bytes()
        assert now in contents
        found.add(now)
        for entry in path.parent.iterdir():
            if entry != path:
                assert entry.name.startswith(".file.dcm.")
                assert entry.name.endswith(".part")
                entry.unlink()
                leftovers += 1
    assert leftovers  # it was killed while it wrote
    assert len(found) == 2


@POSIX
def test_two_processes_save_one_file(path: Path) -> None:
    """Whoever reads meanwhile finds the whole file of one of them."""
    contents = {}
    for name in ("One^A", "Two^Somewhat^Longer"):
        dataset = dicomkit.read(native())
        dataset.PatientName = name
        contents[name] = dataset.to_bytes()

    def work(name: str) -> None:
        own = dicomkit.read(native())
        own.PatientName = name
        for _ in range(60):
            own.save(path)

    numbers = [child(lambda name=name: work(name)) for name in contents]  # type: ignore[misc]  # bound now
    seen = []
    while any(os.waitid(os.P_PID, number, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None for number in numbers):
        seen.append(path.read_bytes())
    assert [os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) for number in numbers] == [0, 0]
    assert {*seen} <= {*contents.values(), native()}
    assert path.read_bytes() in contents.values()
    assert_alone(path)


@POSIX
def test_an_interrupt(path: Path) -> None:
    """Ctrl-C while it saves: the old file or the new one, nothing beside it."""
    random = Random(3)
    expected = {native(), replaced(native())}
    for _ in range(20):

        def work() -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            own = dicomkit.read(native())
            own.PatientName = "Replaced^Name"
            with contextlib.suppress(KeyboardInterrupt):
                while True:
                    own.save(path)

        number = child(work)
        time.sleep(0.005 + random.random() * 0.01)
        os.kill(number, signal.SIGINT)
        os.waitpid(number, 0)
        assert path.read_bytes() in expected
        left = [entry for entry in path.parent.iterdir() if entry != path]
        for entry in left:  # an interrupt between two steps of Python's own may leave it, as a kill does
            entry.unlink()
        assert len(left) <= 1


def replaced(content: bytes) -> bytes:
    dataset = dicomkit.read(content)
    dataset.PatientName = "Replaced^Name"
    return dataset.to_bytes()


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


# -- memory


MEASURE = """
import resource, sys
import dicomkit
dicomkit.read(sys.argv[1]).save(sys.argv[2])
def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
small = dicomkit.read(sys.argv[1], stop_before="PixelData")
for options in OPTIONS:
    small.to_bytes(**options)
before = used()
for options in OPTIONS:
    dataset = dicomkit.read(sys.argv[1])
    dataset.PatientName = "A"
    dataset.save(sys.argv[2], **options)
    with open(sys.argv[2], "wb") as file:
        dataset.save(file, **options)
print(used() - before)
"""


def memory_to_save(size: int, folder: Path, options: list[dict[str, Any]]) -> int:
    """KiB that a process grows by when it saves a file with a deferred value of `size` bytes."""
    pytest.importorskip("resource")
    source = folder / "sparse.dcm"
    header = file_bytes((*HEAD[:2], Element(0x7FE00010, "OW", b"", size)))
    with source.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + size)
    if source.stat().st_blocks * 512 > MEGABYTE:
        pytest.skip("the file system has no sparse files")
    script = MEASURE.replace("OPTIONS", repr(options))
    command = [sys.executable, "-c", script, str(source), str(folder / "out.dcm")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (folder / "out.dcm").unlink()
    source.unlink()
    return int(done.stdout)


def test_large_values_are_not_held_in_memory(tmp_path: Path) -> None:
    """Copied, turned and deflated, in steps."""
    assert memory_to_save(96 * MEGABYTE, tmp_path, OPTIONS) < 16 * 1024


@SLOW
def test_larger_values_are_not_held_in_memory(tmp_path: Path) -> None:
    assert memory_to_save(2048 * MEGABYTE, tmp_path, OPTIONS[:2]) < 16 * 1024


# -- more than a length field can say


@SLOW
def test_a_sequence_of_more_than_4_gib(tmp_path: Path) -> None:
    """PS3.5 7.5.2: then it has undefined length; the file is read back. Sparse, but for what is copied."""
    if sys.platform == "win32":
        pytest.skip("files are not sparse unless asked for")
    size = (1 << 31) - 2
    source = tmp_path / "source.dcm"
    header = file_bytes((Element(0x00080018, "UI", b"1.2\0"), Element(0x7FE00010, "OW", b"", size)))
    with source.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + size)
    value = dicomkit.read(source)["PixelData"]
    dataset = Dataset(SOPInstanceUID="1.2.3")
    dataset.ReferencedImageSequence = [Dataset(CodeValue=str(number)) for number in range(3)]
    for item in dataset.ReferencedImageSequence:
        item.add(value)
    target = tmp_path / "target.dcm"
    try:
        dataset.save(target, sequence_length="explicit")
    except OSError as error:
        pytest.skip(f"no file of this size here: {error}")
    again = dicomkit.read(target, strict=True)
    assert again["ReferencedImageSequence"].length == 0xFFFFFFFF
    assert [item.CodeValue for item in again.ReferencedImageSequence] == ["0", "1", "2"]
    assert [item["PixelData"].length for item in again.ReferencedImageSequence] == [size] * 3
    target.unlink()


class Zeros:
    """A source of as many zeros as one asks for."""

    def read(self, offset: int, length: int) -> bytes:
        return bytes(length)


@pytest.mark.parametrize("count", [2, 3])
def test_lengths_of_4_gib_and_more(count: int) -> None:
    """The same without the bytes: a sequence and an item of 4 GiB get undefined length, smaller ones do not."""
    from dicomkit._ext.tagstream import TagStream
    from dicomkit._ext.writer import encode_dataset
    from dicomkit.dataset.dataset import from_index
    from dicomkit.dataset.text import character_sets
    from tests.reference.encoding import EXPLICIT

    size = (1 << 31) - 64
    head = EXPLICIT.header(0x00420011, "OB", size)
    stream = TagStream(0, len(head) + size, defer_size=1000)
    while not stream.feed(head if stream.position == 0 else b"", stream.position):
        stream.end(len(head) + size)
    value = from_index(stream.finish(), Zeros())[0x00420011]
    item = Dataset()
    item.add(value)
    dataset = Dataset(ReferencedImageSequence=[item] * count)
    parts = encode_dataset(dataset, character_sets=character_sets, sequence_length="explicit").parts()
    total = sum(part[2] if isinstance(part, tuple) else len(part) for part in parts)
    headers = 12 + count * (8 + 12)
    first = b"".join(bytes(part) for part in parts[:1] if not isinstance(part, tuple))
    inside = count * (8 + 12 + size)
    if inside >= 0xFFFFFFFF:
        assert first[8:12] == b"\xff\xff\xff\xff"
        assert total == headers + count * size + 8
    else:
        assert int.from_bytes(first[8:12], "little") == inside
        assert total == headers + count * size
    nested = Dataset(RequestAttributesSequence=[dataset])
    parts = encode_dataset(nested, character_sets=character_sets, sequence_length="explicit").parts()
    first = b"".join(bytes(part) for part in parts[:1] if not isinstance(part, tuple))
    assert (first[8:12] == b"\xff\xff\xff\xff") == (first[16:20] == b"\xff\xff\xff\xff") == (inside + 12 >= 0xFFFFFFFF)
