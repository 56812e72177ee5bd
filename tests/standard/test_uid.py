from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit.standard import UID


def test_registered() -> None:
    uid = UID("1.2.840.10008.5.1.4.1.1.2")
    assert uid == "1.2.840.10008.5.1.4.1.1.2"
    assert str(uid) == f"{uid}" == "1.2.840.10008.5.1.4.1.1.2"
    assert (uid.name, uid.keyword, uid.kind) == ("CT Image Storage", "CTImageStorage", "SOP Class")
    assert not uid.is_private
    assert not uid.is_retired
    assert not uid.is_transfer_syntax
    assert repr(uid) == "UID('1.2.840.10008.5.1.4.1.1.2')"


# PS3.6 Annex A
@pytest.mark.parametrize(
    ("uid", "kind", "retired"),
    [
        ("1.2.840.10008.1.2", "Transfer Syntax", False),
        ("1.2.840.10008.1.2.2", "Transfer Syntax", True),
        ("1.2.840.10008.5.1.1.9", "Meta SOP Class", False),
        ("1.2.840.10008.1.20.1.1", "Well-known SOP Instance", False),
        ("1.2.840.10008.3.1.1.1", "Application Context Name", False),
        ("1.2.840.10008.2.16.4", "Coding Scheme", False),
        ("1.2.840.10008.6.1.1", "Context Group Name", False),
        ("1.2.840.10008.1.4.1.1", "Well-known frame of reference", False),
        ("1.2.840.10008.15.0.3.3", "LDAP OID", False),
    ],
)
def test_kinds(uid: str, kind: str, retired: bool) -> None:
    assert (UID(uid).kind, UID(uid).is_retired) == (kind, retired)
    assert UID(uid).is_transfer_syntax == (kind == "Transfer Syntax")


def test_not_registered() -> None:
    uid = UID("1.3.6.1.4.1.5962.1")
    assert (uid.name, uid.keyword, uid.kind, uid.is_retired) == ("", "", "", False)
    assert uid.is_private


def test_from_keyword() -> None:
    assert UID.from_keyword("ExplicitVRLittleEndian") == "1.2.840.10008.1.2.1"
    assert type(UID.from_keyword("CTImageStorage")) is UID
    with pytest.raises(ValueError, match="'CTImage' is not the keyword"):
        UID.from_keyword("CTImage")


# PS3.5 9.1
@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("1.2.840.10008.1.2", True),
        ("0.0", True),
        ("1", True),
        ("2.25." + "9" * 39, True),
        ("1." + "2" * 62, True),
        ("1." + "2" * 63, False),
        ("", False),
        ("1.02", False),
        ("1.00", False),
        ("1..2", False),
        (".1", False),
        ("1.", False),
        ("1.2 ", False),
        ("1.2\0", False),
        ("1.a", False),
        ("1.-2", False),
        ("1.\u0662", False),
    ],
)
def test_validity(text: str, valid: bool) -> None:
    assert UID(text).is_valid == valid


@given(st.text())
def test_holds_any_text(text: str) -> None:
    uid = UID(text)
    assert uid == text
    assert hash(uid) == hash(text)
    assert uid.name == "" or uid.kind
    assert pickle.loads(pickle.dumps(uid)) == text
