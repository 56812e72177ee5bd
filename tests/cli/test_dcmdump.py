"""`dicomkit dcmdump`: files, headings, exit codes, log. What the text looks like is tested in formats."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dicomkit._ext.tagstream import PROBLEMS
from dicomkit.cli.dcmdump import run as run_dcmdump
from dicomkit.cli.dcmdump_options import GROUPS
from dicomkit.cli.log import Log
from dicomkit.cli.options import parse


@pytest.fixture
def files(tmp_path: Path, build: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """a.dcm and b.dcm are sound (b has an age), cut.dcm ends inside its last value, text.dcm is no DICOM at all."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DCMDICTPATH", raising=False)
    name = build.element(0x00100010, "PN", b"A^B ")
    reference = build.sequence(0x00081140, build.item(build.element(0x00081155, "UI", b"1.2\0")))
    pixels = build.element(0x7FE00010, "OW", b"\1\2\3\4")
    (tmp_path / "a.dcm").write_bytes(build.file(reference, name, pixels))
    age = build.element(0x00101010, "AS", b"030Y")
    fragments = build.sequence(0x7FE00010, build.item(), build.item(b"\xff\xd8"), undefined=True, vr="OB")
    (tmp_path / "b.dcm").write_bytes(build.file(name, age, fragments, transfer_syntax="1.2.840.10008.1.2.4.50"))
    (tmp_path / "cut.dcm").write_bytes(build.file(name, build.element(0x00102000, "LO", b"short ", 100)))
    (tmp_path / "text.dcm").write_bytes(b"This is no DICOM file, whatever its name says. " * 10)
    return tmp_path


NAME = b"(0010,0010) PN [A^B]                                    #   4, 1 PatientName\n"
AGE = b"(0010,1010) AS [030Y]                                   #   4, 1 PatientAge\n"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("+P PatientName a.dcm", NAME),
        ("+P 0010,0010 a.dcm", NAME),
        ("+P 10,10 a.dcm", NAME),
        ("+P (0010,0010) a.dcm", NAME),
        ("+P PatientName a.dcm b.dcm", NAME + b"\n" + NAME),
        ("+P PatientAge a.dcm b.dcm", AGE),
        ("+P PatientAge +P PatientName b.dcm", AGE + NAME),
        ("+P PatientName -s +s a.dcm", NAME),
        ("+F +P PatientAge a.dcm b.dcm", b"# dcmdump (1/2): a.dcm\n\n# dcmdump (2/2): b.dcm\n" + AGE),
        ("+Fs +P PatientAge a.dcm b.dcm", b"# dcmdump (1): b.dcm\n" + AGE),
        ("+Fs +P PatientName a.dcm b.dcm", b"# dcmdump (1): a.dcm\n%s\n# dcmdump (2): b.dcm\n%s" % (NAME, NAME)),
        ("+F +Fs +P PatientAge a.dcm", b""),
        ("+P 0099,0099 a.dcm b.dcm", b""),
    ],
)
def test_searching(files: Path, tool: Callable[..., object], line: str, text: bytes) -> None:
    result = tool("dcmdump", *line.split())
    assert (result.code, result.out, result.err) == (0, text, "")


@pytest.mark.parametrize("path", ["ReferencedImageSequence[0].0008,1155", "0008,1140[*].ReferencedSOPInstanceUID"])
def test_tag_paths(files: Path, tool: Callable[..., object], path: str) -> None:
    found = b"(0008,1155) UI [1.2]                                    #   4, 1 ReferencedSOPInstanceUID\n"
    assert tool("dcmdump", "+P", path, "a.dcm").out == found
    assert tool("dcmdump", "+p", "+P", path, "a.dcm").out == b"(0008,1140)." + found
    assert tool("dcmdump", "+P", path.replace("0]", "1]").replace("*]", "7]"), "a.dcm").out == b""


@pytest.mark.parametrize("key", ["NoSuchKeyword", "12", "0010,0010[0]", "ReferencedImageSequence.PatientName", "x,y"])
def test_an_unknown_tag_ends_the_command(files: Path, tool: Callable[..., object], key: str) -> None:
    result = tool("dcmdump", "+P", key, "a.dcm")
    assert (result.code, result.out) == (1, b"")
    assert result.err == f"W: unrecognized tag name: '{key}'\n"


@pytest.mark.parametrize("option", ["--stop-after-elem", "--stop-before-elem"])
def test_an_unknown_tag_to_stop_at_is_a_usage_error(files: Path, tool: Callable[..., object], option: str) -> None:
    result = tool("dcmdump", option, "nonsense", "a.dcm")
    assert result.code == 1
    assert result.err.endswith(f"error: no valid key given for option {option}\n")


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("+sb 0010,0010", ["(0008,1140)"]),
        ("+sb 0010,0000", ["(0008,1140)"]),
        ("+st 0008,1140", ["(0008,1140)"]),
        ("+st PatientName", ["(0008,1140)", "(0010,0010)"]),
        ("+st 0010,0011", ["(0008,1140)", "(0010,0010)", "(7fe0,0010)"]),
        ("+st 0010,0010 +sb 0010,0010", ["(0008,1140)"]),
    ],
)
def test_stopping(files: Path, tool: Callable[..., object], line: str, tags: list[str]) -> None:
    lines = tool("dcmdump", *line.split(), "a.dcm").dataset
    assert [text[:11] for text in lines if text[:1] == "(" and text[1:5] != "fffe"] == tags


def test_exit_code_is_the_number_of_failures(files: Path, tool: Callable[..., object]) -> None:
    result = tool("dcmdump", "+P", "PatientName", "none.dcm", "a.dcm", "text.dcm", "cut.dcm", "b.dcm")
    assert result.code == 3
    assert result.out == NAME + b"\n" + NAME
    errors = [line for line in result.err.splitlines() if line.startswith("E: ")]
    assert [line.rsplit(" ", 1)[1] for line in errors] == ["none.dcm", "text.dcm", "cut.dcm"]
    assert errors[0] == "E: dcmdump: No such file or directory: reading file: none.dcm"


def test_exit_code_stays_in_a_byte(files: Path, tool: Callable[..., object]) -> None:
    assert tool("dcmdump", "-q", *["none.dcm"] * 256).code == 255


def test_damaged_files_are_printed_on_request(files: Path, tool: Callable[..., object]) -> None:
    assert tool("dcmdump", "-q", "cut.dcm").out == b""
    result = tool("dcmdump", "+E", "cut.dcm")
    assert result.code == 1
    assert [line[:11] for line in result.dataset] == ["(0010,0010)", "(0010,2000)"]
    sentence = dict(PROBLEMS)["value-truncated"]
    assert result.err.splitlines()[-1] == f"E: dcmdump: {sentence} in (0010,2000) at byte 184: reading file: cut.dcm"


def test_parse_errors_can_be_ignored(tmp_path: Path, build: object, tool: Callable[..., object]) -> None:
    file = tmp_path / "open.dcm"
    file.write_bytes(build.file(build.element(0x00081140, "SQ", build.item(), 0xFFFFFFFF)))
    assert tool("dcmdump", str(file)).code == 1
    assert tool("dcmdump", "+Ep", str(file)).code == 0


@pytest.mark.parametrize(("option", "code"), [("-pe", 1), ("+pe", 0)])
def test_pixel_data_without_fragments(
    tmp_path: Path, build: object, tool: Callable[..., object], option: str, code: int
) -> None:
    file = tmp_path / "jpeg.dcm"
    pixels = build.element(0x7FE00010, "OB", b"\xff\xd8\xff\xd9")
    file.write_bytes(build.file(pixels, transfer_syntax="1.2.840.10008.1.2.4.50"))
    assert tool("dcmdump", option, str(file)).code == code


def test_warnings(tmp_path: Path, build: object, tool: Callable[..., object]) -> None:
    file = tmp_path / "odd.dcm"
    file.write_bytes(build.file(build.element(0x00100010, "PN", b"ABC")))
    warning = f"W: {dict(PROBLEMS)['odd-length']} in (0010,0010) at byte 172: {file}\n"
    assert tool("dcmdump", str(file)).err == warning
    assert tool("dcmdump", "-q", str(file)).err == ""
    assert tool("dcmdump", "-ll", "error", str(file)).err == ""


def test_no_files(files: Path, tool: Callable[..., object]) -> None:
    result = tool("dcmdump", str(files))
    assert result.code == 1
    assert result.err.endswith("F: no input files to be dumped\n")


def test_directories(files: Path, tool: Callable[..., object]) -> None:
    result = tool("dcmdump", "+sd", "+sp", "[ab].dcm", "+F", "+P", "PatientName", ".")
    assert result.out == b"# dcmdump (1/2): a.dcm\n%s\n# dcmdump (2/2): b.dcm\n%s" % (NAME, NAME)


def test_pixel_files(files: Path, tool: Callable[..., object]) -> None:
    os.mkdir("out")
    result = tool("dcmdump", "+W", "out", "+P", "PixelData", "a.dcm", "b.dcm")
    assert result.code == 0
    assert Path("out/a.dcm.0.raw").read_bytes() == b"\1\2\3\4"
    assert Path("out/b.dcm.0.raw").read_bytes() == b""
    assert Path("out/b.dcm.1.raw").read_bytes() == b"\xff\xd8"
    assert b"(7fe0,0010) OW =out/a.dcm.0.raw                         #   4, 1 PixelData\n" in result.out
    assert b"  (fffe,e000) pi =out/b.dcm.1.raw                         #   2, 1 Item\n" in result.out
    again = tool("dcmdump", "+W", "out", "+P", "PixelData", "a.dcm")
    assert again.err.startswith("W: output file for pixel data already exists or cannot be written, skipping: out/a.dcm")


def test_pixel_files_without_a_directory(files: Path, tool: Callable[..., object]) -> None:
    result = tool("dcmdump", "+W", "none", "+P", "PixelData", "a.dcm")
    assert result.out == b"(7fe0,0010) OW 0201\\0403                                #   4, 1 PixelData\n"
    assert result.err == "W: directory specified for --write-pixel does not exist, ignoring this option\n"


def test_user_dictionary(files: Path, tool: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("own.dic").write_text("(0010,0010)\tPN\tNameOfTheClient\t1\tmine\n")
    monkeypatch.setenv("DCMDICTPATH", "own.dic")
    assert tool("dcmdump", "+P", "0010,0010", "a.dcm").out == NAME.replace(b"PatientName", b"NameOfTheClient")


class Terminal(io.BytesIO):
    """An output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("line", "out", "colored"),
    [
        ("a.dcm", io.BytesIO, False),
        ("a.dcm", Terminal, True),
        ("-C a.dcm", Terminal, False),
        ("+C a.dcm", io.BytesIO, True),
        ("+C -C a.dcm", io.BytesIO, False),
    ],
)
def test_color_only_on_a_terminal(files: Path, line: str, out: type[io.BytesIO], colored: bool) -> None:
    stream = out()
    assert run_dcmdump(parse(GROUPS, line.split()), stream, Log(io.StringIO())) == 0
    assert (b"\x1b[" in stream.getvalue()) == colored


def test_text_in_utf8(tmp_path: Path, build: object, tool: Callable[..., object]) -> None:
    file = tmp_path / "latin1.dcm"
    charset = build.element(0x00080005, "CS", b"ISO_IR 100")
    file.write_bytes(build.file(charset, build.element(0x00100010, "PN", b"M\xfcller^J\xf6rg ")))
    assert b"[M\xfcller^J\xf6rg]" in tool("dcmdump", str(file)).out
    result = tool("dcmdump", "+U8", "-v", str(file))
    assert "[Müller^Jörg]                          #  14, 1 PatientName" in result.out.decode()  # columns are bytes
    assert b"[ISO_IR 192]" in result.out
    assert (
        result.err == "I: converting all element values that are affected by Specific Character Set (0008,0005) to UTF-8\n"
    )


class Full(io.BytesIO):
    """An output that takes nothing."""

    def write(self, data: object) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_not_blamed_on_the_file(files: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        run_dcmdump(parse(GROUPS, ["a.dcm", "b.dcm"]), Full(), Log(io.StringIO()))


def test_faults_of_the_user_dictionary_are_told(
    files: Path, tool: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DCMDICTPATH", "none.dic")
    result = tool("dcmdump", "+P", "0010,0010", "a.dcm")
    assert (result.code, result.out) == (0, NAME)
    assert result.err.startswith("W: data dictionary: none.dic: ")
