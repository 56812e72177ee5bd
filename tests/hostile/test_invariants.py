"""Invariants of the whole: no crash on any bytes, a cheap import, errors that pickle, many threads on one data set."""

from __future__ import annotations

import contextlib
import importlib
import io
import pickle
import pkgutil
import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import pytest

import dicomkit
from dicomkit import errors
from tests.fuzz.mutations import mutate
from tests.fuzz.seeds import corpus, generated
from tests.reference.encoding import Element, Item, Node, Sequence, file_bytes

HEAVY = (
    "numpy",
    "asyncio",
    "pydicom",
    "fsspec",
    "dataclasses",
    "enum",
    "typing",
    "logging",
    "argparse",
    "inspect",
    "pathlib",
    "zlib",
    "re",
)


def modules_after(code: str) -> set[str]:
    """What a bare interpreter has loaded after running `code`, beyond what it loads anyway."""
    script = f"import sys; before = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True, env=environment()
    )
    return set(done.stdout.split())


def environment() -> dict[str, str]:
    import os

    paths = [str(Path(dicomkit.__file__).parents[1]), *(path for path in sys.path if "site-packages" in path)]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


@pytest.mark.parametrize(
    "code",
    [
        "import dicomkit",
        "import dicomkit; dicomkit.read",
        "import dicomkit\nds = dicomkit.read({path!r})\nfor element in ds.walk(): element.value",
    ],
    ids=["import", "read", "walk"],
)
def test_importing_is_cheap(code: str, tmp_path: Path) -> None:
    """Neither numpy nor asyncio, nor any module of the standard library that takes its time."""
    path = tmp_path / "file.dcm"
    path.write_bytes(file_bytes((Element(0x00080060, "CS", b"CT"), Element(0x00280010, "US", b"\1\0"))))
    loaded = modules_after(code.format(path=str(path)))
    assert "dicomkit" in loaded
    assert loaded.isdisjoint(HEAVY), loaded & set(HEAVY)


# -- errors


def error_classes() -> list[type[errors.DicomError]]:
    for module in pkgutil.walk_packages(dicomkit.__path__, "dicomkit."):
        if module.name.endswith("__main__"):
            continue
        with contextlib.suppress(ImportError):
            importlib.import_module(module.name)
    found: list[type[errors.DicomError]] = [errors.DicomError]
    for kind in found:
        found += kind.__subclasses__()
    return found


ARGUMENTS: dict[str, tuple[object, ...]] = {
    "DicomError": ("text",),
    "ParseError": ("what is wrong", 132, "(0040,A730)[0].(0008,0100)", "file.dcm"),
    "EncodeError": ("what is wrong", 0x00100010),
    "ValueDecodeError": ("what is wrong", 0x00100010, "PN", 132),
    "UnsupportedTransferSyntax": ("1.2.3", "cannot be read"),
    "CodecError": ("what is wrong", 3, "1.2.840.10008.1.2.5"),
    "SourceChanged": ("file.dcm", "it is gone"),
    "ProtocolError": ("what is wrong", 132, "pacs.example:104"),
    "AssociationRejected": (1, 1, 7, "pacs.example:104"),
    "AssociationAborted": (2, 1, "it was cut off", "pacs.example:104"),
    "NoPresentationContext": ("1.2.3", "CT Image Storage", "it was refused", "pacs.example:104"),
    "DimseError": (0xA700, "no room"),
}


@pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: kind.__name__)
def test_errors_survive_pickling(kind: type[errors.DicomError]) -> None:
    named = next(parent.__name__ for parent in kind.__mro__ if parent.__name__ in ARGUMENTS)
    error = kind(*ARGUMENTS[named])
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))
        assert type(again) is kind
        assert again.args == error.args
        assert str(again) == str(error)
        assert vars(again) == vars(error)


def test_errors_are_what_a_caller_expects() -> None:
    assert issubclass(errors.ParseError, ValueError)
    assert issubclass(errors.ValueDecodeError, ValueError)
    assert issubclass(errors.SourceChanged, OSError)
    assert all(issubclass(kind, errors.DicomError) for kind in error_classes())


# -- dcmdump


def test_dcmdump_of_any_bytes(tmp_path: Path) -> None:
    """It ends with exit code 0, or with another one and a sentence; one bad file never stops the rest."""
    cli = pytest.importorskip("dicomkit.cli")
    random = Random(5)
    seeds = corpus()
    good = tmp_path / "good.dcm"
    good.write_bytes(generated()["explicit values"])
    path = tmp_path / "file.dcm"
    searches = [["+P", "0010,0010"], ["+P", "PatientName", "+p"], ["+P", "ContentSequence[0].TextValue"]]
    options = [[], ["+L"], ["+T"], ["-q"], ["+M"], ["+U8"], ["+F"], ["-v"], ["-d"], ["+C"], ["+Un"], ["-dc"], *searches]
    for number in range(500):
        data = (
            random.randbytes(random.randrange(400))
            if number % 10 == 0
            else mutate(random.choice(seeds), (), seeds[0], random)
        )
        path.write_bytes(data)
        chosen = options[number % len(options)]
        out, err = io.BytesIO(), io.StringIO()
        code = cli.run(["dcmdump", *chosen, str(path), str(good)], out, err)
        assert code in (0, 1, 2), (code, chosen, err.getvalue()[-300:])
        assert code == 0 or "-q" in chosen or err.getvalue(), data.hex()
        assert "Traceback" not in err.getvalue()
        assert chosen in searches or b"Birth" in out.getvalue(), (chosen, data.hex())


# -- threads


def test_many_threads_on_one_data_set() -> None:
    """All touch everything at the same time; all see the same."""
    code = Item((Element(0x00080100, "SH", b"T-1 "), Element(0x00080102, "SH", b"SRT ")))
    inner = Sequence(0x0040A043, (code,) * 3)
    outer = Sequence(0x0040A730, (Item((inner, Element(0x00080005, "CS", b"ISO_IR 192"))),) * 20)
    elements: tuple[Node, ...] = (
        *(Element(0x00091000 + n, "LO", b"value %04d" % n) for n in range(200)),
        outer,
        Element(0x7FE00010, "OW", bytes(9999)),
    )
    data = file_bytes(elements)
    expected = [(element.path, str(element.value)) for element in dicomkit.read(data).walk() if element.vr != "SQ"]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(5):
            dataset = dicomkit.read(io.BytesIO(data), defer_size=4096)
            results: list[object] = []
            start = threading.Barrier(12)

            def look(
                shared: dicomkit.Dataset = dataset, found: list[object] = results, ready: threading.Barrier = start
            ) -> None:
                ready.wait()
                try:
                    walked = [(element.path, str(element.value)) for element in shared.walk() if element.vr != "SQ"]
                    first = shared.ContentSequence[0].ConceptNameCodeSequence[0]
                    found.append((walked, id(shared.ContentSequence), id(first), str(shared), len(shared.problems)))
                except BaseException as error:
                    found.append(error)
                    raise

            threads = [threading.Thread(target=look) for _ in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(results) == 12
            assert all(result == results[0] for result in results)
            assert results[0][0] == expected  # type: ignore[index]
    finally:
        sys.setswitchinterval(interval)


def test_many_threads_reading() -> None:
    seeds = corpus()
    expected = [_outcome(seed) for seed in seeds]
    wrong: list[int] = []

    def work(first: int) -> None:
        for number in range(first, first + 3 * len(seeds)):
            at = number % len(seeds)
            if _outcome(seeds[at]) != expected[at]:
                wrong.append(at)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def _outcome(data: bytes) -> object:
    try:
        dataset = dicomkit.read(data)
    except dicomkit.ParseError as error:
        return str(error)
    return [(element.path, element.raw) for element in dataset.walk()], dataset.problems
