"""What we write, as DCMTK, pydicom and GDCM read it; what they write, as we read it; and both from the same file."""

from __future__ import annotations

import struct
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings

import dicomkit
from dicomkit import Dataset
from tests.interop.accepted import NOT_DICOM
from tests.reference.assigned import Made, made
from tests.reference.encoding import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from tests.reference.writer import turned

pydicom = pytest.importorskip("pydicom")

NATIVE = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED)

# dcmconv's defaults in our terms (DCMTK's documentation: +e write with explicit lengths, +g= recalculate group lengths).
DEFAULTS: Final[dict[str, Any]] = {"sequence_length": "explicit", "group_length": "recalculate"}
CASES: Final[list[tuple[str, dict[str, Any]]]] = [
    ("+te", {"transfer_syntax": EXPLICIT_LITTLE}),
    ("+ti", {"transfer_syntax": IMPLICIT_LITTLE}),
    ("+tb", {"transfer_syntax": EXPLICIT_BIG}),
    ("+te -e", {"transfer_syntax": EXPLICIT_LITTLE, "sequence_length": "undefined"}),
    ("+tb -e", {"transfer_syntax": EXPLICIT_BIG, "sequence_length": "undefined"}),
    ("+te +g", {"transfer_syntax": EXPLICIT_LITTLE, "group_length": "create"}),
    ("+ti +g", {"transfer_syntax": IMPLICIT_LITTLE, "group_length": "create"}),
    ("+ti -g", {"transfer_syntax": IMPLICIT_LITTLE, "group_length": "remove"}),
    ("+te -p", {"transfer_syntax": EXPLICIT_LITTLE, "padding": (0, 0)}),
    ("+te +p 1000 100", {"transfer_syntax": EXPLICIT_LITTLE, "padding": (1000, 100)}),
    ("+ti +p 998 0", {"transfer_syntax": IMPLICIT_LITTLE, "padding": (998, 0)}),
    ("+te -u", {"transfer_syntax": EXPLICIT_LITTLE, "old_vrs": True}),
    ("+ti +e -g -F", {"transfer_syntax": IMPLICIT_LITTLE, "group_length": "remove", "meta": "none"}),
]

# Files that DCMTK writes differently, and why. Those of odd length: see ODD.
DIFFERENT: Final = {
    "MR_truncated.dcm": "DCMTK refuses a file that ends inside a value",
    "rtplan_truncated.dcm": "DCMTK refuses a file that ends inside a value",
    "priv_SQ.dcm": "a private sequence in implicit VR: DCMTK takes it for bytes, since no dictionary has it",
    "SC_rgb_gdcm2k_uncompressed.dcm": "two padding characters behind a CS: DCMTK drops one of them",
    "gdcm-US-ALOKA-16.dcm": "an LO with NULs inside: DCMTK drops what stands behind the first one",
}
ODD: Final = dict.fromkeys(
    ("nested_priv_SQ.dcm", "meta_missing_tsyntax.dcm"),
    "a value of odd length in the encoding that it has: it stays as it is, DCMTK pads it",
)


@pytest.fixture(scope="module")
def every_file(pydicom_files: list[Path]) -> list[Path]:
    return [path for path in pydicom_files if path.name not in NOT_DICOM]


def body(content: bytes) -> bytes:
    """What follows the File Meta Information."""
    if content[128:132] != b"DICM":
        return content
    at = 132
    while content[at : at + 2] == b"\2\0":
        long = content[at + 4 : at + 6] in (b"OB", b"UN", b"UT", b"OW", b"SQ")
        at += 12 + struct.unpack_from("<I", content, at + 8)[0] if long else 8 + struct.unpack_from("<H", content, at + 6)[0]
    return content[at:]


def without_padding(content: bytes) -> bytes:
    """The data set without its last element if that is Data Set Trailing Padding: File Meta Information differ in length."""
    at = max(content.rfind(b"\xfc\xff\xfc\xff"), 0)
    return content[:at] if content[at + 12 :].strip(b"\0") == b"" else content


def dcmconv(command: str, options: str, source: Path, target: Path) -> bytes | None:
    """What DCMTK makes of a file; None if it refuses it."""
    target.unlink(missing_ok=True)
    done = subprocess.run([command, "-q", *options.split(), str(source), str(target)], capture_output=True, check=False)
    return target.read_bytes() if done.returncode == 0 else None


def test_dcmconv_gives_the_same_bytes(every_file: list[Path], peer: Callable[[str], str], tmp_path: Path) -> None:
    """Every file, re-encoded by both: the data sets are equal byte for byte. Three of the cases for each file, in turn."""
    command = peer("dcmconv")
    failures, equal = [], 0
    for number, path in enumerate(every_file):
        for step in range(3):
            options, ours = CASES[(number * 3 + step) % len(CASES)]
            theirs = dcmconv(command, options, path, tmp_path / "theirs.dcm")
            try:
                content = dicomkit.read(path).to_bytes(**{**DEFAULTS, **ours})
            except dicomkit.UnsupportedTransferSyntax:
                assert theirs is None, f"{path.name} {options}: only DCMTK can"
                continue
            if path.name in DIFFERENT or path.name in ODD:
                continue
            form = without_padding if "+p" in options else bytes
            if theirs is None or form(body(theirs)) != form(body(content)):
                failures.append(f"{path.name} {options}")
            else:
                equal += 1
    assert not failures, failures
    assert equal > 250


def test_differences_to_dcmconv_are_still_there(every_file: list[Path], peer: Callable[[str], str], tmp_path: Path) -> None:
    command = peer("dcmconv")
    for path in every_file:
        if path.name in DIFFERENT or path.name in ODD:
            options, syntax = ("+te", EXPLICIT_LITTLE) if path.name in DIFFERENT else ("+ti", IMPLICIT_LITTLE)
            theirs = dcmconv(command, options, path, tmp_path / "theirs.dcm")
            ours = dicomkit.read(path).to_bytes(**{**DEFAULTS, "transfer_syntax": syntax})
            assert theirs is None or body(theirs) != body(ours), f"{path.name}: no difference any more"


def test_file_padding_counts_all_of_the_file(every_file: list[Path], peer: Callable[[str], str], tmp_path: Path) -> None:
    """PS3.10 7.2: as dcmconv +p does, preamble and File Meta Information included."""
    command = peer("dcmconv")
    for path in every_file[::12]:
        theirs = dcmconv(command, "+te +p 1000 0", path, tmp_path / "theirs.dcm")
        if theirs is None:
            continue
        ours = dicomkit.read(path).to_bytes(transfer_syntax=EXPLICIT_LITTLE, padding=(1000, 0))
        assert len(theirs) % 1000 == len(ours) % 1000 == 0, path.name


@pytest.mark.parametrize("syntax", NATIVE)
def test_deflated_and_native_by_dcmconv(syntax: str, examples_dir: Path, peer: Callable[[str], str], tmp_path: Path) -> None:
    """dcmconv reads what we write in each encoding, and makes the same explicit VR data set of it."""
    command = peer("dcmconv")
    for path in sorted(examples_dir.glob("*.dcm")):
        dataset = dicomkit.read(path)
        if dataset.transfer_syntax not in NATIVE:
            continue
        dataset.save(tmp_path / "ours.dcm", transfer_syntax=syntax)
        theirs = dcmconv(command, "+te", tmp_path / "ours.dcm", tmp_path / "theirs.dcm")
        assert theirs is not None
        expected = dicomkit.read(path).to_bytes(**DEFAULTS, transfer_syntax=EXPLICIT_LITTLE)
        if syntax == IMPLICIT_LITTLE:  # private VRs are gone
            assert len(body(theirs)) >= len(body(expected)) - 100
        else:
            assert body(theirs) == body(expected), path.name


# -- made of Python values

SOUND = settings(
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    max_examples=15,
)


@given(description=made())
@SOUND
def test_dcmtk_reads_what_is_made(description: Made, peer: Callable[[str], str], tmp_path: Path) -> None:
    """dcmconv writes the same bytes again: it has understood every header and length; dcmftest takes it for a file."""
    command = peer("dcmconv")
    dataset = description.as_dataset()
    for syntax, option in ((EXPLICIT_LITTLE, "+te"), (EXPLICIT_BIG, "+tb"), (IMPLICIT_LITTLE, "+ti")):
        ours = tmp_path / "ours.dcm"
        dataset.save(ours, transfer_syntax=syntax)
        theirs = dcmconv(command, option, ours, tmp_path / "theirs.dcm")
        assert theirs is not None
        assert body(theirs) == body(ours.read_bytes())
    tested = subprocess.run([peer("dcmftest"), str(ours)], capture_output=True, text=True, check=False)
    assert tested.stdout.startswith("yes")


@given(description=made(), plain=made(private=False))
@settings(SOUND, max_examples=60)
def test_pydicom_reads_what_is_made(description: Made, plain: Made, tmp_path: Path) -> None:
    """All values, by the comparison of readings, which has the rules."""
    from tests.interop.compare import compare_file

    for syntax in NATIVE:
        dataset = (plain if syntax == IMPLICIT_LITTLE else description).as_dataset()
        dataset.save(tmp_path / "ours.dcm", transfer_syntax=syntax)
        found = [difference for difference in compare_file(tmp_path / "ours.dcm") if difference.what != "offset"]
        assert not found, [str(difference) for difference in found]


def named(description: Made) -> Dataset:
    """With the UIDs that GDCM wants."""
    dataset = description.as_dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.SOPInstanceUID = "1.2.3.4"
    return dataset


@given(description=made())
@settings(SOUND, max_examples=60)
def test_gdcm_reads_what_is_made(description: Made, tmp_path: Path) -> None:
    """The tags, VRs, and the bytes of every value."""
    gdcm = pytest.importorskip("gdcm")
    dataset = named(description)
    for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE):
        dataset.save(tmp_path / "ours.dcm", transfer_syntax=syntax)
        reader = gdcm.Reader()  # what it gives lives as long as it does
        reader.SetFileName(str(tmp_path / "ours.dcm"))
        assert reader.Read()
        file = reader.GetFile()
        theirs = file.GetDataSet()
        ours = dicomkit.read(tmp_path / "ours.dcm")
        assert len(ours) == theirs.Size()
        for element in ours:
            tag = gdcm.Tag(element.tag >> 16, element.tag & 0xFFFF)
            assert theirs.FindDataElement(tag), element.path
            found = theirs.GetDataElement(tag)
            if element.encoded_vr:
                assert str(found.GetVR()) == element.encoded_vr
            if element.vr != "SQ" and element.raw and b"\0" not in element.raw:  # its Python binding ends text at a NUL
                value = found.GetByteValue().GetBuffer()
                value = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
                assert value == element.raw, element.path


def leaves(dataset: Dataset) -> list[tuple[str, bytes]]:
    """The bytes of all values, in items too."""
    return [(element.path, element.raw) for element in dataset.walk() if element.vr != "SQ" and element.tag & 0xFFFF]


@given(description=made())
@SOUND
def test_gdcmconv_reads_what_is_made(description: Made, peer: Callable[[str], str], tmp_path: Path) -> None:
    """It writes the same values again, in items too."""
    command = peer("gdcmconv")
    ours, theirs = tmp_path / "ours.dcm", tmp_path / "theirs.dcm"
    named(description).save(ours, sequence_length="undefined")
    theirs.unlink(missing_ok=True)
    done = subprocess.run([command, "--explicit", str(ours), str(theirs)], capture_output=True, text=True, check=False)
    assert theirs.exists(), done.stderr
    assert leaves(dicomkit.read(theirs)) == leaves(dicomkit.read(ours))


# -- what the others write


def test_we_read_what_pydicom_writes(every_file: list[Path], tmp_path: Path) -> None:
    """pydicom's own writing of each file; then ours of that, and pydicom's reading of it."""
    from tests.interop.compare import compare_file

    count = 0
    for path in every_file:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                theirs = pydicom.dcmread(path)
                for _ in theirs.iterall():
                    pass
                theirs.save_as(tmp_path / "theirs.dcm")
            except Exception:  # whatever pydicom does not read or write
                continue
        dataset = dicomkit.read(tmp_path / "theirs.dcm")
        assert dataset.to_bytes() == (tmp_path / "theirs.dcm").read_bytes()
        dataset[0x00081195] = "1.2.3"
        dataset.save(tmp_path / "ours.dcm")
        before = {(each.path, each.what) for each in compare_file(tmp_path / "theirs.dcm")}
        after = {(each.path, each.what) for each in compare_file(tmp_path / "ours.dcm")}
        assert after <= before, path.name
        count += 1
    assert count > 100


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
def test_pydicom_reads_the_same_after_re_encoding(syntax: str, every_file: list[Path], tmp_path: Path) -> None:
    """The values of every file, read by pydicom before and after: they are equal."""
    count = 0
    for path in every_file:
        dataset = dicomkit.read(path)
        try:
            dataset.save(tmp_path / "ours.dcm", transfer_syntax=syntax, sequence_length="undefined")
        except (dicomkit.UnsupportedTransferSyntax, dicomkit.EncodeError):
            continue
        if any(problem.code in ("value-truncated", "wrong-transfer-syntax") for problem in dataset.problems):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            before, after = pydicom.dcmread(path, force=True), pydicom.dcmread(tmp_path / "ours.dcm")
            big = before.original_encoding[1] is False
            count += same_for_pydicom(before, after, big, path.name)
    assert count > 5000


def same_for_pydicom(before: Any, after: Any, big: bool, name: str) -> int:
    """Number of elements compared."""
    from tests.interop.compare import values_of_pydicom

    count = 0
    assert [*before.keys()] == [*after.keys()] or sorted(before.keys()) == [*after.keys()], name
    for tag in before.keys():
        if tag & 0xFFFF == 0:
            continue
        try:
            one = before[tag]
        except Exception:  # a value that pydicom cannot decode
            continue
        other = after[tag]
        count += 1
        if other.VR == "UN" or one.VR == "UN" or (tag.is_private and one.VR != other.VR):
            continue
        assert one.VR == other.VR or {one.VR, other.VR} == {"OB", "OW"}, f"{name} {tag}"
        if one.VR == "SQ":
            assert len(one.value) == len(other.value)
            count += sum(same_for_pydicom(a, b, big, name) for a, b in zip(one.value, other.value, strict=True))
        elif one.VR == "OW" and big:
            assert turned(one.value, 2) == other.value, f"{name} {tag}"
        elif one.VR in ("OB", "OW"):
            assert (one.value or b"").ljust(len(other.value or b""), b"\0") == (other.value or b""), f"{name} {tag}"
        else:
            assert values_of_pydicom(one) == values_of_pydicom(other), f"{name} {tag}"
    return count


@pytest.mark.parametrize("option", ["--explicit", "--implicit"])
def test_we_read_what_gdcm_writes(option: str, examples_dir: Path, peer: Callable[[str], str], tmp_path: Path) -> None:
    command = peer("gdcmconv")
    count = 0
    for path in sorted(examples_dir.glob("*.dcm")):
        ours, theirs = tmp_path / "ours.dcm", tmp_path / "theirs.dcm"
        original = dicomkit.read(path)
        if original.transfer_syntax not in NATIVE:
            continue
        original.save(ours, transfer_syntax=EXPLICIT_LITTLE, sequence_length="undefined")
        theirs.unlink(missing_ok=True)
        done = subprocess.run([command, option, str(ours), str(theirs)], capture_output=True, check=False)
        if done.returncode or not theirs.exists():
            continue
        count += 1
        again = dicomkit.read(theirs)
        assert leaves(again) == leaves(dicomkit.read(ours)), path.name
        assert again.to_bytes() == theirs.read_bytes()
    assert count


# -- validators


def verdict(command: str, path: Path) -> list[str]:
    """What dciodvfy says, without the names of files."""
    done = subprocess.run([command, str(path)], capture_output=True, check=False)
    return sorted((done.stdout + done.stderr).decode("utf-8", "replace").replace(str(path), "").splitlines())


def test_dciodvfy_finds_no_new_fault(examples_dir: Path, peer: Callable[[str], str], tmp_path: Path) -> None:
    """Re-encoded in implicit VR with other lengths, after a change: the same verdict as on the original."""
    command = peer("dciodvfy")
    for path in sorted(examples_dir.glob("*.dcm")):
        dataset = dicomkit.read(path)
        if dataset.transfer_syntax not in (EXPLICIT_LITTLE, IMPLICIT_LITTLE):
            continue
        original = verdict(command, path)
        dataset.save(tmp_path / "a.dcm", meta="new", sequence_length="undefined")
        assert verdict(command, tmp_path / "a.dcm") == original, path.name
        dataset.PatientID = "ANOTHER"
        dataset.save(tmp_path / "b.dcm", sequence_length="explicit")
        assert verdict(command, tmp_path / "b.dcm") == original, path.name
        dataset.save(tmp_path / "c.dcm", transfer_syntax=IMPLICIT_LITTLE)
        found = [line for line in verdict(command, tmp_path / "c.dcm") if "Error" in line]
        assert found == [line for line in original if "Error" in line], path.name


def test_dcmftest_takes_all_for_files(every_file: list[Path], peer: Callable[[str], str], tmp_path: Path) -> None:
    """Also those that were none before, without meta information."""
    paths = []
    for number, path in enumerate(every_file):
        dataset = dicomkit.read(path)
        dataset[0x00081195] = "1.2.3"
        paths.append(tmp_path / f"{number}.dcm")
        dataset.save(paths[-1])
    done = subprocess.run([peer("dcmftest"), *map(str, paths)], capture_output=True, text=True, check=False)
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["yes"] * len(paths)
