"""An enhanced CT image (PS3.3 A.38): multi-frame, with shared and per-frame functional groups of undefined length."""

from __future__ import annotations

from encoding import DataSet, Value, code, uid
from modules import equipment, frame_of_reference, instance, patient, phantom, pixels, series, study

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.2.1"
SIZE, FRAMES = 16, 4
DIMENSION_UID = uid("dimension organization")
FRAME_TYPE = ("ORIGINAL", "PRIMARY", "VOLUME", "NONE")
COMMON_IMAGE: DataSet = [
    (0x00089205, "CS", "MONOCHROME"),  # PixelPresentation
    (0x00089206, "CS", "VOLUME"),  # VolumetricProperties
    (0x00089207, "CS", "NONE"),  # VolumeBasedCalculationTechnique
]


def enhanced_ct() -> DataSet:
    """The data set, to be encoded as UTF-8."""
    return [
        *instance(SOP_CLASS, uid("enhanced ct"), "ISO_IR 192"),
        *patient("Παπαδόπουλος^Γιώργος"),
        *study("CT κεφαλής"),
        *series("CT", 4, "Enhanced", uid("enhanced ct series")),
        *equipment(),
        *frame_of_reference(),
        *pixels(SIZE, SIZE, FRAMES),
        *image(),
        *dimensions(),
        (0x52009229, "SQ", [shared_groups()]),  # SharedFunctionalGroupsSequence
        (0x52009230, "SQ", [per_frame_groups(number) for number in range(FRAMES)]),  # PerFrameFunctionalGroupsSequence
        (0x7FE00010, "OW", b"".join(phantom(SIZE, number) for number in range(FRAMES))),  # PixelData
    ]


def image() -> DataSet:
    """Enhanced CT image and acquisition context modules (C.8.15.2, C.7.6.14)."""
    return [
        (0x00080008, "CS", FRAME_TYPE),  # ImageType
        (0x00080023, "DA", "20240131"),  # ContentDate
        (0x0008002A, "DT", "20240131101601.125000+0100"),  # AcquisitionDateTime
        (0x00080033, "TM", "101603.000000"),  # ContentTime
        *COMMON_IMAGE,
        (0x00185100, "CS", "HFS"),  # PatientPosition
        (0x00189004, "CS", "RESEARCH"),  # ContentQualification
        (0x00189073, "FD", 1.5),  # AcquisitionDuration
        (0x00200012, "IS", 1),  # AcquisitionNumber
        (0x00204000, "LT", "Φάντασμα: όχι ασθενής"),  # ImageComments
        (0x00280301, "CS", "NO"),  # BurnedInAnnotation
        (0x00282110, "CS", "00"),  # LossyImageCompression
        (0x00400555, "SQ", []),  # AcquisitionContextSequence
        (0x20500020, "CS", "IDENTITY"),  # PresentationLUTShape
    ]


def dimensions() -> DataSet:
    """Multi-frame dimension module (C.7.6.17)."""
    pointers = [(0x00209056, 0x00209111), (0x00209057, 0x00209111)]
    index: list[DataSet] = [
        [(0x00209164, "UI", DIMENSION_UID), (0x00209165, "AT", pointer), (0x00209167, "AT", group)]
        for pointer, group in pointers
    ]
    return [
        (0x00209221, "SQ", [[(0x00209164, "UI", DIMENSION_UID)]]),  # DimensionOrganizationSequence
        (0x00209222, "SQ", index),  # DimensionIndexSequence
    ]


def shared_groups() -> DataSet:
    """Functional groups that are the same for all frames."""
    anatomy: DataSet = [(0x00082218, "SQ", [code("69536005", "SCT", "Head")]), (0x00209072, "CS", "U")]
    acquisition: DataSet = [
        (0x00189302, "CS", "SPIRAL"),  # AcquisitionType
        (0x00189333, "CS", "NO"),  # ConstantVolumeFlag
        (0x00189334, "CS", "NO"),  # FluoroscopyFlag
    ]
    groups: dict[int, DataSet] = {
        0x00189301: acquisition,  # CTAcquisitionTypeSequence
        0x00189304: [  # CTAcquisitionDetailsSequence
            (0x00180090, "DS", "500"),  # DataCollectionDiameter
            (0x00181120, "DS", "0"),  # GantryDetectorTilt
            (0x00181130, "DS", "137"),  # TableHeight
            (0x00181140, "CS", "CW"),  # RotationDirection
            (0x00189305, "FD", 0.5),  # RevolutionTime
            (0x00189306, "FD", 0.6),  # SingleCollimationWidth
            (0x00189307, "FD", 38.4),  # TotalCollimationWidth
        ],
        0x00189308: [  # CTTableDynamicsSequence
            (0x00189309, "FD", 19.2),  # TableSpeed
            (0x00189310, "FD", 9.6),  # TableFeedPerRotation
            (0x00189311, "FD", 0.25),  # SpiralPitchFactor
        ],
        0x00189312: [(0x00181110, "DS", "1085.6"), (0x00189335, "FD", 570.25)],  # CTGeometrySequence
        0x00189314: [  # CTReconstructionSequence
            (0x00181100, "DS", "240"),  # ReconstructionDiameter
            (0x00181210, "SH", "H30s"),  # ConvolutionKernel
            (0x00189315, "CS", "FILTER_BACK_PROJ"),  # ReconstructionAlgorithm
            (0x00189316, "CS", "HEAD"),  # ConvolutionKernelGroup
            (0x00189319, "FD", 360.0),  # ReconstructionAngle
            (0x00189320, "SH", "NONE"),  # ImageFilter
            (0x00189322, "FD", (15.0, 15.0)),  # ReconstructionPixelSpacing
        ],
        0x00189325: [  # CTXRayDetailsSequence
            (0x00180060, "DS", "120"),  # KVP
            (0x00181160, "SH", "WEDGE"),  # FilterType
            (0x00181190, "DS", "0.7"),  # FocalSpots
            (0x00187050, "CS", "ALUMINUM"),  # FilterMaterial
        ],
        0x00189329: [*COMMON_IMAGE, (0x00089007, "CS", FRAME_TYPE)],  # CTImageFrameTypeSequence
        0x00189477: [(0x00083010, "UI", uid("irradiation event"))],  # IrradiationEventIdentificationSequence
        0x00209071: anatomy,  # FrameAnatomySequence
        0x00209116: [(0x00200037, "DS", ("1", "0", "0", "0", "1", "0"))],  # PlaneOrientationSequence
        0x00289110: [(0x00180050, "DS", "5"), (0x00280030, "DS", ("15", "15"))],  # PixelMeasuresSequence
        0x00289145: [  # PixelValueTransformationSequence
            (0x00281052, "DS", "-1024"),  # RescaleIntercept
            (0x00281053, "DS", "1"),  # RescaleSlope
            (0x00281054, "LO", "HU"),  # RescaleType
        ],
    }
    return [(tag, "SQ", [group]) for tag, group in groups.items()]


def per_frame_groups(number: int) -> DataSet:
    """Functional groups of one frame."""
    position = f"{57.5 + 5 * number:.6f}"
    time = f"2024013110160{number}.250000+0100"
    content: DataSet = [
        (0x00189074, "DT", time),  # FrameAcquisitionDateTime
        (0x00189151, "DT", time),  # FrameReferenceDateTime
        (0x00189220, "FD", 500.0),  # FrameAcquisitionDuration
        (0x00209056, "SH", "1"),  # StackID
        (0x00209057, "UL", number + 1),  # InStackPositionNumber
        (0x00209128, "UL", 1),  # TemporalPositionIndex
        (0x00209156, "US", 1),  # FrameAcquisitionNumber
        (0x00209157, "UL", (1, number + 1)),  # DimensionIndexValues
    ]
    centre: Value = (0.0, 0.0, 57.5 + 5 * number)
    groups: dict[int, DataSet] = {
        0x00189321: [  # CTExposureSequence
            (0x00189323, "CS", "NONE"),  # ExposureModulationType
            (0x00189328, "FD", 500.0),  # ExposureTimeInms
            (0x00189330, "FD", 210.0 + number),  # XRayTubeCurrentInmA
            (0x00189332, "FD", 105.0),  # ExposureInmAs
            (0x00189345, "FD", 52.625),  # CTDIvol
            (0x00189346, "SQ", [code("113690", "DCM", "IEC Head Dosimetry Phantom")]),  # CTDIPhantomTypeCodeSequence
        ],
        0x00189326: [  # CTPositionSequence
            (0x00189313, "FD", centre),  # DataCollectionCenterPatient
            (0x00189318, "FD", centre),  # ReconstructionTargetCenterPatient
            (0x00189327, "FD", -350.0 + 5 * number),  # TablePosition
        ],
        0x00209111: content,  # FrameContentSequence
        0x00209113: [(0x00200032, "DS", ("-120.000000", "-120.000000", position))],  # PlanePositionSequence
        0x00289132: [  # FrameVOILUTSequence
            (0x00281050, "DS", "40"),  # WindowCenter
            (0x00281051, "DS", "80"),  # WindowWidth
            (0x00281055, "LO", "Εγκέφαλος"),  # WindowCenterWidthExplanation
        ],
    }
    return [(tag, "SQ", [group]) for tag, group in groups.items()]
