"""A data set (PS3.5 section 7): elements by tag, keyword or path, decoded when touched."""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit._ext.view import DatasetView
from dicomkit.dataset import display
from dicomkit.dataset._keywords import Keywords
from dicomkit.dataset.accessors import Accessors
from dicomkit.dataset.element import DataElement, element_for, retagged
from dicomkit.dataset.path import locate, select, tag_of
from dicomkit.dataset.private import find_private, reserve_private
from dicomkit.dataset.problem import Problem, problems_of
from dicomkit.standard.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Literal, TypeAlias

    from dicomkit._ext.tagstream import Index
    from dicomkit.dataset.text import CharacterSets
    from dicomkit.standard.uid import UID

    Key: TypeAlias = Tag | int | str | tuple[Tag | int | str, str] | tuple[int, int]

__all__ = ["Dataset"]


class Dataset(DatasetView, Accessors, Keywords):
    """A data set: a mapping from tags to elements, with an attribute for each keyword.

    `ds.PatientName` is a value (typed by the dictionary, see `DataElement`); `ds[key]` is the `DataElement`. A key is a
    tag (`0x00100010`, `Tag`, `"0010,0010"`), a keyword, a tag path (`"RTDoseROISequence[0].DoseValue"`), or a pair of a
    private tag and its private creator (`(0x00091001, "ACME")`; the block digits do not matter).

    Iterating gives the elements in the order of their tags; `walk()` also those inside sequences.

    Attributes:
        file_meta: File Meta Information (PS3.10 7.1) of a file that was read, else None.
        transfer_syntax: the transfer syntax the data set was read in, else None.

    Args:
        values: values by keyword.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        file_meta: Dataset | None
        transfer_syntax: UID | None

    def __init__(self, **values: Any) -> None:
        for keyword, value in values.items():
            setattr(self, keyword, value)

    # -- by key

    def __getitem__(self, key: Key) -> DataElement:
        dataset, tag = self._locate(key)
        element = dataset._element(tag)
        if element is None:
            raise KeyError(key)
        return element

    def __contains__(self, key: object) -> bool:
        try:
            dataset, tag = self._locate(key)  # type: ignore[arg-type]  # which refuses what is no key
        except (KeyError, ValueError, TypeError):
            return False
        return dataset._has(tag)

    def get(self, key: Key, default: Any = None) -> Any:
        """The value (not the element) of a key, or `default` if it is not there."""
        try:
            return self[key].value
        except KeyError:
            return default

    def __setitem__(self, key: Key, value: Any) -> None:
        if isinstance(key, tuple) and isinstance(key[1], str):
            dataset, tag = self, reserve_private(self, Tag(key[0]), key[1])
            if isinstance(value, DataElement) and (value.tag ^ tag) & 0xFFFF00FF == 0:
                value = retagged(value, tag)  # the block that its tag names is of no account
        else:
            dataset, tag = self._locate(key)
        if not dataset._assign(tag, value):
            dataset._changes()[tag] = element_for(dataset, tag, value)

    def add(self, element: DataElement) -> None:
        """Put an element in the place of its tag."""
        self[element.tag] = element

    def __delitem__(self, key: Key) -> None:
        dataset, tag = self._locate(key)
        if not dataset._has(tag):
            raise KeyError(key)
        if dataset._indexed(tag):
            dataset._changes()[tag] = None
        else:
            del dataset._changes()[tag]

    def select(self, path: str) -> Iterator[DataElement]:
        """All elements that a tag path names, also with `[*]` for all items of a sequence."""
        return select(self, path)

    def keys(self) -> list[Tag]:
        """The tags, ascending."""
        return [element.tag for element in self]

    def values(self) -> list[DataElement]:
        """The elements in the order of their tags."""
        return list(self)

    def items(self) -> list[tuple[Tag, DataElement]]:
        """Pairs of tag and element in the order of the tags."""
        return [(element.tag, element) for element in self]

    # -- by keyword

    def _set_attribute(self, name: str, value: Any) -> None:
        row = standard.keyword(name, self._dictionary)
        if row is None:
            raise AttributeError(_unknown_keyword(name))
        tag = row[0]
        self._changes()[tag] = element_for(self, tag, value)

    def _delete_attribute(self, name: str) -> None:
        row = standard.keyword(name, self._dictionary)
        if row is None:
            raise AttributeError(_unknown_keyword(name))
        try:
            del self[row[0]]
        except KeyError:
            raise AttributeError(f"the data set has no {name}") from None

    def _missing(self, name: str) -> Any:
        if not name[:1].isupper():  # a look for a method or protocol: quick
            raise AttributeError(f"a data set has no attribute {name!r}")
        if standard.keyword(name, self._dictionary) is not None:
            raise AttributeError(f"the data set has no {name}")
        raise AttributeError(_unknown_keyword(name))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(element.keyword for element in self if element.keyword)})

    # -- what was read

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong in the stream and tolerated, in the order in which it was found; of an item, what is in it.

        Behind that, what the standard does not allow in the values that were assigned.
        """
        meta = self.file_meta.problems if self.file_meta is not None else ()
        own = () if self._index is None else problems_of(self._index, *self._problem_records())
        found = (*(self._file_problems or ()), *meta, *own)
        if not self.is_changed():
            return found
        from dicomkit.dataset.conformance import problems_of_values

        return (*found, *problems_of_values(self))

    def set_character_set(
        self,
        terms: str | Iterable[str] | None,
        errors: Literal["strict", "replace", "transliterate", "drop"] = "strict",
    ) -> None:
        """Write all text in another character set, in items too; Specific Character Set says so.

        The text stays what it is, as far as the new set has its characters. Items have no Specific Character Set of
        their own after that.

        Args:
            terms: a defined term, or several; None for the default repertoire (ASCII).
            errors: what becomes of characters that the new set does not have. "strict" raises, and changes nothing;
                "replace" puts `?` in their place; "transliterate" the letters that are nearest, or else `?`; "drop"
                leaves them out.

        Raises:
            ValueError: a term is not one of the standard.
            EncodeError: (strict) the set does not have some characters. The message names the elements.

        PS3.3 C.12.1.1.2.
        """
        from dicomkit.dataset.character_set import set_character_set

        set_character_set(self, terms, errors)

    def is_changed(self) -> bool:
        """Whether anything was assigned, deleted, added or removed since the data set was read, in its items too."""
        if self._overlay:
            return True
        return self._index is None or any(sequence.is_changed() for sequence in self._touched_sequences().values())

    # -- as an object

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Dataset):
            return NotImplemented
        if self is other:
            return True
        pairs = [(self, other)]  # not recursive: 128 levels of items are legal, and more than Python's stack bears
        while pairs:
            one, two = pairs.pop()
            if len(one) != len(two):
                return False
            for a, b in zip(one, two, strict=True):
                if a._tag != b._tag or a.vr != b.vr:
                    return False
                if a.vr == "SQ":
                    if len(a.value) != len(b.value):
                        return False
                    pairs.extend(zip(a.value, b.value, strict=True))
                elif a != b:
                    return False
        return True

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __bool__(self) -> bool:
        return True  # also without elements: an item may be empty

    def __str__(self) -> str:
        return "\n".join(display.lines(self))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} element{'' if len(self) == 1 else 's'}>"

    def _repr_html_(self) -> str:
        return display.table(self)

    def __copy__(self) -> Dataset:
        return self._twin(dict(self._overlay or {}), self._touched_sequences())

    def __deepcopy__(self, memo: dict[int, Any]) -> Dataset:
        import copy

        changed = {tag: value for tag, value in self._touched_sequences().items() if value.is_changed()}
        twin = self._twin(copy.deepcopy(self._overlay or {}, memo), copy.deepcopy(changed, memo))
        twin.file_meta = copy.deepcopy(self.file_meta, memo)
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        changed = {tag: value for tag, value in self._touched_sequences().items() if value.is_changed()}
        root = (self.file_meta, self.transfer_syntax, self._file_problems)
        return _rebuild, (type(self), self._state(), changed, self._overlay, root)

    def _twin(self, overlay: dict[int, DataElement | None], sequences: dict[int, Any]) -> Dataset:
        root = (self.file_meta, self.transfer_syntax, self._file_problems)
        return _rebuild(type(self), self._state(), sequences, overlay, root)

    # -- inside

    @property
    def _dictionary(self) -> Any:
        """The user dictionary it was read with, or None."""
        return None if self._index is None else self._index.dictionary

    def _locate(self, key: Key) -> tuple[Dataset, int]:
        """The data set or item that a key leads to, and the tag in it."""
        if isinstance(key, int) and 0 <= key <= 0xFFFFFFFF:
            return self, key
        if isinstance(key, str):
            return locate(self, key) if "[" in key or "." in key else (self, tag_of(key, self._dictionary))
        if isinstance(key, tuple) and len(key) == 2 and isinstance(key[1], str):
            tag = find_private(self, Tag(key[0]), key[1])
            if tag is None:
                raise KeyError(key)
            return self, tag
        return self, Tag(key)

    def _changes(self) -> dict[int, DataElement | None]:
        if self._overlay is None:
            self._overlay = {}
        return self._overlay


def _unknown_keyword(name: str) -> str:
    from dicomkit.standard.similar import similar_keywords

    near = similar_keywords(name)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"{name!r} is neither a keyword of the data dictionary nor an attribute of a data set{hint}"


def from_index(
    index: Index,
    origin: Any = None,
    character_sets: CharacterSets | None = None,
    file_meta: Dataset | None = None,
    transfer_syntax: UID | None = None,
    problems: tuple[Problem, ...] = (),
) -> Dataset:
    """The root data set of an index."""
    dataset = Dataset.__new__(Dataset)
    dataset._attach(index, origin, character_sets, file_meta, transfer_syntax, problems)
    return dataset


def _rebuild(
    cls: type[Dataset], state: tuple[Any, ...], sequences: dict[int, Any], overlay: Any, root: tuple[Any, Any, Any]
) -> Dataset:
    dataset = cls.__new__(cls)
    dataset._restore(state, sequences)
    dataset._overlay = overlay
    dataset.file_meta, dataset.transfer_syntax, dataset._file_problems = root
    return dataset
