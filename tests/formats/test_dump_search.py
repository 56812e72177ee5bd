"""Finding elements for a dump."""

from __future__ import annotations

import pytest

from dicomkit._ext.tagstream import Index, index_bytes
from dicomkit.formats.dump import Subject, write_text
from dicomkit.formats.dump_search import check_path, find, hierarchy, search_tag


@pytest.fixture(scope="module")
def index(build: object) -> Index:
    uid = build.element(0x00081155, "UI", b"1.2\0")
    inner = build.sequence(0x00081199, build.item(uid), build.item(uid))
    return index_bytes(
        build.sequence(0x00081115, build.item(inner), build.item(uid)) + build.element(0x00081155, "UI", b"3 ")
    )


@pytest.mark.parametrize(
    ("key", "tag"),
    [
        ("PatientName", 0x00100010),
        ("RETIRED_OverlayDate", 0x00080024),
        ("OverlayDate", 0x00080024),
        ("0010,0020", 0x00100020),
        ("7FE0,10", 0x7FE00010),
        ("(7fe0,0010)", 0x7FE00010),
    ],
)
def test_search_tag(key: str, tag: int) -> None:
    assert search_tag(key) == tag


@pytest.mark.parametrize("key", ["", "12", "x,y", "PatientNmae", "0010,"])
def test_no_tag(key: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        search_tag(key)


@pytest.mark.parametrize(
    ("key", "tags"),
    [
        (0x00081155, ["(0008,1115).(0008,1199).", "(0008,1115).(0008,1199).", "(0008,1115).", ""]),
        ("ReferencedSOPInstanceUID", ["(0008,1115).(0008,1199).", "(0008,1115).(0008,1199).", "(0008,1115).", ""]),
        ("0008,1199", ["(0008,1115)."]),
        ("0008,1115[1].0008,1155", ["(0008,1115)."]),
        ("0008,1115[*].0008,1155", ["(0008,1115)."]),
        ("0008,1115[0].0008,1199[*].0008,1155", ["(0008,1115).(0008,1199).", "(0008,1115).(0008,1199)."]),
        ("0008,1115[0].0008,1199[1].0008,1155", ["(0008,1115).(0008,1199)."]),
        ("0008,1115[9].0008,1155", []),
        ("0008,1155[0].0008,1155", []),
        ("0009,0009", []),
    ],
)
def test_find(index: Index, key: int | str, tags: list[str]) -> None:
    found = find(index, key)
    assert [hierarchy(index, index.ancestors(record)[:-1], False).decode() for record in found] == tags


@pytest.mark.parametrize("path", ["", "0008,1115.0008,1155", "0008,1115[0]", "0008,1115[x].0008,1155"])
def test_bad_paths(path: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        check_path(path)


def test_text_of_what_was_found(index: Index) -> None:
    pieces: list[bytes] = []
    write_text(Subject(index), pieces.append, search=["0008,1199", 0x00081155], first_only=True, prepend=True)
    lines = b"".join(pieces).decode().splitlines()
    assert lines[0].startswith("(0008,1115).(0008,1199) SQ (Sequence with explicit length #=2)")
    assert lines[1].startswith("  (fffe,e000) na ")
    assert lines[-1].startswith("(0008,1115).(0008,1199).(0008,1155) UI [1.2] ")


def test_private_creator_of_what_was_found(build: object) -> None:
    creator = build.element(0x00090010, "LO", b"GEMS_IDEN_01")
    data = build.sequence(0x00081115, build.item(creator + build.element(0x00091001, "LO", b"A ")))
    pieces: list[bytes] = []
    write_text(Subject(index_bytes(data)), pieces.append, search=[0x00091001])
    assert b"".join(pieces).endswith(b" FullFidelity\n")
