"""Tag paths: how to name an element inside sequences.

`RTDoseROISequence[0].DoseValue`, `(0040,a730)[*].(0040,a160)`: tags or keywords, item numbers from 0 in brackets, `*` for
all items.
"""

from __future__ import annotations

from dicomkit.standard.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.element import DataElement

__all__ = ["parse_path", "select"]

ALL = -1


def parse_path(path: str) -> list[tuple[Tag, int | None]]:
    """Split a path into steps of a tag and an item number: None without brackets, ALL for `*`.

    Raises:
        ValueError: the path is not well formed, or names no tag.
    """
    steps: list[tuple[Tag, int | None]] = []
    for part in path.split("."):
        name, bracket, rest = part.partition("[")
        number: int | None = None
        if bracket:
            digits = rest[:-1].strip()
            if not rest.endswith("]") or not (digits == "*" or digits.isdecimal() and digits.isascii()):
                raise ValueError(f"{part!r} in the tag path {path!r} is not of the form tag[number] or tag[*]")
            number = ALL if digits == "*" else int(digits)
        steps.append((Tag(name.strip()), number))
    if steps[-1][1] is not None or any(number is None for _, number in steps[:-1]):
        raise ValueError(f"the tag path {path!r} needs an item number, or [*], at each sequence but not at its end")
    return steps


def select(dataset: Dataset, steps: list[tuple[Tag, int | None]]) -> Iterator[DataElement]:
    """The elements that a path names, in order; elements and items that are not there are left out."""
    (tag, number), *rest = steps
    element = dataset._element(tag)
    if element is None:
        return
    if not rest:
        yield element
        return
    if element.vr != "SQ" or element.value is None:
        return
    items = element.value
    if number == ALL:
        for item in items:
            yield from select(item, rest)
    elif number is not None and number < len(items):
        yield from select(items[number], rest)
