"""Finding the elements that a dump is asked for: tags and keywords anywhere, tag paths from the top."""

from __future__ import annotations

from dicomkit._ext import dump as _ext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit._ext.tagstream import Index
    from dicomkit.standard import Tag

__all__ = ["check_path", "find", "hierarchy", "search_tag"]


def find(index: Index, key: Tag | int | str) -> list[int]:
    """The records that a search key names."""
    if isinstance(key, int):
        return _ext.search(index, key)
    if "." in key or "[" in key:
        return _find_path(index, key)
    return _ext.search(index, search_tag(key))


def search_tag(key: str) -> Tag:
    """The tag for "gggg,eeee" or a keyword, also with the RETIRED_ that a dump puts before it.

    Raises:
        ValueError: there is no such tag.
    """
    from dicomkit.standard.tag import Tag

    group, comma, element = key.partition(",")
    if comma and key[:1] != "(":
        return Tag(int(group, 16) << 16 | int(element, 16))  # "10,20" will do
    return Tag(key.removeprefix("RETIRED_"))


def check_path(path: str) -> None:
    """Raise ValueError if this is no tag path."""
    from dicomkit.dataset.path import parse_path

    parse_path(path)


def _find_path(index: Index, path: str) -> list[int]:
    from dicomkit.dataset.path import ALL, NONE, parse_path

    found: list[int | None] = [None]
    for tag, number in parse_path(path):
        found = [record for container in found for record, child in _ext.children(index, container) if child == tag]
        if number != NONE:
            items = [_ext.children(index, record) for record in found]
            found = [
                item for siblings in items for item, _ in (siblings if number == ALL else siblings[number : number + 1])
            ]
    return [record for record in found if record is not None]


def hierarchy(index: Index, around: list[tuple[int, int]], color: bool) -> bytes:
    """The tags of the sequences around an element, as a dump puts them before it."""
    tags = [index.record(record)[0] for record, _ in around]
    text = "".join([f"({tag >> 16:04x},{tag & 0xFFFF:04x})." for tag in tags if tag != 0xFFFEE000])
    return b"\x1b[22m\x1b[32m%s" % text.encode() if color else text.encode()
