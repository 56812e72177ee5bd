"""Status of DIMSE responses (PS3.7 annex C, and the services of PS3.4): category and meaning, as tables."""

from __future__ import annotations

from dicomkit.net.messages import MESSAGES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Literal, TypeAlias

    from dicomkit.net.messages import Message

    Category: TypeAlias = Literal["success", "pending", "cancel", "warning", "failure"]

__all__ = ["GENERAL", "SERVICES", "Status", "category"]

SUCCESS: Final = 0x0000
PENDING: Final = (0xFF00, 0xFF01)
CANCEL: Final = 0xFE00
WARNINGS: Final = (0x0001, 0x0107, 0x0116)

# PS3.7 annex C.
GENERAL: Final = {
    0x0000: "success",
    0x0001: "warning",
    0x0105: "no such attribute",
    0x0106: "invalid attribute value",
    0x0107: "attribute list error",
    0x0110: "processing failure",
    0x0111: "duplicate SOP instance",
    0x0112: "no such SOP instance",
    0x0113: "no such event type",
    0x0114: "no such argument",
    0x0115: "invalid argument value",
    0x0116: "attribute value out of range",
    0x0117: "invalid SOP instance",
    0x0118: "no such SOP class",
    0x0119: "class-instance conflict",
    0x0120: "missing attribute",
    0x0121: "missing attribute value",
    0x0122: "refused: SOP class not supported",
    0x0123: "no such action type",
    0x0124: "refused: not authorized",
    0x0210: "duplicate invocation",
    0x0211: "unrecognized operation",
    0x0212: "mistyped argument",
    0x0213: "resource limitation",
    0xFE00: "cancelled",
    0xFF00: "pending",
    0xFF01: "pending",
}

# Of the services: first and last code, meaning. PS3.4 has a table for each.
STORE: Final = (  # B.2.3
    (0xA700, 0xA7FF, "refused: out of resources"),
    (0xA900, 0xA9FF, "data set does not match SOP class"),
    (0xC000, 0xCFFF, "cannot understand"),
    (0xB000, 0xB000, "coercion of data elements"),
    (0xB006, 0xB006, "elements discarded"),
    (0xB007, 0xB007, "data set does not match SOP class"),
)
FIND: Final = (  # C.4.1.1.4
    (0xA700, 0xA700, "refused: out of resources"),
    (0xA900, 0xA900, "identifier does not match SOP class"),
    (0xA710, 0xA710, "invalid prior record key"),  # inventory
    (0xC000, 0xCFFF, "unable to process"),
    (0xFE00, 0xFE00, "matching terminated due to cancel request"),
    (0xFF00, 0xFF00, "matches are continuing"),
    (0xFF01, 0xFF01, "matches are continuing, but optional keys were not supported"),
)
RETRIEVE: Final = (  # C.4.2.1.5, C.4.3.1.4, Y.4.1.1.3
    (0xA701, 0xA701, "refused: out of resources, unable to calculate number of matches"),
    (0xA702, 0xA702, "refused: out of resources, unable to perform sub-operations"),
    (0xA801, 0xA801, "refused: move destination unknown"),
    (0xA900, 0xA900, "identifier does not match SOP class"),
    (0xAA00, 0xAA00, "none of the frames requested were found in the SOP instance"),
    (0xAA01, 0xAA01, "unable to create new object for this SOP class"),
    (0xAA02, 0xAA02, "unable to extract frames"),
    (0xAA03, 0xAA03, "time-based request received for a non-time-based original SOP instance"),
    (0xAA04, 0xAA04, "invalid request"),
    (0xC000, 0xCFFF, "unable to process"),
    (0xFE00, 0xFE00, "sub-operations terminated due to cancel indication"),
    (0xB000, 0xB000, "sub-operations complete, one or more failures or warnings"),
    (0xFF00, 0xFF00, "sub-operations are continuing"),
)
N_SERVICES: Final = (
    (0x0001, 0x0001, "requested optional attributes are not supported"),  # F.8.2.1.4 (MPPS retrieve)
    (0xA510, 0xA510, "failed: already in one of the states it could be brought to by the request"),
    (0xB300, 0xB300, "the UPS was created with modifications"),  # CC.2
    (0xB301, 0xB301, "deletion lock not granted"),
    (0xB304, 0xB304, "the UPS is already in the requested state of CANCELED"),
    (0xB305, 0xB305, "coerced invalid values to valid values"),
    (0xB306, 0xB306, "the UPS is already in the requested state of COMPLETED"),
    (0xB600, 0xB600, "memory allocation not supported"),  # H.4
    (0xB601, 0xB601, "film session printing (collation) is not supported"),
    (0xB602, 0xB602, "film session SOP instance hierarchy does not contain image box SOP instances (empty page)"),
    (0xB603, 0xB603, "film box SOP instance hierarchy does not contain image box SOP instances (empty page)"),
    (0xB604, 0xB604, "image size is larger than image box size, the image has been demagnified"),
    (0xB605, 0xB605, "requested min density or max density outside of printer's operating range"),
    (0xB609, 0xB609, "image size is larger than image box size, the image has been cropped to fit"),
    (0xB60A, 0xB60A, "image size or combined print image size is larger than image box size, the image has been decimated"),
    (0xC300, 0xC300, "refused: the UPS may no longer be updated"),
    (0xC301, 0xC301, "refused: the correct Transaction UID was not provided"),
    (0xC302, 0xC302, "refused: the UPS is already IN PROGRESS"),
    (0xC303, 0xC303, "refused: the UPS may only become SCHEDULED via N-CREATE, not N-SET or N-ACTION"),
    (0xC304, 0xC304, "failed: the UPS has not met final state requirements for the requested state change"),
    (0xC307, 0xC307, "specified SOP Instance UID does not exist or is not a UPS instance managed by this SCP"),
    (0xC308, 0xC308, "receiving AE title is unknown to this SCP"),
    (0xC309, 0xC309, "refused: the provided value of UPS State was not SCHEDULED"),
    (0xC310, 0xC310, "refused: the UPS is not yet in the IN PROGRESS state"),
    (0xC311, 0xC311, "refused: the UPS is already COMPLETED"),
    (0xC312, 0xC312, "refused: the performer cannot be contacted"),
    (0xC313, 0xC313, "refused: performer chooses not to cancel"),
    (0xC314, 0xC314, "refused: specified action not appropriate for specified instance"),
    (0xC315, 0xC315, "refused: SCP does not support event reports"),
    (0xC600, 0xC600, "film session SOP instance hierarchy does not contain film box SOP instances"),
    (0xC601, 0xC601, "unable to create print job SOP instance; print queue is full"),
    (0xC602, 0xC602, "unable to create print job SOP instance; print queue is full"),
    (0xC603, 0xC603, "image size is larger than image box size"),
    (0xC605, 0xC605, "insufficient memory in printer to store the image"),
    (0xC613, 0xC613, "combined print image size is larger than the image box size"),
    (0xC616, 0xC616, "there is an existing film box that has not been printed"),
)

# Service (the name of its messages) -> meanings.
SERVICES: Final = {
    "C-STORE": STORE,
    "C-FIND": FIND,
    "C-GET": RETRIEVE,
    "C-MOVE": RETRIEVE,
    "N-GET": N_SERVICES,
    "N-SET": N_SERVICES,
    "N-ACTION": N_SERVICES,
    "N-CREATE": N_SERVICES,
    "N-DELETE": N_SERVICES,
    "N-EVENT-REPORT": N_SERVICES,
}


def category(code: int) -> Category:
    """What kind of outcome a status code is (PS3.7 annex C)."""
    if code == SUCCESS:
        return "success"
    if code in PENDING:
        return "pending"
    if code == CANCEL:
        return "cancel"
    if code >> 12 == 0xB or code in WARNINGS:
        return "warning"
    return "failure"


class Status:
    """The status of a response, with what the peer says of it. Equal to its code, and to a status with the same code.

    Attributes:
        code: as 0xA700.
        service: the name of the messages, as "C-STORE".
        comment: Error Comment, "" if there is none.
        offending_elements: tags.
        error_id: Error ID, or None.
        message: the response (messages.Message), or None.
    """

    __slots__ = ("code", "message", "service")

    def __init__(self, code: int, service: str = "", message: Message | None = None) -> None:
        self.code = code
        self.service = service
        self.message = message

    @classmethod
    def of(cls, message: Message) -> Status:
        """The status of a response. One that is missing is a processing failure."""
        code = message.elements.get(0x00000900)
        layout = MESSAGES.get(message.command_field)
        return cls(code if isinstance(code, int) else 0x0110, "" if layout is None else layout.name[:-4], message)

    @property
    def comment(self) -> str:
        return (self.message.error_comment or "") if self.message is not None else ""

    @property
    def offending_elements(self) -> tuple[int, ...]:
        return (self.message.offending_element or ()) if self.message is not None else ()

    @property
    def error_id(self) -> int | None:
        return self.message.error_id if self.message is not None else None

    @property
    def category(self) -> Category:
        return category(self.code)

    @property
    def text(self) -> str:
        """What the code means, as the standard says."""
        for first, last, text in SERVICES.get(self.service, ()):
            if first <= self.code <= last:
                return text
        return GENERAL.get(self.code) or {"warning": "warning", "failure": "failure"}.get(self.category, "")

    @property
    def is_success(self) -> bool:
        return self.code == SUCCESS

    @property
    def is_pending(self) -> bool:
        return self.code in PENDING

    @property
    def is_cancel(self) -> bool:
        return self.code == CANCEL

    @property
    def is_warning(self) -> bool:
        return category(self.code) == "warning"

    @property
    def is_failure(self) -> bool:
        return category(self.code) == "failure"

    def __int__(self) -> int:
        return self.code

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (int, Status)):
            return self.code == int(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.code)

    def __str__(self) -> str:
        comment = self.comment
        return f"{self.code:04X}H: {self.text}{f' ({comment})' if comment else ''}"

    def __repr__(self) -> str:
        return f"<Status {self}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Status, (self.code, self.service, self.message)
