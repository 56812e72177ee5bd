"""The dispatcher, in this process and as a process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomkit
from dicomkit.cli import TOOLS


def test_lists_its_tools(tool: Callable[..., object]) -> None:
    for arguments in ((), ("--help",), ("-h",)):
        result = tool(*arguments)
        assert result.code == 0
        assert all(name.encode() in result.out for name in TOOLS)


def test_version(tool: Callable[..., object]) -> None:
    assert tool("--version").out == f"dicomkit {dicomkit.__version__}\n".encode()


def test_unknown_tool(tool: Callable[..., object]) -> None:
    result = tool("dcmdunp")
    assert result.code == 1
    assert result.err == "dicomkit: there is no tool 'dcmdunp'; 'dicomkit --help' lists them\n"


@pytest.mark.parametrize("name", TOOLS)
def test_help_and_version_of_tools(tool: Callable[..., object], name: str) -> None:
    banner = f"$dicomkit: {name} v{dicomkit.__version__} $\n\n{name}: {TOOLS[name]}\n".encode()
    for arguments in ((), ("-h",), ("--help", "file")):
        result = tool(name, *arguments)
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith(banner + b"usage: ")
    assert tool(name, "--version").out.startswith(banner)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-Z", "file"], "Unknown option -Z"),
        (["+L"], "Missing parameter dcmfile-in"),
        (["@/no/such/file"], "Cannot open command file '/no/such/file'"),
    ],
)
def test_usage_errors(tool: Callable[..., object], arguments: list[str], message: str) -> None:
    result = tool("dcmdump", *arguments)
    assert (result.code, result.out) == (1, b"")
    assert result.err.endswith(f"error: {message}\n")


def test_arguments_are_printed(tool: Callable[..., object]) -> None:
    result = tool("dcmdump", "--arguments", "-q", "/no/such")
    assert result.err == "I: calling 'dcmdump' with 3 arguments: '--arguments' '-q' '/no/such' \nI: \n"


def call(*arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "dicomkit", *arguments]
    return subprocess.run(command, capture_output=True, check=False, cwd=Path(dicomkit.__file__).parents[1], **options)


def test_as_a_process(tmp_path: Path, build: object) -> None:
    file = tmp_path / "a.dcm"
    file.write_bytes(build.file(build.element(0x00100010, "PN", b"Doe^Jane")))
    done = call("dcmdump", "+P", "PatientName", str(file), "/no/such")
    assert done.returncode == 1
    assert done.stdout == b"(0010,0010) PN [Doe^Jane]                               #   8, 1 PatientName\n"
    assert done.stderr == b"E: dcmdump: No such file or directory: reading file: /no/such\n"


def test_standard_input(build: object) -> None:
    done = call("dcmdump", "+P", "0010,0010", "-", input=build.file(build.element(0x00100010, "PN", b"Doe^Jane")))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"(0010,0010) PN [Doe^Jane] ")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_closed_pipe_is_no_error(tmp_path: Path, build: object) -> None:
    file = tmp_path / "a.dcm"
    file.write_bytes(build.file(build.element(0x7FE00010, "OW", bytes(1 << 20))))
    command = f'"{sys.executable}" -m dicomkit dcmdump +L "{file}" "{file}" | head -1'
    folder = Path(dicomkit.__file__).parents[1]
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\n", b"")


def test_a_dump_loads_only_what_it_needs(tmp_path: Path, build: object) -> None:
    """The start of the command is most of the time that a small file takes."""
    file = tmp_path / "a.dcm"
    file.write_bytes(build.file(build.element(0x00100010, "PN", b"Doe^Jane")))
    script = (
        "import sys, io; from dicomkit.cli import run\n"
        f"run(['dcmdump', {str(file)!r}], io.BytesIO(), io.StringIO())\n"
        "heavy = {'numpy', 're', 'enum', 'dataclasses', 'typing', 'pathlib', 'argparse', 'logging', 'inspect', 'zlib',"
        " 'dicomkit.dataset', 'dicomkit.media.reader', 'dicomkit.media.inflate'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    folder = Path(dicomkit.__file__).parents[1]
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, check=False, cwd=folder, text=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")
