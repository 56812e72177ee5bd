from __future__ import annotations

import pickle
from collections.abc import Callable
from types import ModuleType

import pytest

from dicomkit.standard import TransferSyntax

FLAGS = (
    "implicit_vr",
    "big_endian",
    "big_endian_pixels",
    "deflated",
    "encapsulated",
    "referenced",
    "stream",
    "fragmentable",
    "lossless",
    "lossy",
)


# PS3.5 Annex A; 1.2.840.113619.5.2 after GE's conformance statements.
@pytest.mark.parametrize(
    ("uid", "keyword", "family", "flags"),
    [
        ("1.2.840.10008.1.2", "ImplicitVRLittleEndian", "", "implicit_vr"),
        ("1.2.840.10008.1.2.1", "ExplicitVRLittleEndian", "", ""),
        ("1.2.840.10008.1.2.1.99", "DeflatedExplicitVRLittleEndian", "", "deflated"),
        ("1.2.840.10008.1.2.2", "ExplicitVRBigEndian", "", "big_endian big_endian_pixels"),
        ("1.2.840.10008.1.2.1.98", "EncapsulatedUncompressedExplicitVRLittleEndian", "", "encapsulated"),
        ("1.2.840.10008.1.2.4.50", "JPEGBaseline8Bit", "jpeg", "encapsulated fragmentable lossy"),
        ("1.2.840.10008.1.2.4.70", "JPEGLosslessSV1", "jpeg-lossless", "encapsulated fragmentable lossless"),
        ("1.2.840.10008.1.2.4.80", "JPEGLSLossless", "jpeg-ls", "encapsulated fragmentable lossless"),
        ("1.2.840.10008.1.2.4.90", "JPEG2000Lossless", "jpeg2000", "encapsulated fragmentable lossless"),
        ("1.2.840.10008.1.2.4.94", "JPIPReferenced", "jpip-jpeg2000", "referenced"),
        ("1.2.840.10008.1.2.4.95", "JPIPReferencedDeflate", "jpip-jpeg2000", "referenced deflated"),
        ("1.2.840.10008.1.2.5", "RLELossless", "rle", "encapsulated lossless"),
        ("1.2.840.113619.5.2", None, "", "implicit_vr big_endian_pixels"),
    ],
)
def test_facts(uid: str, keyword: str | None, family: str, flags: str) -> None:
    syntax = TransferSyntax.find(uid)
    assert syntax is not None
    assert syntax.uid == uid
    assert syntax.uid.is_transfer_syntax
    assert syntax.family == family
    assert {flag for flag in FLAGS if getattr(syntax, flag)} == set(flags.split())
    if keyword:
        assert syntax.keyword == keyword
        assert TransferSyntax.find(keyword) == syntax


def test_all() -> None:
    syntaxes = TransferSyntax.all()
    assert len(syntaxes) == 64
    assert len(set(syntaxes)) == 64
    for syntax in syntaxes:
        assert TransferSyntax.find(syntax.uid) == syntax
        assert not (syntax.encapsulated and (syntax.big_endian or syntax.implicit_vr))  # PS3.5 A.4
        assert not (syntax.lossless and syntax.lossy)


def test_agrees_with_pydicom(peer_module: Callable[[str], ModuleType]) -> None:
    uid_of = peer_module("pydicom.uid").UID
    compared = 0
    for syntax in TransferSyntax.all():
        theirs = uid_of(syntax.uid)
        if theirs.type != "Transfer Syntax" or syntax.referenced or syntax.stream:
            continue  # newer than pydicom; or pydicom takes them for compressed pixel data
        if syntax.family in ("mime", "xml") or syntax.name.startswith("Papyrus"):
            continue  # pydicom takes the first two for compressed pixel data, and Papyrus 3 for explicit VR
        compared += 1
        assert theirs.is_implicit_VR == syntax.implicit_vr, syntax
        assert theirs.is_little_endian != syntax.big_endian, syntax
        assert theirs.is_deflated == syntax.deflated, syntax
        assert theirs.is_encapsulated == syntax.encapsulated, syntax
    assert compared > 40


@pytest.mark.parametrize("key", ["", "1.2.3", "1.2.840.10008.5.1.4.1.1.2", "CTImageStorage", "jpeg"])
def test_unknown(key: str) -> None:
    assert TransferSyntax.find(key) is None


def test_padding_does_not_matter() -> None:
    assert TransferSyntax.find("1.2.840.10008.1.2\0") == TransferSyntax.find("1.2.840.10008.1.2")


def test_assumed() -> None:
    known = TransferSyntax.assumed("1.2.840.10008.1.2")
    assert known.implicit_vr
    unknown = TransferSyntax.assumed("1.2.3")
    assert unknown.uid == "1.2.3"
    assert (unknown.name, unknown.keyword, unknown.family) == ("", "", "unknown")
    assert {flag for flag in FLAGS if getattr(unknown, flag)} == {"encapsulated", "fragmentable", "lossy"}


def test_as_an_object() -> None:
    syntax = TransferSyntax.assumed("1.2.840.10008.1.2.4.50")
    assert repr(syntax) == "<TransferSyntax 1.2.840.10008.1.2.4.50 JPEG Baseline (Process 1)>"
    assert syntax != "1.2.840.10008.1.2.4.50"
    twin = pickle.loads(pickle.dumps(syntax))
    assert twin == syntax
    assert twin.lossy
