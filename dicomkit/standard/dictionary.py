"""The data dictionary: what PS3.6 says of a data element, and what is known of private ones.

All lookups take `user=`, a `Dictionary` of the program's own, and look there first.
"""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit.standard.tag import Tag, parse_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit._ext.dictionary import Dictionary
    from dicomkit._ext.standard import ElementRow

__all__ = [
    "ElementEntry",
    "element",
    "elements",
    "private_creators",
    "private_element",
    "private_elements",
    "search",
]


class ElementEntry:
    """One entry of the data dictionary.

    Attributes:
        tag: the tag as looked up; from a keyword or a list, the first one of a repeating group.
        vr: the VRs that are possible, mostly one: `("US", "SS")` depends on other elements; () for items and their
            delimiters.
        vm: the value multiplicity, such as "1", "1-3", "1-n" or "2-2n".
        keyword: the keyword, "" for a private element.
        name: the name.
        retired: whether PS3.6 marks it as retired.
        creator: the private creator, "" for a public element.
    """

    __slots__ = ("creator", "keyword", "name", "retired", "tag", "vm", "vr")

    def __init__(self, row: ElementRow, creator: str = "") -> None:
        tag, self.vr, self.vm, self.keyword, self.name, self.retired = row
        self.tag = Tag(tag)
        self.creator = creator

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ElementEntry):
            return NotImplemented
        return all(getattr(self, field) == getattr(other, field) for field in self.__slots__)

    def __hash__(self) -> int:
        return hash((self.tag, self.creator))

    def __repr__(self) -> str:
        name = f"{self.name!r} of {self.creator!r}" if self.creator else self.keyword
        return f"<ElementEntry {self.tag} {' or '.join(self.vr)} {self.vm} {name}>"


def element(key: int | str | tuple[int, int], *, user: Dictionary | None = None) -> ElementEntry | None:
    """The entry of a public data element, None if there is none.

    Group lengths (gggg,0000) of any group and private creators (gggg,0010-00FF) have entries too, as have all elements
    of the repeating groups 50xx, 60xx and 7Fxx.

    Args:
        key: a tag in any form that `Tag` takes, or a keyword.
        user: a dictionary to look into first.

    Raises:
        ValueError: the number or pair is not a tag.

    PS3.6 6 to 9, PS3.7 Annex E.
    """
    if isinstance(key, str):
        number = parse_digits(key)
        row = standard.element(number, user) if number is not None else standard.keyword(key, user)
    else:
        row = standard.element(Tag(key), user)
    return ElementEntry(row) if row is not None else None


def elements() -> list[ElementEntry]:
    """All entries of public data elements, by tag; repeating groups have one entry each, with the first tag."""
    return [ElementEntry(row) for row in standard.elements()]


def private_element(
    creator: str, key: int | str | tuple[int, int], *, user: Dictionary | None = None
) -> ElementEntry | None:
    """The entry of a private data element, None if there is none.

    Args:
        creator: the private creator; trailing padding does not matter.
        key: a tag in any form that `Tag` takes. Its block digits do not matter: (0019,100C) is (0019,110C).
        user: a dictionary to look into first.

    Raises:
        ValueError: `key` is not a tag.

    PS3.5 7.8.
    """
    tag = Tag(key)
    row = standard.private_element(creator, tag, user)
    return ElementEntry(row, creator.rstrip(" \0")) if row is not None else None


def private_creators() -> list[str]:
    """All private creators with known elements, sorted."""
    return standard.private_creators()


def private_elements(creator: str) -> list[ElementEntry]:
    """All known elements of a private creator, by tag; the block digits are 00 where it relocates an element."""
    return [ElementEntry(row, creator) for row in standard.private_elements(creator)]


def search(text: str) -> list[ElementEntry]:
    """Entries of public data elements with this in their name or keyword, in upper or lower case, by tag."""
    wanted = text.casefold()
    return [ElementEntry(row) for row in standard.elements() if wanted in row[4].casefold() or wanted in row[3].casefold()]
