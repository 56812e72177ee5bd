"""JSON of the same files by pydicom: what each writes, the other reads.

A difference is an error unless it is listed here with its reason.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit.formats.json import from_json, to_json

pydicom = pytest.importorskip("pydicom")


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Path, our value and theirs, wherever they differ; None where one has none."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted({*ours, *theirs}):
            yield from differences(ours.get(name), theirs.get(name), f"{path}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif ours != theirs:
        yield path, ours, theirs


def is_accepted(path: str, ours: Any, theirs: Any, ds: dicomkit.Dataset) -> bool:
    """Whether pydicom writes it otherwise for a known reason."""
    if path.endswith("0000") or (path == ".7FE00010" and ours is None):
        return True  # it writes group lengths, and encapsulated pixel data inline
    if ours is None and theirs in ("", []):
        return True  # and "" for an empty value, [] for an empty sequence; F.2.5: null, no Value
    if isinstance(ours, str) and isinstance(theirs, str) and ours == theirs.strip(" "):
        return True  # and the padding of single values
    if path.endswith(".InlineBinary") and str(ds.transfer_syntax) == "1.2.840.10008.1.2.2":
        return True  # and words in the byte order of the file
    # Of private elements, pydicom does not look into values of unknown VR, and takes the VR of creators from PS3.5.
    return int(path.split(".")[1][3], 16) % 2 == 1 and path.rpartition(".")[2].partition("[")[0] in (
        "InlineBinary",
        "Value",
        "vr",
    )


def readable(files: list[Path]) -> Iterator[tuple[Path, dicomkit.Dataset, Any]]:
    for path in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                theirs = pydicom.dcmread(path)
                theirs.to_json()
            except (pydicom.errors.InvalidDicomError, ValueError):
                continue
            if len(theirs):  # pydicom reads nothing of a damaged one
                yield path, dicomkit.read(path), theirs


def test_both_write_the_same(pydicom_files: list[Path]) -> None:
    count = 0
    for path, ds, theirs in readable(pydicom_files):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = json.loads(theirs.to_json())
        made = json.loads(to_json(ds, encapsulated="omit", nan="extended"))
        unexpected = [one for one in differences(made, expected) if not is_accepted(*one, ds)]
        assert not unexpected, (path, unexpected[:3])
        count += 1
    assert count > 140


def test_pydicom_reads_what_we_write(pydicom_files: list[Path]) -> None:
    count = 0
    for path, ds, theirs in readable(pydicom_files):
        if any(element.is_encapsulated for element in ds) or str(ds.transfer_syntax) == "1.2.840.10008.1.2.2":
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            back = pydicom.Dataset.from_json(to_json(ds))
            for element in theirs:
                other = back.get(element.tag)
                if element.tag.element == 0 or element.tag.is_private or element.VR == "SQ":
                    continue
                assert other is not None, (path, element)
                assert normal(other.value) == normal(element.value), (path, element)
        count += 1
    assert count > 50


def normal(value: Any) -> Any:
    """A value without padding of single values."""
    if isinstance(value, (list, tuple, pydicom.multival.MultiValue)):
        return [normal(one) for one in value]
    return (
        value.strip(" ")
        if isinstance(value, str)
        else str(value).rstrip("=")
        if type(value).__name__ == "PersonName"
        else value
    )


def test_we_read_what_pydicom_writes(pydicom_files: list[Path]) -> None:
    count = 0
    for path, ds, theirs in readable(pydicom_files):
        if any(element.is_encapsulated for element in ds) or str(ds.transfer_syntax) == "1.2.840.10008.1.2.2":
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            back = from_json(theirs.to_json())
        for element in ds:
            if element.tag & 0xFFFF and not element.is_private and element.vr not in ("SQ", "PN"):
                assert (back[element.tag].value or None) == (element.value or None), (path, element)
        count += 1
    assert count > 50
