"""File Meta Information of what is written (PS3.10 section 7.1)."""

from __future__ import annotations

from dicomkit.dataset.dataset import Dataset
from dicomkit.dataset.element import element_of
from dicomkit.errors import EncodeError, ValueDecodeError
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Literal

__all__ = ["IMPLEMENTATION_CLASS_UID", "IMPLEMENTATION_VERSION_NAME", "completed", "preamble"]

#: Names this implementation in files and associations (PS3.7 D.3.3.2). It stays as it is from version to version.
IMPLEMENTATION_CLASS_UID: Final = "2.25.53819819766115878894435201682575197490"
IMPLEMENTATION_VERSION_NAME: Final = "DICOMKIT_0.1.0"

GROUP_LENGTH: Final = 0x00020000
VERSION: Final = 0x00020001
SOP_CLASS: Final = 0x00020002
SOP_INSTANCE: Final = 0x00020003
TRANSFER_SYNTAX: Final = 0x00020010
IMPLEMENTATION_CLASS: Final = 0x00020012
IMPLEMENTATION_VERSION: Final = 0x00020013

# Element of the File Meta Information -> the one of the data set that it repeats.
_REPEATED: Final = ((SOP_CLASS, 0x00080016), (SOP_INSTANCE, 0x00080018))


def completed(dataset: Dataset, transfer_syntax: str, mode: Literal["keep", "new"], *, strict: bool = False) -> Dataset:
    """The File Meta Information for a data set: what there is, with what is missing or does not fit set right.

    Args:
        dataset: the data set to be written.
        transfer_syntax: UID of the encoding it is written in.
        mode: "keep" keeps what its `file_meta` has and is not wrong; "new" only what is not said elsewhere.
        strict: raise for what PS3.10 demands and nobody knows.

    Raises:
        EncodeError: (strict) there is no SOP class or instance UID.
    """
    present = dataset.file_meta
    meta = Dataset() if present is None else present.__copy__()  # copy.copy would cost an import
    if mode == "new":
        for own in meta.keys():
            if own not in (SOP_CLASS, SOP_INSTANCE):  # in case the data set does not have them
                del meta[own]
    if GROUP_LENGTH not in meta:
        meta[GROUP_LENGTH] = 0  # the writer counts
    if VERSION not in meta:
        meta[VERSION] = b"\0\1"
    for tag, repeated in _REPEATED:
        _repeat(meta, tag, dataset, repeated, mode, strict)
    if _text(meta, TRANSFER_SYNTAX) != transfer_syntax:
        _set_uid(meta, TRANSFER_SYNTAX, transfer_syntax)
    if IMPLEMENTATION_CLASS not in meta:
        _set_uid(meta, IMPLEMENTATION_CLASS, IMPLEMENTATION_CLASS_UID)
        meta[IMPLEMENTATION_VERSION] = element_of(IMPLEMENTATION_VERSION, "SH", IMPLEMENTATION_VERSION_NAME)
    return meta


def _repeat(meta: Dataset, tag: int, dataset: Dataset, repeated: int, mode: str, strict: bool) -> None:
    """Set a UID that the data set has too, where it is missing or was changed there."""
    overlay = dataset._overlay
    assigned = meta._overlay is not None and tag in meta._overlay
    if tag in meta and mode != "new" and (assigned or overlay is None or repeated not in overlay):
        return  # as it was read, even if the two were different then, or as the program says
    value = _text(dataset, repeated)
    if value:
        if _text(meta, tag) != value:
            _set_uid(meta, tag, value)
    elif strict and not _text(meta, tag):
        raise EncodeError("File Meta Information needs it, and the data set does not have it (PS3.10 7.1)", repeated)


def _text(dataset: Dataset, tag: int) -> str:
    """The value of a UID; "" for one that is none."""
    try:
        value = dataset.get(tag)
    except ValueDecodeError:
        return ""
    return value if isinstance(value, str) else ""


def _set_uid(meta: Dataset, tag: int, value: str) -> None:
    """Assign a UID, whatever VR a damaged file gave it."""
    meta[tag] = element_of(tag, "UI", UID(value))


def preamble(dataset: Dataset) -> bytes:
    """The preamble and the prefix that the file of a data set had, else zeros and the prefix."""
    meta = dataset.file_meta
    if meta is not None and meta._index is not None and len(meta._index):
        try:
            first = meta._read(0, 132)
        except ValueError:  # it is not in memory any more
            first = b""
        if first[128:] == b"DICM":
            return first
    return bytes(128) + b"DICM"
