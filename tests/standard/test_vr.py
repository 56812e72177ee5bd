from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from dicomkit.standard import VRS


def codes(field: str) -> set[str]:
    return {code for code, vr in VRS.items() if getattr(vr, field)}


# PS3.5 Table 6.2-1 and 7.1.2
def test_table() -> None:
    assert len(VRS) == 34
    assert list(VRS) == [vr.code for vr in VRS.values()]
    assert codes("character_set") == {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}
    assert codes("is_text") == {"LT", "ST", "UT"}
    assert codes("long_header") == {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
    assert set(VRS) - codes("multi_valued") == {
        *("LT", "ST", "UT", "UR", "SQ", "UN"),
        *("OB", "OD", "OF", "OL", "OV", "OW"),
    }
    assert {vr.code for vr in VRS.values() if vr.padding == b" "} == codes("is_string") - {"UI"}
    assert all(VRS[code].is_string for code in codes("character_set"))


def test_agrees_with_pydicom(peer_module: Callable[[str], ModuleType]) -> None:
    valuerep = peer_module("pydicom.valuerep")
    assert set(VRS) == {str(vr) for vr in valuerep.VR if len(vr) == 2}
    assert codes("long_header") == {str(vr) for vr in valuerep.EXPLICIT_VR_LENGTH_32 if len(vr) == 2}
    assert codes("character_set") == {str(vr) for vr in valuerep.CUSTOMIZABLE_CHARSET_VR if len(vr) == 2}
    lengths = {str(vr): length for vr, length in valuerep.MAX_VALUE_LEN.items()}
    ours = {code: vr.max_length for code, vr in VRS.items() if vr.max_length and code in lengths}
    assert ours == {code: length for code, length in lengths.items() if code in ours}
    assert set(lengths) - set(ours) <= {"UC", "UR", "UT"}


@pytest.mark.parametrize(
    ("code", "value_type", "item_size"),
    [("US", "int", 2), ("SV", "int", 8), ("FL", "float", 4), ("OD", "bytes", 8), ("AT", "Tag", 4), ("DS", "float", 1)],
)
def test_values(code: str, value_type: str, item_size: int) -> None:
    assert (VRS[code].value_type, VRS[code].item_size) == (value_type, item_size)


def test_repr() -> None:
    assert repr(VRS["PN"]) == "<VR PN Person Name>"
