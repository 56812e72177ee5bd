"""The document type definition of DCMTK's form, against the one that DCMTK comes with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dicomkit.formats.xml_dtd import CHILDREN, attributes, dtd

DCMTK_DTD = Path("/usr/share/dcmtk/dcm2xml.dtd")
DECLARATION = re.compile(r"<!(ELEMENT|ATTLIST)\s+([^>]*?)\s*>")


def declarations(text: str) -> set[str]:
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    return {re.sub(r"\s*([(),|])\s*", r"\1", f"{kind} {rest}") for kind, rest in DECLARATION.findall(text)}


def test_declarations_are_those_of_dcmtk() -> None:
    if not DCMTK_DTD.exists():
        pytest.skip("DCMTK's data is not installed")
    theirs = declarations(DCMTK_DTD.read_text("utf-8"))
    assert theirs - declarations(dtd()) == set()
    assert declarations(dtd()) - theirs == {"ATTLIST data-set xmlns CDATA #IMPLIED"}  # dcm2xml -f +Xn writes it


def test_attributes() -> None:
    assert attributes("element")["binary"] == (False, frozenset(("yes", "no", "hidden", "base64", "file")))
    assert attributes("element")["tag"] == (True, frozenset())
    assert set(CHILDREN) == {"file-format", "meta-header", "data-set", "sequence", "item", "element", "pixel-item"}
