"""dicomkit: the DICOM toolkit for Python.

    import dicomkit

    ds = dicomkit.read("ct.dcm")
    ds.PatientName

Names are loaded when they are first used, so that importing dicomkit costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit.dataset import DataElement, Dataset, Date, DateTime, PersonName, Problem, Sequence, Time
    from dicomkit.dataset.diff import Difference, diff
    from dicomkit.errors import (
        CodecError,
        DicomError,
        EncodeError,
        ParseError,
        SourceChanged,
        UnsupportedTransferSyntax,
        ValueDecodeError,
    )
    from dicomkit.formats.pydicom import from_pydicom
    from dicomkit.media.new import new
    from dicomkit.media.reader import read
    from dicomkit.media.writer import write_stream
    from dicomkit.standard import UID, Dictionary, Tag

__version__ = "0.1.0"

# Public name -> the module that has it.
_HOMES = {
    "CodecError": "dicomkit.errors",
    "DataElement": "dicomkit.dataset",
    "Dataset": "dicomkit.dataset",
    "Date": "dicomkit.dataset",
    "DateTime": "dicomkit.dataset",
    "DicomError": "dicomkit.errors",
    "Difference": "dicomkit.dataset.diff",
    "Dictionary": "dicomkit.standard",
    "EncodeError": "dicomkit.errors",
    "ParseError": "dicomkit.errors",
    "PersonName": "dicomkit.dataset",
    "Problem": "dicomkit.dataset",
    "Sequence": "dicomkit.dataset",
    "SourceChanged": "dicomkit.errors",
    "Tag": "dicomkit.standard",
    "Time": "dicomkit.dataset",
    "UID": "dicomkit.standard",
    "UnsupportedTransferSyntax": "dicomkit.errors",
    "ValueDecodeError": "dicomkit.errors",
    "diff": "dicomkit.dataset.diff",
    "from_pydicom": "dicomkit.formats.pydicom",
    "new": "dicomkit.media.new",
    "read": "dicomkit.media.reader",
    "write_stream": "dicomkit.media.writer",
}

__all__ = [
    "UID",
    "CodecError",
    "DataElement",
    "Dataset",
    "Date",
    "DateTime",
    "DicomError",
    "Dictionary",
    "Difference",
    "EncodeError",
    "ParseError",
    "PersonName",
    "Problem",
    "Sequence",
    "SourceChanged",
    "Tag",
    "Time",
    "UnsupportedTransferSyntax",
    "ValueDecodeError",
    "diff",
    "from_pydicom",
    "new",
    "read",
    "write_stream",
]


if not TYPE_CHECKING:  # else every name would be there to a type checker

    def __getattr__(name: str) -> object:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        value = getattr(importlib.import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
