"""The deflated transfer syntaxes (PS3.5 A.5): a whole data set as one raw deflate stream."""

from __future__ import annotations

from dicomkit.errors import ParseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import zlib

    from dicomkit.media.source import Source
    from dicomkit.typing import BytesLike

__all__ = ["inflate", "inflates"]

LARGEST = 1 << 30  # bytes that a deflated data set may inflate to: a small file must not fill the memory
STEP = 1 << 16  # bytes that go in or come out at once


def inflate(source: Source, window: BytesLike, base: int, position: int, zlib_header: bool) -> tuple[bytes, list[str]]:
    """Inflate everything from `position` on; `window` begins at `base`.

    Returns the data set and the problems found. A zlib header (RFC 1950), which some writers add, is recognised.

    Raises:
        ParseError: nothing can be inflated, or it would be larger than 1 GiB.
    """
    import zlib

    data = memoryview(window)[position - base :]
    if not zlib_header and len(data) >= 2 and data[0] & 0x8F == 0x08 and (data[0] << 8 | data[1]) % 31 == 0:
        zlib_header = inflates(bytes(data[:512]), 15)
    notes = ["zlib-header"] if zlib_header else []
    stream = zlib.decompressobj(15 if zlib_header else -15)
    parts: list[bytes] = []
    size = 0
    at = base + len(window)
    try:
        while data and not stream.eof:
            for start in range(0, len(data), STEP):
                chunk: BytesLike = data[start : start + STEP]
                while not stream.eof:
                    before = stream.copy()
                    try:
                        part = stream.decompress(chunk, STEP)
                    except zlib.error:
                        parts.append(_up_to_damage(before, chunk))
                        size += len(parts[-1])
                        raise
                    parts.append(part)
                    size += len(part)
                    if size > LARGEST:
                        reason = f"the deflated data set inflates to more than {LARGEST} bytes"
                        raise ParseError(reason, position, "", source.name)
                    chunk = stream.unconsumed_tail
                    if not chunk and len(part) < STEP:
                        break
            if source.size is not None and at >= source.size:
                break
            data = memoryview(source.window(at, 1))
            at += len(data)
    except zlib.error as error:
        if not size:
            raise ParseError(f"the data set cannot be inflated: {error}", position, "", source.name) from None
    return b"".join(parts), notes if stream.eof else [*notes, "deflate-damaged"]


def _up_to_damage(stream: zlib._Decompress, chunk: BytesLike) -> bytes:
    """What a damaged chunk gives before its damage: zlib keeps back the output of a call that fails."""
    import zlib

    given = bytearray()
    try:
        for at in range(len(chunk)):
            given += stream.decompress(chunk[at : at + 1])
    except zlib.error:
        pass
    return bytes(given)


def inflates(head: bytes, window_bits: int) -> bool:
    """Whether the start of a stream inflates: raw (-15) or with a zlib header (15)."""
    import zlib

    try:
        return bool(zlib.decompressobj(window_bits).decompress(head))
    except zlib.error:
        return False
