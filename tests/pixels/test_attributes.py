from __future__ import annotations

import dicomkit
from dicomkit.pixels.attributes import describe_layout, note_loss, set_transfer_syntax
from dicomkit.pixels.layout import Layout
from dicomkit.standard.transfer_syntax import TransferSyntax

JPEG = TransferSyntax.assumed("1.2.840.10008.1.2.4.50")


def test_only_what_differs_is_assigned() -> None:
    layout = Layout(1, 1, 1, 16, 12, 11, False, False, "MONOCHROME2")
    dataset = dicomkit.Dataset(
        SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsAllocated=16, BitsStored=12, HighBit=11
    )
    read = dicomkit.read(dataset.to_bytes())
    describe_layout(read, layout, 1)
    assert not read.is_changed()
    describe_layout(read, Layout(1, 1, 3, 8, 8, 7, False, False, "RGB"), 2, by_plane=True)
    assert (read.PhotometricInterpretation, read.BitsAllocated, read.PlanarConfiguration, read.NumberOfFrames) == (
        "RGB",
        8,
        1,
        2,
    )


def test_loss_after_loss() -> None:
    dataset = dicomkit.Dataset(LossyImageCompression="00", DerivationDescription="cut")
    note_loss(dataset, JPEG, "ISO_10918_1", 7.126, new_instance=False)
    assert dataset.LossyImageCompressionRatio == (7.13,)
    assert dataset.DerivationDescription.startswith("cut; Lossy compression with JPEG Baseline")
    assert "SOPInstanceUID" not in dataset
    del dataset.LossyImageCompressionMethod  # older objects have only the ratio
    note_loss(dataset, JPEG, "ISO_10918_1", 2, new_instance=True)
    assert dataset.LossyImageCompressionRatio == (7.13, 2.0)
    assert "SourceImageSequence" not in dataset  # the source has no UID
    assert dataset.SOPInstanceUID.is_valid


def test_transfer_syntax_of_both() -> None:
    dataset = dicomkit.new("CTImageStorage")
    set_transfer_syntax(dataset, JPEG)
    assert dataset.transfer_syntax == dataset.file_meta.TransferSyntaxUID == JPEG.uid
