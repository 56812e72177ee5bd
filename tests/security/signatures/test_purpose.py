"""Purposes of signatures: the codes of PS3.16 CID 7007, as dcmsign lists and writes them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import dicomkit
from dicomkit.dataset import DataElement, Dataset
from dicomkit.security.signatures.purpose import PURPOSES, SCHEME, purpose_item, purpose_number, purpose_of
from dicomkit.standard import Tag
from tests.security.pki import Pki


def test_codes_are_those_of_dcmsign(peer: Callable[[str], str]) -> None:
    listed = subprocess.run([peer("dcmsign"), "+lp"], capture_output=True, text=True, check=True).stdout
    assert {int(number): meaning for number, meaning in re.findall(r"^ +(\d+): (.+)$", listed, re.MULTILINE)} == PURPOSES


def test_codes() -> None:
    """PS3.16 CID 7007, ASTM E 2084: 1 to 18."""
    assert list(PURPOSES) == list(range(1, 19))
    assert (PURPOSES[1], PURPOSES[5], PURPOSES[14]) == ("Author's Signature", "Verification Signature", "Source Signature")


@pytest.mark.parametrize("number", PURPOSES)
def test_item_and_back(number: int) -> None:
    item = purpose_item(number)
    assert [element.keyword for element in item] == ["CodeValue", "CodingSchemeDesignator", "CodeMeaning"]
    signature = Dataset(DigitalSignaturePurposeCodeSequence=[item])
    assert purpose_of(signature) == (number, str(number), "ASTM-sigpurpose", PURPOSES[number])


@pytest.mark.parametrize("number", [0, 19, -1, "1", None])
def test_no_purpose(number: int) -> None:
    with pytest.raises(ValueError, match="no purpose of a signature: there are 1 to 18"):
        purpose_item(number)


@pytest.mark.parametrize(
    ("code", "scheme", "expected"),
    [
        ("5", SCHEME, 5),
        ("18", SCHEME, 18),
        ("5", "DCM", None),
        ("5", "", None),
        ("", SCHEME, None),
        ("05", SCHEME, None),
        ("19", SCHEME, None),
        ("\N{ARABIC-INDIC DIGIT FIVE}", SCHEME, None),
        ("9" * 10_000, SCHEME, None),
    ],
)
def test_number(code: str, scheme: str, expected: int | None) -> None:
    assert purpose_number(code, scheme) == expected


def signature(*items: Dataset) -> Dataset:
    return Dataset(DigitalSignaturePurposeCodeSequence=list(items))


def with_element(vr: str, value: object) -> Dataset:
    dataset = Dataset()
    dataset.add(DataElement(Tag("DigitalSignaturePurposeCodeSequence"), vr, value))
    return dataset


def test_hostile_values() -> None:
    assert purpose_of(Dataset()) is None
    assert purpose_of(signature()) is None
    assert purpose_of(signature(purpose_item(1), purpose_item(5))) is None
    assert purpose_of(with_element("LO", "5")) is None
    assert purpose_of(with_element("UN", b"\xfe\xff\x00\xe0\xff\xff\xff\xff")) is None
    assert purpose_of(signature(Dataset())) == (None, "", "", "")
    assert purpose_of(signature(Dataset(CodeValue=["5", "5"], CodingSchemeDesignator=SCHEME))) == (None, "", SCHEME, "")
    item = Dataset(CodingSchemeDesignator=SCHEME, CodeMeaning="Verification Signature")
    item.add(DataElement(Tag("CodeValue"), "SQ", [Dataset()]))
    assert purpose_of(signature(item)) == (None, "", SCHEME, "Verification Signature")


def test_dcmsign_writes_the_same(peer: Callable[[str], str], pki: Pki, examples_dir: Path, tmp_path: Path) -> None:
    output = tmp_path / "signed.dcm"
    keys = (pki.rsa.key_pem, pki.rsa.certificate_pem)
    subprocess.run([peer("dcmsign"), "+m2", "+sp", "14", "+s", *keys, examples_dir / "ct.dcm", output], check=True)
    signed = dicomkit.read(output).DigitalSignaturesSequence[0]
    assert purpose_of(signed) == (14, "14", SCHEME, "Source Signature")
    assert signed.DigitalSignaturePurposeCodeSequence[0] == purpose_item(14)
