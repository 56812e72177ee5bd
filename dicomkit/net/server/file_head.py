"""What stands in front of a received data set in its file: preamble, prefix, File Meta Information (PS3.10 section 7.1)."""

from __future__ import annotations

from functools import lru_cache
from struct import pack
from typing import Final

from dicomkit.media.file_meta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

__all__ = ["file_head"]

_PREAMBLE: Final = bytes(128) + b"DICM"
_VERSION: Final = b"\2\0\1\0OB\0\0\2\0\0\0\0\1"


def _element(number: int, vr: bytes, value: bytes) -> bytes:
    """An element of group 0002 with a short value."""
    if len(value) % 2:
        value += b"\0" if vr == b"UI" else b" "
    return pack("<HH2sH", 2, number, vr, len(value)) + value


_IMPLEMENTATION: Final = _element(0x12, b"UI", IMPLEMENTATION_CLASS_UID.encode()) + _element(
    0x13, b"SH", IMPLEMENTATION_VERSION_NAME.encode()
)


def file_head(sop_class: str, instance: str, transfer_syntax: str, source: str) -> bytes:
    """The first bytes of the file of an object that was received: its data set follows, in its transfer syntax.

    Args:
        sop_class: Affected SOP Class UID of the C-STORE request.
        instance: Affected SOP Instance UID.
        transfer_syntax: of the presentation context.
        source: AE title of the sender.
    """
    before, after = _fixed(sop_class, transfer_syntax, source)
    own = _element(0x03, b"UI", instance.encode("latin-1", "replace"))
    length = len(before) + len(own) + len(after)
    return b"".join((_PREAMBLE, pack("<HH2sHI", 2, 0, b"UL", 4, length), before, own, after))


@lru_cache(maxsize=64)
def _fixed(sop_class: str, transfer_syntax: str, source: str) -> tuple[bytes, bytes]:
    """What is the same for all objects of an association, before and behind what differs."""
    before = _VERSION + _element(0x02, b"UI", sop_class.encode("latin-1", "replace"))
    syntax = _element(0x10, b"UI", transfer_syntax.encode("latin-1", "replace"))
    title = _element(0x16, b"AE", source.encode("latin-1", "replace")) if source else b""
    return before, syntax + _IMPLEMENTATION + title
