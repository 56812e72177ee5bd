"""dicomkit: the DICOM toolkit for Python.

    import dicomkit

    ds = dicomkit.read("ct.dcm")
    ds.PatientName

Names are loaded when they are first used, so that importing dicomkit costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dicomkit import aio
    from dicomkit.dataset import DataElement, Dataset, Date, DateTime, PersonName, Problem, Sequence, Time
    from dicomkit.dataset.diff import Difference, diff
    from dicomkit.errors import (
        AssociationAborted,
        AssociationRejected,
        CodecError,
        ConnectError,
        DicomError,
        DimseError,
        EncodeError,
        NetworkError,
        NoPresentationContext,
        ParseError,
        ProtocolError,
        SignatureError,
        SourceChanged,
        Timeout,
        UnsupportedTransferSyntax,
        ValueDecodeError,
    )
    from dicomkit.formats.pydicom import from_pydicom
    from dicomkit.media.new import new
    from dicomkit.media.reader import read
    from dicomkit.media.writer import write_stream
    from dicomkit.net.association import associate
    from dicomkit.net.send import send
    from dicomkit.net.server import Server
    from dicomkit.security.signatures.sign import sign
    from dicomkit.security.signatures.verify import verify
    from dicomkit.security.trust.store import TrustStore
    from dicomkit.standard import UID, Dictionary, Tag

__version__ = "0.1.0"

# Public name -> the module that has it.
_HOMES = {
    "AssociationAborted": "dicomkit.errors",
    "AssociationRejected": "dicomkit.errors",
    "CodecError": "dicomkit.errors",
    "ConnectError": "dicomkit.errors",
    "DataElement": "dicomkit.dataset",
    "Dataset": "dicomkit.dataset",
    "Date": "dicomkit.dataset",
    "DateTime": "dicomkit.dataset",
    "DicomError": "dicomkit.errors",
    "Dictionary": "dicomkit.standard",
    "Difference": "dicomkit.dataset.diff",
    "DimseError": "dicomkit.errors",
    "EncodeError": "dicomkit.errors",
    "NetworkError": "dicomkit.errors",
    "NoPresentationContext": "dicomkit.errors",
    "ParseError": "dicomkit.errors",
    "PersonName": "dicomkit.dataset",
    "Problem": "dicomkit.dataset",
    "ProtocolError": "dicomkit.errors",
    "Sequence": "dicomkit.dataset",
    "Server": "dicomkit.net.server",
    "SignatureError": "dicomkit.errors",
    "SourceChanged": "dicomkit.errors",
    "Tag": "dicomkit.standard",
    "Time": "dicomkit.dataset",
    "Timeout": "dicomkit.errors",
    "TrustStore": "dicomkit.security.trust.store",
    "UID": "dicomkit.standard",
    "UnsupportedTransferSyntax": "dicomkit.errors",
    "ValueDecodeError": "dicomkit.errors",
    "aio": "dicomkit",
    "associate": "dicomkit.net.association",
    "diff": "dicomkit.dataset.diff",
    "from_pydicom": "dicomkit.formats.pydicom",
    "new": "dicomkit.media.new",
    "read": "dicomkit.media.reader",
    "send": "dicomkit.net.send",
    "sign": "dicomkit.security.signatures.sign",
    "verify": "dicomkit.security.signatures.verify",
    "write_stream": "dicomkit.media.writer",
}

__all__ = [
    "UID",
    "AssociationAborted",
    "AssociationRejected",
    "CodecError",
    "ConnectError",
    "DataElement",
    "Dataset",
    "Date",
    "DateTime",
    "DicomError",
    "Dictionary",
    "Difference",
    "DimseError",
    "EncodeError",
    "NetworkError",
    "NoPresentationContext",
    "ParseError",
    "PersonName",
    "Problem",
    "ProtocolError",
    "Sequence",
    "Server",
    "SignatureError",
    "SourceChanged",
    "Tag",
    "Time",
    "Timeout",
    "TrustStore",
    "UnsupportedTransferSyntax",
    "ValueDecodeError",
    "aio",
    "associate",
    "diff",
    "from_pydicom",
    "new",
    "read",
    "send",
    "sign",
    "verify",
    "write_stream",
]


if not TYPE_CHECKING:  # else every name would be there to a type checker

    def __getattr__(name: str) -> object:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        if home == __name__:
            value: object = importlib.import_module(f"{home}.{name}")
        else:
            value = getattr(importlib.import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
