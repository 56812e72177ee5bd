"""When something was changed, dcmsign and dicomkit see the same signatures broken, and no others."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dicomkit
from dicomkit import Dataset
from dicomkit.security.trust.store import TrustStore
from tests.hostile.survival import element_headers
from tests.interop.dcmsign import Dcmsign, good, verified
from tests.reference.encoding import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from tests.security.pki import Pki
from tests.security.signature_instances import image

# -- changed bits


class Small:
    """A file with two signatures of different elements.

    Attributes:
        data: the file.
        covered: UID -> tags.
        places: tag, where its value begins and ends, of all elements at the root but the signatures.
        headers: offsets of bytes of headers, at any depth.
        reserved: those of reserved bytes in headers with explicit VR.
    """

    def __init__(self, data: bytes, covered: dict[str, set[int]]) -> None:
        self.data = data
        self.covered = covered
        self.places = []
        for element in dicomkit.read(data):
            if element.tag not in (0x4FFE0001, 0xFFFAFFFA):
                assert element.offset is not None
                assert element.length is not None
                self.places.append((int(element.tag), element.offset, element.offset + element.length))
        headers = element_headers(data)
        self.headers = {offset for start, size in headers for offset in range(start, start + size)}
        self.reserved = {start + at for start, size in headers if size == 12 for at in (6, 7)}

    def __repr__(self) -> str:
        return f"<Small of {len(self.data)} bytes>"

    def broken_by(self, offset: int) -> set[str] | None:
        """The UIDs of the signatures that a changed byte breaks; None if it is of no value outside of signatures."""
        for tag, start, stop in self.places:
            if start <= offset < stop and offset not in self.headers:
                return {uid for uid, tags in self.covered.items() if tag in tags}
        return None


@pytest.fixture(scope="module", params=[EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG])
def small(request: pytest.FixtureRequest, pki: Pki) -> Small:
    inner = Dataset(CodeValue="1234", CodeMeaning="some more")
    dataset = image(
        PatientID="4711",
        PatientComments="nobody has signed this",
        ContentSequence=[Dataset(ValueType="TEXT", TextValue="abc", ConceptNameCodeSequence=[inner])],
        PixelData=bytes(range(32)),
    )
    covered = {}
    for identity, tags in (
        (pki.p256, (0x00080018, 0x00100010)),
        (pki.rsa, (0x00100010, 0x00100020, 0x0040A730, 0x7FE00010)),
    ):
        covered[dicomkit.sign(dataset, identity.key, identity.certificate, tags=tags)] = set(tags)
    data = dataset.to_bytes(transfer_syntax=request.param, meta="new")
    return Small(data, covered)


def both(data: bytes, dcmsign: Dcmsign, trust: TrustStore) -> tuple[set[str], set[str]]:
    """The UIDs of the signatures that are valid for dcmsign, and for dicomkit."""
    path = dcmsign.path(data)
    said = set(dcmsign.verify(path).good)
    try:
        return said, good(verified(path, trust))
    except dicomkit.ParseError:
        return said, set()
    finally:
        path.unlink()


FEW = settings(
    max_examples=min(60, settings().max_examples),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(data=st.data())
@FEW
def test_changed_values(data: st.DataObject, small: Small, dcmsign: Dcmsign, trust: TrustStore) -> None:
    """A changed bit breaks the signatures that cover it, and no other."""
    _, start, stop = data.draw(st.sampled_from([place for place in small.places if place[1] < place[2]]))
    offset = data.draw(st.sampled_from([at for at in range(start, stop) if at not in small.headers]))
    changed = bytearray(small.data)
    changed[offset] ^= 1 << data.draw(st.integers(0, 7))
    broken = small.broken_by(offset)
    assert broken is not None
    theirs, ours = both(bytes(changed), dcmsign, trust)
    assert ours == set(small.covered) - broken
    if offset == stop - 1 and small.data[offset] in b"\0 ":
        assert theirs >= ours  # padding, which dcmsign writes anew
    else:
        assert theirs == ours


def test_every_value(small: Small, trust: TrustStore) -> None:
    """The same of every byte, without dcmsign."""
    for _, start, stop in small.places:
        for offset in range(start, stop):
            broken = small.broken_by(offset)
            if broken is not None:
                changed = small.data[:offset] + bytes([small.data[offset] ^ 1]) + small.data[offset + 1 :]
                assert good(dicomkit.verify(dicomkit.read(changed), trust)) == set(small.covered) - broken


@given(data=st.data())
@FEW
def test_changed_headers(data: st.DataObject, small: Small, dcmsign: Dcmsign, trust: TrustStore) -> None:
    """What is covered has no other header, whatever is read then. dcmsign writes reserved bytes anew, so it sees less."""
    tag, start, stop = data.draw(st.sampled_from(small.places))
    first = max(at for at in range(start) if at - 1 not in small.headers and at in small.headers)
    offset = data.draw(st.sampled_from([at for at in range(first, stop) if at in small.headers]))
    changed = bytearray(small.data)
    changed[offset] ^= 1 << data.draw(st.integers(0, 7))
    theirs, ours = both(bytes(changed), dcmsign, trust)
    if offset not in small.reserved or dicomkit.read(small.data).transfer_syntax != EXPLICIT_BIG:  # which is written anew
        assert not {uid for uid, tags in small.covered.items() if tag in tags} & ours
    if theirs:  # else it does not read the file at all
        assert ours <= theirs


@given(data=st.data())
@FEW
def test_changed_signatures(data: st.DataObject, small: Small, dcmsign: Dcmsign, trust: TrustStore) -> None:
    """A changed value of a signature or of its parameters breaks that one only."""
    read = dicomkit.read(small.data)
    kind = data.draw(st.sampled_from(["DigitalSignaturesSequence", "MACParametersSequence"]))
    number = data.draw(st.integers(0, 1))
    element = data.draw(st.sampled_from([one for one in read[kind].value[number] if one.vr != "SQ"]))
    assert element.offset is not None
    assert element.length
    offset = element.offset + data.draw(st.integers(0, element.length - 1))
    changed = bytearray(small.data)
    changed[offset] ^= 1 << data.draw(st.integers(0, 7))
    theirs, ours = both(bytes(changed), dcmsign, trust)
    uid = list(small.covered)[number]
    if offset == element.offset + element.length - 1 and element.raw.endswith(b"\0"):
        assert ours <= theirs  # padding, which dcmsign does not look at
        return
    if element.tag == 0x04000010 and uid in ours:  # that of another transfer syntax, which has the same bytes but for pixels
        value = changed[element.offset : element.offset + element.length].rstrip(b"\0")
        assert value.startswith(b"1.2.840.10008.1.2.")
        return
    assert uid not in ours
    if element.tag == 0x04000005:  # which may have become that of the other one: dcmsign takes the first
        assert ours <= set(small.covered)
    else:
        assert ours == theirs == set(small.covered) - {uid}, element


def test_added_and_deleted_elements(small: Small, dcmsign: Dcmsign, trust: TrustStore) -> None:
    first, second = small.covered
    for tag, change, left in (
        ("PatientComments", None, {first, second}),
        ("PatientComments", "somebody else wrote this", {first, second}),
        ("StudyID", "1", {first, second}),
        ("PatientName", None, set()),
        ("PatientName", "Nobody", set()),
        ("PatientID", "4712", {first}),
        ("PatientID", None, {first}),
        ("SOPInstanceUID", "1.2.3.5", {second}),
        ("PixelData", None, {first}),
    ):
        dataset = dicomkit.read(small.data)
        if change is None:
            del dataset[tag]
        else:
            dataset[tag] = change
        assert both(dataset.to_bytes(), dcmsign, trust) == (left, left)
    dataset = dicomkit.read(small.data)
    dataset.ContentSequence.append(Dataset(ValueType="TEXT"))
    assert both(dataset.to_bytes(), dcmsign, trust) == ({first}, {first})
