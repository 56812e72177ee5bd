"""What digital signatures are calculated from: the same bytes as DCMTK's dcmsign, over many files; and where not, why."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

import dicomkit
from dicomkit import Dataset, SignatureError
from dicomkit.media.transfer import chunks
from dicomkit.security.signatures.mac import (
    MAC_ALGORITHMS,
    digest,
    mac_parts,
    signable_tags,
    signature_item_parts,
    unsignable,
)
from tests.reference.encoding import (
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    JPEG,
    Element,
    Item,
    Node,
    PixelFragments,
    Sequence,
    file_bytes,
)
from tests.security.pki import Pki

LARGEST = 2 << 20
OPTIONS = {"MD5": "+mm", "RIPEMD160": "+mr", "SHA1": "+ms", "SHA256": "+m2", "SHA384": "+m3", "SHA512": "+m5"}


class Signed:
    """What dcmsign made of a file.

    Attributes:
        dump: what the MAC was calculated from.
        dataset: what it wrote.
    """

    def __init__(self, dump: bytes, dataset: Dataset) -> None:
        self.dump = dump
        self.dataset = dataset

    def stream(self, item: Dataset, at: Dataset | None = None) -> bytes:
        """What the MAC of its last signature is calculated from, of the same data set or item; `at` is where that is."""
        parameters, signature = self.last(at)
        syntax = parameters.MACCalculationTransferSyntaxUID
        parts = [
            *mac_parts(item, parameters.DataElementsSigned, syntax),
            *signature_item_parts(signature, syntax),
        ]
        return b"".join(bytes(chunk) for chunk in chunks(parts))

    def tags(self, at: Dataset | None = None) -> tuple[int, ...]:
        return tuple(int(tag) for tag in self.last(at)[0].DataElementsSigned)

    def last(self, at: Dataset | None) -> tuple[Dataset, Dataset]:
        at = at or self.dataset
        return at.MACParametersSequence[-1], at.DigitalSignaturesSequence[-1]


Sign = Callable[..., Signed | None]


@pytest.fixture
def sign(peer: Callable[[str], str], pki: Pki, tmp_path: Path) -> Sign:
    """Let dcmsign sign a file with SHA-256; None if it does not."""
    dcmsign = peer("dcmsign")
    key, certificate = str(pki.rsa.key_pem), str(pki.rsa.certificate_pem)

    def run(path: Path | bytes, *options: str, item: str = "", mac: str = "SHA256") -> Signed | None:
        if isinstance(path, bytes):
            (tmp_path / "in.dcm").write_bytes(path)
            path = tmp_path / "in.dcm"
        dump, output = tmp_path / "dump", tmp_path / "out.dcm"
        output.unlink(missing_ok=True)
        operation = ["+si", key, certificate, item] if item else ["+s", key, certificate]
        command = [dcmsign, *operation, OPTIONS[mac], *options, "+d", str(dump), str(path), str(output)]
        if subprocess.run(command, capture_output=True).returncode or not output.exists():
            return None
        return Signed(dump.read_bytes(), dicomkit.read(output.read_bytes()))

    return run


# -- whole files

# DCMTK removes padding in excess of one character when it reads text, and so signs what it has changed.
CHANGED_BY_DCMTK = {
    "SC_rgb_gdcm_KY.dcm",
    "SC_rgb_gdcm2k_uncompressed.dcm",
    "examples_ybr_color.dcm",
    "gdcm-US-ALOKA-16.dcm",
}
# DCMTK reads UN of undefined length as SQ, and stores it so. PS3.3 C.12.1.1.3.1.1 has no exception for it.
SEQUENCES_OF_UNKNOWN_VR = {"UN_sequence.dcm"}


def check_files(files: Iterable[Path], sign: Sign) -> int:
    count = 0
    for path in files:
        if path.stat().st_size > LARGEST:
            continue
        signed = sign(path)
        if signed is None:
            continue
        count += 1
        assert signed.stream(signed.dataset) == signed.dump, path.name
        assert signable_tags(signed.dataset) == signed.tags(), path.name
        dataset = dicomkit.read(path)
        if path.name in SEQUENCES_OF_UNKNOWN_VR:
            with pytest.raises(SignatureError, match="its VR is UN"):
                signed.stream(dataset)
            continue
        assert signable_tags(dataset) == signed.tags(), path.name
        assert (signed.stream(dataset) == signed.dump) == (path.name not in CHANGED_BY_DCMTK), path.name
    return count


def test_examples(examples_dir: Path, sign: Sign) -> None:
    assert check_files(sorted(examples_dir.glob("*.dcm")), sign) == len(list(examples_dir.glob("*.dcm")))


def test_files_of_pydicom(pydicom_files: list[Path], sign: Sign) -> None:
    assert check_files(pydicom_files, sign) > 150


def test_further_files(data_dir: Path, sign: Sign) -> None:
    files = [path for path in data_dir.rglob("*") if path.is_file() and path.suffix in {"", ".dcm"}]
    assert check_files(sorted(files), sign) > 30


# -- what files seldom have

SOP = (Element(0x00080016, "UI", b"1.2\0"), Element(0x00080018, "UI", b"1.2\0"))
NAME = Element(0x00100010, "PN", b"abcd")
UNKNOWN = Element(0x00091001, "UN", b"abcd")
WORD = b"\1\0"
LONG = b"1\\" * 40_000 + b"1 "


def sequence(*nodes: Node, undefined: bool = False, vr: str = "SQ") -> Sequence:
    return Sequence(0x00081140, (Item(nodes, undefined),), undefined, vr)


NUMBERS: tuple[Node, ...] = (
    Element(0x00280100, "US", b"\x10\0"),
    Element(0x00280106, "US", b"\xf0\xff"),
    Element(0x00283002, "US", b"\3\0\0\0\x10\0"),
    Element(0x00283006, "US", WORD * 3),
    Element(0x50003000, "OW", b"abcd"),
    Element(0x60003000, "OW", b"abcd"),
    Element(0x7FE00010, "OW", b"abcd"),
)
WAVE = Item((Element(0x54001004, "US", b"\x08\0"), Element(0x54001010, "OB", b"ab")))
NEW_VRS = ("SV", "OV", "UV", "OL", "UC", "UR", "OD")

AS_DCMTK: dict[str, tuple[str, tuple[Node, ...]]] = {
    "numbers": (IMPLICIT_LITTLE, (*SOP, *NUMBERS)),
    "signed numbers": (IMPLICIT_LITTLE, (*SOP, NUMBERS[0], Element(0x00280103, "US", WORD), *NUMBERS[1:])),
    "waveform": (IMPLICIT_LITTLE, (*SOP, Sequence(0x54000100, (WAVE,)))),
    "nobody's private element": (
        IMPLICIT_LITTLE,
        (*SOP, Element(0x00090010, "LO", b"NOBODY"), Element(0x00091010, "LO", b"ab")),
    ),
    "too long for its VR": (IMPLICIT_LITTLE, (*SOP, Element(0x30060050, "DS", LONG))),
    "too long in an item": (
        IMPLICIT_LITTLE,
        (*SOP, Sequence(0x30060039, (Item((Element(0x30060050, "DS", LONG),)),))),
    ),
    "new VRs": (
        EXPLICIT_LITTLE,
        (*SOP, *(Element(0x00291010 + number, vr, b"abcdefgh") for number, vr in enumerate(NEW_VRS))),
    ),
    "big endian": (
        EXPLICIT_BIG,
        (
            *SOP,
            sequence(Element(0x00280010, "US", b"\0\1"), undefined=True),
            Element(0x00291010, "FD", b"abcdefgh"),
            Element(0x00291011, "AT", b"abcdefgh"),
            Element(0x00291012, "OW", b"abcdefgh"),
        ),
    ),
    "deflated": (DEFLATED, (*SOP, sequence(NAME, undefined=True))),
    "group lengths": (
        EXPLICIT_LITTLE,
        (Element(0x00080000, "UL", b"\1\0\0\0"), *SOP, Element(0x00100000, "UL", b"abcd"), NAME),
    ),
    "empty": (EXPLICIT_LITTLE, (*SOP, Sequence(0x00081140, (), True), Sequence(0x0008114A, (Item(), Item((), True))))),
    "left out in items": (
        EXPLICIT_LITTLE,
        (
            *SOP,
            sequence(
                Element(0x00020010, "UI", b"1.2\0"),
                Element(0x00080000, "UL", b"abcd"),
                Element(0x00080001, "UL", b"abcd"),
                NAME,
                Sequence(0x4FFE0001, (Item((NAME,)),)),
                Sequence(0xFFFAFFFA, (Item((NAME,)),)),
                Element(0xFFFCFFFC, "OB", b"ab"),
            ),
        ),
    ),
    "unknown in what is left out": (EXPLICIT_LITTLE, (*SOP, sequence(Sequence(0xFFFAFFFA, (Item((UNKNOWN,)),))))),
    "unknown in an item": (EXPLICIT_LITTLE, (*SOP, sequence(UNKNOWN), UNKNOWN)),
    "unknown of defined length": (EXPLICIT_LITTLE, (*SOP, sequence(NAME, vr="UN"))),
    "trailing padding": (EXPLICIT_LITTLE, (*SOP, Element(0xFFFCFFFC, "OB", b"ab"))),
    "fragments": (JPEG, (*SOP, sequence(Element(0x7FE00010, "OB", b"ab")), PixelFragments((b"", b"abcd", b"")))),
    "fragments of words": (JPEG, (*SOP, PixelFragments((b"", b"abcd"), vr="OW"))),
    "out of order": (EXPLICIT_LITTLE, (*SOP, Element(0x00200010, "SH", b"ab"), NAME)),
    "out of order in an item": (EXPLICIT_LITTLE, (*SOP, sequence(Element(0x00200010, "SH", b"ab"), NAME))),
    "a NUL as padding of text": (EXPLICIT_LITTLE, (*SOP, Element(0x00100010, "PN", b"abc\0"))),
}


@pytest.mark.parametrize("name", AS_DCMTK)
def test_as_dcmtk(name: str, sign: Sign) -> None:
    syntax, nodes = AS_DCMTK[name]
    content = file_bytes(nodes, syntax)
    signed = sign(content)
    assert signed is not None
    for dataset in (dicomkit.read(content), signed.dataset):
        assert signed.stream(dataset) == signed.dump
        assert signable_tags(dataset) == signed.tags()


# What DCMTK makes of a file when it reads it; and why it should not. What it then writes is signed alike by both.
OTHERWISE: dict[str, tuple[str, Node]] = {
    # PS3.5 7.1.1: there are none. DCMTK pads with a NUL, PS3.5 6.2 asks for a space
    "an odd length": (EXPLICIT_LITTLE, Element(0x00100020, "LO", b"abc")),
    # "The Value Field ... shall be" what it is: spaces at the end are not significant, but there
    "spaces": (EXPLICIT_LITTLE, Element(0x00100020, "LO", b"ab  ")),
    "spaces in a long text": (EXPLICIT_LITTLE, Element(0x00104000, "LT", b" a\\b    ")),
    # PS3.5 6.2: UI is padded with a NUL; but this one is not
    "a UID with a space": (EXPLICIT_LITTLE, Element(0x0020000D, "UI", b"1.2 ")),
    # C.12.1.1.3.1.1: VR UN is not signed
    "a sequence of unknown VR": (EXPLICIT_LITTLE, sequence(NAME, undefined=True, vr="UN")),
    "one in a sequence": (EXPLICIT_LITTLE, sequence(Sequence(0x00091001, (Item((NAME,)),), True, "UN"))),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_not_as_dcmtk(name: str, sign: Sign) -> None:
    syntax, node = OTHERWISE[name]
    content = file_bytes((*SOP, node), syntax)
    signed = sign(content)
    assert signed is not None
    assert signed.stream(signed.dataset) == signed.dump
    assert signed.tags() == (0x00080016, 0x00080018, node.tag)
    dataset = dicomkit.read(content)
    if unsignable(dataset, node.tag) is not None:
        with pytest.raises(SignatureError):
            signed.stream(dataset)
    else:
        assert signed.stream(dataset) != signed.dump


def test_an_element_that_is_there_twice(sign: Sign) -> None:
    """DCMTK drops the second one when it reads; its signature would hold whatever that says."""
    content = file_bytes((*SOP, NAME, Element(0x00100010, "PN", b"else"), Element(0x00100020, "LO", b"ab")))
    signed = sign(content)
    assert signed is not None
    assert signed.stream(signed.dataset) == signed.dump
    assert 0x00100010 in signed.tags()
    with pytest.raises(SignatureError, match="more than once"):
        signed.stream(dicomkit.read(content))


IN_CONTEXT = {
    # PS3.3 C.7.6.3.1.5: the descriptors of palettes are US or SS by Pixel Representation; DCMTK takes US for them always
    "palette": (Element(0x00280103, "US", WORD), Element(0x00281101, "US", WORD * 3)),
    # PS3.3 C.11.1.1: LUT Data are US if there is one entry; DCMTK takes OW always
    "one entry": (Element(0x00283002, "US", WORD * 3), Element(0x00283006, "US", WORD)),
}


@pytest.mark.parametrize("name", IN_CONTEXT)
def test_vrs_of_implicit_data_sets_that_dcmtk_has_otherwise(name: str, sign: Sign) -> None:
    content = file_bytes((*SOP, *IN_CONTEXT[name]), IMPLICIT_LITTLE)
    signed = sign(content)
    assert signed is not None
    assert signed.stream(dicomkit.read(content)) != signed.dump


def test_private_elements_that_dcmtk_does_not_know(sign: Sign) -> None:
    """Who has a dictionary of private elements can sign those of implicit VR."""
    creator, known = Element(0x00190010, "LO", b"SIEMENS MR HEADER "), Element(0x00191008, "CS", b"IMAGE NUM 4 ")
    content = file_bytes((*SOP, creator, known), IMPLICIT_LITTLE)
    signed = sign(content)
    assert signed is not None
    assert signed.stream(dicomkit.read(content)) == signed.dump
    assert set(signable_tags(dicomkit.read(content))) - set(signed.tags()) in ({0x00191008}, set())


# -- lists of tags, items, algorithms


def test_lists_of_tags(examples_dir: Path, sign: Sign) -> None:
    path = examples_dir / "ct.dcm"
    signed = sign(path, "-t", "PixelData", "-t", "0010,0010", "-t", "SOPInstanceUID", "-t", "ReferencedImageSequence")
    assert signed is not None
    assert signed.tags() == (0x00080018, 0x00081140, 0x00100010, 0x7FE00010)
    assert signed.stream(dicomkit.read(path)) == signed.dump
    assert signed.stream(signed.dataset) == signed.dump


@pytest.mark.parametrize("name", ["ct.dcm", "ct_implicit.dcm", "ct_big_endian.dcm", "ct_deflated.dcm"])
def test_items(name: str, examples_dir: Path, sign: Sign) -> None:
    location = "ReferencedImageSequence[0].PurposeOfReferenceCodeSequence[0]"
    original = dicomkit.read(examples_dir / name)
    first = sign(examples_dir / name, item=location)
    assert first is not None
    inner = first.dataset[f"{location}.CodeValue"]
    assert inner.value == "121311"
    at = first.dataset.ReferencedImageSequence[0].PurposeOfReferenceCodeSequence[0]
    before = original.ReferencedImageSequence[0].PurposeOfReferenceCodeSequence[0]
    assert first.stream(before, at) == first.dump
    assert first.stream(at, at) == first.dump
    # a signature of what is around it does not cover it, nor a second one of the same item the first
    second = sign(first.dataset.to_bytes(), item=location)
    assert second is not None
    at = second.dataset.ReferencedImageSequence[0].PurposeOfReferenceCodeSequence[0]
    assert len(at.DigitalSignaturesSequence) == 2
    assert second.stream(before, at) == second.stream(at, at) == second.dump
    whole = sign(second.dataset.to_bytes())
    assert whole is not None
    assert whole.stream(original) == whole.stream(whole.dataset) == whole.dump


@pytest.mark.parametrize("name", ["report.dcm", "enhanced.dcm", "rtstruct.dcm"])
def test_items_of_large_sequences(name: str, examples_dir: Path, sign: Sign) -> None:
    dataset = dicomkit.read(examples_dir / name)
    sequences = [element for element in dataset if element.vr == "SQ" and len(element.value)]
    for element in sequences[:4]:
        number = len(element.value) - 1
        signed = sign(examples_dir / name, item=f"({element.tag >> 16:04X},{element.tag & 0xFFFF:04X})[{number}]")
        assert signed is not None
        at = signed.dataset[element.tag].value[number]
        assert signed.stream(element.value[number], at) == signed.stream(at, at) == signed.dump


@pytest.mark.parametrize("purpose", ["1", "18"])
def test_purposes_are_signed(purpose: str, examples_dir: Path, sign: Sign) -> None:
    signed = sign(examples_dir / "report.dcm", "+sp", purpose)
    assert signed is not None
    assert signed.last(None)[1].DigitalSignaturePurposeCodeSequence
    assert signed.stream(dicomkit.read(examples_dir / "report.dcm")) == signed.dump


@pytest.mark.parametrize("mac", OPTIONS)
def test_digests(mac: str, examples_dir: Path, sign: Sign, pki: Pki) -> None:
    """What RSA signed, by arithmetic: PKCS #1 v1.5 padding, DigestInfo, digest (RFC 8017 9.2)."""
    signed = sign(examples_dir / "ct.dcm", mac=mac)
    if signed is None and mac in ("MD5", "RIPEMD160"):
        pytest.skip(f"dcmsign's OpenSSL does not have {mac}")
    assert signed is not None
    public = pki.rsa.certificate.public_key().public_numbers()  # type: ignore[union-attr]  # an RSA key
    value = signed.last(None)[1].Signature
    block = pow(int.from_bytes(value, "big"), public.e, public.n).to_bytes(256, "big")  # type: ignore[union-attr]  # dito
    info = MAC_ALGORITHMS[mac].digest_info + digest([signed.dump], mac)
    assert block == b"\0\1" + b"\xff" * (253 - len(info)) + b"\0" + info
    assert signed.last(None)[0].MACAlgorithm == mac
    assert struct.unpack("<H", signed.last(None)[0]["MACIDNumber"].raw)[0] == 0
