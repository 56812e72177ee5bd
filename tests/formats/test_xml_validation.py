"""Checking a document against DCMTK's document type definition."""

from __future__ import annotations

import pytest

from dicomkit import ParseError
from dicomkit.formats.xml_reader import read_document

META = '<meta-header xfer="1.2.840.10008.1.2.1"><element tag="0002,0010" vr="UI">1.2.840.10008.1.2.1</element></meta-header>'
NO_TAG = '<element vr="PN"/>'
NO_SUCH = '<element tag="0010,0010" vr="PN" x=""/>'
DATA = '<data-set xfer="1.2.840.10008.1.2.1">{}</data-set>'


def valid(content: str, doctype: str = '<!DOCTYPE file-format SYSTEM "dcm2xml.dtd">') -> None:
    read_document(doctype + content, validate=True, on_notice=lambda error: None)


@pytest.mark.parametrize(
    "content",
    [
        "",
        '<element tag="0010,0010" vr="PN" vm="1" len="2" name="x">A</element>',
        '<sequence tag="0008,1140" vr="SQ" card="1" len="0"><item card="0" offset="8"/><item/></sequence>',
        '<sequence tag="7fe0,0010" vr="OB"><pixel-item binary="base64"/><pixel-item binary="yes"/></sequence>',
    ],
)
def test_valid_documents(content: str) -> None:
    valid(f"<file-format>{META}{DATA.format(content)}</file-format>")
    valid(DATA.format(content), "<!DOCTYPE data-set>")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (f"<file-format>{DATA.format('')}</file-format>", "file-format has meta-header, data-set"),
        (f"<file-format>{DATA.format('')}{META}</file-format>", "file-format has meta-header, data-set"),
        (f'<file-format><meta-header xfer="1"/>{DATA.format("")}</file-format>', "meta-header is empty"),
        (f"<file-format>{META}<data-set/></file-format>", "data-set lacks the attribute xfer"),
        (f"<file-format>{META}{DATA.format('<x/>')}</file-format>", "there is no element 'x'"),
        (f"<file-format>{META}{DATA.format('<item/>')}</file-format>", "item cannot be in data-set"),
        (f"<file-format>{META}{DATA.format(NO_TAG)}</file-format>", "element lacks the attribute tag"),
        (f"<file-format>{META}{DATA.format(NO_SUCH)}</file-format>", "element has no attribute 'x'"),
        (DATA.format(""), "the document type declaration is for 'file-format'"),
    ],
)
def test_documents_that_are_not_valid(document: str, message: str) -> None:
    with pytest.raises(ParseError, match="the document is not valid") as caught:
        valid(document)
    assert message in str(caught.value)


def test_items_and_fragments_do_not_mix() -> None:
    content = '<sequence tag="7fe0,0010" vr="OB"><pixel-item/><item/></sequence>'
    with pytest.raises(ParseError, match="item cannot be in sequence"):
        valid(f"<file-format>{META}{DATA.format(content)}</file-format>")
    content = '<element tag="0010,0010" vr="PN" binary="maybe"/>'
    with pytest.raises(ParseError, match="'maybe' is no value of the attribute binary"):
        valid(f"<file-format>{META}{DATA.format(content)}</file-format>")


def test_a_declaration_is_needed() -> None:
    with pytest.raises(ParseError, match="the document type declaration is missing"):
        valid(DATA.format(""), "")
