"""What a peer has not accepted, as what it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit.errors import UnsupportedTransferSyntax
from dicomkit.media.transfer import chunks
from dicomkit.net.negotiation import Agreement, Policy, propose
from dicomkit.net.pdu import AssociateAC
from dicomkit.net.transcoding import ORDER, adapted
from dicomkit.standard.transfer_syntax import TransferSyntax

np = pytest.importorskip("numpy")

CT = "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT, EXPLICIT, BIG, DEFLATED = ORDER[1], ORDER[0], ORDER[3], ORDER[2]
RLE, JPEG_LS, JPEG = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.50"


def agreement(*syntaxes: str) -> Agreement:
    request = propose([(CT, [syntax]) for syntax in syntaxes])
    answer = Policy({CT: None}).negotiate(request)
    assert isinstance(answer, AssociateAC)
    return Agreement(request, answer, requestor=True)


@pytest.fixture(scope="module")
def image() -> dicomkit.Dataset:
    ds = dicomkit.new("CTImageStorage", PatientID="1", Rows=16, Columns=16, BitsAllocated=8, BitsStored=8, HighBit=7)
    ds.SamplesPerPixel, ds.PixelRepresentation, ds.PhotometricInterpretation = 1, 0, "MONOCHROME2"
    ds.PixelData = np.add.outer(np.arange(16), np.arange(16)).astype(np.uint8).tobytes()
    return ds


def compressed(image: dicomkit.Dataset, syntax: str) -> dicomkit.Dataset:
    ds = dicomkit.read(image.to_bytes())
    ds.compress(syntax, new_instance=False)
    return dicomkit.read(ds.to_bytes())


def arrived(dataset: dicomkit.Dataset, agreed: Agreement, transcode: Any) -> tuple[str, Any]:
    """Transfer syntax and pixels of what would be sent."""
    context, parts = adapted(dataset, CT, agreed, transcode)
    received = dicomkit.read(b"".join(chunks(parts)), transfer_syntax=context.transfer_syntax, quirks=("data-set-only",))
    return context.transfer_syntax, received.pixels.frame(0)


@pytest.mark.parametrize(
    ("own", "accepted", "chosen"),
    [
        (EXPLICIT, (IMPLICIT,), IMPLICIT),
        (EXPLICIT, (BIG, IMPLICIT), IMPLICIT),
        (IMPLICIT, (DEFLATED,), DEFLATED),
        (BIG, (JPEG, EXPLICIT), EXPLICIT),
        (EXPLICIT, (RLE,), RLE),
        (EXPLICIT, (RLE, JPEG_LS), JPEG_LS),
        (RLE, (IMPLICIT, EXPLICIT), EXPLICIT),
        (RLE, (JPEG_LS,), JPEG_LS),
        (JPEG_LS, (RLE, JPEG), RLE),
    ],
)
def test_without_loss(image: dicomkit.Dataset, own: str, accepted: tuple[str, ...], chosen: str) -> None:
    syntax = TransferSyntax.find(own)
    assert syntax is not None
    source = compressed(image, own) if syntax.encapsulated else dicomkit.read(image.to_bytes(transfer_syntax=own))
    before = source.to_bytes()
    found, pixels = arrived(source, agreement(*accepted), "lossless")
    assert found == chosen
    assert np.array_equal(pixels, image.pixels.frame(0))
    assert source.to_bytes() == before
    with pytest.raises(UnsupportedTransferSyntax):
        adapted(source, CT, agreement(*accepted), "never")


def test_with_loss_behind_it(image: dicomkit.Dataset) -> None:
    source = compressed(image, JPEG)
    with pytest.raises(UnsupportedTransferSyntax, match="Explicit VR Little Endian"):
        adapted(source, CT, agreement(EXPLICIT), "lossless")
    found, pixels = arrived(source, agreement(EXPLICIT), "lossy")
    assert found == EXPLICIT
    assert np.array_equal(pixels, source.pixels.frame(0))


def test_nothing_is_compressed_with_loss(image: dicomkit.Dataset) -> None:
    for transcode in ("lossless", "lossy"):
        with pytest.raises(UnsupportedTransferSyntax, match="JPEG Baseline"):
            adapted(image, CT, agreement(JPEG), transcode)  # type: ignore[arg-type]  # mypy does not see that it is one


def test_without_pixel_data_any_encoding_will_do(examples_dir: Path) -> None:
    report = dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID="1.2.3", PatientID="1")
    context, parts = adapted(report, CT, agreement(JPEG, RLE), "lossless")
    assert context.transfer_syntax == RLE
    assert dicomkit.read(b"".join(chunks(parts))).PatientID == "1"


def test_what_has_no_place_in_one_goes_into_the_next(image: dicomkit.Dataset) -> None:
    wide = dicomkit.read(image.to_bytes())
    wide.BitsAllocated = wide.BitsStored = 32
    wide.HighBit = 31
    wide.PixelData = bytes(16 * 16 * 4)
    found, _ = arrived(wide, agreement(JPEG_LS, RLE), "lossless")  # JPEG-LS has 16 bits at most
    assert found == RLE


def test_an_unknown_word(image: dicomkit.Dataset) -> None:
    with pytest.raises(ValueError, match="transcode"):
        adapted(image, CT, agreement(EXPLICIT), "yes")  # type: ignore[arg-type]  # that is what is tested


def test_the_order_has_transfer_syntaxes_without_loss_only() -> None:
    for uid in ORDER:
        syntax = TransferSyntax.find(uid)
        assert syntax is not None
        assert not syntax.lossy
