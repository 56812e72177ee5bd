"""File names: those that DCMTK's storescp and dcmrecv give to the same objects, and what hostile peers make of them."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import dicomkit
from dicomkit.net.modality_prefixes import modality_prefix
from dicomkit.net.storage_names import (
    FileNaming,
    command_line,
    date_folder,
    patient_folder,
    safe_name,
    safe_title,
    study_folder,
)
from tests.dcmtk import dcmtk

NOW = datetime(2026, 11, 22, 23, 3, 54, 293_861)
CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.mark.parametrize(
    ("kind", "name", "again"),
    [
        ("uid", r"CT\.1\.2\.3\.x", r"CT\.1\.2\.3\.x"),
        ("unique", r"CT\.X\.2\.25\.\d+\.x", r"CT\.X\.2\.25\.\d+\.x"),
        ("short", r"CT_[0-9a-f]{16}\.x", r"CT_[0-9a-f]{16}\.x"),
        ("time", r"20261122230354293\.CT\.x", r"20261122230354293_0001\.CT\.x"),
        ("system-time", r"20261122230354\.293861\.CT\.x", r"20261122230354\.293861_0001\.CT\.x"),
    ],
)
def test_kinds(kind: Any, name: str, again: str) -> None:
    naming = FileNaming(kind, ".x")
    assert re.fullmatch(name, naming.name(CT, "1.2.3", NOW))
    assert re.fullmatch(again, naming.name(CT, "1.2.3", NOW, 2))
    assert naming.replaces is (kind == "uid")


def test_prefix_of_an_unknown_class() -> None:
    assert FileNaming().name("1.2.3", "4.5", NOW) == "UNKNOWN.4.5"
    assert FileNaming("short").name("1.2.3", "4.5", NOW).startswith("XX_")


def test_folders() -> None:
    assert study_folder("p", NOW) == "p_20261122_230354293"
    assert study_folder("", NOW) == "20261122_230354293"
    assert study_folder("p", NOW, "1.2") == "p_1.2"
    assert study_folder("", NOW, "1.2") == "1.2"
    assert patient_folder("Doe^John", NOW) == "Doe_John_20261122_230354293"
    assert patient_folder("", NOW) == "ANONYMOUS_20261122_230354293"
    assert patient_folder("Škoda^Åsa=山田^太郎", NOW) == "Skoda_Asa_______20261122_230354293"
    assert date_folder(date(2024, 1, 31), NOW) == ("data", "2024", "01", "31")
    assert date_folder(None, NOW) == ("undef", "20261122")


# with DCMTK


@contextmanager
def receiver(folder: Path, tool: str, *options: str) -> Iterator[int]:
    """A receiver of DCMTK's on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    words = [dcmtk(tool), "-od", str(folder), *options, str(port)]
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.02)
        yield port
    finally:
        child.terminate()
        child.wait()


def received(folder: Path, tool: str, *options: str, files: list[Path]) -> list[str]:
    """What the receiver calls the files that storescu sends it, relative to its folder."""
    with receiver(folder, tool, *options) as port:
        subprocess.run([dcmtk("storescu"), "127.0.0.1", str(port), *map(str, files)], check=True, capture_output=True)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def digits(text: str) -> str:
    """A name whose numbers are zeros where they depend on the time or on chance."""
    text = re.sub(r"X\.[0-9.]+\d", "X.0", text)
    text = re.sub(r"_[0-9a-f]{16}", "_0", text)
    text = re.sub(r"\d{8}_\d{9}", "0_0", text)
    text = re.sub(r"\d{14}\.\d{6}", "0.0", text)
    return re.sub(r"(?<!\d)20\d{15}(?!\d)", "0", text)


@pytest.fixture(scope="module")
def objects(examples_dir: Path) -> list[Path]:
    return [examples_dir / name for name in ("ct.dcm", "report.dcm", "japanese.dcm")]


@pytest.mark.parametrize(
    ("options", "naming"),
    [
        ([], FileNaming()),
        (["-fe", ".dcm"], FileNaming("uid", ".dcm")),
        (["+uf"], FileNaming("unique")),
        (["-tn", "-fe", "x"], FileNaming("time", "x")),
    ],
)
def test_names_of_storescp(tmp_path: Path, objects: list[Path], options: list[str], naming: FileNaming) -> None:
    names = received(tmp_path, "storescp", *options, files=objects)
    assert sorted(map(digits, names)) == sorted(digits(own_name(path, naming)) for path in objects)


def own_name(path: Path, naming: FileNaming) -> str:
    dataset = dicomkit.read(path)
    return naming.name(dataset.SOPClassUID, dataset.SOPInstanceUID, NOW)


@pytest.mark.parametrize(
    ("options", "naming"),
    [
        (["+fd"], FileNaming()),
        (["+fu", "-fe", ".dcm"], FileNaming("unique", ".dcm")),
        (["+fsu"], FileNaming("short")),
        (["+fst"], FileNaming("system-time")),
    ],
)
def test_names_of_dcmrecv(tmp_path: Path, objects: list[Path], options: list[str], naming: FileNaming) -> None:
    profile = Path("/etc/dcmtk/storescp.cfg")
    if not profile.exists():
        pytest.skip("DCMTK's configuration files are not installed")
    names = received(tmp_path, "dcmrecv", "-xf", str(profile), "Default", *options, files=objects)
    assert sorted(map(digits, names)) == sorted(digits(own_name(path, naming)) for path in objects)


def test_folders_of_dcmtk(tmp_path: Path, examples_dir: Path) -> None:
    """All but the time: of the study, of the patient with Latin-1 in the name, of the date of the series."""
    path = examples_dir / "ct.dcm"
    dataset = dicomkit.read(path)
    dataset.set_character_set("ISO_IR 100")
    dataset.PatientName = "Müller-Lüdenscheidt^Åsa Ægidius^Ð"
    sent = tmp_path / "sent.dcm"
    dataset.save(sent)
    expected = {
        ("storescp", "-ss", "x"): study_folder("x", NOW),
        ("storescp", "-su", "x"): study_folder("x", NOW, dataset.StudyInstanceUID),
        ("storescp", "-su", ""): study_folder("", NOW, dataset.StudyInstanceUID),
        ("storescp", "-sp"): patient_folder(str(dataset.PatientName), NOW),
    }
    if Path("/etc/dcmtk/storescp.cfg").exists():
        series = dataset.SeriesDate.to_date()
        expected["dcmrecv", "+ssd", "-xf", "/etc/dcmtk/storescp.cfg", "Default"] = "/".join(date_folder(series, NOW))
    for number, (words, folder) in enumerate(expected.items()):
        target = tmp_path / str(number)
        target.mkdir()
        [name] = received(target, *words, files=[sent])
        assert digits(str(Path(name).parent)) == digits(folder)


def test_prefixes_of_dcmtk(tmp_path: Path, examples_dir: Path) -> None:
    """Some classes, of the many."""
    dataset = dicomkit.read(examples_dir / "report.dcm")
    uids = [f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("7.2", "481.5", "88.67", "66", "104.1", "9.1.1", "128.1", "131")]
    files = []
    for number, uid in enumerate(uids):
        dataset.SOPClassUID = uid
        dataset.SOPInstanceUID = f"1.2.3.{number}"
        path = tmp_path / f"{number}.dcm"
        dataset.save(path, meta="new")
        files.append(path)
    target = tmp_path / "out"
    target.mkdir()
    with receiver(target, "storescp", "-pm") as port:
        words = [dcmtk("storescu"), "-R", "127.0.0.1", str(port), *map(str, files)]
        subprocess.run(words, check=True, capture_output=True)
    expected = {f"{modality_prefix(uid)}.1.2.3.{number}" for number, uid in enumerate(uids)}
    assert {path.name for path in target.iterdir()} == expected


# hostile peers

DEVICES = {"CON", "PRN", "AUX", "NUL", *[f"COM{n}" for n in range(10)], *[f"LPT{n}" for n in range(10)]}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1.2.840.10008.1.1", "1.2.840.10008.1.1"),
        ("", "_"),
        (".", "._"),
        ("..", ".._"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("..\\..\\windows", ".._.._windows"),
        ("/etc/passwd", "_etc_passwd"),
        ("C:\\x", "C__x"),
        ("a\0b\nc", "a_b_c"),
        ("nul", "_nul"),
        ("COM1.txt", "_COM1.txt"),
        ("-rf", "_-rf"),
        ("$(reboot)`x`;|&<>'\"", "__reboot__x________"),
        ("1.2.", "1.2._"),
        ("Ä\u202e", "__"),
    ],
)
def test_safe_name(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(st.text(max_size=400))
@example("..")
@example("con.")
@example("\ud800")
@example("x" * 400)
def test_every_name_is_safe(text: str) -> None:
    """On any system: a name that stays in its folder, and that is no device."""
    name = safe_name(text)
    assert re.fullmatch(r"[A-Za-z0-9._@-]{1,201}", name)
    assert name not in (".", "..")
    assert not name.endswith((".", " "))
    assert not name.startswith("-")
    assert name.split(".")[0].upper() not in DEVICES
    for folder in (study_folder("", NOW, text or "x"), patient_folder(text, NOW), FileNaming().name(CT, text, NOW)):
        assert re.fullmatch(r"[A-Za-z0-9._@-]+", folder)
        assert folder not in (".", "..")


def test_long_names_differ() -> None:
    assert len({safe_name("1" * 300 + end) for end in "123"}) == 3
    assert all(len(safe_name("1" * size)) <= 201 for size in range(190, 300))


@given(st.from_regex(r"(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){1,8}", fullmatch=True))
def test_valid_uids_are_kept(uid: str) -> None:
    assert safe_name(uid) == uid


VALUES = {"#p": "/data/p_1.2", "#f": "CT.1.2.3", "#a": "MODALITY 1", "#c": "STORESCP", "#r": "192.0.2.7"}


def test_command_line() -> None:
    assert command_line("x #p/#f --from #a --to #c @#r #x", VALUES) == (
        'x /data/p_1.2/CT.1.2.3 --from "MODALITY 1" --to "STORESCP" @192.0.2.7 #x'
    )


def test_command_line_without_a_value() -> None:
    """There is no file with --ignore, and none at the end of a study."""
    assert command_line("x #f #p #a", {"#a": "A"}) == 'x #f #p "A"'


def test_values_are_not_filled_in_again() -> None:
    assert command_line("#r", {**VALUES, "#r": "#p#f"}) == "_p_f"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    "title",
    [
        "A;touch hacked",
        "A|touch hacked",
        "$(touch hacked)",
        "`touch hacked`",
        '"; touch hacked; "',
        "'; touch hacked; '",
        "\\",
        "A\ntouch hacked",
        "&& touch hacked",
        "$IFS",
        "*",
        "-n",
        "~",
        "!!",
        "> hacked",
    ],
)
def test_nothing_of_a_peer_is_run(tmp_path: Path, title: str) -> None:
    """The words arrive at the command as they stand there: nothing is expanded, split or run."""
    command = command_line("printf '%s\\n' #a #c #r", {"#a": title, "#c": title, "#r": title})
    result = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == [safe_title(title), safe_title(title), safe_title(title).replace(" ", "_")]
    assert list(tmp_path.iterdir()) == []


@given(st.text(max_size=64))
def test_every_title_is_safe(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._@: -]*", safe_title(text))
    assert not safe_title(text).startswith("-")
