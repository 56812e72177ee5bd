"""The names that DCMTK has for SOP classes and transfer syntaxes, where its files and options use them.

Most are the keywords of PS3.6 with something before or behind them; those of transfer syntaxes are of DCMTK's own making.
"""

from __future__ import annotations

import sys

from dicomkit._ext import standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

__all__ = ["uid_of_name"]

_LOCAL, _OPPOSITE = ("Little", "Big") if sys.byteorder == "little" else ("Big", "Little")

#: Name -> keyword of PS3.6
_NAMES: Final = {
    "LocalEndianExplicit": f"ExplicitVR{_LOCAL}Endian",
    "OppositeEndianExplicit": f"ExplicitVR{_OPPOSITE}Endian",
    "LittleEndianImplicit": "ImplicitVRLittleEndian",
    "LittleEndianExplicit": "ExplicitVRLittleEndian",
    "DeflatedLittleEndianExplicit": "DeflatedExplicitVRLittleEndian",
    "BigEndianExplicit": "ExplicitVRBigEndian",
    "JPEGBaseline": "JPEGBaseline8Bit",
    "JPEGExtended:Process2+4": "JPEGExtended12Bit",
    "JPEGExtended:Process3+5": "JPEGExtended35",
    "JPEGSpectralSelection:Non-hierarchical:Process6+8": "JPEGSpectralSelectionNonHierarchical68",
    "JPEGSpectralSelection:Non-hierarchical:Process7+9": "JPEGSpectralSelectionNonHierarchical79",
    "JPEGFullProgression:Non-hierarchical:Process10+12": "JPEGFullProgressionNonHierarchical1012",
    "JPEGFullProgression:Non-hierarchical:Process11+13": "JPEGFullProgressionNonHierarchical1113",
    "JPEGLossless:Non-hierarchical:Process14": "JPEGLossless",
    "JPEGLossless:Non-hierarchical:Process15": "JPEGLosslessNonHierarchical15",
    "JPEGExtended:Hierarchical:Process16+18": "JPEGExtendedHierarchical1618",
    "JPEGExtended:Hierarchical:Process17+19": "JPEGExtendedHierarchical1719",
    "JPEGSpectralSelection:Hierarchical:Process20+22": "JPEGSpectralSelectionHierarchical2022",
    "JPEGSpectralSelection:Hierarchical:Process21+23": "JPEGSpectralSelectionHierarchical2123",
    "JPEGFullProgression:Hierarchical:Process24+26": "JPEGFullProgressionHierarchical2426",
    "JPEGFullProgression:Hierarchical:Process25+27": "JPEGFullProgressionHierarchical2527",
    "JPEGLossless:Hierarchical:Process28": "JPEGLosslessHierarchical28",
    "JPEGLossless:Hierarchical:Process29": "JPEGLosslessHierarchical29",
    "JPEGLossless:Non-hierarchical-1stOrderPrediction": "JPEGLosslessSV1",
    "JPEGLSLossy": "JPEGLSNearLossless",
    "JPEG2000LosslessOnly": "JPEG2000Lossless",
    "JPEG2000MulticomponentLosslessOnly": "JPEG2000MCLossless",
    "JPEG2000Multicomponent": "JPEG2000MC",
    "MPEG2MainProfile@MainLevel": "MPEG2MPML",
    "MPEG2MainProfile@HighLevel": "MPEG2MPHL",
    "MPEG4HighProfile/Level4.1": "MPEG4HP41",
    "MPEG4BDcompatibleHighProfile/Level4.1": "MPEG4HP41BD",
    "MPEG4HighProfile/Level4.2For2DVideo": "MPEG4HP422D",
    "MPEG4HighProfile/Level4.2For3DVideo": "MPEG4HP423D",
    "MPEG4StereoHighProfile/Level4.2": "MPEG4HP42STEREO",
    "HEVCMainProfile/Level5.1": "HEVCMP51",
    "HEVCMain10Profile/Level5.1": "HEVCM10P51",
    "SMPTEST2110-20:UncompressedProgressiveActiveVideo": "SMPTEST211020UncompressedProgressiveActiveVideo",
    "SMPTEST2110-20:UncompressedInterlacedActiveVideo": "SMPTEST211020UncompressedInterlacedActiveVideo",
    "SMPTEST2110-30:PCMDigitalAudio": "SMPTEST211030PCMDigitalAudio",
    "PrivateGELittleEndianImplicitWithBigEndianPixelData": "PrivateGEImplicitVRLittleEndianBigEndianPixelData",
    "ImplantationPlanSRDocumentStorage": "ImplantationPlanSRStorage",
    "FINDColorPaletteInformationModel": "ColorPaletteQueryRetrieveInformationModelFind",
    "MOVEColorPaletteInformationModel": "ColorPaletteQueryRetrieveInformationModelMove",
    "GETColorPaletteInformationModel": "ColorPaletteQueryRetrieveInformationModelGet",
    "DRAFT_SRTextStorage": "TextSRStorageTrial",
    "DRAFT_SRAudioStorage": "AudioSRStorageTrial",
    "DRAFT_SRDetailStorage": "DetailSRStorageTrial",
    "DRAFT_SRComprehensiveStorage": "ComprehensiveSRStorageTrial",
}

_OPERATIONS: Final = {"FIND": "Find", "MOVE": "Move", "GET": "Get"}


def uid_of_name(name: str) -> str:
    """The UID of a name of DCMTK's, or of a keyword; a UID is what it is.

    Raises:
        ValueError: nothing has that name.
    """
    if name.replace(".", "").isdecimal() and name.isascii():
        return name
    for keyword in _keywords(name):
        row = standard.uid_keyword(keyword)
        if row is not None:
            return row[0]
    raise ValueError(f"{name!r} is neither a UID nor the name of one")


def _keywords(name: str) -> Iterator[str]:
    """What the keyword of a name may be."""
    if name in _NAMES:
        yield _NAMES[name]
    state, _, rest = name.partition("_")
    if state == "DICOS":
        yield f"DICOS{rest}"
    if state in ("RETIRED", "DRAFT", "DICONDE"):
        name = rest
    name = name.removesuffix("SOPClass").replace("Multiframe", "MultiFrame")
    for prefix, suffix in _OPERATIONS.items():
        if name.startswith(prefix):
            yield name.removeprefix(prefix) + suffix
    # First the older class of two that have one name: "RETIRED_UltrasoundImageStorage" is not that of today.
    if state == "RETIRED":
        yield f"{name}Retired"
    if state in ("RETIRED", "DRAFT"):
        yield f"{name}Trial"
    yield name
