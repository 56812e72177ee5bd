"""`dicomkit dcm2xml` and `xml2dcm` against those of DCMTK 3.6.7: the same bytes, and each reads what the other writes.

A difference is an error unless it is listed here with its reason.
"""

from __future__ import annotations

import base64
import re
import struct
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

import dicomkit
from dicomkit.dataset.diff import Difference, diff
from dicomkit.formats.xml_encoding import ENCODINGS

LARGEST: Final = 300_000  # bytes of a file
UUID: Final = re.compile(rb' uuid="[^"]*"')
NAMES: Final = re.compile(rb' (?:name|keyword)="[^"]*"')
PRIVATE: Final = re.compile(rb'tag="...[13579bdf],')
NEWER: Final = re.compile(rb'<data-set xfer="1\.2\.840\.10008\.1\.2\.(?:4\.20\d|8\.1)"')  # transfer syntaxes
#: Files that only one of the two reads.
NOT_READ_BY_DCMTK: Final = {"SC_rgb_jpeg.dcm"}  # not in the transfer syntax that its File Meta Information says


class Both:
    """Runs both tools."""

    def __init__(self, tool: Callable[..., Any], peer: Callable[[str], str], folder: Path) -> None:
        self.tool = tool
        self.peer = peer
        self.folder = folder

    def dcm2xml(self, path: Path, *options: str) -> tuple[Any, subprocess.CompletedProcess[bytes]]:
        theirs = subprocess.run([self.peer("dcm2xml"), *options, path], capture_output=True, check=False)
        return self.tool("dcm2xml", *options, str(path)), theirs

    def by_dcmtk(self, document: bytes, *options: str) -> dicomkit.Dataset | None:
        """What DCMTK's xml2dcm makes of a document; None if it refuses it."""
        (self.folder / "a.xml").write_bytes(document)
        target = self.folder / "theirs.dcm"
        target.unlink(missing_ok=True)
        done = subprocess.run(
            [self.peer("xml2dcm"), *options, self.folder / "a.xml", target], capture_output=True, check=False
        )
        return dicomkit.read(target.read_bytes()) if done.returncode == 0 else None

    def by_us(self, document: bytes, *options: str) -> dicomkit.Dataset:
        (self.folder / "a.xml").write_bytes(document)
        target = self.folder / "ours.dcm"
        result = self.tool("xml2dcm", *options, str(self.folder / "a.xml"), str(target))
        assert result.code == 0, result.err
        return dicomkit.read(target.read_bytes())


@pytest.fixture
def both(peer: Callable[[str], str], tool: Callable[..., Any], tmp_path: Path) -> Both:
    return Both(tool, peer, tmp_path)


@pytest.fixture(scope="module")
def files(pydicom_files: list[Path], data_dir: Path) -> list[Path]:
    found = [*pydicom_files, *sorted(data_dir.rglob("*.dcm"))]
    return [path for path in found if path.stat().st_size < LARGEST]


def charsets(path: Path) -> set[str]:
    """The character sets of a file, and of its items."""
    ds = dicomkit.read(path)
    elements = [element for element in ds.walk() if element.tag == 0x00080005]
    return {element.raw.decode("latin-1").strip(" \0") for element in elements} | {""}


def has_other_sets(path: Path) -> bool:
    """Whether text of a file is in a character set that XML has no name for, or that is not that of the root."""
    found = charsets(path)
    return len(found) > 2 or any(term not in ENCODINGS for term in found - {""})


# -- what dcm2xml writes


def reason(ours: bytes, theirs: bytes, path: Path) -> str | None:
    """Why a line of the form of DCMTK may differ, or None."""
    if NEWER.match(ours) and theirs.startswith(b'<data-set xfer="1.2.840.10008.1.2.1"'):
        return "a transfer syntax newer than DCMTK 3.6.7, which takes it for explicit VR"
    if NAMES.sub(b"", ours) == NAMES.sub(b"", theirs):
        if b"<data-set" in ours or b"<meta-header" in ours:
            return "a transfer syntax newer than DCMTK 3.6.7" if b"Unknown Transfer Syntax" in theirs else None
        if PRIVATE.search(ours):
            return "another dictionary of private elements"
        if b'"Unknown Tag &amp; Data"' in theirs or b"RETIRED_" in ours + theirs:
            return "a newer dictionary"
    if b' vr="OF"' in ours and b'loaded="no"' not in ours:
        one, other = [[float(value) for value in line.split(b">")[1].split(b"<")[0].split(b"\\")] for line in (ours, theirs)]
        if one == pytest.approx(other, rel=1e-7):
            return "DCMTK 3.6.7 prints 8 digits of OF, with which some values are others"
    if ours.startswith(b"<item ") and re.sub(rb' len="\d*"', b"", ours) == re.sub(rb' len="\d*"', b"", theirs):
        return "the length of an item whose offsets are damaged"
    if has_other_sets(path) and (b"&#" in theirs or any(byte > 0x7F for byte in theirs)) and b"&#" not in ours:
        return "text in a character set that XML has no name for: DCMTK's is not well-formed or not that text"
    if path.name == "explicit_VR-UN.dcm" and theirs == b'<?xml version="1.0"?>':
        return "DCMTK does not understand a Specific Character Set whose VR is UN"
    if has_other_sets(path) and ours.partition(b" encoding=")[0] == theirs.partition(b" encoding=")[0]:
        return "the same, the declaration"
    return None


@pytest.mark.parametrize(
    "options", [[], ["+M", "+Wb", "+Eb"], ["+Wb"], ["-Wn", "+Xn", "+Xd", "+Ca", "latin-1", "+Cc"], ["+U8"]]
)
def test_the_same_bytes(both: Both, files: list[Path], options: list[str]) -> None:
    identical = 0
    chosen = files[len("".join(options)) % 3 :: 3] if options else files[::2]
    for path in chosen:
        ours, theirs = both.dcm2xml(path, *options)
        if path.name in NOT_READ_BY_DCMTK:
            continue
        if "+U8" in options and theirs.returncode == 4:
            assert ours.code == 0, path  # DCMTK's conversion library does not have the character set
            continue
        assert ours.code == theirs.returncode, (path, ours.err)
        if theirs.returncode:
            continue
        identical += ours.out == theirs.stdout
        one, other = ours.out.splitlines(), theirs.stdout.splitlines()
        assert len(one) == len(other), path
        unexplained = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1] and reason(*pair, path) is None]
        assert unexplained == [], path
        ElementTree.fromstring(ours.out)  # well-formed, whatever DCMTK's is
    assert identical > len(chosen) // 2


Attribute = tuple[str, dict[str, str], Any]


def attributes(node: ElementTree.Element) -> Iterator[Attribute]:
    """The attributes of a native document in order: path, XML attributes, content."""
    for one in node:
        tag = one.attrib.pop("tag")
        yield tag, dict(one.attrib), [(part.tag, part.get("number"), _content(part)) for part in one]


def _content(node: ElementTree.Element) -> Any:
    if node.tag == "Item":
        return list(attributes(node))
    if node.tag == "PersonName":
        return {f"{group.tag}/{part.tag}": part.text for group in node for part in group if part.text}
    return None if node.tag == "BulkData" else node.text


def differences(ours: list[Attribute], theirs: list[Attribute]) -> Iterator[tuple[Attribute, Attribute]]:
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        if one != other:
            items = [part for part in one[2] if part[0] == "Item"]
            if items and len(one[2]) == len(other[2]) and one[:2] == other[:2]:
                for part, their_part in zip(one[2], other[2], strict=True):
                    yield from differences(part[2], their_part[2])
            else:
                yield one, other


def native_reason(ours: Attribute, theirs: Attribute) -> str | None:
    """Why an attribute of the native model may differ, or None."""
    (tag, about, content), (their_tag, their_about, their_content) = ours, theirs
    if int(tag[:4], 16) % 2:
        if not about.get("privateCreator") and tag[:4] == their_tag[:4] and tag[6:] == their_tag[6:]:
            return "DCMTK forgets the block of a private element without a creator"
        known = {**about, "privateCreator": ""} == {**their_about, "privateCreator": ""}
        if tag == their_tag and known and content == their_content and "privateCreator" not in their_about:
            return "a private creator whose VR is UN"
    if tag == their_tag and content == their_content and about["vr"] == their_about["vr"]:
        return "a newer dictionary" if about.get("keyword") != their_about.get("keyword") else None
    if tag == their_tag and about == their_about and [part[0] for part in content] == ["InlineBinary"]:
        if not their_content or not their_content[0][2]:
            return "DCMTK 3.6.7 leaves encapsulated pixel data out"
        one, other = [base64.b64decode(parts[0][2]) for parts in (content, their_content)]
        for size in (2, 4, 8):
            if len(one) % size == 0 and b"".join(one[i : i + size][::-1] for i in range(0, len(one), size)) == other:
                return "DCMTK 3.6.7 writes words in big endian; PS3.19 A.1.5 has little endian"
    if about["vr"] == "PN" and tag == their_tag:
        one, other = [next(iter(parts), ("", "", {}))[2] for parts in (content, their_content)]
        if {name: text for name, text in one.items() if name in other} == one:
            return "DCMTK 3.6.7 writes components of the group before in an empty group"
    return None


@pytest.mark.parametrize("options", [[], ["+M", "+Eb"]])
def test_the_native_model(both: Both, files: list[Path], options: list[str]) -> None:
    identical = compared = 0
    for path in files[len(options) // 2 :: 2]:
        ours, theirs = both.dcm2xml(path, "-nat", *options)
        root = ElementTree.fromstring(ours.out) if ours.code == 0 else None
        if theirs.returncode in (3, 5) and (path.name.startswith("DICOMDIR") or path.name in NOT_READ_BY_DCMTK):
            assert ours.code == 0, path  # DCMTK breaks off at a directory record
            continue
        assert ours.code == theirs.returncode, (path, ours.err)
        if root is None or has_other_sets(path):
            continue
        compared += 1
        identical += UUID.sub(b"", ours.out) == UUID.sub(b"", theirs.stdout)
        pairs = differences(list(attributes(root)), list(attributes(ElementTree.fromstring(theirs.stdout))))
        assert [pair for pair in pairs if native_reason(*pair) is None] == [], path
    assert compared > 80
    assert identical > (compared // 2 if not options else 20)


# -- what xml2dcm reads


def reading_reason(difference: Difference) -> str | None:
    """Why a value may differ from that of the file that the document is of, or None."""
    before, after = difference.before, difference.after
    if difference.path == "(FFFC,FFFC)":
        return "xml2dcm drops padding"
    if before is None or after is None:
        return None
    if int(before.tag) & 0xFFFF == 0:
        return "group lengths are counted anew"
    if before.is_encapsulated and after.is_encapsulated and (before.vr, after.vr) == ("OW", "OB"):
        return "encapsulated pixel data are OB (PS3.5 A.4)"
    if (before.vr, after.vr) == ("SQ", "UN"):
        return "a sequence of undefined length whose VR is UN is written with the VR that it has"
    if before.vr in ("FD", "OD", "OF"):
        width = "f" if before.vr == "OF" else "d"
        size = struct.calcsize(width)
        orders = [(e, ">" if e.big_endian else "<") for e in (before, after)]
        one, other = [struct.unpack(f"{order}{len(e.raw) // size}{width}", e.raw) for e, order in orders]
        return "dcm2xml's digits" if one == pytest.approx(other, rel=1e-7) else None
    return None


def test_each_reads_what_the_other_writes(both: Both, files: list[Path]) -> None:
    read_by_dcmtk = read_by_us = 0
    for path in files[::4]:
        ours, theirs = both.dcm2xml(path, "+M", "+Wb", "+Eb")
        if ours.code or theirs.returncode or has_other_sets(path):
            continue
        ds = dicomkit.read(path)
        read_by_us += 1
        unexplained = [one for one in diff(ds, both.by_us(theirs.stdout)) if reading_reason(one) is None]
        assert unexplained == [], path
        made = both.by_dcmtk(ours.out)
        if made is None:
            assert both.by_dcmtk(theirs.stdout) is None, path  # nor does it read its own
            continue
        read_by_dcmtk += 1
        assert [one for one in diff(ds, made) if reading_reason(one) is None] == [], path
    assert read_by_us > 30
    assert read_by_dcmtk > 25


@pytest.mark.parametrize(
    "options", [["+te"], ["+ti"], ["+tb"], ["+td"], ["-e"], ["-g"], ["+g"], ["-F"], ["+Fu"], ["+p", "64", "32"], ["-f"]]
)
def test_the_same_file(both: Both, examples_dir: Path, options: list[str]) -> None:
    document = both.dcm2xml(examples_dir / "rtstruct.dcm", "+M", "+Wb")[1].stdout
    theirs, ours = both.by_dcmtk(document, *options), both.by_us(document, *options)
    assert theirs is not None
    assert theirs.problems == ours.problems
    ignore = ["(FFFC,FFFC)"]  # its length depends on the File Meta Information, which names another implementation
    assert diff(theirs, ours, ignore=ignore, exact=True) == []
    if theirs.file_meta is None:
        assert ours.file_meta is None
    else:
        assert ours.file_meta is not None
        own = ["FileMetaInformationGroupLength", "ImplementationClassUID", "ImplementationVersionName"]
        assert diff(theirs.file_meta, ours.file_meta, ignore=own, exact=True) == []
