"""A data set as dicomkit reads it against the same as pydicom reads it, element by element.

Both are brought to the same terms by the rules below, and nothing else is tolerated; where the two disagree about a file,
`accepted.py` says who is right and why.

Rules, by what the libraries mean to say with their values:

* Number of values: both become a list. dicomkit has None, a scalar or a tuple; pydicom None, "", a scalar or a MultiValue.
  An empty value is an empty list, also if it is nothing but padding.
* DS and IS: pydicom has DSfloat (or DSdecimal) and IS, dicomkit float and int; they are compared as numbers. An empty one
  among several is None for dicomkit and "" for pydicom.
* Text: pydicom keeps leading spaces, dicomkit does not where PS3.5 table 6.2-1 says that they mean nothing (all text VRs
  but PN, LT, ST, UT, UC, UR). Both drop trailing spaces and NULs.
* PN: both as text, component groups joined by "=". pydicom's drops empty groups at the end, which mean nothing (PS3.5
  6.2.1.1), so they are dropped from both.
* O* and UN: bytes; b"" and None are both empty.
* AT: as integers. SQ: item by item.
* VR: what the value was decoded as (`DataElement.vr`, pydicom's `DataElement.VR`). pydicom gives private elements of VR UN
  the VR of its private dictionary; dicomkit leaves them as they are written, since that dictionary is not the standard
  (PS3.5 6.2.2 note 1 speaks of the Data Dictionary). Then the value is not compared, but the bytes are.
* Lengths and offsets: the encoded ones, of pydicom's RawDataElement; offsets at the top level only, since pydicom counts
  those in sequences of defined length from the sequence on.
* Keywords: dicomkit's of an element, and those of pydicom's dictionary (another edition of PS3.6 perhaps: only where both
  know the tag).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import PersonName

import dicomkit

KEEPS_LEADING_SPACES = frozenset(("PN", "LT", "ST", "UT", "UC", "UR"))
BYTES = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
UNDEFINED = 0xFFFFFFFF
FAILED = "not decodable"


@dataclass(frozen=True)
class Difference:
    """Something that the two libraries see differently: `what` is tags, VR, length, offset, bytes or value."""

    path: str
    what: str
    dicomkit: object
    pydicom: object

    def __str__(self) -> str:
        return f"{self.path} {self.what}: dicomkit {_short(self.dicomkit)}, pydicom {_short(self.pydicom)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 120 else text[:117] + "..."


def compare_file(path: Path) -> list[Difference]:
    """All differences between the two readings of a file."""
    ours = dicomkit.read(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pydicom.dcmread(path, force=True)
        differences = list(compare(ours, theirs))
        if ours.file_meta is not None:
            differences += compare(ours.file_meta, theirs.file_meta)
        elif len(theirs.file_meta):
            differences.append(Difference("", "meta", None, list(theirs.file_meta.keys())))
    return differences


def compare(ours: dicomkit.Dataset, theirs: Dataset, path: str = "") -> Iterator[Difference]:
    """All differences between two data sets."""
    our_tags, their_tags = [int(tag) for tag in ours.keys()], sorted(int(tag) for tag in theirs.keys())
    if our_tags != their_tags:
        missing, extra = sorted(set(their_tags) - set(our_tags)), sorted(set(our_tags) - set(their_tags))
        yield Difference(path, "tags", [f"{tag:08X}" for tag in extra], [f"{tag:08X}" for tag in missing])
    for element in ours:
        if element.tag in theirs:
            yield from compare_element(element, theirs, f"{path}{element.tag}")


def compare_element(ours: dicomkit.DataElement, dataset: Dataset, path: str) -> Iterator[Difference]:
    raw = dataset.get_item(ours.tag)
    if isinstance(raw, RawDataElement):
        if ours.length != raw.length:
            yield Difference(path, "length", ours.length, raw.length)
        if "[" not in path and ours.offset != raw.value_tell:
            yield Difference(path, "offset", ours.offset, raw.value_tell)
        if isinstance(raw.value, bytes) and raw.length != UNDEFINED and ours.raw != raw.value:
            yield Difference(path, "bytes", ours.raw, raw.value)
    if not ours.is_private and ours.keyword and ours.keyword != (keyword_for_tag(ours.tag) or ours.keyword):
        yield Difference(path, "keyword", ours.keyword, keyword_for_tag(ours.tag))
    try:
        theirs = dataset[ours.tag]
        their_values: object = None if isinstance(theirs.value, Sequence) else values_of_pydicom(theirs)
    except (ValueError, TypeError, OverflowError, NotImplementedError, pydicom.errors.BytesLengthException) as error:
        theirs, their_values = None, f"{FAILED}: {error}"
    if theirs is None:
        yield from compare_values(ours, their_values, path)
        return
    if ours.vr != theirs.VR:
        if not (ours.vr == "UN" and ours.is_private):
            yield Difference(path, "VR", ours.vr, str(theirs.VR))
        return
    if isinstance(theirs.value, Sequence):
        yield from compare_items(ours, theirs, path)
    else:
        yield from compare_values(ours, their_values, path)


def compare_items(ours: dicomkit.DataElement, theirs: DataElement, path: str) -> Iterator[Difference]:
    items = ours.value
    if len(items) != len(theirs.value):
        yield Difference(path, "items", len(items), len(theirs.value))
        return
    for number, (our_item, their_item) in enumerate(zip(items, theirs.value, strict=True)):
        yield from compare(our_item, their_item, f"{path}[{number}].")


def compare_values(ours: dicomkit.DataElement, theirs: object, path: str) -> Iterator[Difference]:
    try:
        values: object = values_of(ours)
    except dicomkit.ValueDecodeError as error:
        values = f"{FAILED}: {error}"
    if values != theirs and not _both_failed(values, theirs):
        yield Difference(path, "value", values, theirs)


def _both_failed(ours: object, theirs: object) -> bool:
    return isinstance(ours, str) and isinstance(theirs, str)  # values are lists


def values_of(element: dicomkit.DataElement) -> list[Any]:
    """A value of dicomkit in common terms."""
    value = element.raw if isinstance(element.value, bytes) else element.value  # pydicom leaves words as they stand
    if value is None:
        return []
    values = list(value) if isinstance(value, tuple) else [value]
    return [_common(one) for one in values]


def values_of_pydicom(element: DataElement) -> list[Any]:
    """A value of pydicom in common terms."""
    value, vr = element.value, element.VR
    if vr in BYTES:
        return [value] if value else []
    if isinstance(value, (MultiValue, list, tuple)):
        values = list(value)
    else:
        values = [] if value is None else [value]
    values = [_common(_text(one, vr)) for one in values]
    return [] if values in ([""], [None]) else values


def _text(value: Any, vr: str) -> Any:
    if isinstance(value, PersonName):
        return str(value).rstrip("=")
    if isinstance(value, str):
        if vr in ("DS", "IS") and not value.strip(" \0"):
            return None
        return value if vr in KEEPS_LEADING_SPACES else value.strip(" \0")
    return value


def _common(value: Any) -> Any:
    if isinstance(value, dicomkit.PersonName):
        return str(value).rstrip("=")
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else float(value)
    return int(value) if isinstance(value, int) else value
