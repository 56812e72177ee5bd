"""The errors: one tree, fields that say where, and they survive pickling."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from dicomkit import errors
from dicomkit.errors import (
    CodecError,
    DicomError,
    EncodeError,
    ParseError,
    SourceChanged,
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
]


def classes() -> list[type[DicomError]]:
    found = [value for value in vars(errors).values() if inspect.isclass(value)]
    return [cls for cls in found if issubclass(cls, DicomError)]


def test_every_class_is_public_documented_and_tested() -> None:
    assert sorted(cls.__name__ for cls in classes()) == sorted(errors.__all__)
    assert all(cls.__doc__ for cls in classes())
    assert {type(error) for error, *_ in ERRORS} == set(classes()) - {DicomError}


def test_the_tree_is_the_one_that_is_drawn() -> None:
    drawing = (errors.__doc__ or "").replace("│", " ").splitlines()
    drawn = {line.split()[1]: line.partition("(")[2].partition(")")[0] for line in drawing if "── " in line}
    for cls in classes():
        if cls is not DicomError:
            parent, builtin = cls.__bases__
            assert (parent.__module__, drawn[cls.__name__]) == ("dicomkit.errors", builtin.__name__)
    assert len(drawn) == len(classes()) - 1


@pytest.mark.parametrize(("error", "builtin", "sentence", "fields"), ERRORS)
def test_sentences_and_fields(error: DicomError, builtin: type[Exception], sentence: str, fields: dict[str, object]) -> None:
    for one in (error, pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(one) is type(error)
        assert isinstance(one, builtin)
        assert str(one) == sentence
        assert {name: getattr(one, name) for name in fields} == fields
