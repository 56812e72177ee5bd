"""The text of a data set. What dcmdump prints for the same bytes is compared in cli/test_dcmdump_interop."""

from __future__ import annotations

import io
import math
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit._ext import dump as kernel
from dicomkit._ext.tagstream import index_bytes
from dicomkit.formats.dump import DAMAGE, Subject, dump, open_subject, write_text


def text_of(data: bytes, **options: object) -> list[str]:
    """The lines of a data set in Explicit VR Little Endian."""
    pieces: list[bytes] = []
    write_text(Subject(index_bytes(data), heading=False), pieces.append, **options)
    return b"".join(pieces).decode("latin-1").splitlines()[3:]


def value_of(data: bytes, **options: object) -> str:
    """What stands in the value column of the only element."""
    (line,) = text_of(data, **options)
    return line[15:].rpartition(" #")[0].rstrip()


def test_headings(build: object) -> None:
    file = io.BytesIO()
    dump(build.file(build.element(0x00100010, "PN", b"A^B "), transfer_syntax="1.2.840.10008.1.2.4.70"), file)
    assert file.getvalue().decode().splitlines() == [
        "",
        "# Dicom-File-Format",
        "",
        "# Dicom-Meta-Information-Header",
        "# Used TransferSyntax: Little Endian Explicit",
        "(0002,0000) UL 30                                       #   4, 1 FileMetaInformationGroupLength",
        "(0002,0010) UI =JPEGLossless:Non-hierarchical-1stOrderPrediction #  22, 1 TransferSyntaxUID",
        "",
        "# Dicom-Data-Set",
        "# Used TransferSyntax: JPEG Lossless, Non-hierarchical, 1st Order Prediction",
        "(0010,0010) PN [A^B]                                    #   4, 1 PatientName",
    ]


def test_a_bare_data_set_has_one_heading(build: object) -> None:
    file = io.BytesIO()
    data = build.element(0x00100010, "PN", b"A^B ")
    dump(data, file, reading={"quirks": ("data-set-only",)})
    assert file.getvalue().startswith(b"\n# Dicom-Data-Set\n# Used TransferSyntax: Little Endian Explicit\n(0010,0010)")
    file = io.BytesIO()
    dump(data, file)
    assert (
        b"# Dicom-Meta-Information-Header\n# Used TransferSyntax: Unknown Transfer Syntax\n\n# Dicom-Data" in file.getvalue()
    )


NESTED = [
    "(0008,1140) SQ (Sequence with explicit length #=1)      #  20, 1 ReferencedImageSequence",
    "  (fffe,e000) na (Item with explicit length #=1)          #  12, 1 Item",
    "    (0008,1155) UI [1.2]                                    #   4, 1 ReferencedSOPInstanceUID",
    "  (fffe,e00d) na (ItemDelimitationItem for re-encoding)   #   0, 0 ItemDelimitationItem",
    "(fffe,e0dd) na (SequenceDelimitationItem for re-encod.) #   0, 0 SequenceDelimitationItem",
    "(7fe0,0010) OB (PixelSequence #=2)                      # u/l, 1 PixelData",
    "  (fffe,e000) pi (no value available)                     #   0, 1 Item",
    "  (fffe,e000) pi ff\\d8                                    #   2, 1 Item",
    "(fffe,e0dd) na (SequenceDelimitationItem)               #   0, 0 SequenceDelimitationItem",
]


@pytest.fixture(scope="module")
def nested(build: object) -> bytes:
    item = build.item(build.element(0x00081155, "UI", b"1.2\0"))
    return build.sequence(0x00081140, item) + build.fragments(0x7FE00010, b"", b"\xff\xd8")


def test_nesting(nested: bytes) -> None:
    assert text_of(nested) == NESTED


def test_tree(nested: bytes) -> None:
    assert text_of(nested, tree=True) == [
        "ReferencedImageSequence           ",
        "| Item                            ",
        "| | ReferencedSOPInstanceUID      [1.2]",
        "PixelData                         ",
        "| Item                            (no value available)",
        "| Item                            ff\\d8",
    ]


def test_color_is_only_added(nested: bytes) -> None:
    import re

    colored = text_of(nested, color=True)
    assert all(line.endswith("\x1b[0m") for line in colored)
    assert [re.sub("\x1b\\[[0-9]*m", "", line) for line in colored] == NESTED


@pytest.mark.parametrize(
    ("vr", "value", "text"),
    [
        ("PN", b"", "(no value available)"),
        ("PN", b"A^B ", "[A^B]"),
        ("PN", b"ABC", "[ABC\0]"),  # an odd length is filled up
        ("LO", b" A  ", "[ A]"),
        ("UI", b" 1.2\0", "[1.2]"),
        ("UI", b"1.2.840.10008.5.1.4.1.1.2\0", "=CTImageStorage"),
        ("UI", b"1.2.840.10008.1.2.4.201\0", "=HTJ2KLossless"),
        ("UI", b"1.2.840.10008.6.1.1\0", "[1.2.840.10008.6.1.1]"),  # context groups have no names in a dump
        ("US", b"", "(no value available)"),
        ("US", b"\1\0\xff\xff", "1\\65535"),
        ("SS", b"\xff\xff", "-1"),
        ("SL", b"\0\0\0\x80", "-2147483648"),
        ("SV", b"\0\0\0\0\0\0\0\x80", "-9223372036854775808"),
        ("UV", b"\xff" * 8, "18446744073709551615"),
        ("UL", b"\1\0", "(invalid value)"),
        ("AT", b"\x10\0\x20\0\xfe\xff\0\xe0", "(0010,0020)\\(fffe,e000)"),
        ("AT", b"\x10\0", "(no value available)"),
        ("OB", b"\0\x0f\xf0", "00\\0f\\f0\\00"),
        ("OW", b"\0\x0f\xf0", "0f00"),
        ("OW", b"\1", "(invalid value)"),
        ("FL", struct.pack("<2f", 0.1, -1e10), "0.100000001\\-1e+10"),
        ("FD", struct.pack("<2d", 0.1, 1e17), "0.1\\1e+17"),
        ("LT", b"x" * 67, "[" + "x" * 67 + "\0]"),
        ("LT", b"x" * 70, "[" + "x" * 66 + "..."),
        ("OB", bytes(24), "\\".join(["00"] * 22) + "..."),
        ("US", struct.pack("<15H", *[10000] * 15), "\\".join(["10000"] * 11) + "..."),
    ],
)
def test_values(build: object, vr: str, value: bytes, text: str) -> None:
    assert value_of(build.element(0x00091001, vr, value)) == text


def test_length_and_multiplicity(build: object) -> None:
    cases = [
        ("CS", b"A\\B\\C ", "#   6, 3"),
        ("LT", b"A\\B\\C ", "#   6, 1"),
        ("CS", b"   ", "#   4, 1"),
        ("UI", b"", "#   0, 0"),
    ]
    cases += [
        ("US", bytes(30), "#  30,15"),
        ("OF", bytes(12), "#  12, 1"),
        ("OB", b"", "#   0, 1"),
        ("OW", b"\1", "#   1, 1"),
    ]
    for vr, value, end in cases:
        (line,) = text_of(build.element(0x00091001, vr, value))
        assert line.endswith(end + " Unknown Tag & Data"), (vr, value)


def test_everything_at_full_length(build: object) -> None:
    value = bytes(range(256)) * 40
    assert value_of(build.element(0x00091001, "OB", value), print_all=True) == "\\".join(f"{byte:02x}" for byte in value)
    numbers = struct.pack("<3000H", *range(3000))
    assert value_of(build.element(0x00091001, "US", numbers), print_all=True) == "\\".join(map(str, range(3000)))
    assert value_of(build.element(0x00091001, "UT", b"y" * 5000), print_all=True) == "[" + "y" * 5000 + "]"


@pytest.mark.parametrize(
    ("quoting", "text"),
    [("", "[a<\xe4\t]"), ("xml", "[a&lt;&#228;&#9;]"), ("octal", "[a<\\344\\011]")],
)
def test_quoting(build: object, quoting: str, text: str) -> None:
    assert value_of(build.element(0x00091001, "LT", b"a<\xe4\t"), quoting=quoting) == text


def test_names(build: object) -> None:
    element = build.element
    data = (
        element(0x00080000, "UL", bytes(4)) + element(0x00080024, "DA") + element(0x00080099, "LO")
        + element(0x00090010, "LO", b"GEMS_IDEN_01") + element(0x00091001, "LO") + element(0x00091101, "LO")
        + element(0x60020010, "US", b"\1\0")
    )  # fmt: skip
    assert [line.split(" # ")[1].split(" ", 3)[-1].strip().split(" ", 1)[-1] for line in text_of(data)] == [
        "GenericGroupLength",
        "RETIRED_OverlayDate",
        "Unknown Tag & Data",
        "PrivateCreator",
        "FullFidelity",
        "Unknown Tag & Data",
        "OverlayRows",
    ]


def test_elements_come_in_the_order_of_their_tags_and_once(build: object) -> None:
    data = build.element(0x00100020, "LO", b"1 ") + build.element(0x00100010, "PN") + build.element(0x00100020, "LO", b"2 ")
    assert [line[:18].strip() for line in text_of(data)] == ["(0010,0010) PN (no", "(0010,0020) LO [1]"]


def test_load_limit_does_not_hide_what_is_in_memory_only(tmp_path: Path, build: object) -> None:
    data = build.file(build.element(0x00104000, "LT", b"x" * 100))
    file = tmp_path / "a.dcm"
    file.write_bytes(data)
    pieces: list[bytes] = []
    write_text(open_subject(str(file)), pieces.append, load_limit=50)
    assert b"(0010,4000) LT (not loaded)                             # 100, 1 PatientComments" in b"".join(pieces)


class Recorder:
    """Serves a stream's bytes and notes what was asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []

    def read(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        return self.data[offset : offset + length]


def deferred(tmp_path: Path, data: bytes) -> tuple[Subject, Recorder]:
    """A subject whose large values are not in memory."""
    file = tmp_path / "large.dcm"
    file.write_bytes(data)
    subject = open_subject(str(file), defer_size=1000)
    recorder = Recorder(data)
    subject._source = recorder
    return subject, recorder


def test_of_a_deferred_value_only_what_is_printed_is_read(tmp_path: Path, build: object) -> None:
    subject, recorder = deferred(tmp_path, build.file(build.element(0x7FE00010, "OW", bytes(range(256)) * 4000)))
    pieces: list[bytes] = []
    write_text(subject, pieces.append)
    assert b"(7fe0,0010) OW 0100\\0302\\0504" in b"".join(pieces)
    assert recorder.asked
    assert sum(length for _, length in recorder.asked) < 200


def test_a_deferred_value_at_full_length_goes_through_in_pieces(tmp_path: Path, build: object) -> None:
    value = bytes(range(256)) * 8000
    subject, recorder = deferred(tmp_path, build.file(build.element(0x7FE00010, "OB", value)))
    pieces: list[bytes] = []
    write_text(subject, pieces.append, print_all=True)
    assert b"\\".join(b"%02x" % byte for byte in value) in b"".join(pieces)
    assert max(map(len, pieces)) < 1 << 20
    assert max(length for _, length in recorder.asked) <= 4096


def test_a_deferred_text_is_whole(tmp_path: Path, build: object) -> None:
    subject, _ = deferred(tmp_path, build.file(build.element(0x00104000, "UT", b"z" * 200_000)))
    pieces: list[bytes] = []
    write_text(subject, pieces.append, print_all=True)
    assert b"[" + b"z" * 200_000 + b"]" in b"".join(pieces)


def test_errors_of_the_source_come_through(tmp_path: Path, build: object) -> None:
    file = tmp_path / "gone.dcm"
    file.write_bytes(build.file(build.element(0x7FE00010, "OW", bytes(1 << 20))))
    subject = open_subject(str(file))
    file.write_bytes(b"another file")
    with pytest.raises(dicomkit.SourceChanged):
        write_text(subject, lambda text: None)


def test_errors_of_the_output_come_through(nested: bytes) -> None:
    def refuse(text: bytes) -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_text(Subject(index_bytes(nested)), refuse)


def test_a_data_set_that_was_read(tmp_path: Path, build: object, nested: bytes) -> None:
    file = tmp_path / "a.dcm"
    file.write_bytes(build.file(nested))
    of_file, of_dataset = io.BytesIO(), io.BytesIO()
    dump(str(file), of_file)
    dataset = dicomkit.read(str(file))
    dump(dataset, of_dataset)
    assert of_dataset.getvalue() == of_file.getvalue()
    of_item = io.BytesIO()
    dump(dataset.ReferencedImageSequence[0], of_item)
    assert of_item.getvalue().splitlines()[3:] == [NESTED[2].strip().encode()]


def test_a_changed_data_set_is_dumped_as_it_is_now(build: object, nested: bytes) -> None:
    dataset = dicomkit.read(build.file(nested))
    dataset.PatientID = "1"
    of_dataset, of_file = io.BytesIO(), io.BytesIO()
    dump(dataset, of_dataset)
    dump(dataset.to_bytes(), of_file)
    assert b"(0010,0020) LO [1] " in of_dataset.getvalue()
    assert of_dataset.getvalue().split(b"# Dicom-Data-Set")[1] == of_file.getvalue().split(b"# Dicom-Data-Set")[1]


def test_a_new_data_set_is_dumped() -> None:
    text = io.BytesIO()
    dump(dicomkit.Dataset(PatientName="Doe^Jane"), text)
    assert b"(0010,0010) PN [Doe^Jane]" in text.getvalue()


def test_text_in_utf8(build: object) -> None:
    element = build.element
    item = build.item(element(0x00080005, "CS", b"ISO_IR 144") + element(0x00100010, "PN", b"\xbb\xee\xda "))
    data = (
        element(0x00080005, "CS", b"ISO_IR 100")
        + element(0x00080080, "LO", b"H\xf4pital ")
        + build.sequence(0x00101002, item)
    )
    pieces: list[bytes] = []
    write_text(Subject(index_bytes(data), heading=False), pieces.append, utf8=True)
    text = b"".join(pieces).decode()
    assert text.count("[ISO_IR 192]") == 2
    assert "[Hôpital]" in text
    assert "[Люк]" in text
    assert "#   6, 1 PatientName" in text  # the length in UTF-8, made even


def test_utf8_adds_a_missing_character_set(build: object) -> None:
    data = build.element(0x00080060, "CS", b"CT")
    assert [line[:11] for line in text_of(data, utf8=True)] == ["(0008,0005)", "(0008,0060)"]
    assert text_of(b"", utf8=True) == []


@pytest.mark.parametrize("code", sorted(DAMAGE))
def test_what_is_damage_is_a_known_problem(code: str) -> None:
    from dicomkit._ext.tagstream import PROBLEMS
    from dicomkit.media.stream import FILE_PROBLEMS

    assert code in {*FILE_PROBLEMS, *(row[0] for row in PROBLEMS), "unfragmented-pixel-data"}


def test_damage_can_be_tolerated(build: object) -> None:
    data = build.file(build.element(0x7FE00010, "OB", b"ab"), transfer_syntax="1.2.840.10008.1.2.4.50")
    assert open_subject(data).damage == "pixel data is not in fragments although its transfer syntax wants that at byte 174"
    assert open_subject(data, tolerate=("unfragmented-pixel-data",)).damage == ""


def test_an_item_that_is_too_long_is_no_damage(build: object) -> None:
    item = bytearray(build.item(build.element(0x00081155, "UI", b"1.2\0")))
    item[4] += 30
    subject = open_subject(build.file(build.sequence(0x00081140, bytes(item))))
    assert subject.damage == ""
    assert [problem.split(" at ")[0].endswith("in (0008,1140)[0]") for problem in subject.problems()] == [True]


def reference_float(value: float, precision: int) -> str:
    """dcmdump's way to write a number, slow and obvious: digits from multiplying the fraction by ten."""
    if value != value:
        return "nan"
    sign = "-" if value < 0 else ""
    value = abs(value)
    if math.isinf(value):
        return sign + "inf"
    fraction, whole = math.modf(value)
    digits: list[int] = []
    while whole:
        rest, whole = math.modf(whole / 10)
        digits.insert(0, int((rest + 0.01) * 10))
    exponent = len(digits)
    scientific = exponent > precision or (not digits and fraction and fraction < 0.0001)
    zeros = 0
    if not digits and fraction and scientific:
        while True:
            fraction, digit = math.modf(fraction * 10)
            exponent -= 1
            if digit:
                break
        digits, exponent = [int(digit)], exponent + 1
    dropped = digits[precision:]
    digits = digits[:precision]
    if dropped:
        fraction = 0.0
    wanted = precision - len(digits)
    before = exponent
    started = scientific
    while wanted > 0 and fraction:
        fraction, digit = math.modf(fraction * 10)
        if digit or started:
            started = True
            wanted -= 1
        else:
            zeros += 1
        digits.append(int(digit))
    if (dropped and dropped[0] > 4) or (fraction and math.modf(fraction * 10)[1] > 4):
        number = int("".join(map(str, digits)) or "0") + 1
        width = len(digits)
        digits = [int(digit) for digit in f"{number:0{width}d}"]
        before += len(digits) - width
    text = "".join(map(str, digits))
    if scientific:
        mantissa = (text[0] + "." + text[1:]).rstrip("0").rstrip(".")
        return f"{sign}{mantissa}e{'-' if before <= 0 else '+'}{abs(before - 1):02d}"
    whole_text, fraction_text = text[:before] or "0", text[before:]
    return sign + (f"{whole_text}.{fraction_text}".rstrip("0").rstrip(".") if fraction_text else whole_text)


@settings(max_examples=300)
@given(st.floats(width=64))
def test_doubles_are_spelled_like_the_reference(value: float) -> None:
    text = value_of(b"\x09\0\x01\x10FD\x08\0" + struct.pack("<d", value))
    assert text == reference_float(value, 17)


@settings(max_examples=300)
@given(st.floats(width=32))
def test_singles_are_spelled_like_the_reference(value: float) -> None:
    text = value_of(b"\x09\0\x01\x10FL\x04\0" + struct.pack("<f", value))
    assert text == reference_float(value, 9)


@settings(max_examples=300)
@given(st.floats(min_value=1e-5, max_value=1e15))
def test_printed_doubles_are_close(value: float) -> None:
    text = value_of(b"\x09\0\x01\x10FD\x08\0" + struct.pack("<d", value))
    assert math.isclose(float(text), value, rel_tol=1e-15)


@settings(max_examples=300)
@given(st.binary(max_size=300), st.integers(0, 511), st.sampled_from([None, 0, 10]))
def test_any_bytes_make_a_text(data: bytes, options: int, load_limit: int | None) -> None:
    pieces: list[bytes] = []
    try:
        index = index_bytes(data)
    except Exception:
        return
    kernel.render(index, pieces.append, options=options, load_limit=load_limit, convert=lambda value, vr, charset: value)
    assert sum(map(len, pieces)) <= 200 + 1000 * len(data)


def test_thousands_of_elements_out_of_order(build: object) -> None:
    count = 20_000
    data = b"".join(build.element(0x00110000 + (n * 7919) % 65536, "SH") for n in range(count))
    lines = text_of(data)
    assert len(lines) == count
    assert [line[:11] for line in lines] == sorted(line[:11] for line in lines)


def test_records_are_checked(nested: bytes) -> None:
    index = index_bytes(nested)
    for first, stop in ((-1, 1), (0, len(index) + 1), (3, 2)):
        with pytest.raises(ValueError, match="no such records"):
            kernel.render(index, print, first, stop)


@pytest.mark.parametrize(
    ("uid", "name"),
    [
        ("1.2.840.10008.1.2", "Little Endian Implicit"),
        ("1.2.840.10008.1.2.4.90", "JPEG 2000 (Lossless only)"),
        ("1.2.840.10008.1.2.4.110", "JPEG XL Lossless"),  # as in PS3.6
        ("1.2.840.10008.5.1.4.1.1.2", ""),
        ("1.2.3", ""),
        ("", ""),
    ],
)
def test_names_of_transfer_syntaxes(uid: str, name: str) -> None:
    assert kernel.transfer_syntax_name(uid) == name
