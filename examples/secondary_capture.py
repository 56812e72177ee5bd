"""Secondary captures (PS3.3 A.8): one with a Japanese name in ISO 2022, one with two RLE frames."""

from __future__ import annotations

import struct

from encoding import DataSet, Fragments, padded, uid
from modules import instance, patient, phantom, pixels, series, study

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
MULTI_FRAME_WORD = "1.2.840.10008.5.1.4.1.1.7.3"
RLE_SIZE = 32


def japanese() -> DataSet:
    """A one byte image with the name of PS3.5 H.3.1: ISO 646, and ISO 2022 IR 87 for ideographs and phonetics."""
    name = b"=".join(iso_2022_name(group) for group in ("Yamada^Tarou", "山田^太郎", "やまだ^たろう"))
    return [
        *instance(SECONDARY_CAPTURE, uid("japanese"), "\\ISO 2022 IR 87"),
        *patient(name, "EX-0002"),
        *study("Secondary capture"),
        *series("OT", 1, "ISO 2022", uid("japanese series")),
        (0x00080008, "CS", ("DERIVED", "SECONDARY")),  # ImageType
        (0x00080064, "CS", "WSD"),  # ConversionType
        (0x00080070, "LO", "dicomkit"),  # Manufacturer
        (0x00080080, "LO", "東京病院".encode("iso2022_jp")),  # InstitutionName
        (
            0x00081050,
            "PN",
            b"\\".join(iso_2022_name(name) for name in ("鈴木^花子", "Sato^Hanako")),
        ),  # PerformingPhysicianName
        (0x00081070, "PN", None),  # OperatorsName
        (0x00104000, "LT", "一行目です。\r\n二行目 with ASCII.".encode("iso2022_jp")),  # PatientComments
        (0x00200020, "CS", None),  # PatientOrientation
        (0x00200060, "CS", None),  # Laterality
        (0x00280002, "US", 1),  # SamplesPerPixel
        (0x00280004, "CS", "MONOCHROME2"),  # PhotometricInterpretation
        (0x00280010, "US", 8),  # Rows
        (0x00280011, "US", 8),  # Columns
        (0x00280100, "US", 8),  # BitsAllocated
        (0x00280101, "US", 8),  # BitsStored
        (0x00280102, "US", 7),  # HighBit
        (0x00280103, "US", 0),  # PixelRepresentation
        (0x7FE00010, "OB", bytes(range(0, 256, 4))),  # PixelData
    ]


def iso_2022_name(name: str) -> bytes:
    """Components of a name; each returns to the initial character set before its delimiter (PS3.5 6.1.2.5.3)."""
    return b"^".join(component.encode("iso2022_jp") for component in name.split("^"))


def rle() -> DataSet:
    """Two frames of 16 bits, each RLE compressed (PS3.5 annex G) in a fragment of its own."""
    frames = tuple(rle_frame(phantom(RLE_SIZE, number)) for number in range(2))
    return [
        *instance(MULTI_FRAME_WORD, uid("rle"), "ISO_IR 100"),
        *patient("Müller^Jürgen^Ägidius^Dr.^Jr."),
        *study("CT Schädel"),
        *series("OT", 6, "RLE", uid("rle series")),
        *pixels(RLE_SIZE, RLE_SIZE, 2),
        (0x00080008, "CS", ("DERIVED", "SECONDARY")),  # ImageType
        (0x00080064, "CS", "WSD"),  # ConversionType
        (0x00080070, "LO", "dicomkit"),  # Manufacturer
        (0x00081070, "PN", "Planer^Paula"),  # OperatorsName
        (0x00200020, "CS", None),  # PatientOrientation
        (0x00200060, "CS", None),  # Laterality
        (0x00280009, "AT", 0x00182002),  # FrameIncrementPointer
        (0x00182002, "SH", ("1", "2")),  # FrameLabelVector
        (0x00280301, "CS", "NO"),  # BurnedInAnnotation
        (0x00281052, "DS", "-1024"),  # RescaleIntercept
        (0x00281053, "DS", "1"),  # RescaleSlope
        (0x00281054, "LO", "HU"),  # RescaleType
        (0x20500020, "CS", "IDENTITY"),  # PresentationLUTShape
        (0x7FE00010, "OB", Fragments(frames)),  # PixelData
    ]


def rle_frame(pixels: bytes) -> bytes:
    """A frame as header and two segments: the high bytes of all pixels, then the low ones (G.2, G.4, G.5)."""
    segments = [padded(rle_segment(pixels[i::2]), b"\0") for i in (1, 0)]
    header = struct.pack("<16I", 2, 64, 64 + len(segments[0]), *[0] * 13)
    return header + b"".join(segments)


def rle_segment(content: bytes) -> bytes:
    """PackBits (G.3.1): replicate runs of three and more bytes, literal runs between them; both at most 128 long."""
    out, literal, start = bytearray(), bytearray(), 0

    def flush() -> None:
        for i in range(0, len(literal), 128):
            piece = literal[i : i + 128]
            out.extend((len(piece) - 1, *piece))
        literal.clear()

    while start < len(content):
        end = start + 1
        while end < len(content) and end - start < 128 and content[end] == content[start]:
            end += 1
        if end - start >= 3:
            flush()
            out.extend((257 - (end - start), content[start]))
        else:
            literal += content[start:end]
        start = end
    flush()
    return bytes(out)
