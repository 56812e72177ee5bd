from __future__ import annotations

import pickle
import subprocess
import sys
import uuid

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


# -- new ones (PS3.5 9, B.2)


def test_generated_uids_are_uuids() -> None:
    uids = {UID.generate() for _ in range(1000)}
    assert len(uids) == 1000
    for uid in uids:
        assert uid.is_valid
        found = uuid.UUID(int=int(uid.removeprefix("2.25.")))
        assert (found.version, found.variant) == (4, uuid.RFC_4122)
        assert UID.from_uuid(found) == uid


@pytest.mark.parametrize("root", ["1", "1.2.826.0.1.3680043.9.3811", "1." + "2" * 41])
def test_rooted_uids(root: str) -> None:
    uids = {UID.generate(root) for _ in range(1000)}
    assert len(uids) == 1000
    assert all(uid.is_valid and uid.startswith(f"{root}.") for uid in uids)


@pytest.mark.parametrize("root", ["", "1.", ".1", "1.02", "a", "1.2 ", "1." + "2" * 42, "1" * 64])
def test_no_roots(root: str) -> None:
    with pytest.raises(ValueError, match="is no root for UIDs"):
        UID.generate(root)


@given(st.binary(), st.sampled_from([None, "1.2.3", "1." + "2" * 41]))
def test_derived_uids(data: bytes, root: str | None) -> None:
    uid = UID.generate(root, data=data)
    assert uid.is_valid
    assert uid == UID.generate(root, data=data)
    assert uid != UID.generate(root, data=data + b"\0")
    if root is None:
        assert uuid.UUID(int=int(uid.removeprefix("2.25."))).version == 8


def test_derived_uids_stay_the_same_in_all_versions() -> None:
    assert UID.generate(data="secret 1.2.3") == UID.generate(data=b"secret 1.2.3")
    # sha256sum of the text begins with cd37f201...; the version (8) and variant of a UUID (RFC 9562 5.8) are set in it
    digest = uuid.UUID("cd37f2013081d0ad236a714b7d232202")
    made = uuid.UUID(int=int(UID.generate(data="secret 1.2.3").removeprefix("2.25.")))
    assert made.int | 0xF << 76 | 3 << 62 == digest.int | 0xF << 76 | 3 << 62


def test_from_uuid() -> None:
    # the example of PS3.5 B.2
    assert UID.from_uuid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6") == "2.25.329800735698586629295641978511506172918"
    assert UID.from_uuid("F81D4FAE7DEC11D0A76500A0C91E6BF6") == "2.25.329800735698586629295641978511506172918"
    assert UID.from_uuid(uuid.UUID(int=0)) == "2.25.0"
    for text in ("", "f81d4fae", "g" * 32, "f81d4fae-7dec-11d0-a765-00a0c91e6b_6"):
        with pytest.raises(ValueError, match=r"UUID|base 16"):
            UID.from_uuid(text)


def test_making_uids_imports_little() -> None:
    code = "import sys; from dicomkit.standard import UID; UID.generate(); print(*{'uuid', 'hashlib'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
