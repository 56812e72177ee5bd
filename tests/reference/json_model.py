"""The DICOM JSON Model of a data set, made of its decoded values: the slow and simple way to what the kernel renders."""

from __future__ import annotations

import base64
import math
from typing import Any

from dicomkit import DataElement, Dataset
from dicomkit.standard import VRS

BYTES = {"OB": 1, "OW": 2, "OL": 4, "OF": 4, "OD": 8, "OV": 8, "UN": 1}
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def json_model(dataset: Dataset) -> dict[str, Any]:
    """All elements but group lengths and encapsulated Pixel Data."""
    return {
        f"{element.tag:08X}": attribute(element)
        for element in dataset
        if element.tag & 0xFFFF and element.tag >> 16 != 0xFFFE and not element.is_encapsulated
    }


def attribute(element: DataElement) -> dict[str, Any]:
    vr = element.vr if element.vr in VRS else "UN"  # what a damaged data set has there
    made: dict[str, Any] = {"vr": vr}
    value = element.value
    if vr in BYTES:
        if value is not None:
            made["InlineBinary"] = base64.b64encode(little_endian(element)).decode()
        return made
    if vr == "SQ":
        values = [json_model(item) for item in value]
    else:
        several = value if isinstance(value, tuple) else () if value is None else (value,)
        values = [one_value(vr, one) for one in several]
    if values:
        made["Value"] = values
    return made


def little_endian(element: DataElement) -> bytes:
    size = BYTES.get(element.vr, 1) if element.big_endian else 1
    raw = element.raw
    words = [raw[at : at + size] for at in range(0, len(raw), size)]
    return b"".join(word[::-1] if len(word) == size else word for word in words)


def one_value(vr: str, value: Any) -> Any:
    if value is None or value == "":
        return None
    if vr == "AT":
        return f"{value:08X}"
    if vr in ("SV", "UV") and abs(value) > 2**53 - 1:
        return str(value)
    if vr == "PN":
        groups = value.split("=", 2)
        return {name: group for name, group in zip(GROUPS, groups, strict=False) if group} or None
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # as the caller spells them
    return value
