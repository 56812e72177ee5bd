"""How dcmsign ends when it cannot do what it was asked for: the exit codes of DCMTK's dcmsign."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Literal

__all__ = ["Failure"]

NO_ERROR: Final = 0
SYNTAX_ERROR: Final = 1

CANNOT_READ_INPUT_FILE: Final = 20
NO_INPUT_FILES: Final = 21
CANNOT_READ_TAG_FILE: Final = 30
CANNOT_READ_QUERY_FILE: Final = 31
CANNOT_READ_RESPONSE_FILE: Final = 32
CANNOT_READ_UID_FILE: Final = 33

CANNOT_WRITE_OUTPUT_FILE: Final = 40
CANNOT_WRITE_SUPPORT_FILE: Final = 46

CANNOT_ACCESS_SIGNATURE: Final = 80
CANNOT_INSERT_TIMESTAMP: Final = 82
REMOVAL_FAILED: Final = 83
UID_NOT_FOUND: Final = 84
CREATION_FAILED: Final = 85
SYNTAX_ERROR_IN_TAG_FILE: Final = 86
TIMESTAMP_INCONSISTENT: Final = 87

NO_SIGNATURES: Final = 100
VERIFICATION_FAILED: Final = 101
POLICY_NOT_FULFILLED: Final = 102


class Failure(Exception):
    """The command ends.

    Attributes:
        code: its exit code.
        reason: what is logged; "" if that has been done.
        level: of the log.
    """

    def __init__(self, code: int, reason: str = "", level: Literal["error", "fatal"] = "error") -> None:
        super().__init__(code, reason, level)
        self.code = code
        self.reason = reason
        self.level = level
