"""Tag paths: how to name an element inside sequences.

`RTDoseROISequence[0].DoseValue`, `(0040,a730)[*].(0040,a160)`: tags or keywords, item numbers from 0 in brackets, `*`
for all items.
"""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit.standard.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.element import DataElement
    from dicomkit.dataset.sequence import Sequence
    from dicomkit.standard.user_dictionary import Dictionary

__all__ = ["locate", "parse_path", "select", "tag_of"]

ALL = -1  # item number of `[*]`
NONE = -2  # of a step without brackets: the last one


def tag_of(name: str, dictionary: Dictionary | None = None) -> Tag:
    """The tag that a text names by its digits or by a keyword; keywords of a user dictionary come first.

    Raises:
        ValueError: it names none.
    """
    row = standard.keyword(name, dictionary)
    return Tag(name if row is None else row[0])


def parse_path(
    path: str, dictionary: Dictionary | None = None, read_tag: Callable[[str, Dictionary | None], Tag] = tag_of
) -> list[tuple[Tag, int]]:
    """Split a path into steps of a tag and an item number: ALL for `[*]`, NONE for the last step.

    Args:
        path: the path.
        dictionary: a user dictionary, looked up before the standard's.
        read_tag: which texts name a tag.

    Raises:
        ValueError: the path is not well formed, or names no tag.
    """
    steps: list[tuple[Tag, int]] = []
    for part in path.split("."):
        name, bracket, rest = part.partition("[")
        number = NONE
        if bracket:
            digits = rest[:-1].strip()
            if not rest.endswith("]") or not (digits == "*" or (digits.isdecimal() and digits.isascii())):
                raise ValueError(f"{part!r} in the tag path {path!r} is not of the form tag[number] or tag[*]")
            number = ALL if digits == "*" else int(digits)
        steps.append((read_tag(name.strip(), dictionary), number))
    if steps[-1][1] != NONE or any(number == NONE for _, number in steps[:-1]):
        raise ValueError(f"the tag path {path!r} needs an item number, or [*], at each sequence but not at its end")
    return steps


def locate(dataset: Dataset, path: str) -> tuple[Dataset, Tag]:
    """The data set or item that holds, or would hold, the one element that a path names; and the element's tag.

    Raises:
        KeyError: an item on the way is not there.
        ValueError: the path is not well formed, or has `[*]`.
    """
    *steps, (last, _) = parse_path(path, dataset._dictionary)
    if any(number == ALL for _, number in steps):
        raise ValueError(f"{path!r} names several elements: use select()")
    for tag, number in steps:
        items = _items(dataset, tag)
        if number >= len(items):
            raise KeyError(path)
        dataset = items[number]
    return dataset, last


def select(dataset: Dataset, path: str) -> Iterator[DataElement]:
    """The elements that a path names, in order; elements and items that are not there are left out.

    Raises:
        ValueError: the path is not well formed.
    """
    return _select(dataset, parse_path(path, dataset._dictionary))


def _select(dataset: Dataset, steps: list[tuple[Tag, int]]) -> Iterator[DataElement]:
    (tag, number), *rest = steps
    if rest:
        items = _items(dataset, tag)
        for item in items if number == ALL else items[number : number + 1]:
            yield from _select(item, rest)
    else:
        element = dataset._element(tag)
        if element is not None:
            yield element


def _items(dataset: Dataset, tag: Tag) -> Sequence | tuple[Dataset, ...]:
    """The items of a sequence; none if it is not there, or is no sequence."""
    element = dataset._element(tag)
    if element is None or element.vr != "SQ":
        return ()
    items: Sequence = element.value
    return items
