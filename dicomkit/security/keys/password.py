"""The password of a file: given, or asked for when it turns out to be needed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    #: the password, or a function that asks for it; None: there is none
    Password: TypeAlias = "str | bytes | Callable[[], str | bytes] | None"

__all__ = ["password_bytes"]


def password_bytes(password: Password) -> bytes | None:
    """The password as bytes; asks for it if it is a function. None: there is none."""
    given = password() if callable(password) else password
    return given.encode() if isinstance(given, str) else given
