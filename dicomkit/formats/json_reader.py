"""From the DICOM JSON Model to data sets (PS3.18 annex F).

The structure is checked strictly: whatever is not as F.2.2 has it is an error that names the path, and not a value that is
lost. Items are filled from a list of what is still to do, so that nesting costs no depth of Python's stack.
"""

from __future__ import annotations

import json

from dicomkit._ext import standard
from dicomkit.dataset.dataset import Dataset
from dicomkit.dataset.element import DataElement
from dicomkit.dataset.sequence import Sequence
from dicomkit.errors import ParseError
from dicomkit.formats.json import OF_CHARACTER_SET
from dicomkit.formats.json_value import field_value, text_of_field, values
from dicomkit.standard.vr import VRS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, Literal

    from dicomkit.typing import BytesLike

    Object = dict[str, Any]

__all__ = ["datasets", "one_dataset", "parse"]

DEEPEST: Final = 128  # as the parser of the binary encoding has it
SPECIFIC_CHARACTER_SET: Final = 0x00080005
_UTF8: Final = "ISO_IR 192"
_HEX: Final = frozenset("0123456789ABCDEFabcdef")
_CONTENTS: Final = ("Value", "InlineBinary", "BulkDataURI")


class _Doubled(dict[str, "Any"]):  # Any: what JSON holds
    """An object in which a name occurs twice: what stands there first, and the name."""

    name: str


def _object(pairs: list[tuple[str, Any]]) -> Object:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    doubled = _Doubled()
    for name, value in pairs:
        if name in doubled:
            doubled.name = name
        else:
            doubled[name] = value
    return doubled


def parse(source: str | BytesLike, *, tolerant: bool = False) -> Any:
    """What a JSON text says, with `NaN` and the infinities as Python has them.

    Args:
        source: str or UTF-8.
        tolerant: accept commas in front of a closing bracket, and `nan` and `inf`, as DCMTK writes them.

    Raises:
        ParseError: it is no JSON.
    """
    try:
        text = source if isinstance(source, str) else bytes(source).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError("not JSON: not UTF-8", error.start) from None
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        corrected = _corrected(text) if tolerant else text
        if corrected != text:
            return parse(corrected)
        where = f"line {error.lineno}, column {error.colno}"
        raise ParseError(f"not JSON: {error.msg} in {where}", len(text[: error.pos].encode("utf-8", "replace"))) from None
    except RecursionError:
        raise ParseError("not the DICOM JSON Model: nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise ParseError(f"not JSON: {error}") from None


def _corrected(text: str) -> str:
    """JSON without commas in front of a closing bracket, and with JavaScript's names of special numbers."""
    import re

    names = {"nan": "NaN", "inf": "Infinity"}
    # A string is taken as a whole, also one that has no end: so no character is looked at more than twice.
    pattern = re.compile(r'("(?:[^"\\]|\\.)*(?:"|\Z))|,(?=\s*[}\]])|\b(nan|inf)\b', re.DOTALL)
    return pattern.sub(lambda found: found[1] or names.get(found[2], ""), text)


def one_dataset(
    source: Any,
    bulk_data: Callable[[str], bytes | None] | None = None,
    character_set: Literal["keep", "utf-8"] = "keep",
    on_error: Callable[[ParseError], object] | None = None,
) -> Dataset:
    """See `dicomkit.formats.json.from_json`."""
    found = datasets(source, bulk_data, character_set, on_error)
    if len(found) != 1:
        raise ParseError(f"an array of {len(found)} data sets, where there must be one")
    return found[0]


def datasets(
    source: Any,
    bulk_data: Callable[[str], bytes | None] | None = None,
    character_set: Literal["keep", "utf-8"] = "keep",
    on_error: Callable[[ParseError], object] | None = None,
) -> list[Dataset]:
    """All data sets of an array of objects, or the one of an object."""
    if character_set not in ("keep", "utf-8"):
        raise ValueError(f"{character_set!r} is no value of character_set")
    if hasattr(source, "read"):
        source = source.read()
    if isinstance(source, (str, bytes, bytearray, memoryview)):
        source = parse(source)
    objects = source if isinstance(source, list) else [source]
    made = []
    for number, one in enumerate(objects):
        builder = _Builder(bulk_data, character_set == "utf-8", on_error)
        made.append(builder.build(one, f"[{number}]." if len(objects) > 1 else ""))
    return made


class _Builder:
    """Makes one data set."""

    def __init__(
        self,
        bulk_data: Callable[[str], bytes | None] | None,
        utf8: bool,
        on_error: Callable[[ParseError], object] | None,
    ) -> None:
        self.bulk_data = bulk_data
        self.utf8 = utf8
        self.on_error = on_error
        self.meta: Dataset | None = None
        self.needs_character_set = utf8
        # Items to fill: the object, its data set, its path with a point behind, its depth, whether a character set is known.
        self.pending: list[tuple[Any, Dataset, str, int, bool]] = []

    def build(self, source: Any, path: str) -> Dataset:
        root = Dataset()
        self.fill(source, root, path, 0, False)
        while self.pending:
            self.fill(*self.pending.pop())
        if self.needs_character_set:
            root._changes()[SPECIFIC_CHARACTER_SET] = DataElement(SPECIFIC_CHARACTER_SET, "CS", _UTF8)
        root.file_meta = self.meta
        return root

    def fill(self, source: Any, dataset: Dataset, path: str, depth: int, known: bool) -> None:
        """Put the elements of an object into a data set."""
        place = path.removesuffix(".")
        if type(source) is _Doubled:
            self.report(ParseError(f"{source.name!r} occurs twice in one object", None, place))
        elif type(source) is not dict:
            self.report(ParseError(f"a data set is an object, not {_kind(source)}", None, place))
            return
        known = known or _has_values(source.get("00080005"))
        elements = dataset._changes()
        for name, content in source.items():
            if not isinstance(name, str) or len(name) != 8 or not _HEX.issuperset(name):
                self.report(ParseError(f"{name!r} is no tag of eight hexadecimal digits", None, place))
                continue
            tag = int(name, 16)
            where = f"{path}({name[:4].upper()},{name[4:].upper()})"
            try:
                element = self.element(tag, content, where, depth, known)
            except ParseError as error:
                self.report(error)
                continue
            if element is None:
                continue
            if tag >> 16 == 2:
                if self.meta is None:
                    self.meta = Dataset()
                self.meta._changes()[tag] = element
            elif tag in elements:
                self.report(ParseError("the attribute occurs twice", None, where))
            else:
                elements[tag] = element

    def report(self, error: ParseError) -> None:
        if self.on_error is None:
            raise error
        self.on_error(error)

    def element(self, tag: int, content: Any, path: str, depth: int, known: bool) -> DataElement | None:
        """The element of an attribute object; None for a group length, which only an encoding has."""
        if tag >> 16 == 0xFFFE or (tag >> 16 == 2 and depth):
            raise ParseError("this tag cannot be in a data set", None, path)
        if tag & 0xFFFF == 0:
            return None
        vr, name, value = _parts(tag, content, path)
        if vr == "SQ":
            return DataElement(tag, vr, self.items(name, value, path, depth, known))
        if name is None:
            made = None
        elif tag == SPECIFIC_CHARACTER_SET and self.utf8:
            made = [_UTF8]
        elif name == "Value":
            made = values(vr, value, path)
        else:
            try:
                data = field_value(name, value, path, self.bulk_data)
            except ParseError as error:  # of a bulk_data that does not know where it is
                raise error if error.path else type(error)(error.reason, None, path) from None
            made = None if data is None else text_of_field(vr, data, path)
        if not known and vr in OF_CHARACTER_SET and made and not all(one.isascii() for one in made):
            self.needs_character_set = True
        try:
            return DataElement(tag, vr, made)
        except (ValueError, TypeError, OverflowError) as error:
            raise ParseError(str(error), None, path) from None

    def items(self, name: str | None, value: Any, path: str, depth: int, known: bool) -> Sequence:
        """A sequence of items that are still to be filled."""
        if name is None:
            return Sequence()
        if name != "Value" or not isinstance(value, list):
            raise ParseError("a sequence has an array of objects as its Value", None, path)
        if depth >= DEEPEST:
            raise ParseError("sequences are nested too deeply", None, path)
        items = [Dataset() for _ in value]
        for number, (source, item) in enumerate(zip(value, items, strict=True)):
            self.pending.append((source, item, f"{path}[{number}].", depth + 1, known))
        return Sequence(items)


def _parts(tag: int, content: Any, path: str) -> tuple[str, str | None, Any]:
    """VR, name of the content or None, and content of an attribute object."""
    if type(content) is not dict:
        if type(content) is _Doubled:
            raise ParseError(f"{content.name!r} occurs twice in one object", None, path)
        raise ParseError(f"an attribute is an object, not {_kind(content)}", None, path)
    vr = content.get("vr")
    if vr is None:
        vr = _dictionary_vr(tag, path)
    elif type(vr) is not str or vr not in VRS:
        raise ParseError(f"{vr!r} is no VR", None, path)
    rest = [name for name in content if name != "vr"]
    if not rest:
        return vr, None, None
    for name in rest:
        if name not in _CONTENTS:
            raise ParseError(f"an attribute has no {name!r}", None, path)
    if len(rest) > 1:
        raise ParseError(f"an attribute has one of {' and '.join(rest)}", None, path)
    return vr, rest[0], content[rest[0]]


def _dictionary_vr(tag: int, path: str) -> str:
    """The VR of an attribute that does not say it, if the dictionary leaves no doubt."""
    row = standard.element(tag)
    if row is None or len(row[1]) != 1:
        raise ParseError("the attribute has no vr", None, path)
    return row[1][0]


def _has_values(content: Any) -> bool:
    return isinstance(content, dict) and bool(content.get("Value"))


def _kind(value: Any) -> str:
    """What JSON calls a value."""
    if value is None:
        return "null"
    kinds = {bool: "a boolean", str: "a string", list: "an array", int: "a number", float: "a number"}
    return kinds.get(type(value), type(value).__name__)
