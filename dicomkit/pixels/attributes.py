"""What a data set says of its pixel data, set right after they were encoded otherwise (PS3.3 C.7.6.1, C.7.6.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dicomkit.dataset.dataset import Dataset
from dicomkit.dataset.sequence import Sequence
from dicomkit.standard.uid import UID

if TYPE_CHECKING:
    from dicomkit.pixels.layout import Layout
    from dicomkit.standard.transfer_syntax import TransferSyntax

__all__ = ["describe_layout", "note_loss", "set_transfer_syntax"]

LONGEST_DESCRIPTION: Final = 1024  # of an ST
LOSSY_COMPRESSION: Final = ("113040", "DCM", "Lossy Compression")  # CID 7203
PREDECESSOR: Final = ("121320", "DCM", "Uncompressed predecessor")  # CID 7202


def describe_layout(dataset: Dataset, layout: Layout, frames: int, *, by_plane: bool = False) -> None:
    """Set the attributes of the Image Pixel module that differ."""
    values = {
        "SamplesPerPixel": layout.samples,
        "PhotometricInterpretation": layout.photometric_interpretation,
        "BitsAllocated": layout.bits_allocated,
    }
    if not layout.kind:
        values |= {"BitsStored": layout.bits_stored, "HighBit": layout.high_bit}
    if layout.samples > 1:
        values["PlanarConfiguration"] = int(by_plane)
    if frames > 1 or "NumberOfFrames" in dataset:
        values["NumberOfFrames"] = frames
    for keyword, value in values.items():
        if value != "" and dataset.get(keyword) != value:
            setattr(dataset, keyword, value)


def set_transfer_syntax(dataset: Dataset, syntax: TransferSyntax) -> None:
    """Say that a data set is in a transfer syntax."""
    dataset.transfer_syntax = syntax.uid
    if dataset.file_meta is not None and dataset.file_meta.get("TransferSyntaxUID") != syntax.uid:
        dataset.file_meta.TransferSyntaxUID = syntax.uid


def note_loss(dataset: Dataset, syntax: TransferSyntax, method: str, ratio: float, *, new_instance: bool) -> None:
    """Say that the pixel data were compressed with a loss, and make the data set another SOP instance.

    Args:
        dataset: the data set.
        syntax: what they were compressed in.
        method: Lossy Image Compression Method.
        ratio: how many times smaller they have become.
        new_instance: whether it gets a SOP Instance UID of its own.

    PS3.3 C.7.6.1.1.5, C.12.4.1.1.
    """
    before = dataset.get("LossyImageCompression") == "01"
    ratios = _several(dataset, "LossyImageCompressionRatio") if before else []
    methods = _several(dataset, "LossyImageCompressionMethod") if before else []
    if len(ratios) == len(methods):  # else nobody knows which belongs to which
        dataset.LossyImageCompressionMethod = (*methods, method)
    elif not methods:
        dataset.LossyImageCompressionMethod = method
    dataset.LossyImageCompressionRatio = (*ratios, round(ratio, 2))
    dataset.LossyImageCompression = "01"
    kinds = _several(dataset, "ImageType")
    if kinds and kinds[0] != "DERIVED":
        dataset.ImageType = ("DERIVED", *kinds[1:])
    text = f"Lossy compression with {syntax.name}, compression ratio {ratio:.2f}"
    described = dataset.get("DerivationDescription")
    if isinstance(described, str) and described:
        text = f"{described}; {text}"
    dataset.DerivationDescription = text[:LONGEST_DESCRIPTION]
    codes = dataset.get("DerivationCodeSequence") or ()
    if not any(item.get("CodeValue") == LOSSY_COMPRESSION[0] for item in codes):
        dataset.DerivationCodeSequence = Sequence([*codes, _code(LOSSY_COMPRESSION)])
    if not new_instance:
        return
    source = Dataset(PurposeOfReferenceCodeSequence=[_code(PREDECESSOR)])
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        value = dataset.get(keyword)
        if value:
            setattr(source, f"Referenced{keyword}", value)
    if "ReferencedSOPInstanceUID" in source:
        dataset.SourceImageSequence = Sequence([*(dataset.get("SourceImageSequence") or ()), source])
    dataset.SOPInstanceUID = UID.generate()


def _several(dataset: Dataset, keyword: str) -> list[Any]:
    """The values of an attribute, whatever its VM is and its file has."""
    value = dataset.get(keyword)
    if value is None:
        return []
    return list(value) if isinstance(value, tuple) else [value]


def _code(triplet: tuple[str, str, str]) -> Dataset:
    value, scheme, meaning = triplet
    return Dataset(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)
