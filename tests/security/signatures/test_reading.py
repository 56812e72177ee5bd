"""What can be told of a signature without any key."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import dicomkit
from dicomkit import DataElement, Dataset, SignatureError, Tag
from dicomkit.media.transfer import chunks
from dicomkit.security.signatures.levels import Level, levels
from dicomkit.security.signatures.mac import mac_parts, signature_item_parts
from dicomkit.security.signatures.purpose import purpose_item
from dicomkit.security.signatures.reading import Reading, mac_stream
from tests.reference.encoding import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from tests.security.pki import Pki
from tests.security.signature_instances import image, report


def signed(**values: Any) -> Dataset:
    """A data set with what a signature has, but for key and certificate; values of None are left out."""
    dataset = image()
    parameters = {
        "MACIDNumber": 3,
        "MACCalculationTransferSyntaxUID": EXPLICIT_LITTLE,
        "MACAlgorithm": "SHA256",
        "DataElementsSigned": (0x00080018, 0x00100010),
    }
    signature = {
        "MACIDNumber": 3,
        "DigitalSignatureUID": "1.2.3",
        "DigitalSignatureDateTime": "20260301120000.000000+0100",
        "CertificateType": "X509_1993_SIG",
        "CertificateOfSigner": b"certificate ",
        "Signature": b"signature ",
    }
    for keyword, value in values.items():
        where, _, keyword = keyword.rpartition("__")
        target = parameters if where == "mac" or (keyword in parameters and keyword not in signature) else signature
        target[keyword] = value
    for keyword, target in (("MACParametersSequence", parameters), ("DigitalSignaturesSequence", signature)):
        dataset[keyword] = [Dataset(**{name: value for name, value in target.items() if value is not None})]
    return dataset


def reading(dataset: Dataset) -> Reading:
    level = Level(dataset)
    (item,) = level.signatures()
    return Reading(level, item)


def codes(found: Reading) -> list[str]:
    return [problem.code for problem in found.result.problems]


def both(dataset: Dataset) -> list[Reading]:
    """As it was made, and as it is read."""
    return [reading(dataset), reading(dicomkit.read(dataset.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new")))]


def test_all_that_a_signature_states() -> None:
    for found in both(signed(DigitalSignaturePurposeCodeSequence=[purpose_item(5)])):
        result = found.result
        assert codes(found) == []
        assert (result.uid, result.mac_id, result.mac, result.transfer_syntax) == ("1.2.3", 3, "SHA256", EXPLICIT_LITTLE)
        assert result.time == dt.datetime(2026, 3, 1, 11, tzinfo=dt.UTC)
        assert result.purpose == ("5", "ASTM-sigpurpose", "Verification Signature")
        assert (result.covered, result.outside) == ((0x00080018, 0x00100010), (0x00080016, 0x0020000D, 0x0020000E))
        assert not any((result.intact, result.trusted, result.anchored, result.certificate, result.key))
        assert found.parameters is not None
        assert found.parts() is not None


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"DigitalSignatureUID": None}, "no-uid"),
        ({"DigitalSignatureUID": ""}, "no-uid"),
        ({"DigitalSignatureDateTime": None}, "no-time"),
        ({"DigitalSignatureDateTime": ""}, "no-time"),
        ({"MACIDNumber": None}, "no-mac-id"),
        ({"MACIDNumber": 4}, "mac-parameters"),
        ({"MACIDNumber": (3, 3)}, "no-mac-id"),
        ({"mac__MACIDNumber": 4}, "mac-parameters"),
        ({"mac__MACIDNumber": None}, "mac-parameters"),
        ({"DataElementsSigned": None}, "no-elements"),
        ({"DataElementsSigned": ()}, "no-elements"),
        ({"DataElementsSigned": (0x00104000,)}, "no-elements"),
        ({"MACCalculationTransferSyntaxUID": None}, "mac-transfer-syntax"),
        ({"MACCalculationTransferSyntaxUID": IMPLICIT_LITTLE}, "mac-transfer-syntax"),
        ({"MACCalculationTransferSyntaxUID": "1.2.3"}, "mac-transfer-syntax"),
        ({"DataElementsSigned": (0x00080018, 0x4FFE0001)}, "not-signable"),
        ({"DataElementsSigned": (0xFFFAFFFA,)}, "not-signable"),
    ],
)
def test_what_is_wrong(values: dict[str, Any], code: str) -> None:
    dataset = signed(**values)
    found = reading(dataset)
    parts = found.parts()
    assert code in codes(found)
    assert len(codes(found)) == 1
    assert (parts is None) == (code not in ("no-uid", "no-time"))
    again = both(dataset)[1]
    again.parts()
    assert codes(again) == codes(found)


def test_lists_that_are_too_long() -> None:
    """For AT with explicit VR (PS3.5 7.1.2); with implicit VR it can be stored."""
    dataset = signed(DataElementsSigned=tuple(range(0x00110000, 0x00110000 + 20_000)))
    assert "ambiguous" in codes(reading(dataset))
    read = dicomkit.read(dataset.to_bytes(transfer_syntax=IMPLICIT_LITTLE, meta="new"))
    assert "too-many-elements" in codes(reading(read))


@pytest.mark.parametrize("vr", ["LO", "UN", "OB", "US"])
def test_other_vrs(vr: str) -> None:
    """No MAC is calculated from these elements, so nothing else would notice."""
    for sequence, keyword in (
        ("DigitalSignaturesSequence", "CertificateOfSigner"),
        ("DigitalSignaturesSequence", "Signature"),
        ("MACParametersSequence", "MACAlgorithm"),
        ("MACParametersSequence", "MACCalculationTransferSyntaxUID"),
        ("MACParametersSequence", "DataElementsSigned"),
    ):
        dataset = signed()
        item = dataset[sequence].value[0]
        if item[keyword].vr == vr:
            continue
        item.add(DataElement(Tag(keyword), vr, {"LO": "text", "US": 1}.get(vr, b"ab")))
        for found in both(dataset):
            assert "ambiguous" in codes(found), keyword


def test_times() -> None:
    for text, zone, expected in (
        ("20260301120000+0000", None, dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)),
        ("20260301120000.5-0330", "+0100", dt.datetime(2026, 3, 1, 15, 30, 0, 500000, dt.UTC)),
        ("20260301120000", "+0100", dt.datetime(2026, 3, 1, 11, tzinfo=dt.UTC)),
        ("20260301120000", None, dt.datetime(2026, 3, 1, 12).astimezone()),  # of this computer
        ("20260301120000", "nonsense", None),
    ):
        dataset = signed(DigitalSignatureDateTime=text)
        if zone is not None:
            dataset.add(DataElement(Tag("TimezoneOffsetFromUTC"), "SH", zone))
        found = reading(dataset)
        assert found.result.time == expected, (text, zone)
        assert codes(found) == ([] if expected else ["no-time"])


def test_a_time_that_is_no_time() -> None:
    for text in ("20261301", "20260230120000+0000", "20260101250000+0000", "noon", "\\", "1\\2", "2026-03-01"):
        dataset = signed()
        dataset.DigitalSignaturesSequence[0].add(DataElement(Tag("DigitalSignatureDateTime"), "DT", text))
        found = reading(dataset)
        assert found.result.time is None
        assert codes(found) == ["no-time"]
    for text in ("2026", "99991231235959-1400", "00010101000000+1400", "00010101", "99991231"):  # the ends of the calendar
        found = reading(signed(DigitalSignatureDateTime=text))
        assert (found.result.time is None) == (codes(found) == ["no-time"])


def test_purposes() -> None:
    code = purpose_item(1)
    for items, expected in (
        ([code], ("1", "ASTM-sigpurpose", "Author's Signature")),
        ([], None),
        ([code, code], None),
        ([Dataset()], ("", "", "")),
        ([Dataset(CodeValue="5", CodingSchemeDesignator="99LOCAL", CodeMeaning="mine")], ("5", "99LOCAL", "mine")),
    ):
        for found in both(signed(DigitalSignaturePurposeCodeSequence=items)):
            assert found.result.purpose == expected
            assert codes(found) == []


def test_the_bytes(pki: Pki) -> None:
    """Those of the elements, then those of the signature's own item (PS3.3 C.12.1.1.3.1.1)."""
    dataset = report(ContentSequence=[Dataset(TextValue="a")])
    kept: dict[str, bytes] = {}
    for item in (dataset.ContentSequence[0], dataset):
        made: list[bytes] = []
        uid = dicomkit.sign(
            item, pki.p256.key, pki.p256.certificate, dump=lambda parts, made=made: made.extend(map(bytes, chunks(parts)))
        )
        kept[uid] = b"".join(made)
    dataset = dicomkit.read(dataset.to_bytes(transfer_syntax=EXPLICIT_LITTLE, meta="new"))
    for level in levels(dataset):
        (item,) = level.signatures()
        uid = item.DigitalSignatureUID
        stream = b"".join(map(bytes, chunks(mac_stream(dataset, uid))))
        assert stream == kept[uid]
        parts = mac_parts(level.item, level.item.MACParametersSequence[0].DataElementsSigned, EXPLICIT_LITTLE)
        assert stream == b"".join(map(bytes, chunks([*parts, *signature_item_parts(item, EXPLICIT_LITTLE)])))
    with pytest.raises(SignatureError, match=r"no signature with the UID 1\.2\.3"):
        mac_stream(dataset, "1.2.3")


def test_bytes_that_cannot_be_told() -> None:
    dataset = signed(MACCalculationTransferSyntaxUID="1.2.3")
    with pytest.raises(SignatureError, match="MAC Calculation Transfer Syntax"):
        mac_stream(dataset, "1.2.3")
    dataset = report(ContentSequence=[signed(MACIDNumber=9)])
    with pytest.raises(SignatureError, match="MAC ID Number 9") as raised:
        mac_stream(dataset, "1.2.3")
    assert raised.value.path == "(0040,A730)[0]"
