"""Synthetic inputs: CT slices, enhanced CT, segmentations and a 4 GB file, made with the examples' writer."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from ct import ct_image
from encoding import (
    EXPLICIT_LITTLE,
    EXPLICIT_LITTLE_UNDEFINED,
    DataSet,
    TransferSyntax,
    code,
    file_bytes,
    file_meta,
    uid,
)
from enhanced_ct import enhanced_ct, shared_groups
from modules import (
    CT_SOP_CLASS,
    FRAME_OF_REFERENCE_UID,
    equipment,
    frame_of_reference,
    instance,
    patient,
    phantom,
    series,
    study,
)

PIXEL_DATA, NUMBER_OF_FRAMES, SHARED_GROUPS, PER_FRAME_GROUPS = 0x7FE00010, 0x00280008, 0x52009229, 0x52009230
LATIN_1, UTF_8 = "latin-1", "utf-8"
# What one frame of `multiframe` adds to the index: data elements (sequences too), and records (items too).
FRAME_ELEMENTS, FRAME_RECORDS = 32, 41
DISTINCT_FRAMES = 1000


def replaced(dataset: DataSet, changes: DataSet) -> DataSet:
    """The data set with some elements added or replaced."""
    tags = {tag for tag, _, _ in changes}
    return [element for element in dataset if element[0] not in tags] + list(changes)


def ct_slices(count: int, size: int = 512) -> Iterable[bytes]:
    """CT files of one series: 530 KB each at 512 x 512, with private blocks of the size that scanners write."""
    pixels = phantom(size)
    vendor = [(0x00290010, "LO", "DICOMKIT VENDOR"), *((0x00291000 + i, "LO", f"parameter {i}") for i in range(48))]
    blob: DataSet = [(0x00291080, "OB", bytes(range(256)) * 4)]
    shared = replaced(ct_image(), [(0x00280010, "US", size), (0x00280011, "US", size), *vendor, *blob])
    for number in range(1, count + 1):
        z = f"{-1.25 * number:.6f}"
        own: DataSet = [
            (0x00080018, "UI", uid("slice", number)),  # SOPInstanceUID
            (0x00200013, "IS", number),  # InstanceNumber
            (0x00200032, "DS", ("-120.000000", "-120.000000", z)),  # ImagePositionPatient
            (0x00201041, "DS", z),  # SliceLocation
            (PIXEL_DATA, "OW", pixels),
        ]
        yield file_bytes(replaced(shared, own), EXPLICIT_LITTLE, LATIN_1)


def multiframe(frames: int) -> bytes:
    """An enhanced CT file with eight functional groups per frame, of undefined length; 8 x 8 pixels a frame.

    Frames repeat after the first 1,000, so that long files are made fast.
    """
    syntax = EXPLICIT_LITTLE_UNDEFINED
    distinct = [syntax.item(syntax.encode(frame_groups(number), UTF_8)) for number in range(min(frames, DISTINCT_FRAMES))]
    repeats, rest = divmod(frames, len(distinct))
    items = b"".join(distinct) * repeats + b"".join(distinct[:rest])
    per_frame = {tag for tag, _, _ in frame_groups(0)}
    shared = [group for group in shared_groups() if group[0] not in per_frame]
    changes: DataSet = [
        (NUMBER_OF_FRAMES, "IS", frames),
        (SHARED_GROUPS, "SQ", [shared]),
        (0x00280010, "US", 8),
        (0x00280011, "US", 8),
        (PER_FRAME_GROUPS, "SQ", []),
        (PIXEL_DATA, "OW", phantom(8) * frames),
    ]
    return with_frames(replaced(enhanced_ct(), changes), items, syntax)


def with_frames(dataset: DataSet, items: bytes, syntax: TransferSyntax) -> bytes:
    """The file of a data set whose empty (5200,9230) gets these encoded items."""
    before = [element for element in dataset if element[0] < PER_FRAME_GROUPS]
    after = [element for element in dataset if element[0] > PER_FRAME_GROUPS]
    length = 0xFFFFFFFF if syntax.undefined_length else len(items)
    header = struct.pack("<HH2sHI", PER_FRAME_GROUPS >> 16, PER_FRAME_GROUPS & 0xFFFF, b"SQ", 0, length)
    delimiter = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0) if syntax.undefined_length else b""
    parts = [file_meta(dataset, syntax), syntax.encode(before, UTF_8), header, items, delimiter]
    return b"".join([*parts, syntax.encode(after, UTF_8)])


def frame_groups(number: int) -> DataSet:
    """The functional groups of one frame: 8 sequences of one item, with 24 attributes in all."""
    seconds, position = divmod(number, 60), f"{57.5 + 0.625 * number:.6f}"
    time = f"2024013110{seconds[0] % 60:02}{seconds[1]:02}.250000+0100"
    groups: dict[int, DataSet] = {
        0x00189321: [  # CTExposureSequence
            (0x00189323, "CS", "NONE"),  # ExposureModulationType
            (0x00189328, "FD", 500.0),  # ExposureTimeInms
            (0x00189330, "FD", 210.0 + number % 7),  # XRayTubeCurrentInmA
            (0x00189332, "FD", 105.0),  # ExposureInmAs
            (0x00189345, "FD", 52.625),  # CTDIvol
        ],
        0x00189477: [(0x00083010, "UI", uid("irradiation event", number // 100))],  # IrradiationEventIdentification
        0x00209111: [  # FrameContentSequence
            (0x00189074, "DT", time),  # FrameAcquisitionDateTime
            (0x00189151, "DT", time),  # FrameReferenceDateTime
            (0x00189220, "FD", 500.0),  # FrameAcquisitionDuration
            (0x00209056, "SH", "1"),  # StackID
            (0x00209057, "UL", number + 1),  # InStackPositionNumber
            (0x00209156, "US", 1),  # FrameAcquisitionNumber
            (0x00209157, "UL", (1, number + 1)),  # DimensionIndexValues
        ],
        0x00209113: [(0x00200032, "DS", ("-120.000000", "-120.000000", position))],  # PlanePositionSequence
        0x00209116: [(0x00200037, "DS", ("1.000000", "0.000000", "0.000000", "0.000000", "1.000000", "0.000000"))],
        0x00289110: [  # PixelMeasuresSequence
            (0x00180050, "DS", "0.625"),  # SliceThickness
            (0x00180088, "DS", "0.625"),  # SpacingBetweenSlices
            (0x00280030, "DS", ("0.468750", "0.468750")),  # PixelSpacing
        ],
        0x00289132: [  # FrameVOILUTSequence
            (0x00281050, "DS", "40"),  # WindowCenter
            (0x00281051, "DS", "80"),  # WindowWidth
            (0x00281055, "LO", "BRAIN"),  # WindowCenterWidthExplanation
        ],
        0x00289145: [  # PixelValueTransformationSequence
            (0x00281052, "DS", "-1024"),  # RescaleIntercept
            (0x00281053, "DS", "1"),  # RescaleSlope
            (0x00281054, "LO", "HU"),  # RescaleType
        ],
    }
    return [(tag, "SQ", [group]) for tag, group in groups.items()]


def segmentation(frames: int, segments: int = 40) -> bytes:
    """A binary segmentation (PS3.3 A.51) of 32 x 32 pixels, explicit lengths; every frame names its source image."""
    slices = max(1, frames // segments)
    items = b"".join(
        EXPLICIT_LITTLE.item(EXPLICIT_LITTLE.encode(segment_frame_groups(1 + i // slices, 1 + i % slices)))
        for i in range(frames)
    )
    organization = uid("dimension organization")
    pointers = [(0x0062000B, 0x0062000A), (0x00200032, 0x00209113)]
    index: list[DataSet] = [
        [(0x00209164, "UI", organization), (0x00209165, "AT", pointer), (0x00209167, "AT", group)]
        for pointer, group in pointers
    ]
    shared: DataSet = [
        (0x00209116, "SQ", [[(0x00200037, "DS", ("1", "0", "0", "0", "1", "0"))]]),
        (0x00289110, "SQ", [[(0x00180050, "DS", "1.25"), (0x00280030, "DS", ("7.5", "7.5"))]]),
    ]
    dataset: DataSet = [
        *instance("1.2.840.10008.5.1.4.1.1.66.4", uid("segmentation"), "ISO_IR 192"),
        *patient("Müller^Jürgen"),
        *study("CT"),
        *series("SEG", 20, "Segments", uid("segmentation series")),
        *equipment(),
        *frame_of_reference(),
        (0x00080008, "CS", ("DERIVED", "PRIMARY")),
        (0x00080023, "DA", "20240131"),
        (0x00080033, "TM", "120000"),
        (0x00209221, "SQ", [[(0x00209164, "UI", organization)]]),
        (0x00209222, "SQ", index),
        (0x00280002, "US", 1),
        (0x00280004, "CS", "MONOCHROME2"),
        (NUMBER_OF_FRAMES, "IS", frames),
        (0x00280010, "US", 32),
        (0x00280011, "US", 32),
        (0x00280100, "US", 1),
        (0x00280101, "US", 1),
        (0x00280102, "US", 0),
        (0x00280103, "US", 0),
        (0x00282110, "CS", "00"),
        (0x00620001, "CS", "BINARY"),
        (0x00620002, "SQ", [segment(number) for number in range(1, segments + 1)]),
        (0x00700080, "CS", "SEGMENTS"),
        (0x00700081, "LO", "Organs"),
        (0x00700084, "PN", "Reader^Rosa"),
        (SHARED_GROUPS, "SQ", [shared]),
        (PER_FRAME_GROUPS, "SQ", []),
        (PIXEL_DATA, "OB", bytes(range(128)) * frames),
    ]
    return with_frames(dataset, items, EXPLICIT_LITTLE)


def segment(number: int) -> DataSet:
    """An item of the Segment Sequence (C.8.20.4)."""
    return [
        (0x00620003, "SQ", [code("91723000", "SCT", "Anatomical structure")]),
        (0x00620004, "US", number),
        (0x00620005, "LO", f"Segment {number}"),
        (0x00620008, "CS", "AUTOMATIC"),
        (0x00620009, "LO", "segmenter"),
        (0x0062000F, "SQ", [code("113343008", "SCT", "Organ")]),
    ]


def segment_frame_groups(number: int, slice_number: int) -> DataSet:
    """The functional groups of a segmentation's frame."""
    source: DataSet = [
        (0x00081150, "UI", CT_SOP_CLASS),
        (0x00081155, "UI", f"{FRAME_OF_REFERENCE_UID[:40]}.{slice_number}"),
        (0x0028135A, "CS", "YES"),
        (0x0040A170, "SQ", [code("121322", "DCM", "Source Image for Image Processing Operation")]),
    ]
    derivation: DataSet = [(0x00082112, "SQ", [source]), (0x00089215, "SQ", [code("113076", "DCM", "Segmentation")])]
    return [
        (0x00089124, "SQ", [derivation]),  # DerivationImageSequence
        (0x00209111, "SQ", [[(0x00209157, "UL", (number, slice_number))]]),  # FrameContentSequence
        (0x00209113, "SQ", [[(0x00200032, "DS", ("-120", "-120", f"{1.25 * slice_number:.2f}"))]]),
        (0x0062000A, "SQ", [[(0x0062000B, "US", number)]]),  # SegmentIdentificationSequence
    ]


def huge_header() -> tuple[bytes, int]:
    """A CT header up to PixelData, and the length of the value that is to follow: the longest there can be."""
    dataset = replaced(ct_image(), [(PIXEL_DATA, "OW", b"")])
    length = 0xFFFFFFFE
    return file_bytes(dataset, EXPLICIT_LITTLE, LATIN_1)[:-4] + struct.pack("<I", length), length
