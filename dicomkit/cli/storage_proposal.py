"""What storescu proposes: presentation contexts for the files, and for what DCMTK's storescu would propose besides."""

from __future__ import annotations

from dicomkit.cli.transfer_syntax_options import proposed
from dicomkit.net.items import PresentationContext
from dicomkit.net.negotiation import MOST_CONTEXTS
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

    from dicomkit.cli.options import Options

__all__ = ["storage_contexts"]

#: The storage SOP classes of DCMTK's short list, which its tools propose in this order.
USUAL_CLASSES: Final = (
    "AmbulatoryECGWaveformStorage",
    "BasicTextSRStorage",
    "BasicVoiceAudioWaveformStorage",
    "BlendingSoftcopyPresentationStateStorage",
    "CardiacElectrophysiologyWaveformStorage",
    "ChestCADSRStorage",
    "ColonCADSRStorage",
    "ColorSoftcopyPresentationStateStorage",
    "ComprehensiveSRStorage",
    "ComputedRadiographyImageStorage",
    "CTImageStorage",
    "DigitalIntraOralXRayImageStorageForPresentation",
    "DigitalIntraOralXRayImageStorageForProcessing",
    "DigitalMammographyXRayImageStorageForPresentation",
    "DigitalMammographyXRayImageStorageForProcessing",
    "DigitalXRayImageStorageForPresentation",
    "DigitalXRayImageStorageForProcessing",
    "EncapsulatedPDFStorage",
    "EnhancedCTImageStorage",
    "EnhancedMRImageStorage",
    "EnhancedSRStorage",
    "EnhancedXAImageStorage",
    "EnhancedXRFImageStorage",
    "GeneralECGWaveformStorage",
    "GrayscaleSoftcopyPresentationStateStorage",
    "HemodynamicWaveformStorage",
    "KeyObjectSelectionDocumentStorage",
    "MammographyCADSRStorage",
    "MRImageStorage",
    "MRSpectroscopyStorage",
    "MultiFrameGrayscaleByteSecondaryCaptureImageStorage",
    "MultiFrameGrayscaleWordSecondaryCaptureImageStorage",
    "MultiFrameSingleBitSecondaryCaptureImageStorage",
    "MultiFrameTrueColorSecondaryCaptureImageStorage",
    "NuclearMedicineImageStorage",
    "OphthalmicPhotography16BitImageStorage",
    "OphthalmicPhotography8BitImageStorage",
    "OphthalmicTomographyImageStorage",
    "PositronEmissionTomographyImageStorage",
    "ProcedureLogStorage",
    "PseudoColorSoftcopyPresentationStateStorage",
    "RawDataStorage",
    "RealWorldValueMappingStorage",
    "RTBeamsTreatmentRecordStorage",
    "RTBrachyTreatmentRecordStorage",
    "RTDoseStorage",
    "RTImageStorage",
    "RTPlanStorage",
    "RTStructureSetStorage",
    "RTTreatmentSummaryRecordStorage",
    "SecondaryCaptureImageStorage",
    "SpatialFiducialsStorage",
    "SpatialRegistrationStorage",
    "StereometricRelationshipStorage",
    "TwelveLeadECGWaveformStorage",
    "UltrasoundImageStorage",
    "UltrasoundMultiFrameImageStorage",
    "VLEndoscopicImageStorage",
    "VLMicroscopicImageStorage",
    "VLPhotographicImageStorage",
    "VLSlideCoordinatesMicroscopicImageStorage",
    "XRayAngiographicImageStorage",
    "XRayRadiationDoseSRStorage",
    "XRayRadiofluoroscopicImageStorage",
)


def storage_contexts(options: Options, needed: Iterable[str]) -> list[PresentationContext]:
    """The presentation contexts to propose.

    Args:
        options: what the command line says: `--propose-...`, `--combine`, `--required`.
        needed: SOP classes of the files. They come first; as many of the usual ones follow as there is room for.

    Raises:
        ValueError: the files need more than an association may have.
    """
    groups = _transfer_syntaxes(options)
    classes = dict.fromkeys(needed)
    room = MOST_CONTEXTS // len(groups)
    if len(classes) > room:
        raise ValueError(f"{len(classes)} SOP classes need more than {MOST_CONTEXTS} presentation contexts")
    if not options.get("required"):
        for keyword in USUAL_CLASSES:
            if len(classes) < room:
                classes.setdefault(str(UID.from_keyword(keyword)))
    pairs = [(sop_class, syntaxes) for sop_class in classes for syntaxes in groups]
    return [PresentationContext(2 * number + 1, *pair) for number, pair in enumerate(pairs)]


def _transfer_syntaxes(options: Options) -> list[tuple[str, ...]]:
    """The transfer syntaxes of the contexts of each SOP class: the one that is wanted most, and the others."""
    groups = proposed(options)
    if options.get("combine"):
        return [tuple(dict.fromkeys([syntax for group in groups for syntax in group]))]
    if len(groups) > 1 or len(groups[0]) == 1:
        return list(groups)
    return [groups[0][:1], groups[0][1:]]
