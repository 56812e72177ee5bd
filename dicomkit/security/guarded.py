"""Calls of cryptography with bytes from anywhere: whatever goes wrong inside is a SignatureError outside."""

from __future__ import annotations

from dicomkit.errors import SignatureError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final, ParamSpec, TypeVar

    P = ParamSpec("P")
    T = TypeVar("T")

__all__ = ["guarded", "reason_of"]

_LONGEST: Final = 200
_PANIC: Final = "PanicException"


def guarded(what: str, function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """What a function returns.

    Args:
        what: beginning of the error's text, such as `the certificate cannot be read`.
        function: the function; the rest are its arguments.

    Raises:
        SignatureError: it has raised something.
    """
    try:
        return function(*args, **options)
    except SignatureError:
        raise
    except Exception as error:  # of what type it is depends on the damage: ValueError, TypeError, RecursionError, ...
        raise SignatureError(f"{what}: {reason_of(error)}") from error
    except BaseException as error:
        # A panic of Rust is no Exception, so that nobody takes it for one by chance. It has no name to import.
        if type(error).__name__ != _PANIC:
            raise
        raise SignatureError(f"{what}: the library gave up on it") from error


def reason_of(error: BaseException) -> str:
    """What an error says, in one line of reasonable length."""
    text = "".join([letter if letter.isprintable() else " " for letter in str(error)[: _LONGEST + 1]]).strip()
    return f"{text[:_LONGEST]}..." if len(text) > _LONGEST else text or type(error).__name__
