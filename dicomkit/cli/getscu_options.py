"""The options of `dicomkit getscu`, and the SOP classes that it is ready to receive."""

from __future__ import annotations

from dicomkit.cli.findscu_options import OUTPUT_DIRECTORY, QUERY_PARAMETERS
from dicomkit.cli.net_options import (
    ABORT,
    ACSE_TIMEOUT,
    DIMSE_TIMEOUT,
    INTERNET_PROTOCOL,
    MAX_PDU,
    REPEAT,
    SOCKET_TIMEOUT,
    TIMEOUT,
    USER_IDENTITY,
    VERBOSE_PC,
    ae_titles,
)
from dicomkit.cli.options import GENERAL, Group, Option
from dicomkit.cli.query_options import KEY, model
from dicomkit.cli.tls_options import TLS_REQUESTOR
from dicomkit.cli.transfer_syntax_options import PREFERRED, PROPOSED_QUERY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["GROUPS", "PARAMETERS", "USAGE", "retrievable_classes"]

PARAMETERS: Final = QUERY_PARAMETERS
USAGE: Final = "peer port [dcmfile-in...]"

GROUPS: Final = (
    Group(GENERAL.title, *GENERAL.subgroups, ("", (VERBOSE_PC,))),
    Group(
        "network options",
        KEY,
        model("retrieve", "P"),
        INTERNET_PROTOCOL,
        ae_titles("GETSCU"),
        ("preferred storage transfer syntaxes (incoming associations)", PREFERRED[1]),
        ("proposed retrieve transfer syntaxes (outgoing associations)", PROPOSED_QUERY[1]),
        USER_IDENTITY,
        (
            "other network options",
            (TIMEOUT, SOCKET_TIMEOUT, ACSE_TIMEOUT, DIMSE_TIMEOUT, MAX_PDU, REPEAT, ABORT),
        ),
    ),
    TLS_REQUESTOR,
    Group(
        "output options",
        ("general", (OUTPUT_DIRECTORY,)),
        (
            "storage mode",
            (
                Option("-B --normal", "storage", "normal", "name files by modality and SOP instance UID (default)"),
                Option("+B --bit-preserving", "storage", "bit-preserving", "name files by SOP instance UID"),
                Option("--ignore", "storage", "ignore", "ignore store data, receive but do not store it"),
            ),
        ),
    ),
)

#: An association has 128 presentation contexts, and there are more SOP classes. These are not proposed: parts of keywords.
_RARE: Final = (
    "Protocol",
    "ImplantTemplate",
    "ImplantAssembly",
    "ColorPalette",
    "Inventory",
    "RTPhysicianIntent",
    "RTSegmentAnnotation",
    "RTRadiation",
    "ElectronRadiation",
    "TomotherapeuticRadiation",
    "Robotic",
    "RTTreatmentPreparation",
    "RTPatientPosition",
    "RTBrachyApplication",
    "EnhancedRTImage",
    "EnhancedContinuousRTImage",
    "Volumetric",
    "VariableModalityLUT",
    "Confocal",
    "AgentAdministration",
    "WaveformAnnotation",
    "WaveformPresentation",
    "WaveformAcquisition",
    "General32bitECG",
    "Electroencephalogram",
    "Electromyogram",
    "Electrooculogram",
    "BodyPosition",
    "MultichannelRespiratory",
    "WideFieldOphthalmic",
    "HeightMap",
    "MicroscopyBulkSimple",
    "ContentAssessment",
    "DICOS",
    "EddyCurrent",
    "Thermography",
    "UltrasoundWaveform",
)


def retrievable_classes() -> list[str]:
    """The SOP classes that are proposed for receiving: as many as fit into an association beside that of the query."""
    from dicomkit.net.server.storage_classes import storage_classes
    from dicomkit.standard.uid import UID

    known = [UID(uid) for uid in sorted(storage_classes())]
    return [
        str(uid) for uid in known if uid.keyword and not uid.is_retired and not any(part in uid.keyword for part in _RARE)
    ]
