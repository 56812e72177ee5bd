"""The text of `dicomkit dcmdump` against that of DCMTK 3.6.7, line by line, for real files and for made-up ones.

A difference is an error unless it is listed here with its reason.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# -- accepted differences

#: Names that became retired after DCMTK 3.6.7: it prints them without RETIRED_.
RETIRED = "RETIRED_"

LINE = re.compile(
    r"^(?P<head> *\([0-9a-f]{4},[0-9a-f]{4}\)) (?P<vr>..) (?P<value>.*?) *# +(?P<size>\S+, *\d+) (?P<name>.*)$"
)
HEADING = "# Used TransferSyntax: "


def is_private(head: str) -> bool:
    group, element = head.strip("( )").split(",")
    return int(group, 16) % 2 == 1 and int(element, 16) >= 0x1000


def reason(theirs: str, ours: str) -> str | None:
    """Why a line may differ, or None."""
    if theirs.startswith(HEADING) and ours.startswith(HEADING):
        known = theirs != HEADING + "Little Endian Explicit"
        return None if known else "a transfer syntax that DCMTK 3.6.7 does not know"
    their, our = LINE.match(theirs), LINE.match(ours)
    if their is None or our is None or their["head"] != our["head"]:
        return None
    same_value = (their["vr"], their["value"], their["size"]) == (our["vr"], our["value"], our["size"])
    if same_value and is_private(our["head"]):
        return "private names are from more sources than DCMTK's private dictionary"
    if same_value and our["name"] in (RETIRED + their["name"], their["name"].removeprefix(RETIRED)):
        return "retired after DCMTK 3.6.7"
    if same_value and their["name"] == "Unknown Tag & Data":
        return "an element that DCMTK 3.6.7 does not know"
    if their["value"].startswith("[1.2.840.10008.") and our["value"].startswith("=") and their["size"] == our["size"]:
        return "a UID that DCMTK 3.6.7 does not know"
    return None


#: Files that as a whole come out otherwise, by name -> (options for which that holds, "" for all; reason).
OTHERWISE = {
    "SC_rgb_jpeg.dcm": (
        "",
        "the data set is not in its transfer syntax; dicomkit finds that out, DCMTK reads nonsense",
    ),
    "DICOMDIR-nooffset": ("", "the last item is longer than the file; dicomkit prints the length that is there"),
    "rtplan_truncated.dcm": ("+E", "DCMTK prints memory that it never read"),
    "MR_truncated.dcm": ("+E +Ep", "DCMTK prints the length that the header says, dicomkit the one that is there"),
    "emri_small_jpeg_2k_lossless_too_short.dcm": ("", "reported by both; DCMTK's +E and +Ep differ in what is left"),
    "UN_sequence.dcm": ("-ui +sq", "DCMTK cannot read it with these options, dicomkit can"),
    "meta_missing_tsyntax.dcm": ("+fo", "DCMTK wants a Transfer Syntax UID in a file, dicomkit does without"),
    "rtdose_rle.dcm": ("-ev", "DCMTK reads the implicit items of a UN value as explicit"),
    "rtdose_rle_1frame.dcm": ("-ev", "DCMTK reads the implicit items of a UN value as explicit"),
    "bad_sequence.dcm": ("-ev", "DCMTK reads the implicit items of a UN value as explicit"),
    "HTJ2KLossless_08_RGB.dcm": (
        "+fo",
        "DCMTK 3.6.7 takes a file of a transfer syntax that it does not know for no file",
    ),
    "HTJ2K_08_RGB.dcm": ("+fo", "as HTJ2KLossless_08_RGB.dcm"),
    "liver_deflate.dcm": ("+fo", "as HTJ2KLossless_08_RGB.dcm"),
    "liver_nonbyte_aligned_deflate.dcm": ("+fo", "as HTJ2KLossless_08_RGB.dcm"),
    "no_meta.dcm": ("+E +Ep", "refused by both; with these options DCMTK prints nonsense"),
    "chrH31.dcm": ("+U8", "DCMTK's iconv has no ISO 2022 IR 87"),
    "chrH32.dcm": ("+U8", "DCMTK's iconv has no ISO 2022 IR 87"),
    "chrJapMulti.dcm": ("+U8 -ev +uc", "DCMTK's iconv has no ISO 2022 IR 87; more private elements are known here"),
    "chrJapMultiExplicitIR6.dcm": ("+U8 -ev +uc", "as chrJapMulti.dcm"),
    "chrKoreanMulti.dcm": ("-ev +uc", "more private elements are known here"),
    "chrSQEncoding.dcm": ("+U8", "DCMTK's iconv has no ISO 2022 IR 87"),
    "chrSQEncoding1.dcm": ("+U8", "DCMTK's iconv has no ISO 2022 IR 87"),
    "J2K_pixelrep_mismatch.dcm": ("+U8", "Latin-1 without a Specific Character Set: dicomkit guesses, DCMTK refuses"),
    "explicit_VR-UN.dcm": ("+U8", "Latin-1 without a Specific Character Set: dicomkit guesses, DCMTK refuses"),
    "6154": ("-ev", "more private elements are known here"),
    "6247": ("-ev", "more private elements are known here"),
    "6278": ("-ev", "more private elements are known here"),
}

OPTIONS = [
    "",
    "-M",
    "-M +R 5",
    "-Un",
    "+Qn",
    "+Qo",
    "-dc",
    "+ae",
    "+E",
    "+U8",
    "-f",
    "+fo",
    "-td",
    "-ev",
    "-vr",
    "-ui",
    "+uc",
    "+sq",
    "+rd",
    "+oi",
    "+vi",
    "+pe",
    "-ml",
    "+st 0010,0010",
    "+sb PixelData",
    "+P PatientName +P 0008,1155 +P PixelData +p",
    "-s +P 0008,1140 +P SOPInstanceUID +P 0040,a730",
]

#: Options whose lines do not tell what they are about: only for files without a difference in the plain dump.
OTHER_FORMS = ["+T", "+C", "+C +T"]


@pytest.fixture(scope="module")
def real_files(pydicom_files: list[Path], data_dir: Path | None) -> list[Path]:
    more = sorted(data_dir.rglob("*.dcm")) if data_dir else []
    return [path for path in [*pydicom_files, *more] if path.stat().st_size < 4 << 20]


def sections(out: bytes) -> dict[str, list[str]]:
    """The text of each file of a dump with +F."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in out.decode("latin-1").split("\n"):
        if line.startswith("# dcmdump ("):
            lines = found.setdefault(line.split(": ", 1)[1], [])
        else:
            lines.append(line)
    for lines in found.values():
        while lines and not lines[-1]:
            lines.pop()
    return found


def both(dcmdump: str, tool: Callable[..., object], arguments: list[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    """File by file, what DCMTK and dicomkit print."""
    theirs = subprocess.run([dcmdump, "+F", *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    ours = tool("dcmdump", "+F", *arguments)
    their_sections, our_sections = sections(theirs.stdout), sections(ours.out)
    assert their_sections.keys() == our_sections.keys()
    for name, lines in their_sections.items():
        yield name, lines, our_sections[name]


def differences(theirs: list[str], ours: list[str]) -> list[str]:
    if len(theirs) != len(ours):
        return [f"{len(theirs)} lines, not {len(ours)}"]
    return [f"{a}\n{b}" for a, b in zip(theirs, ours, strict=True) if a != b and reason(a, b) is None]


def is_otherwise(name: str, options: str) -> bool:
    where, _ = OTHERWISE.get(Path(name).name, ("none", ""))
    return not where or any(option in options.split() for option in where.split())


@pytest.mark.parametrize("options", OPTIONS)
def test_real_files(peer: Callable[[str], str], tool: Callable[..., object], real_files: list[Path], options: str) -> None:
    arguments = [*options.split(), *map(str, real_files)]
    for name, theirs, ours in both(peer("dcmdump"), tool, arguments):
        if not is_otherwise(name, options):
            assert differences(theirs, ours) == [], f"{options} {name}"


def test_real_files_at_full_length(peer: Callable[[str], str], tool: Callable[..., object], real_files: list[Path]) -> None:
    small = [str(path) for path in real_files if path.stat().st_size < 100_000]
    for name, theirs, ours in both(peer("dcmdump"), tool, ["+L", *small]):
        if not is_otherwise(name, "+L"):
            assert differences(theirs, ours) == [], name


@pytest.mark.parametrize("options", OTHER_FORMS)
def test_other_forms(peer: Callable[[str], str], tool: Callable[..., object], real_files: list[Path], options: str) -> None:
    plain = both(peer("dcmdump"), tool, [str(path) for path in real_files])
    alike = [name for name, theirs, ours in plain if theirs == ours]
    assert len(alike) > 100
    for name, theirs, ours in both(peer("dcmdump"), tool, [*options.split(), *alike]):
        assert theirs == ours, f"{options} {name}"


def test_exit_codes(peer: Callable[[str], str], tool: Callable[..., object], real_files: list[Path]) -> None:
    dcmdump = peer("dcmdump")
    for path in real_files:
        if path.name in OTHERWISE or path.stat().st_size > 100_000:
            continue
        theirs = subprocess.run([dcmdump, "-q", str(path)], stdout=subprocess.DEVNULL, check=False).returncode
        assert tool("dcmdump", "-q", str(path)).code == theirs, path


# -- made-up files

VALUES = [
    b"",
    b"AB",
    b"ABC",
    b" A B  ",
    b"A\\B\\C ",
    b"A\0\0\0",
    b"A\0B\0",
    b"\0\0",
    b"  ",
    b"A\\ ",
    b"\\",
    b"  A\\  B ",
]
VALUES += [
    b"A\r\nB\t",
    b"<a>&\"'",
    b"x" * 66,
    b"x" * 67,
    b"x" * 68,
    b"x" * 69,
    b"x" * 70,
    b"x" * 300,
    bytes(range(1, 255)),
]
TEXT_VRS = ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"]
BINARY_VRS = ["AT", "FL", "FD", "OB", "OD", "OF", "OL", "OV", "OW", "SL", "SS", "SV", "UL", "UN", "US", "UV"]
LENGTHS = [0, 1, 2, 3, 4, 5, 6, 8, 12, 16, 17, 24, 40, 64, 80, 101]
FLOATS = [0.0, -0.0, 1.0, 0.1, 1 / 3, 1e-5, 1e-4, 123456789.0, 1e8, 1e16, 1e17, 1e22, 1e300, 5e-324, float("inf")]
FLOATS += [float("-inf"), float("nan"), 99999.99999999999, 0.99999999999999999, 271.03, 1e-300, -718.079956]


def tags(group: int = 0x0011) -> Iterator[int]:
    return iter(range(group << 16 | 0x1000, group << 16 | 0x1100))


def cases(build: object) -> dict[str, bytes]:
    """Data sets by name; (0011,xxxx) is private, so that names do not matter."""
    element, item, sequence = build.element, build.item, build.sequence
    made: dict[str, bytes] = {}
    for vr in TEXT_VRS:
        made[f"text {vr}"] = b"".join(element(tag, vr, value) for tag, value in zip(tags(), VALUES, strict=False))
    for vr in BINARY_VRS:
        data = bytes([1, 0, 0x80, 0xFF]) * 30
        made[f"binary {vr}"] = b"".join(element(tag, vr, data[:n]) for tag, n in zip(tags(), LENGTHS, strict=False))
    many = [element(tag, "US", struct.pack(f"<{n}H", *[12345] * (n - 1), last)) for tag, n, last in zip(
        tags(), [9, 10, 11, 12, 12, 12, 13, 13], [1, 1, 1, 1, 333, 55555, 1, 55555], strict=False)]  # fmt: skip
    made["numbers at the edge of a line"] = b"".join(many)
    made["singles"] = element(0x00111000, "OF", b"".join(struct.pack("<f", x) for x in FLOATS if abs(x) < 1e38 or x != x))
    made["doubles"] = element(0x00111000, "OD", b"".join(struct.pack("<d", x) for x in FLOATS))
    for vr in ("ZZ", "QQ"):
        odd = [struct.pack("<HH", 0x11, 0x1000 + n) + vr.encode() + struct.pack("<HI", 0, n) + bytes(n) for n in range(6)]
        made[f"unknown VR {vr}"] = b"".join(odd)
    for vr in ("??", "zz", "1A"):
        made[f"unknown VR {vr}"] = b"".join(element(tag, vr, b"ab") for tag in [0x00111000, 0x00111001])
    inner = element(0x0020000E, "UI", b"1.2\0") + element(0x00080060, "CS", b"MR") + element(0x0020000E, "UI", b"1.3\0")
    made["nested"] = sequence(
        0x00081115, item(inner), item(undefined=True), item(sequence(0x00081199, undefined=True), undefined=True)
    )
    deep = element(0x00080100, "SH", b"X ")
    for level in range(30):
        deep = sequence(0x0040A730, item(deep, undefined=level % 2 == 1), undefined=level % 3 == 1)
    made["deep"] = deep
    made["out of order and double"] = (
        element(0x00100020, "LO", b"1 ") + element(0x00100010, "PN", b"A") + element(0x00100020, "LO", b"2 ")
        + element(0x00080060, "CS", b"CT") + sequence(0x00081115, item(inner))
    )  # fmt: skip
    made["private"] = (
        element(0x00090010, "LO", b"GEMS_IDEN_01") + element(0x00090011, "LO", b"NOBODY")
        + element(0x00091001, "LO", b"A ") + element(0x00091101, "LO", b"B ") + element(0x00091201, "LO", b"C ")
    )  # fmt: skip
    made["groups"] = b"".join(
        element(tag, "UL" if tag & 0xFFFF == 0 else "LO", bytes(4))
        for tag in (0x00040000, 0x00070010, 0x00080000, 0x00090000, 0x00090010, 0x50030010, 0x7FE00000)
    )
    made["fragments"] = sequence(0x7FE00010, item(), item(b"abc "), item(b"x" * 500), undefined=True, vr="OB")
    made["icon"] = sequence(0x00880200, item(element(0x7FE00010, "OW", b"abcd")))
    uids = [b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.2.4.70", b"1.2.840.10008.5.1.4.1.1.2", b"1.2.840.10008.1.1 "]
    uids += [b"1.2.840.10008.15.0.3.1", b"1.2.840.10008.6.1.1\0", b"1.2.840.10008.1.2\\1.2", b"1.2.840.113619.5.2"]
    made["uids"] = b"".join(element(tag, "UI", uid) for tag, uid in zip(tags(), uids, strict=False))
    record = [
        element(0x00041400, "UL", bytes(4)),
        element(0x00041430, "CS", b"IMAGE "),
        element(0x00041500, "CS", b"A\\B "),
    ]
    other = [element(0x00041430, "CS", b"MRDR"), element(0x00041600, "UL", struct.pack("<I", 3))]
    made["directory"] = element(0x00041200, "UL", bytes(8)) + sequence(
        0x00041220,
        item(b"".join(record)),
        item(b"".join(other), undefined=True),
        item(element(0x00041430, "CS", b"? ")),
    )
    made["empty"] = b""
    made["groups 0 and 2"] = (
        element(0, "UL", bytes(4)) + element(0x00080060, "CS", b"CT") + element(0x00020010, "UI", b"1\0")
    )
    long = b"".join(element(tag, vr, b"a" * n) for tag, (vr, n) in zip(
        tags(), [("UT", 4096), ("UT", 4097), ("UC", 4098), ("UN", 4097), ("OW", 4097), ("UN", 5120), ("UN", 5122)],
        strict=False))  # fmt: skip
    made["long"] = long + sequence(0x7FE00010, item(), item(b"a" * 5000), undefined=True, vr="OB")
    return made


#: What DCMTK refuses, and so does dicomkit.
def damaged(build: object) -> dict[str, bytes]:
    element, item, sequence = build.element, build.item, build.sequence
    start = element(0x00080060, "CS", b"CT")
    end = element(0x00100010, "PN", b"A^B ")
    uid = element(0x0020000E, "UI", b"1.2\0")
    undefined = 0xFFFFFFFF
    delimiter = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return {
        "value": start + element(0x00100010, "PN", b"A^B ", 100),
        "header": start + b"\x10\0\x10\0P",
        "sequence too long": start + element(0x00081115, "SQ", item(uid), 100) + end,
        "no sequence delimiter": start + element(0x00081115, "SQ", item(uid), undefined),
        "no item delimiter": start + element(0x00081115, "SQ", item(uid, undefined=True)[:-8], undefined),
        "element past its item": start + sequence(0x00081115, item(element(0x0020000E, "UI", b"1.2\0", 8))) + end,
        "no item in a sequence": start + element(0x00081115, "SQ", uid) + end,
        "stray sequence delimiter": start + delimiter + end,
        "stray item": start + item(uid) + end,
        "delimiter with a length": start + element(
            0x00081115, "SQ", item(uid) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 4) + b"abcd", undefined) + end,
        "undefined length of OB": element(0x00091001, "OB", item(b"ab") + delimiter, undefined) + end,
        "undefined length of UT": element(0x00080080, "UT", b"ab" + delimiter, undefined) + end,
        "trailing zeros": start + bytes(100),
        "trailing bytes": start + b"\xde\xad\xbe\xef\xde\xad\xbe\xef\xde\xad",
        "fragment": element(0x7FE00010, "OB", item() + item(bytes(100))[:12], undefined),
        "no delimiter of fragments": element(0x7FE00010, "OB", item() + item(b"abcd"), undefined),
        "VOI LUT Sequence as OW": element(0x00283010, "OW", item(element(0x00283002, "US", b"\1\0\2\0\3\0"))),
    }  # fmt: skip


def written(folder: Path, build: object, made: dict[str, bytes], **options: str) -> list[str]:
    paths = []
    for name, data in made.items():
        path = folder / f"{name.replace(' ', '_').replace('?', 'q')}.dcm"
        path.write_bytes(build.file(data, **options))
        paths.append(str(path))
    return paths


@pytest.mark.parametrize(
    "options",
    ["", "-dc", "+ae", "+L", "+T", "+C", "+C +T", "+Qn", "+Qo", "+Qn +L", "+Qo +L", "-Un", "-M", "+U8 -dc", "+Ep"],
)
def test_made_up_files(
    peer: Callable[[str], str], tool: Callable[..., object], build: object, tmp_path: Path, options: str
) -> None:
    made = cases(build)
    if "+ae" in options:  # odd lengths make the two read other elements from there on
        made = {
            name: data for name, data in made.items() if not name.startswith(("text", "binary", "unknown", "long", "out"))
        }
    if "+U8" in options:  # bytes beyond ASCII in no character set
        made = {name: data for name, data in made.items() if not name.startswith("text")}
    for name, theirs, ours in both(peer("dcmdump"), tool, [*options.split(), *written(tmp_path, build, made)]):
        lines = [line for line in differences(theirs, ours) if "NOBODY" not in line]
        assert lines == [], f"{options} {name}"


def test_damaged_files(peer: Callable[[str], str], tool: Callable[..., object], build: object, tmp_path: Path) -> None:
    for path in written(tmp_path, build, damaged(build)):
        theirs = subprocess.run([peer("dcmdump"), path], capture_output=True, check=False)
        ours = tool("dcmdump", path)
        assert (theirs.returncode, theirs.stdout) == (1, b""), path
        assert (ours.code, ours.out) == (1, b""), path


IMPLICIT = [0x00280106, 0x00280120, 0x00281101, 0x00283002, 0x00283006, 0x00289099, 0x50003000, 0x54001010, 0x60003000]
IMPLICIT += [0x7F000010, 0x7FE00010, 0x00091001, 0x00204000, 0x00280010, 0x00080000]


@pytest.mark.parametrize("representation", [None, 0, 1])
def test_implicit_vr(
    peer: Callable[[str], str], tool: Callable[..., object], build: object, tmp_path: Path, representation: int | None
) -> None:
    """VRs that depend on context; dcmdump shows `xs`, `lt` and `ox` where it does not settle them."""
    elements = dict.fromkeys(IMPLICIT, b"\x01\x00\x02\x00")
    if representation is not None:
        elements[0x00280103] = bytes([representation, 0])
    data = b"".join(build.implicit(tag, elements[tag]) for tag in sorted(elements))
    paths = written(tmp_path, build, {"implicit": data}, transfer_syntax="1.2.840.10008.1.2")
    for _, theirs, ours in both(peer("dcmdump"), tool, paths):
        assert differences(theirs, ours) == []


@pytest.mark.parametrize("order", ["<", ">"])
def test_numbers_in_both_byte_orders(
    peer: Callable[[str], str], tool: Callable[..., object], build: object, tmp_path: Path, order: str
) -> None:
    numbers = bytes(range(1, 81))
    data = b"".join(build.element(tag, vr, numbers, order=order) for tag, vr in zip(tags(), BINARY_VRS, strict=False))
    syntax = "1.2.840.10008.1.2.1" if order == "<" else "1.2.840.10008.1.2.2"
    for _, theirs, ours in both(peer("dcmdump"), tool, written(tmp_path, build, {"numbers": data}, transfer_syntax=syntax)):
        assert differences(theirs, ours) == []


USAGE = [
    "-Z a",
    "+L",
    "+P",
    "+R 3 a",
    "+R abc a",
    "-te a",
    "+sp x a",
    "+r a",
    "+Fs a",
    "+p a",
    "-s a",
    "+p +T +P 0010,0010 a",
    "-ll foo a",
    "-lc /no/such a",
    "@/no/such",
    "+P foo a",
    "+st foo a",
]


@pytest.mark.parametrize("line", USAGE)
def test_messages(peer: Callable[[str], str], tool: Callable[..., object], line: str) -> None:
    theirs = subprocess.run([peer("dcmdump"), *line.split()], capture_output=True, text=True, check=False)
    ours = tool("dcmdump", *line.split())
    assert ours.code == theirs.returncode
    assert ours.out.decode() == theirs.stdout
    assert without_version(ours.err) == without_version(theirs.stderr)


def without_version(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("$")]
