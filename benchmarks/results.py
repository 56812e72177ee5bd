"""Whether rivals have made the same of the same input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks import inputs


def dataset(path: Path) -> object:
    """A file's data set: File Meta Information names who wrote it."""
    return inputs.dataset_bytes(path)


def values(path: Path) -> object:
    """What pydicom reads: 120 and 120.0 are equal."""
    from pydicom import dcmread

    return dcmread(path)


def json_model(text: bytes) -> object:
    """What a text in the DICOM JSON Model says; some write empty values, some leave them out."""
    return without_empty(json.loads(text))


def without_empty(node: object) -> object:
    """The same without empty lists and strings, the numbers as such: 1 and 1.0 are equal."""
    if isinstance(node, dict):
        return {name: without_empty(child) for name, child in node.items() if child not in ([], "")}
    if isinstance(node, list):
        return [without_empty(child) for child in node]
    return node


def difference(results: Mapping[str, object]) -> str:
    """Who has another result than the first one, or "" if none has."""
    first, *others = results
    return ", ".join([f"{name} and {first} differ" for name in others if results[name] != results[first]])
