"""Dumps back to data sets. What DCMTK's dump2dcm makes of the same dumps is compared in cli/test_dump2dcm_interop."""

from __future__ import annotations

import io
import struct
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import Dataset, Dictionary, ParseError
from dicomkit._ext import standard
from dicomkit._ext.dump_reader import FAULTS, parse
from dicomkit._ext.tagstream import index_bytes
from dicomkit.formats.dump import Subject, dump, write_text
from dicomkit.formats.dump_reader import NOTICES, read_dump

IMPLICIT = "(0002,0010) UI =LittleEndianImplicit\n"
BIG = "(0002,0010) UI =BigEndianExplicit\n"


def raw(line: str, **options: object) -> bytes:
    """The value bytes of the only element of a dump."""
    (element,) = read_dump(line.encode("latin-1"), **options)
    return element.raw


def faults(text: str, **options: object) -> list[tuple[str, str]]:
    """Code and path of what is wrong."""
    return [(problem.code, problem.path) for problem in read_dump(text.encode(), strict=False, **options).problems]


# The values are those that dcmdump 3.6.7 shows of what dump2dcm 3.6.7 made of the same line.
@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("(0010,0010) PN [A^B]                     #   4, 1 PatientName", b"A^B "),
        ("(0010,0010) PN [A] x] # ]", b"A] x] # "),
        ("(0010,0010) PN [A] x]", b"A] x"),
        ("(0010,0010) PN A^B C # x", b"A^B C "),
        ("(0010,0010)PN[A]", b"A "),
        ("  (0010,0010)\tPN\t[A]", b"A "),
        ("( 0 0 10,0010 ) PN [A]", b"A "),
        ("(10,10) PN [A]", b"A "),
        ("(0010,0010) XX [a]", b"a "),
        ("(0010,0010) [a]", b"a "),
        ("(0010,0010) PN", b""),
        ("(0010,0010) PN []", b""),
        ("(0010,0010) PN (no value available)     #   0, 0 PatientName", b""),
        ("(0010,0010) PN # nothing", b""),
        ("(0008,0005) CS ISO_IR 100 # c", b"ISO_IR 100"),
        ("(0008,0060) MR", b"MR"),
        ("(0008,0016) UI [1.2.3]", b"1.2.3\0"),
        ("(0008,0016) UI =CTImageStorage", b"1.2.840.10008.5.1.4.1.1.2\0"),
        (
            "(0008,0016) UI =CTImageStorage\\1.2\\=MRImageStorage",
            b"1.2.840.10008.5.1.4.1.1.2\\1.2\\1.2.840.10008.5.1.4.1.1.4\0",
        ),
        ("(0028,0010) US 256", b"\0\1"),
        ("(0028,0010) 256", b"\0\1"),
        ("(0028,0010) US +5", b"\5\0"),
        ("(0028,0010) US 1\\", b"\1\0"),
        ("(0028,0010) US [1\\2]", b"\1\0\2\0"),
        ("(0028,0010) US 1 \\ 2", b"\1\0\2\0"),
        ("(0028,0106) xs 40000", b"\x40\x9c"),
        ("(0028,0106) xs -4", b"\xfc\xff"),
        ("(0018,6020) SL -2147483648\\2147483647", b"\0\0\0\x80\xff\xff\xff\x7f"),
        ("(0018,6020) UL 4294967295", b"\xff\xff\xff\xff"),
        ("(0018,6020) SV -9223372036854775808", b"\0\0\0\0\0\0\0\x80"),
        ("(0018,6020) UV 18446744073709551615", b"\xff" * 8),
        ("(0018,9328) FD 1e3\\nan\\-inf", struct.pack("<dd", 1000, float("nan")) + struct.pack("<d", float("-inf"))),
        ("(0018,9328) FL 1.5\\.25", struct.pack("<ff", 1.5, 0.25)),
        ("(7fe0,0008) OF 1.5\\2", struct.pack("<ff", 1.5, 2)),
        ("(7fe0,0009) OD 2.25", struct.pack("<d", 2.25)),
        ("(0066,0040) OL 1\\10", b"\1\0\0\0\x0a\0\0\0"),
        ("(7fe0,0001) OV 1\\18446744073709551615", b"\1" + bytes(7) + b"\xff" * 8),
        ("(0028,1201) OW 12\\ab\\1", b"\x12\0\xab\0\1\0"),
        ("(0028,1201) OW 0102\\abcd\\0001", b"\2\1\xcd\xab\1\0"),
        ("(0042,0011) OB 1\\ab\\1", b"\1\xab\1\0"),
        ("(0009,1001) 01\\02", b"\1\2"),
        ("(0009,1001) ?? 41\\42", b"AB"),
        ("(5400,1010) ox 01\\02", b"\1\2"),
        ("(5400,1010) ox 0102\\0304", b"\2\1\4\3"),
        ("(0028,3006) lt 0102\\0304", b"\2\1\4\3"),
        ("(0028,3006) 258\\772", b"\2\1\4\3"),
        ("(0028,0009) AT (3004,000c)\\(10,20)", b"\x04\x30\x0c\0\x10\0\x20\0"),
        ("(0028,0009) AT ( 3004 , 000c ) \\ (0010,0020) # x", b"\x04\x30\x0c\0\x10\0\x20\0"),
        ("(0028,0009) AT (no value available)", b""),
        ("(0004,1400) up 1234", b"\xd2\4\0\0"),
    ],
)
def test_values(line: str, value: bytes) -> None:
    assert raw(line) == value


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (BIG + "(0028,0010) US 258", b"\1\2"),
        (BIG + "(0028,0009) AT (3004,000c)", b"\x30\4\0\x0c"),
        (BIG + "(0028,1201) OW 0102\\0304", b"\1\2\3\4"),
        (BIG + "(0018,9328) FD 1.5", struct.pack(">d", 1.5)),
        (BIG + "(0010,0010) PN [A^B]", b"A^B "),
        (IMPLICIT + "(0028,0010) US 258", b"\2\1"),
        (IMPLICIT + "(0010,0010) PN [A^B]", b"A^B "),
    ],
)
def test_encodings(line: str, value: bytes) -> None:
    assert raw(line) == value


def test_transfer_syntax() -> None:
    line = b"(0028,0010) US 258\n"
    assert read_dump(line).transfer_syntax.keyword == "ExplicitVRLittleEndian"
    assert read_dump(line).file_meta is None
    big = read_dump(BIG.encode() + line)
    assert big.transfer_syntax.keyword == big.file_meta.TransferSyntaxUID.keyword == "ExplicitVRBigEndian"
    assert big["Rows"].big_endian
    forced = read_dump(BIG.encode() + line, transfer_syntax="ImplicitVRLittleEndian")
    assert (forced.transfer_syntax.keyword, forced["Rows"].encoded_vr) == ("ImplicitVRLittleEndian", "")
    assert forced.file_meta.TransferSyntaxUID.keyword == "ExplicitVRBigEndian"  # what the dump says
    without = read_dump(BIG.encode() + line, meta=False)
    assert (without.transfer_syntax.keyword, without.file_meta) == ("ExplicitVRLittleEndian", None)
    assert read_dump(line, transfer_syntax="1.2.840.10008.1.2").transfer_syntax == "1.2.840.10008.1.2"
    with pytest.raises(ValueError, match="'CTImageStorage' is no transfer syntax"):
        read_dump(line, transfer_syntax="CTImageStorage")


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("junk", "no-tag", ""),
        ("x(0010,0010) PN [A]", "no-tag", ""),
        ("(0010,00100) PN [A]", "no-tag", ""),
        ("(0010,) PN [A]", "no-tag", ""),
        ("(0010,0010) PN [A", "no-closing-bracket", "(0010,0010)"),
        ("(0010,0010) PN [A...     #  80, 1 PatientName\n(0010,0020) LO [1]", "no-closing-bracket", "(0010,0010)"),
        ("(0010,0010) PN <A>", "no-value", "(0010,0010)"),
        ("(7fe0,0010) OW (not loaded)  # 524288, 1 PixelData", "no-value", "(7FE0,0010)"),
        ("(0028,0010) US (invalid value)", "no-value", "(0028,0010)"),
        ("(0028,0010) US abc", "wrong-number", "(0028,0010)"),
        ("(0028,0010) US 1a", "wrong-number", "(0028,0010)"),
        ("(0028,0010) US 1\\\\2", "wrong-number", "(0028,0010)"),
        ("(0028,0010) US 1\\2\\...", "wrong-number", "(0028,0010)"),
        ("(0028,0010) US 65536", "number-too-large", "(0028,0010)"),
        ("(0028,0010) US -1", "number-too-large", "(0028,0010)"),
        ("(0028,0106) xs 65536", "number-too-large", "(0028,0106)"),
        ("(0028,0106) SS 32768", "number-too-large", "(0028,0106)"),
        ("(0018,6020) SL -2147483649", "number-too-large", "(0018,6020)"),
        ("(0018,6020) UV 18446744073709551616", "wrong-number", "(0018,6020)"),
        ("(0018,9328) FD 1.5x", "wrong-number", "(0018,9328)"),
        ("(0018,9328) FD " + "1" * 600, "wrong-number", "(0018,9328)"),
        ("(0028,1201) OW 12345", "wrong-bytes", "(0028,1201)"),
        ("(0028,1201) OW 0000\\...", "wrong-bytes", "(0028,1201)"),
        ("(0042,0011) OB 123", "wrong-bytes", "(0042,0011)"),
        ("(0042,0011) OB 12\\g1", "wrong-bytes", "(0042,0011)"),
        ("(0008,1140) SQ 01\\02", "wrong-bytes", "(0008,1140)"),
        ("(0028,0009) AT 3004000c", "wrong-tag-value", "(0028,0009)"),
        ("(0028,0009) AT (30xx,000c)", "wrong-tag-value", "(0028,0009)"),
        ("(0008,0016) UI =NoSuch", "unknown-uid-name", "(0008,0016)"),
        ("(0008,0016) UI =", "unknown-uid-name", "(0008,0016)"),
        ("(0042,0011) OB =name", "no-file", "(0042,0011)"),
        ("(fffe,e000) na", "misplaced", "(FFFE,E000)"),
        ("(fffe,e00d) na", "misplaced", "(FFFE,E00D)"),
        ("(fffe,e0dd) na", "misplaced", "(FFFE,E0DD)"),
        ("(fffe,1234) UL 1", "misplaced", "(FFFE,1234)"),
        ("(0002,0010) SQ", "misplaced", "(0002,0010)"),
        ("(0008,0016) OB (PixelSequence #=1)", "no-item", "(0008,0016)"),
        ("(0008,1140) SQ\n(fffe,e000) na\n(0008,1155) UI [1.2]", "not-ended", "(0008,1140)[0]"),
        ("(0008,1140) SQ\n(fffe,e000)\n(fffe,e0dd)\n(fffe,e00d)\n(fffe,e0dd)", "misplaced", "(0008,1140)[0].(FFFE,E0DD)"),
        ("(0008,1140) SQ\n(0008,1155) UI [1.2]\n(fffe,e0dd) na", "misplaced", "(0008,1140).(0008,1155)"),
    ],
)  # fmt: skip
def test_errors_name_the_line_and_the_element(text: str, code: str, path: str) -> None:
    padded = f"# a comment\n\n(0008,0005) CS [ISO_IR 100]\n{text}\n"
    assert [fault for fault in faults(padded) if fault[0] not in NOTICES] == [(code, path)]
    with pytest.raises(ParseError) as caught:
        read_dump(padded.encode())
    assert caught.value.path == path
    sentence = dict(FAULTS)[code]
    assert caught.value.reason.startswith(sentence)
    number = int(caught.value.reason.removeprefix(sentence).strip(" ()line"))
    assert 4 <= number <= 4 + text.count("\n") + 1
    assert caught.value.offset == len("".join(padded.splitlines(keepends=True)[: number - 1]))


def test_lenient_reading_goes_on_behind_a_fault() -> None:
    dataset = read_dump(b"(0010,0010) PN [A\n(0028,0010) US x\n(0010,0020) LO [1]\njunk\n", strict=False)
    assert [str(element) for element in dataset] == ["(0010,0020) LO PatientID: '1'"]
    assert [str(problem) for problem in dataset.problems] == [
        "a value without a closing bracket (line 1) in (0010,0010) at byte 0",
        "not a number, or the value is cut off (line 2) in (0028,0010) at byte 18",
        "no tag at the start of the line (line 4) at byte 54",
    ]


def test_lenient_reading_closes_what_is_open() -> None:
    dataset = read_dump(b"(0008,1140) SQ\n(fffe,e000) na\n(0008,1155) UI [1.2]\n", strict=False)
    assert dataset.ReferencedImageSequence[0].ReferencedSOPInstanceUID == "1.2"


def test_notices_are_no_errors() -> None:
    text = b"(0010,0010) LO [A]\n(0010,0020) LO [1]\n(0010,0010) PN [B]\n"
    dataset = read_dump(text)
    assert [(problem.code, problem.path) for problem in dataset.problems] == [
        ("wrong-vr", "(0010,0010)"),
        ("duplicate-element", "(0010,0010)"),
    ]
    assert {problem.code for problem in dataset.problems} <= NOTICES
    assert (dataset.PatientName, dataset["PatientName"].vr) == ("A", "LO")


@pytest.mark.parametrize(
    "line",
    ["(0028,0106) SS -1", "(0028,0106) US 1", "(0028,3006) OW 0001", "(7fe0,0010) OB 00", "(7fe0,0010) OW 0000",
     "(0009,1001) DS [1]", "(5400,1010) OB 00", "(0028,0106) xs 1"],
)  # fmt: skip
def test_one_of_several_vrs_is_not_wrong(line: str) -> None:
    assert faults(line) == []


def test_signed_values_follow_the_pixel_representation() -> None:
    for sign, vr in ((0, "US"), (1, "SS")):
        dataset = read_dump(f"(0028,0103) US {sign}\n(0028,0106) xs 5\n".encode())
        assert dataset["SmallestImagePixelValue"].vr == vr


def test_elements_are_put_in_order() -> None:
    text = """
        (0010,0020) LO [1]
        (0008,1140) SQ
          (fffe,e000) na
            (0008,1155) UI [1.3]
            (0008,1150) UI [1.2]
          (fffe,e00d) na
        (fffe,e0dd) na
        (0002,0010) UI =LittleEndianExplicit
        (0002,0003) UI [1.5]
        (0008,0005) CS [ISO_IR 100]
    """
    dataset = read_dump(text.encode())
    assert [str(element.tag) for element in dataset.walk()] == [
        "(0008,0005)", "(0008,1140)", "(0008,1150)", "(0008,1155)", "(0010,0020)",
    ]  # fmt: skip
    assert [str(element.tag) for element in dataset.file_meta] == ["(0002,0003)", "(0002,0010)"]
    assert dataset.problems == ()


def test_lengths_are_those_of_the_dump() -> None:
    text = """
(0008,1140) SQ (Sequence with undefined length #=2)     # u/l, 1 ReferencedImageSequence
  (fffe,e000) na (Item with undefined length #=1)         # u/l, 1 Item
    (0008,1155) UI [1.2]                                    #   4, 1 ReferencedSOPInstanceUID
  (fffe,e00d) na (ItemDelimitationItem)                   #   0, 0 ItemDelimitationItem
  (fffe,e000) na (Item with explicit length #=0)          #   0, 1 Item
  (fffe,e00d) na (ItemDelimitationItem for re-encoding)   #   0, 0 ItemDelimitationItem
(fffe,e0dd) na (SequenceDelimitationItem)               #   0, 0 SequenceDelimitationItem
(0040,a730) SQ
(fffe,e0dd)
"""
    dataset = read_dump(text)
    assert dataset["ReferencedImageSequence"].length == 0xFFFFFFFF
    assert dataset["ContentSequence"].length == 0
    item = b"\xfe\xff\0\xe0\xff\xff\xff\xff\x08\0\x55\x11UI\4\x001.2\0\xfe\xff\x0d\xe0\0\0\0\0"
    assert dataset["ReferencedImageSequence"].raw == item + b"\xfe\xff\0\xe0\0\0\0\0"


def test_fragments() -> None:
    text = b"""
(0002,0010) UI =JPEGBaseline
(7fe0,0010) OB (PixelSequence #=3)                      # u/l, 1 PixelData
  (fffe,e000) pi (no value available)                     #   0, 1 Item
  (fffe,e000) pi ff\\d8                                    #   2, 1 Item
  (fffe,e000) pi 01                                       #   1, 1 Item
(fffe,e0dd) na (SequenceDelimitationItem)               #   0, 0 SequenceDelimitationItem
"""
    pixels = read_dump(text)["PixelData"]
    assert pixels.is_encapsulated
    assert pixels.raw == b"\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0\2\0\0\0\xff\xd8\xfe\xff\0\xe0\2\0\0\0\1\0"


def test_values_from_files(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"\1\2\3")
    text = f"(0028,1201) OW ={tmp_path}/odd\n(0042,0011) OB ={tmp_path}/odd # c\n".encode()
    fragment = f"(7fe0,0010) OB (PixelSequence #=1)\n(fffe,e000) pi ={tmp_path}/odd\n(fffe,e0dd) na\n".encode()
    for syntax, order, words in (
        ("ExplicitVRLittleEndian", "little", b"\1\2\3\0"),
        ("ExplicitVRLittleEndian", "big", b"\2\1\0\3"),
        ("ExplicitVRBigEndian", "little", b"\2\1\0\3"),
        ("ExplicitVRBigEndian", "big", b"\1\2\3\0"),
    ):
        dataset = read_dump(text, files=order, transfer_syntax=syntax)
        assert (dataset["RedPaletteColorLookupTableData"].raw, dataset["EncapsulatedDocument"].raw) == (words, b"\1\2\3\0")
    assert read_dump(fragment, files="little")["PixelData"].raw == b"\xfe\xff\0\xe0\4\0\0\0\1\2\3\0"
    with pytest.raises(ParseError, match=r"/no-such: No such file or directory \(line 1\)") as caught:
        read_dump(b"(0042,0011) OB =/no-such", files="little")
    assert caught.value.path == "(0042,0011)"
    with pytest.raises(ParseError, match="files are not read"):  # unless it is allowed
        read_dump(text)


def test_a_value_over_several_lines() -> None:
    text = (
        b"(0010,4000) LT [first\r\nsecond] and\r\n  third\r\n]    #  30, 1 PatientComments\n"
        b"(0018,4000) LT [no comment\n\nbehind]\n(0020,4000) LT [one]\n# a comment\n"
        b"(0032,4000) LT [a]\n\n(4000,4000) LT [end]"
    )
    dataset = read_dump(text)
    assert [element.value for element in dataset] == [
        "first\r\nsecond] and\r\n  third\r\n", "no comment\n\nbehind", "one", "a", "end",
    ]  # fmt: skip


def test_a_missing_bracket_does_not_swallow_lines() -> None:
    text = "(0010,0010) PN [A\n(0010,0020) LO [1]\n(0010,0030) DA []\nx\n(0010,0040) CS [M]"
    assert faults(text) == [("no-closing-bracket", "(0010,0010)"), ("no-tag", "")]


def test_new_lines_in_long_texts() -> None:
    text = rb"(0010,4000) LT [a\nb\c\\]" b"\n" rb"(0012,0063) LO [keep\no one]"
    assert read_dump(text).PatientComments == "a\\nb\\c\\\\"
    dataset = read_dump(text, escapes=True)
    assert dataset.PatientComments == "a\r\nb\\c\\\\"
    assert dataset.DeidentificationMethod == ("keep", "no one")


def test_a_long_value_becomes_un() -> None:
    element = read_dump(b"(0028,0010) US " + b"\\".join([b"513"] * 40_000))["Rows"]
    assert (element.encoded_vr, element.length) == ("UN", 80_000)
    element = read_dump(IMPLICIT.encode() + b"(0028,0010) US " + b"\\".join([b"513"] * 40_000))["Rows"]
    assert (element.vr, element.vm) == ("US", 40_000)


def test_text_is_encoded_in_the_character_set() -> None:
    lines = ["(0008,0005) CS [ISO_IR 100]", "(0010,0010) PN [Müller]", "(0008,1140) SQ", "(fffe,e000)", "(0010,0020) LO [é]",
             "(fffe,e00d)", "(fffe,e0dd)"]  # fmt: skip
    for text in ("\n".join(lines), lines, [line + "\n" for line in lines]):
        dataset = read_dump(text)
        again = dicomkit.read(dataset.to_bytes())
        assert again["PatientName"].raw == "Müller".encode("latin-1")
        assert again.ReferencedImageSequence[0]["PatientID"].raw == b"\xe9 "
    dataset = read_dump("\n".join(lines).encode("latin-1"))
    assert dataset.PatientName == "Müller"
    assert not dataset.is_changed()
    dataset = read_dump("\n".join(lines).replace("100", "192"))
    assert (dataset.PatientName, dataset.is_changed()) == ("Müller", False)
    strange = "(0010,0010) PN [\udcff]"  # a byte that was no UTF-8
    assert read_dump(strange)["PatientName"].raw == b"\xff "


def test_user_dictionary() -> None:
    dictionary = Dictionary([((0x10, 0x10, 1), (0x9999, 0x9999, 1), ("US",), "1", "MyRows", "My Rows", False, None)])
    dataset = read_dump(b"(0010,9999) 5", dictionary=dictionary)
    assert dataset["MyRows"].value == 5
    dataset = read_dump(IMPLICIT.encode() + b"(0010,9999) US 5", dictionary=dictionary)
    assert dataset["MyRows"].value == 5


def test_every_name_of_a_uid_is_known() -> None:
    for row in standard.uids():
        uid = row[0].encode()
        data = struct.pack("<HH2sH", 8, 0x16, b"UI", len(uid) + len(uid) % 2) + uid + b"\0" * (len(uid) % 2)
        pieces: list[bytes] = []
        write_text(Subject(index_bytes(data), heading=False), pieces.append, print_all=True)
        assert read_dump(b"".join(pieces)).SOPClassUID == row[0], b"".join(pieces)


def text_of(dataset: Dataset) -> bytes:
    file = io.BytesIO()
    dump(dataset, file, print_all=True)
    return file.getvalue()


def test_real_files_come_back(pydicom_files: list[Path], data_dir: Path) -> None:
    files = [*pydicom_files, *data_dir.rglob("*.dcm")]
    compared = 0
    for path in files:
        if path.stat().st_size > 400_000:
            continue
        try:
            dataset = dicomkit.read(path)
        except ParseError:
            continue
        again = read_dump(text_of(dataset))
        compared += 1
        for one, other in zip(dataset.walk(), again.walk(), strict=True):
            assert (one.path, one.length == 0xFFFFFFFF) == (other.path, other.length == 0xFFFFFFFF), path
            if one.vr in ("FD", "FL", "OD", "OF"):  # dcmdump does not print all bits of them
                letter = "d" if "D" in one.vr else "f"
                form = f"{'>' if one.big_endian else '<'}{len(one.raw) // struct.calcsize(letter)}{letter}"
                given, made = (struct.unpack(form, side.raw) for side in (one, other))
                assert made == pytest.approx(given, rel=1e-14, nan_ok=True), path
            elif one.vr != "SQ" and not one.is_encapsulated:
                odd = one.length % 2  # the byte that makes it even is a fault that is not kept
                assert (one.vr, one.raw.rstrip(b" \0")) == (other.vr, other.raw.rstrip(b" \0")) or odd, (path, one.path)
        if dataset.file_meta is not None:
            assert dataset.file_meta == again.file_meta, path
    assert compared > 100


# -- arbitrary data sets

TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
NO_LINE_OF_A_DUMP = TEXT.filter(lambda line: line.strip() and line.lstrip()[0] not in "(#")
LINES = st.lists(NO_LINE_OF_A_DUMP, min_size=1, max_size=3).map("\r\n".join)


def packed(letter: str, numbers: st.SearchStrategy[object]) -> st.SearchStrategy[bytes]:
    return st.lists(numbers, max_size=4).map(lambda values: struct.pack(f"<{len(values)}{letter}", *values))


def padded(text: str) -> bytes:
    value = text.rstrip(" ").encode()
    return value + b" " * (len(value) % 2)


VALUES: dict[str, st.SearchStrategy[bytes]] = {
    **dict.fromkeys(("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UR"), TEXT.map(padded)),
    **dict.fromkeys(("LT", "ST", "UT"), LINES.map(padded)),
    "UI": st.lists(st.integers(0, 99), max_size=6).map(
        lambda parts: ".".join(map(str, parts)).encode() + b"\0" * (len(".".join(map(str, parts))) % 2)
    ),
    "US": packed("H", st.integers(0, 0xFFFF)),
    "SS": packed("h", st.integers(-0x8000, 0x7FFF)),
    "UL": packed("I", st.integers(0, 0xFFFFFFFF)),
    "SL": packed("i", st.integers(-0x80000000, 0x7FFFFFFF)),
    "UV": packed("Q", st.integers(0, 2**64 - 1)),
    "SV": packed("q", st.integers(-(2**63), 2**63 - 1)),
    "FL": packed("f", st.floats(width=32, allow_nan=False).filter(lambda number: number != 0)),
    "OF": packed("f", st.floats(width=32, allow_nan=False).filter(lambda number: number != 0)),
    "FD": packed("d", st.integers(-(2**40), 2**40).map(lambda number: number / 64)),  # fewer digits than 17
    "AT": packed("H", st.integers(0, 0xFFFF)).map(lambda value: value[: len(value) // 4 * 4]),
    "OB": st.binary(max_size=8).map(lambda value: value + value[:1] * (len(value) % 2)),
    "UN": st.binary(max_size=8).map(lambda value: b"\1" + value + b"\2" * (len(value) % 2 == 0)),
    "OW": packed("H", st.integers(0, 0xFFFF)),
    "OL": packed("I", st.integers(0, 0xFFFFFFFF)),
    "OV": packed("Q", st.integers(0, 2**64 - 1)),
}
LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> bytes:
    """A data set in Explicit VR Little Endian."""
    parts = []
    for number in draw(st.lists(st.integers(0x1000, 0x10FF), max_size=4, unique=True).map(sorted)):
        vr = draw(st.sampled_from([*sorted(VALUES), *(["SQ"] if depth < 3 else [])]))
        undefined = vr == "SQ" and draw(st.booleans())
        value = draw(items(depth)) if vr == "SQ" else draw(VALUES[vr])
        header = struct.pack("<HH2s", 0x0011, number, vr.encode())
        length = 0xFFFFFFFF if undefined else len(value)
        header += struct.pack("<HI", 0, length) if vr in LONG else struct.pack("<H", length)
        parts.append(header + value + (b"\xfe\xff\xdd\xe0\0\0\0\0" if undefined else b""))
    return b"".join(parts)


@st.composite
def items(draw: st.DrawFn, depth: int) -> bytes:
    parts = []
    for content in draw(st.lists(elements(depth + 1), max_size=2)):
        if draw(st.booleans()):
            parts.append(b"\xfe\xff\0\xe0" + struct.pack("<I", len(content)) + content)
        else:
            parts.append(b"\xfe\xff\0\xe0\xff\xff\xff\xff" + content + b"\xfe\xff\x0d\xe0\0\0\0\0")
    return b"".join(parts)


@settings(max_examples=150)
@given(elements())
def test_any_data_set_comes_back_byte_by_byte(data: bytes) -> None:
    pieces: list[bytes] = []
    write_text(Subject(index_bytes(data), heading=False), pieces.append, print_all=True)
    assert parse(b"".join(pieces))[1] == data


# -- hostile text


@settings(max_examples=200)
@given(st.lists(st.sampled_from([
    b"(0008,1140)", b"(fffe,e000)", b"(fffe,e00d)", b"(fffe,e0dd)", b"(0002,0010)", b"(7fe0,0010)", b"(0010,0010)", b" ",
    b"SQ", b"UI", b"OB", b"OW", b"US", b"FD", b"AT", b"pi", b"xs", b"??", b"PN", b"[", b"]", b"(", b")", b"#", b"=", b"\\",
    b"\n", b"\n", b"\0", b"\r", b"<", b"1", b"ab", b"0001", b"...", b"CTImageStorage", b"(PixelSequence", b"(no value",
    b"LittleEndianImplicit", b"BigEndianExplicit", b"\xff",
]), max_size=40).map(b"".join))  # fmt: skip
def test_any_text_is_read_or_refused(text: bytes) -> None:
    dataset = read_dump(text, strict=False)
    made = [dataset] if dataset.file_meta is None else [dataset, dataset.file_meta]
    assert not any(one._index.faults for one in made)  # whatever it says, its encoding is sound
    wrong = [problem for problem in dataset.problems if problem.code not in NOTICES]
    if wrong:
        with pytest.raises(ParseError):
            read_dump(text)
    else:
        assert read_dump(text) == dataset


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    read_dump(data, strict=False)


def nested(depth: int) -> bytes:
    return b"(0008,1140) SQ\n(fffe,e000)\n" * depth + b"(fffe,e00d)\n(fffe,e0dd)\n" * depth


def test_depth() -> None:
    dataset = read_dump(nested(128))
    assert max(element.path.count("[") for element in dataset.walk()) == 127
    with pytest.raises(ParseError, match="too deeply"):
        read_dump(nested(129))
    assert [problem.code for problem in read_dump(nested(100_000), strict=False).problems] == ["too-deep", "not-ended"]


@pytest.mark.parametrize(
    "line",
    [
        b"(0010,0010) PN [A\n",
        b"(0010,0010) PN [A]\njunk\n",
        b"(0010,0010) LT [A]\nx\ny\n",
        b"(0010,0010) PN [\n\n",
        b"x\n",
        b"(0010,0010) UI =NoSuchName\n",
        b"(0009,1001) 00\n",
        b"(",
        b"[" * 10,
    ],
)
def test_no_text_takes_more_than_linear_time(line: bytes) -> None:
    text = line * (1_000_000 // len(line))
    start = time.process_time()
    read_dump(text, strict=False)
    assert time.process_time() - start < 3


def test_the_number_of_problems_is_bounded() -> None:
    assert len(read_dump(b"x\n" * 100_000, strict=False).problems) == 1000
