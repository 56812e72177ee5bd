"""Tag paths for editing: as in `path`, and with items as their end, such as `ContentSequence[2]`."""

from __future__ import annotations

from dicomkit.dataset.path import ALL, NONE, parse_path, tag_of
from dicomkit.standard.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, TypeAlias

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.sequence import Sequence
    from dicomkit.standard.user_dictionary import Dictionary

    #: Pairs of a tag and an item number (or ALL, NONE).
    Steps: TypeAlias = list[tuple[Tag, int]]

__all__ = ["create_items", "find_items", "parse_steps", "tag_of_text"]

#: More items than this are not created to reach an item number: it must be a mistake.
_MOST_NEW_ITEMS: Final = 100_000


def tag_of_text(text: str, dictionary: Dictionary | None = None) -> Tag:
    """The tag that a text names: `(0010,0020)`, `10,20`, a keyword, also as DCMTK marks it: `RETIRED_StudyComments`.

    Raises:
        ValueError: it names none.
    """
    digits = text[1:-1] if text[:1] == "(" and text[-1:] == ")" else text
    group, comma, element = digits.partition(",")
    if comma and "_" not in digits:
        try:
            return Tag((int(group, 16), int(element, 16)))
        except ValueError:
            raise ValueError(f"{text!r} is no tag") from None
    return tag_of(text.removeprefix("RETIRED_"), dictionary)


def parse_steps(path: str | Steps, dictionary: Dictionary | None = None) -> Steps:
    """Split a path; the last step has the number NONE, or that of an item. Steps are taken as they are.

    Raises:
        ValueError: the path is not well formed, or names no tag.
    """
    if not isinstance(path, str):
        return path
    if "[" not in path and "." not in path:
        return [(tag_of_text(path, dictionary), NONE)]
    if path.endswith("]"):
        return parse_path(f"{path}.0000,0000", dictionary, tag_of_text)[:-1]
    return parse_path(path, dictionary, tag_of_text)


def find_items(dataset: Dataset, steps: Steps) -> list[Dataset]:
    """The items that a path leads to, as far as they are there; the data set itself for no steps.

    Raises:
        ValueError: the path goes through an element that is no sequence.
    """
    found = [dataset]
    for tag, number in steps:
        items: list[Dataset] = []
        for one in found:
            sequence = _sequence(one, tag)
            if sequence is not None:
                items += list(sequence) if number == ALL else sequence[number : number + 1]
        found = items
    return found


def create_items(dataset: Dataset, steps: Steps, check_creators: bool) -> list[Dataset]:
    """The same, creating what is missing.

    Raises:
        ValueError: the path goes through an element that is no sequence, names all items of a sequence that has none,
            or a private sequence whose block nobody reserved.
    """
    from dicomkit.dataset.dataset import Dataset

    found = [dataset]
    for tag, number in steps:
        items: list[Dataset] = []
        for one in found:
            sequence = _sequence(one, tag)
            if sequence is None:
                sequence = create_sequence(one, tag, check_creators)
            if number == ALL and not sequence:
                raise ValueError(f"{tag} has no items, and [*] does not say how many to create")
            if number - len(sequence) >= _MOST_NEW_ITEMS:
                raise ValueError(f"{tag} has {len(sequence)} items: too few to go on to item {number}")
            while len(sequence) <= number:
                sequence.append(Dataset())
            items += list(sequence) if number == ALL else [sequence[number]]
        found = items
    return found


def create_sequence(dataset: Dataset, tag: Tag, check_creators: bool) -> Sequence:
    """An empty sequence, put into a data set.

    Raises:
        ValueError: the dictionary says that the element is no sequence, or nobody reserved its private block.
    """
    from dicomkit.dataset.element import DataElement
    from dicomkit.dataset.new_element import vr_of_new

    if vr_of_new(dataset, tag, check_creators) != "SQ":
        raise ValueError(f"{tag} is no sequence")
    dataset.add(DataElement(tag, "SQ"))
    created: Sequence = dataset[tag].value
    return created


def _sequence(dataset: Dataset, tag: Tag) -> Sequence | None:
    """The sequence of a tag, None if it is not there."""
    element = dataset._element(tag)
    if element is None:
        return None
    if element.vr != "SQ":
        raise ValueError(f"{tag} is no sequence")
    sequence: Sequence = element.value
    return sequence
