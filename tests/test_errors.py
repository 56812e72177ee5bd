"""The errors: one tree, fields that say where, and they survive pickling."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from dicomkit import errors
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

# An error, the built-in that a caller may expect, its sentence, its fields
ERRORS = [
    (
        ParseError("value runs past the end"),
        ValueError,
        "value runs past the end",
        {"offset": None, "path": "", "source": ""},
    ),
    (
        ParseError("value runs past the end", 1324, "(7FE0,0010)", "ct.dcm"),
        ValueError,
        "ct.dcm: value runs past the end in (7FE0,0010) at byte 1324",
        {"reason": "value runs past the end", "offset": 1324, "path": "(7FE0,0010)", "source": "ct.dcm"},
    ),
    (ParseError("not DICOM", 0), ValueError, "not DICOM at byte 0", {"offset": 0}),
    (EncodeError("too long"), ValueError, "too long", {"tag": None}),
    (
        EncodeError("too long", 0x00100020),
        ValueError,
        "(0010,0020): too long",
        {"reason": "too long", "tag": 0x00100020},
    ),
    (
        ValueDecodeError("not a number", 0x00180050, "DS", 420),
        ValueError,
        "(0018,0050) DS at byte 420: not a number",
        {"reason": "not a number", "tag": 0x00180050, "vr": "DS", "offset": 420},
    ),
    (ValueDecodeError("not a number", 0x00180050, "DS"), ValueError, "(0018,0050) DS: not a number", {"offset": None}),
    (SignatureError("wrong password"), ValueError, "wrong password", {"path": ""}),
    (
        SignatureError("it is not there", "(0010,0010)"),
        ValueError,
        "(0010,0010): it is not there",
        {"reason": "it is not there", "path": "(0010,0010)"},
    ),
    (
        UnsupportedTransferSyntax("1.2.3", "no codec"),
        ValueError,
        "transfer syntax 1.2.3: no codec",
        {"uid": "1.2.3", "reason": "no codec"},
    ),
    (CodecError("the codestream ends too early"), ValueError, "the codestream ends too early", {"frame": None}),
    (
        CodecError("the codestream ends too early", 3, "1.2.3"),
        ValueError,
        "transfer syntax 1.2.3: frame 3: the codestream ends too early",
        {"reason": "the codestream ends too early", "frame": 3, "transfer_syntax": "1.2.3"},
    ),
    (
        SourceChanged("ct.dcm", "the file is gone"),
        OSError,
        "ct.dcm: the file is gone",
        {"source": "ct.dcm", "reason": "the file is gone"},
    ),
    (NetworkError("the connection is gone"), OSError, "the connection is gone", {"peer": "", "errno": None}),
    (
        ConnectError("nobody listens", "pacs.example:104"),
        ConnectionError,
        "pacs.example:104: nobody listens",
        {"text": "nobody listens", "peer": "pacs.example:104"},
    ),
    (Timeout("no answer for 30 s", "pacs.example:104"), TimeoutError, "pacs.example:104: no answer for 30 s", {}),
    (
        ProtocolError("there is no PDU type 0x47", 0, "192.0.2.7:4711"),
        OSError,
        "192.0.2.7:4711: there is no PDU type 0x47 at byte 0",
        {"text": "there is no PDU type 0x47", "offset": 0, "peer": "192.0.2.7:4711"},
    ),
    (ProtocolError("a response to nothing"), OSError, "a response to nothing", {"offset": None, "peer": ""}),
    (
        AssociationRejected(1, 1, 7, "pacs.example:104"),
        ConnectionRefusedError,
        "pacs.example:104: association rejected permanently: called AE title not recognized",
        {"result": 1, "source": 1, "reason": 7, "text": "called AE title not recognized", "peer": "pacs.example:104"},
    ),
    (
        AssociationRejected(2, 3, 2),
        ConnectionRefusedError,
        "association rejected for now: local limit exceeded",
        {"result": 2, "source": 3, "reason": 2, "peer": ""},
    ),
    (AssociationRejected(9, 8, 7), OSError, "association rejected with result 9: reason 7 of source 8", {"reason": 7}),
    (
        AssociationAborted(2, 6, "", "pacs.example:104"),
        ConnectionAbortedError,
        "pacs.example:104: association aborted: invalid PDU parameter value",
        {"source": 2, "reason": 6, "text": "invalid PDU parameter value", "peer": "pacs.example:104"},
    ),
    (AssociationAborted(0, 0), ConnectionAbortedError, "association aborted", {"source": 0, "reason": 0, "text": ""}),
    (AssociationAborted(2, 0, "the connection is gone"), OSError, "association aborted: the connection is gone", {}),
    (
        NoPresentationContext("1.2.840.10008.1.1", "Verification SOP Class", "it was not proposed", "pacs.example:104"),
        LookupError,
        "pacs.example:104: no presentation context for Verification SOP Class: it was not proposed",
        {"abstract_syntax": "1.2.840.10008.1.1", "name": "Verification SOP Class", "text": "it was not proposed"},
    ),
    (
        DimseError(0xA700, "disk full", "C-STORE", "refused: out of resources", (0x00080018, 0x00100020)),
        RuntimeError,
        "C-STORE failed with status A700H (refused: out of resources): disk full; offending (0008,0018) (0010,0020)",
        {
            "status": 0xA700,
            "comment": "disk full",
            "operation": "C-STORE",
            "meaning": "refused: out of resources",
            "offending_elements": (0x00080018, 0x00100020),
        },
    ),
    (DimseError(0x0110), RuntimeError, "the operation failed with status 0110H", {"comment": "", "operation": ""}),
]


def classes() -> list[type[DicomError]]:
    found = [value for value in vars(errors).values() if inspect.isclass(value)]
    return [cls for cls in found if issubclass(cls, DicomError)]


def test_every_class_is_public_documented_and_tested() -> None:
    assert sorted(cls.__name__ for cls in classes()) == sorted(errors.__all__)
    assert all(cls.__doc__ for cls in classes())
    assert {type(error) for error, *_ in ERRORS} == set(classes()) - {DicomError}


def test_the_tree_is_the_one_that_is_drawn() -> None:
    parents = ["DicomError"]
    drawn = {}
    for line in (errors.__doc__ or "").splitlines():
        head, dashes, rest = line.partition("── ")
        if dashes:
            depth = len(head.replace("│", " ")) // 4
            name = rest.split()[0]
            parents[depth:] = [name]
            drawn[name] = [parents[depth - 1], *([rest.partition("(")[2].partition(")")[0]] if f"{name} (" in rest else [])]
    assert drawn == {cls.__name__: [base.__name__ for base in cls.__bases__] for cls in classes() if cls is not DicomError}


@pytest.mark.parametrize(("error", "builtin", "sentence", "fields"), ERRORS)
def test_sentences_and_fields(error: DicomError, builtin: type[Exception], sentence: str, fields: dict[str, object]) -> None:
    for one in (error, pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(one) is type(error)
        assert isinstance(one, builtin)
        assert str(one) == sentence
        assert {name: getattr(one, name) for name in fields} == fields
