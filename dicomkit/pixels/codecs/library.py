"""Calls of imagecodecs, which is imported when a frame needs it."""

from __future__ import annotations

from typing import Any

from dicomkit.errors import CodecError

__all__ = ["call"]


def call(name: str, *args: Any, **options: Any) -> Any:
    """The result of a function of imagecodecs.

    Raises:
        CodecError: it raised an error, or is not in this build of the library.
    """
    import imagecodecs

    try:
        return getattr(imagecodecs, name)(*args, **options)
    except (AttributeError, ImportError, RuntimeError, TypeError, ValueError) as error:  # each codec has its own
        raise CodecError(str(error) or type(error).__name__) from error
