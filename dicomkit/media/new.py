"""New SOP instances."""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit._ext.tagstream import index_bytes
from dicomkit._ext.writer import encode_dataset
from dicomkit.dataset.dataset import Dataset, from_index
from dicomkit.dataset.text import character_sets
from dicomkit.media.file_meta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

__all__ = ["new"]

_EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"


def new(sop_class: str, **values: Any) -> Dataset:
    """Make a data set for a new SOP instance, ready to be saved as a file.

    It has the SOP Class UID, a SOP Instance UID, File Meta Information for Explicit VR Little Endian (PS3.10 7.1), and the
    values. What else its class demands is for the caller to add.

    Args:
        sop_class: UID or keyword, as "CTImageStorage".
        values: values by keyword. A `SOPInstanceUID` is taken instead of a new one.

    Raises:
        ValueError: this is no SOP class; a value does not fit its VR.
        TypeError: a value is of no type that its VR takes.
        AttributeError: there is no such keyword.

    PS3.3 C.12.1, PS3.10 7.1.
    """
    uid = _sop_class(sop_class)
    dataset = Dataset(**values)
    dataset.SOPClassUID = uid
    instance = dataset.get("SOPInstanceUID")
    if not instance:
        instance = dataset.SOPInstanceUID = UID.generate()
    meta = Dataset(
        FileMetaInformationVersion=b"\0\1",
        MediaStorageSOPClassUID=uid,
        MediaStorageSOPInstanceUID=instance,
        TransferSyntaxUID=_EXPLICIT_VR_LITTLE_ENDIAN,
        ImplementationClassUID=IMPLEMENTATION_CLASS_UID,
        ImplementationVersionName=IMPLEMENTATION_VERSION_NAME,
    )
    # As if it had been read: so its UIDs follow those of the data set if these are changed before it is saved.
    dataset.file_meta = from_index(index_bytes(encode_dataset(meta, character_sets=character_sets).joined()))
    return dataset


def _sop_class(key: str) -> UID:
    row = standard.uid(key) or standard.uid_keyword(key)
    if row is None and key[:1].isdigit() and UID(key).is_valid:
        return UID(key)  # a private one
    if row is None or row[3] != "SOP Class":
        raise ValueError(f"{key!r} is no SOP class")
    return UID(row[0])
