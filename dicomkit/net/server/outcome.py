"""What handlers return, as statuses and data sets."""

from __future__ import annotations

from typing import Final

from dicomkit.dataset.dataset import Dataset

__all__ = ["encoded", "outcome_of", "status_of"]

SUCCESS: Final = 0x0000


def status_of(result: object) -> int:
    """The status that a handler returned: None is success.

    Raises:
        TypeError: it is none.
    """
    if result is None:
        return SUCCESS
    if isinstance(result, bool) or not hasattr(result, "__int__") or isinstance(result, (str, float)):
        raise TypeError(f"a handler returned {type(result).__name__} where a status was expected")
    status = int(result)
    if not 0 <= status <= 0xFFFF:
        raise TypeError(f"a handler returned {status}, which is no status")
    return status


def outcome_of(result: object) -> tuple[int, Dataset | None]:
    """Status and data set that a handler returned: one of them, both as a pair, or None for success.

    Raises:
        TypeError: it is none of them.
    """
    if isinstance(result, Dataset):
        return SUCCESS, result
    if isinstance(result, tuple) and len(result) == 2 and (result[1] is None or isinstance(result[1], Dataset)):
        return status_of(result[0]), result[1]
    return status_of(result), None


def encoded(dataset: Dataset, transfer_syntax: str) -> bytes:
    """A data set as it is sent in a transfer syntax.

    Raises:
        EncodeError: something in it cannot be written.
    """
    return dataset.to_bytes(meta="none", transfer_syntax=transfer_syntax)
