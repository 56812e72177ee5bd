"""A data set (PS3.5 section 7): elements by tag, keyword or path, decoded when touched."""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit._ext.view import DatasetView
from dicomkit.dataset import display
from dicomkit.dataset._keywords import Keywords
from dicomkit.dataset.element import DataElement, dictionary_vr
from dicomkit.dataset.path import ALL, parse_path, select
from dicomkit.dataset.problem import Problem, problems_of
from dicomkit.standard.tag import Tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

    from dicomkit._ext.tagstream import Index
    from dicomkit.dataset.text import CharacterSets
    from dicomkit.standard.uid import UID

    Key: TypeAlias = Tag | int | str | tuple[Tag | int | str, str] | tuple[int, int]

__all__ = ["Dataset"]


class Dataset(DatasetView, Keywords):
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
        element = (
            self._element(key if type(key) is int else self._tag_of(key)) if not _is_path(key) else self._by_path(key)
        )
        if element is None:
            raise KeyError(key)
        return element

    def __contains__(self, key: object) -> bool:
        if isinstance(key, str) and _is_path(key):
            return next(self.select(key), None) is not None
        try:
            return self._has(self._tag_of(key))  # type: ignore[arg-type]  # _tag_of refuses what is no key
        except (KeyError, ValueError, TypeError):
            return False

    def get(self, key: Key, default: Any = None) -> Any:
        """The value (not the element) of a key, or `default` if it is not there."""
        try:
            return self[key].value
        except KeyError:
            return default

    def __setitem__(self, key: Key, value: Any) -> None:
        tag = self._tag_of(key)
        if isinstance(value, DataElement):
            if value.tag != tag:
                raise ValueError(f"an element with tag {value.tag} cannot be stored under {Tag(tag)}")
            self._assign(DataElement(tag, value.vr, value.value))
        else:
            present = self._element(tag)
            self._assign(DataElement(tag, present.vr if present is not None else dictionary_vr(tag), value))

    def add(self, element: DataElement) -> None:
        """Put an element in the place of its tag."""
        self[element.tag] = element

    def __delitem__(self, key: Key) -> None:
        tag = self._tag_of(key)
        if not self._has(tag):
            raise KeyError(key)
        overlay = self._changes()
        if self._indexed(tag):
            overlay[tag] = None
        else:
            del overlay[tag]

    def select(self, path: str) -> Iterator[DataElement]:
        """All elements that a tag path names, also with `[*]` for all items of a sequence."""
        return select(self, parse_path(path))

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

    def __setattr__(self, name: str, value: Any) -> None:
        row = standard.keyword(name, self._index.dictionary if self._index is not None else None)
        if row is not None:
            self[row[0]] = value
        elif name.startswith("_") or name in ("file_meta", "transfer_syntax"):
            object.__setattr__(self, name, value)
        else:
            raise AttributeError(_unknown_keyword(name))

    def __delattr__(self, name: str) -> None:
        row = standard.keyword(name)
        if row is None:
            raise AttributeError(_unknown_keyword(name))
        try:
            del self[row[0]]
        except KeyError:
            raise AttributeError(f"the data set has no {name}") from None

    def _missing(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if standard.keyword(name) is not None:
            raise AttributeError(f"the data set has no {name}")
        raise AttributeError(_unknown_keyword(name))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(element.keyword for element in self if element.keyword)})

    # -- what was read

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong in the stream and tolerated, in the order in which it was found."""
        meta = self.file_meta.problems if self.file_meta is not None else ()
        return (*(self._file_problems or ()), *meta, *(() if self._index is None else problems_of(self._index)))

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
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __bool__(self) -> bool:
        return True  # also without elements: an item may be empty

    def __str__(self) -> str:
        return "\n".join(display.lines(self))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} elements>"

    def _repr_html_(self) -> str:
        return display.table(self)

    def __copy__(self) -> Dataset:
        return self._twin(dict(self._overlay or {}), dict(self._touched_sequences()))

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

    def _tag_of(self, key: Key) -> int:
        if isinstance(key, tuple) and len(key) == 2 and isinstance(key[1], str):
            return self._private_tag(Tag(key[0]), key[1])
        return Tag(key)

    def _private_tag(self, tag: Tag, creator: str) -> int:
        """The tag in the block that a private creator reserved here (PS3.5 7.8.1)."""
        group = tag & 0xFFFF0000
        for block in range(0x10, 0x100):
            element = self._element(group | block)
            if element is not None and element.value in (creator, (creator,)):
                return group | block << 8 | (tag & 0xFF)
        raise KeyError((tag, creator))

    def _by_path(self, path: Any) -> DataElement | None:
        steps = parse_path(path)
        if any(number == ALL for _, number in steps):
            raise ValueError(f"{path!r} names several elements: use select()")
        return next(select(self, steps), None)

    def _changes(self) -> dict[int, DataElement | None]:
        if self._overlay is None:
            object.__setattr__(self, "_overlay", {})
        return self._overlay  # type: ignore[return-value]  # just set

    def _assign(self, element: DataElement) -> None:
        self._changes()[int(element.tag)] = element


def _is_path(key: object) -> bool:
    return isinstance(key, str) and ("[" in key or "." in key)


def _unknown_keyword(name: str) -> str:
    from dicomkit.standard.dictionary import similar_keywords

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
    for name, value in zip(
        ("_overlay", "file_meta", "transfer_syntax", "_file_problems"), (overlay, *root), strict=True
    ):
        object.__setattr__(dataset, name, value)
    return dataset
