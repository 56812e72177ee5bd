"""`dicomkit dcm2json`: options, exit codes, files. What it prints is compared with DCMTK's in test_dcm2json_interop."""

from __future__ import annotations

import io
import json
import math
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NAME = b"\x10\x00\x10\x00PN\x04\x00A^B "


@pytest.fixture
def made(build: Any, tmp_path: Path) -> Callable[..., str]:
    def make(*elements: bytes, name: str = "made.dcm", **options: Any) -> str:
        path = tmp_path / name
        path.write_bytes(build.file(*elements, **options))
        return str(path)

    return make


def test_formatted_and_compact(tool: Callable[..., Any], made: Callable[..., str]) -> None:
    name = made(NAME)
    expected = (
        '{\n  "00100010": {\n    "vr": "PN",\n    "Value": [\n      {\n        "Alphabetic": "A^B"\n      }\n    ]\n  }\n}\n'
    )
    for options in ((), ("+fc",), ("-fc", "+fc")):
        result = tool("dcm2json", *options, name)
        assert (result.code, result.out.decode(), result.err) == (0, expected, "")
    assert tool("dcm2json", "-fc", name).out == b'{"00100010":{"vr":"PN","Value":[{"Alphabetic":"A^B"}]}}'


def test_output_file(tool: Callable[..., Any], made: Callable[..., str], tmp_path: Path) -> None:
    target = tmp_path / "made.json"
    assert tool("dcm2json", made(NAME), str(target)).out == b""
    assert list(json.loads(target.read_text())) == ["00100010"]
    assert tool("dcm2json", made(NAME), "-").out == target.read_bytes()


def test_output_that_cannot_be_written(tool: Callable[..., Any], made: Callable[..., str], tmp_path: Path) -> None:
    result = tool("dcm2json", made(NAME), str(tmp_path / "none" / "made.json"))
    assert result.code == 40
    assert result.err.startswith("F: ")


def test_an_error_leaves_the_old_output(
    tool: Callable[..., Any], made: Callable[..., str], build: Any, tmp_path: Path
) -> None:
    target = tmp_path / "made.json"
    target.write_text("old")
    name = made(build.element(0x00186070, "FD", struct.pack("<d", math.nan)))
    assert tool("dcm2json", name, str(target)).code == 81
    assert target.read_text() == "old"


def test_standard_input(tool: Callable[..., Any], made: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    content = Path(made(NAME)).read_bytes()

    class Input:
        buffer = io.BytesIO(content)

    monkeypatch.setattr("sys.stdin", Input)
    assert list(json.loads(tool("dcm2json", "-").out)) == ["00100010"]


def test_meta(tool: Callable[..., Any], made: Callable[..., str]) -> None:
    assert list(json.loads(tool("dcm2json", "+m", made(NAME)).out)) == ["00020010", "00100010"]
    result = tool("dcm2json", "+m", "-f", made(NAME))
    assert result.code == 1
    assert "--write-meta not allowed with --read-dataset" in result.err


def test_input_options(tool: Callable[..., Any], tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.write_bytes(b"\x10\x00\x10\x00\x04\x00\x00\x00A^B ")
    assert list(json.loads(tool("dcm2json", "-f", "-ti", str(bare)).out)) == ["00100010"]
    assert tool("dcm2json", "+fo", str(bare)).code == 20


@pytest.mark.parametrize(("parameters", "code"), [([], 0), ([""], 21), (["a", "b", "c"], 1), (["/no/such/file"], 20)])
def test_wrong_parameters(tool: Callable[..., Any], parameters: list[str], code: int) -> None:
    assert tool("dcm2json", *parameters).code == code


def test_special_numbers(tool: Callable[..., Any], made: Callable[..., str], build: Any) -> None:
    name = made(build.element(0x00186070, "FD", struct.pack("<2d", math.nan, -math.inf)))
    for options in ((), ("-es",), ("-ee", "-es")):
        result = tool("dcm2json", *options, name)
        assert (result.code, result.out) == (81, b"")
        assert "(0018,6070)" in result.err
    (number, infinity) = json.loads(tool("dcm2json", "-ee", name).out)["00186070"]["Value"]
    assert math.isnan(number)
    assert infinity == -math.inf


def test_number_strings(tool: Callable[..., Any], made: Callable[..., str], build: Any) -> None:
    name = made(build.element(0x00280030, "DS", b"0.50\\x "))
    assert json.loads(tool("dcm2json", name).out)["00280030"]["Value"] == [0.5, "x"]
    assert json.loads(tool("dcm2json", "-is", name).out)["00280030"]["Value"] == ["0.50", "x"]
    assert tool("dcm2json", "-in", name).code == 81
    assert json.loads(tool("dcm2json", "-in", "-ia", name).out)["00280030"]["Value"] == [0.5, "x"]


LATIN = (0x00080005, "CS", b"ISO_IR 100")


def test_character_sets(tool: Callable[..., Any], made: Callable[..., str], build: Any) -> None:
    name = made(build.element(*LATIN), build.element(0x00100010, "PN", b"M\xfcller"))
    for options, charset in (((), "ISO_IR 192"), (("-c",), "ISO_IR 192"), (("+c",), "ISO_IR 100")):
        result = json.loads(tool("dcm2json", *options, name).out)
        assert result["00080005"]["Value"] == [charset]
        assert result["00100010"]["Value"] == [{"Alphabetic": "Müller"}]


@pytest.mark.parametrize("charset", [None, b"", b"ISO_IR 6", b"ISO_IR 6\\ISO_IR 6", b"NONSENSE"])
def test_text_of_no_character_set(
    tool: Callable[..., Any], made: Callable[..., str], build: Any, charset: bytes | None
) -> None:
    elements = [] if charset is None else [build.element(0x00080005, "CS", charset)]
    result = tool("dcm2json", made(*elements, build.element(0x00100010, "PN", b"M\xfcller")))
    if charset == b"ISO_IR 6\\ISO_IR 6":
        assert result.code == 0  # with code extensions, the text may have any set
    else:
        assert (result.code, result.out) == (80, b"")
        assert "SpecificCharacterSet (0008,0005)" in result.err
        assert tool("dcm2json", made(*elements, build.element(0x00100010, "PN", b"Mueller "))).code == 0


def test_text_of_items_with_a_character_set_of_their_own(
    tool: Callable[..., Any], made: Callable[..., str], build: Any
) -> None:
    item = build.item(build.element(0x00080005, "CS", b"ISO_IR 144") + build.element(0x00100010, "PN", b"\xbb\xee\xda "))
    result = json.loads(tool("dcm2json", made(build.element(*LATIN), build.sequence(0x00101002, item))).out)
    assert result["00101002"]["Value"][0]["00100010"]["Value"] == [{"Alphabetic": "Люк"}]


def test_encapsulated_pixel_data(tool: Callable[..., Any], made: Callable[..., str], build: Any, tmp_path: Path) -> None:
    pixels = build.sequence(0x7FE00010, build.item(b""), build.item(b"abcd"), undefined=True, vr="OB")
    name = made(pixels, transfer_syntax="1.2.840.10008.1.2.4.80")
    assert tool("dcm2json", name).code == 81
    result = tool("dcm2json", "+b", "+bd", str(tmp_path / "bulk"), name)
    uri = json.loads(result.out)["7FE00010"]["BulkDataURI"]
    assert uri == f"{(tmp_path / 'bulk').as_uri()}/{os.listdir(tmp_path / 'bulk')[0]}"
    assert uri.endswith(".jls")
    frames = build.element(0x00280008, "IS", b"2 ")
    name = made(frames, pixels, transfer_syntax="1.2.840.10008.1.2.4.80")
    assert tool("dcm2json", "+b", "+bd", str(tmp_path / "bulk"), name).code == 81


def test_bulk_data(tool: Callable[..., Any], made: Callable[..., str], build: Any, tmp_path: Path) -> None:
    elements = [
        build.element(0x00080018, "UI", b"1.2.3\0"),
        build.element(0x00091001, "OB", bytes(1023)),
        build.element(0x00091002, "OB", bytes(1024)),
        build.element(0x00091003, "OB", bytes(3000)),
    ]
    name, bulk = made(*elements), tmp_path / "bulk"

    def uris(*options: str) -> list[str]:
        attributes = json.loads(tool("dcm2json", *options, "+bd", str(bulk), name).out).values()
        return [attribute["BulkDataURI"] for attribute in attributes if "BulkDataURI" in attribute]

    assert len(uris("+b")) == 2
    assert len(uris("+b", "+bz", "2")) == 1
    assert len(uris("+b", "+bz", "0")) == 3
    assert all(uri.startswith("https://example.org/x/") for uri in uris("+b", "+bp", "https://example.org/x"))
    assert [uri.split("/")[-2] for uri in uris("+b", "+bs")] == ["1.2.3", "1.2.3"]
    assert uris("+b", "+bs", "+bp", "https://example.org/x")[0].startswith("https://example.org/x/1.2.3/")
    assert len(os.listdir(bulk / "1.2.3")) == 2
    for option in (("+bz", "2"), ("+bp", "x"), ("+bd", "x"), ("+bs",)):
        assert tool("dcm2json", *option, name).code == 1
        assert tool("dcm2json", "+b", "-b", *option, name).code == 1


def test_bulk_data_by_default_in_the_working_directory(
    tool: Callable[..., Any], made: Callable[..., str], build: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = made(build.element(0x00091002, "OB", bytes(1024)))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    uri = json.loads(tool("dcm2json", "+b", name).out)["00091002"]["BulkDataURI"]
    assert uri == (folder / os.listdir(folder)[0]).as_uri()


@pytest.mark.parametrize("uid", [b"../../../out", b"..", b"/tmp", b"a\\b", b""])
def test_an_instance_uid_does_not_lead_out_of_the_directory(
    tool: Callable[..., Any], made: Callable[..., str], build: Any, tmp_path: Path, uid: bytes
) -> None:
    name = made(build.element(0x00080018, "UI", uid + b"\0" * (len(uid) % 2)), build.element(0x00091002, "OB", bytes(1024)))
    before = set(tmp_path.rglob("*"))
    assert tool("dcm2json", "+b", "+bs", "+bd", str(tmp_path / "a" / "b"), name).code == 0
    after = {path.relative_to(tmp_path).parts[:2] for path in {*tmp_path.rglob("*")} - before}
    assert after == {("a",), ("a", "b")}


def test_bulk_data_that_cannot_be_written(
    tool: Callable[..., Any], made: Callable[..., str], build: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    result = tool("dcm2json", "+b", "+bd", str(tmp_path / "file"), made(build.element(0x00091002, "OB", bytes(1024))))
    assert result.code == 40
    assert "bulk data" in result.err


def test_many_files(tool: Callable[..., Any], made: Callable[..., str], build: Any, tmp_path: Path) -> None:
    source = tmp_path / "in" / "deeper"
    source.mkdir(parents=True)
    for number in range(3):
        made(NAME, name=f"in/{number}.dcm")
    made(NAME, name="in/deeper/a")
    made(build.element(0x00186070, "FD", struct.pack("<d", math.nan)), name="in/deeper/b")
    target = tmp_path / "out"
    result = tool("dcm2json", "-fc", "-od", str(target), "+sd", "+r", str(tmp_path / "in"))
    assert result.code == 1
    assert "deeper/b" in result.err
    found = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    assert found == ["0.dcm.json", "1.dcm.json", "2.dcm.json", "deeper/a.json"]
    assert {path.read_bytes() for path in target.rglob("*.json")} == {tool("dcm2json", "-fc", made(NAME)).out}
    assert tool("dcm2json", "-od", str(target), str(source)).code == 1
    same = tool("dcm2json", "-od", str(target), made(NAME), str(tmp_path / "in" / "0.dcm"), made(NAME, name="in/made.dcm"))
    assert same.code == 1
    assert "several files would be written" in same.err


def test_a_user_dictionary(tool: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dictionary = tmp_path / "user.dic"
    dictionary.write_text("(0013,1001)\tSH\tMyText\t1\tUSER\n(0013,0010)\tLO\tCreator\t1\tUSER\n")
    bare = tmp_path / "bare"
    bare.write_bytes(b"\x13\x00\x01\x00\x02\x00\x00\x00ab")
    monkeypatch.setenv("DCMDICTPATH", str(dictionary))
    assert tool("dcm2json", "-f", "-ti", str(bare)).code == 0
