"""How dcmsign removes signatures."""

from __future__ import annotations

from dicomkit.cli.dcmsign_failure import UID_NOT_FOUND, Failure
from dicomkit.cli.dcmsign_text import location_text, printable
from dicomkit.errors import SignatureError
from dicomkit.security.signatures.levels import levels, remove_signature, remove_signatures, value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.cli.log import Log
    from dicomkit.dataset.dataset import Dataset

__all__ = ["remove_all", "remove_one", "uid_of"]

SIGNATURE_UID: Final = 0x04000100
ORIGINAL: Final = "Found Digital Signature Sequence within the Original Attributes Sequence, ignoring."


def uid_of(signature: Dataset) -> str:
    """The Digital Signature UID of an item of the Digital Signatures Sequence; "" if it has none."""
    value = value_of(signature, SIGNATURE_UID)
    return str(value) if isinstance(value, str) else ""


def remove_one(dataset: Dataset, uid: str, log: Log) -> None:
    """Remove the signature with a UID.

    Raises:
        Failure: there is none.
    """
    for level in levels(dataset):
        if level.is_original or uid not in map(uid_of, level.signatures()):
            continue
        log.warn(f"Signature UID={printable(uid)}")
        log.warn(f"  Location                    : {location_text(level.path)}")
        try:
            remove_signature(dataset, uid)
        except SignatureError as error:
            raise Failure(UID_NOT_FOUND, str(error)) from error
        return
    raise Failure(UID_NOT_FOUND, f"signature with UID '{printable(uid)}' not found.")


def remove_all(dataset: Dataset, log: Log) -> None:
    """Remove all signatures but those among the Original Attributes."""
    number = 0
    for level in levels(dataset):
        if level.is_original:
            log.warn(ORIGINAL)
            continue
        for signature in level.signatures():
            number += 1
            log.warn(f"Signature #{number} UID={printable(uid_of(signature)) or '(unknown)'}")
            log.warn(f"  Location                    : {location_text(level.path)}")
    count = remove_signatures(dataset)
    log.info(f"{count} signatures found and removed from dataset.")
