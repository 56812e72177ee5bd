"""Data sets of pydicom, from and to ours.

What pydicom has not decoded crosses as bytes, in both directions: pydicom's raw data elements are written behind each other
and indexed, and ours become raw data elements, which pydicom decodes when they are touched. So nothing is lost that neither
side understands, and nothing is decoded that nobody asks for.
"""

from __future__ import annotations

import os

from dicomkit._ext.tagstream import TagStream
from dicomkit.dataset.dataset import Dataset, from_index
from dicomkit.formats.pydicom_encoding import Encoder
from dicomkit.media.encoded import encoded
from dicomkit.media.file_meta import preamble
from dicomkit.media.source_path import Path
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, TypeAlias

    import pydicom

    from dicomkit._ext.tagstream import Index
    from dicomkit.dataset.element import DataElement

    Encoding: TypeAlias = tuple[bool, bool]

__all__ = ["from_pydicom", "to_pydicom"]

_SPECIFIC_CHARACTER_SET: Final = 0x00080005
_TRANSFER_SYNTAX_UID: Final = 0x00020010
_UNDEFINED: Final = 0xFFFFFFFF
_ROOT: Final = 0xFFFFFFFF  # in the state of a data set that is no item
_EXPLICIT_LITTLE: Final = (False, True)  # an encoding as pydicom says it: implicit VR, little endian
_IMPLICIT_VR: Final = 4  # element.h
_BIG_ENDIAN_VALUE: Final = 16

# Encoding -> the transfer syntax of a data set that does not say.
_TRANSFER_SYNTAXES: Final = {
    (False, True): "1.2.840.10008.1.2.1",
    (True, True): "1.2.840.10008.1.2",
    (False, False): "1.2.840.10008.1.2.2",
    (True, False): "1.2.840.10008.1.2",  # there is none, but ACR-NEMA streams may be so
}


def _pydicom() -> Any:  # the module
    try:
        import pydicom
    except ImportError as error:
        raise ImportError("pydicom is not installed: pip install pydicom") from error
    if int(pydicom.__version__.partition(".")[0]) < 3:
        raise ImportError(f"pydicom {pydicom.__version__} is too old: pydicom 3 is needed")
    return pydicom


# -- to pydicom


def to_pydicom(dataset: Dataset) -> pydicom.Dataset:
    """The data set as pydicom has it after reading the same file.

    Sequences and values are decoded by pydicom when they are touched. A value that is not in memory stays in its file until
    pydicom touches it, if that is a local file, else it is read now.

    Returns:
        A `pydicom.FileDataset`; of an item, a `pydicom.Dataset`.

    Raises:
        ImportError: there is no pydicom 3.
        EncodeError: what was assigned cannot be encoded.
        SourceChanged: a value that is not in memory cannot be read any more.
    """
    pydicom = _pydicom()
    from pydicom.charset import convert_encodings, default_encoding

    is_item = dataset._state()[4] != _ROOT
    around = dataset.character_sets.given if is_item else ()
    had_preamble = dataset.file_meta is not None and all(problem.code != "no-preamble" for problem in dataset.problems)
    dataset = encoded(dataset)
    origin = dataset._origin
    file = origin if isinstance(origin, Path) and not is_item else None
    charset = convert_encodings(list(around)) if around else default_encoding
    made = _made(pydicom.Dataset, dataset, charset, file)
    if is_item:
        return made  # type: ignore[no-any-return]  # pydicom is Any here
    meta = pydicom.dataset.FileMetaDataset()
    if dataset.file_meta is not None:
        meta = _made(pydicom.dataset.FileMetaDataset, dataset.file_meta, default_encoding, None)
    name = None if file is None else file.name
    first = preamble(dataset)[:128] if had_preamble else None
    whole = pydicom.FileDataset(name, made, first, meta, *made.original_encoding)
    whole.set_original_encoding(*made.original_encoding, made._character_set)
    return whole  # type: ignore[no-any-return]  # pydicom is Any here


def _made(cls: Any, dataset: Dataset, charset: Any, file: Path | None) -> Any:
    """A data set of a class of pydicom's over raw data elements."""
    from pydicom.charset import convert_encodings
    from pydicom.dataelem import RawDataElement, convert_raw_data_element, empty_value_for_VR
    from pydicom.tag import BaseTag

    implicit, little = encoding = _encoding_of(dataset)
    elements: dict[Any, Any] = {}
    for element in dataset:
        tag = BaseTag(element.tag)
        vr = element.encoded_vr or (None if implicit else element.vr)
        length = element.length or 0
        is_sequence = length == _UNDEFINED and element.vr == "SQ"
        if is_sequence and vr is None:
            vr = "SQ"
        value: Any = None
        if length == 0:
            value = empty_value_for_VR(vr, raw=True)
        elif file is None or not _can_stay(element, file):
            value = element.raw
        raw: Any = RawDataElement(tag, vr, length, value, element.offset or 0, implicit, little)
        if tag == _SPECIFIC_CHARACTER_SET:
            charset = convert_encodings(convert_raw_data_element(raw).value)
        if is_sequence and vr == "UN":  # pydicom would write its bytes, which are implicit VR, under SQ
            raw = convert_raw_data_element(raw._replace(VR="SQ"), encoding=charset)
        elements[tag] = raw
    made = cls(elements, parent_encoding=charset) if cls.__name__ == "Dataset" else cls(elements)
    made.set_original_encoding(*encoding, charset)
    return made


def _encoding_of(dataset: Dataset) -> Encoding:
    """How the first element is encoded."""
    index, _, first, stop = dataset._state()[:4]
    if index is None or first >= stop:
        return _EXPLICIT_LITTLE
    flags = index.record(first)[2]
    return bool(flags & _IMPLICIT_VR), not flags & _BIG_ENDIAN_VALUE


def _can_stay(element: DataElement, file: Path) -> bool:
    """Whether a value may stay in its file: pydicom reads it from there, with the header before it."""
    if element.is_in_memory or element.length == _UNDEFINED or element.is_truncated:
        return False
    offset, length = element.offset, element.length
    if offset is None or length is None:
        return False
    place = file.open_range(offset, length)  # raises if it is not the file that was read
    if place is None:
        return False
    os.close(place[0])
    return place[1] == offset


# -- from pydicom


def from_pydicom(dataset: pydicom.Dataset) -> Dataset:
    """A data set of pydicom's as one of ours.

    Values that pydicom has not decoded keep their bytes, those that it has are encoded as pydicom does. Lengths of sequences
    and items, explicit or undefined, stay as they are, so do File Meta Information and preamble. What is deferred is read.

    Raises:
        ImportError: there is no pydicom 3.
        EncodeError: pydicom cannot encode a value.
        OSError: a deferred value cannot be read.
    """
    _pydicom()
    encoding = _original_encoding(dataset)
    encoder = Encoder(*encoding)
    data = encoder.dataset(dataset)
    file_meta = getattr(dataset, "file_meta", None)
    meta = None
    if file_meta:  # without elements, there was none
        head = (getattr(dataset, "preamble", None) or bytes(128)) + b"DICM"
        content = Encoder(*_EXPLICIT_LITTLE).dataset(file_meta)
        meta = from_index(_index(head + content, len(head), _EXPLICIT_LITTLE))
    syntax = None if meta is None else meta.get(_TRANSFER_SYNTAX_UID)
    made = from_index(
        _index(data, 0, encoding),
        file_meta=meta,
        transfer_syntax=syntax if isinstance(syntax, UID) else UID(_TRANSFER_SYNTAXES[encoding]),
    )
    for way, part, tag in encoder.lost:
        _restore_vr(made, way, part, tag)
    return made


def _restore_vr(made: Dataset, way: tuple[tuple[int, int], ...], dataset: pydicom.Dataset, tag: int) -> None:
    """Give an element the VR that it has in pydicom, where implicit VR has lost it."""
    for sequence, number in way:
        if sequence not in made or made[sequence].vr != "SQ":
            return  # it was lost with a sequence, and restored with it
        made = made[sequence].value[number]
    if made[tag].vr != dataset[tag].VR:
        data = Encoder(*_EXPLICIT_LITTLE).dataset(dataset[tag : tag + 1])
        made[tag] = from_index(_index(data, 0, _EXPLICIT_LITTLE))[tag]


def _original_encoding(dataset: pydicom.Dataset) -> Encoding:
    """Implicit VR and little endian of the elements that are not decoded."""
    implicit, little = dataset.original_encoding
    return _EXPLICIT_LITTLE if implicit is None or little is None else (implicit, little)


def _index(data: bytes, position: int, encoding: Encoding) -> Index:
    stream = TagStream(position, len(data), implicit_vr=encoding[0], big_endian=not encoding[1], defer_size=len(data) or 1)
    stream.feed(data, 0)
    return stream.finish()
