"""Data sets as P-DATA-TF PDUs (PS3.8 9.3.5 and annex E): parts in, parts out, nothing copied."""

from __future__ import annotations

from dicomkit._ext.pdu import fragment, pdv_header
from dicomkit.media.transfer import chunks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final

    from dicomkit.media.transfer import Part

__all__ = ["fragments", "payload_of"]

LAST: Final = 2
PDV_HEADER: Final = 6  # bytes of a PDU that are not data: length, context ID, message control header
LARGEST: Final = 1 << 30
FEW: Final = 1 << 16  # bytes


def payload_of(max_pdu_length: int) -> int:
    """Bytes of data in a PDU of up to a maximum length (0: any), an even number (PS3.8 annex E)."""
    return min(max_pdu_length or LARGEST, LARGEST) - PDV_HEADER & -2


def fragments(context_id: int, data: Iterable[Part], max_pdu_length: int) -> Iterator[list[Part]]:
    """The PDUs of a data set, each as a list of its parts.

    Args:
        context_id: of the presentation context.
        data: a list or tuple is sent in PDUs that are as long as they may be; another iterable, whose length is not known,
            as it comes.
        max_pdu_length: what the peer takes; 0: any.
    """
    payload = payload_of(max_pdu_length)
    if isinstance(data, (list, tuple)):
        if len(data) == 1 and not isinstance(data[0], tuple) and len(data[0]) <= FEW:
            pdus: list[Part] = [*fragment(context_id, False, data[0], max_pdu_length)]
            return iter([pdus])
        return _filled(context_id, data, payload)
    return _as_it_comes(context_id, data, payload)


def _length(part: Part) -> int:
    return part[2] if isinstance(part, tuple) else len(part)


def _filled(context_id: int, data: list[Part] | tuple[Part, ...], payload: int) -> Iterator[list[Part]]:
    left = sum(map(_length, data))  # of the data set
    room = min(payload, left)  # in the PDU
    left -= room
    pdu: list[Part] = [pdv_header(context_id, 0 if left else LAST, room)]
    for piece in _pieces(data):
        length = _length(piece)
        at = 0
        while at < length:
            if not room:
                yield pdu
                room = min(payload, left)
                left -= room
                pdu = [pdv_header(context_id, 0 if left else LAST, room)]
            size = min(room, length - at)
            if isinstance(piece, tuple):
                pdu.append((piece[0], piece[1] + at, size, 1))
            else:
                pdu.append(piece if size == length else memoryview(piece)[at : at + size])
            at += size
            room -= size
    yield pdu


def _pieces(data: Iterable[Part]) -> Iterator[Part]:
    """The parts, but those that must not be cut anywhere as the bytes that they become."""
    for part in data:
        if isinstance(part, tuple) and (part[3] != 1 or part[0] is None):
            yield from chunks((part,))
        else:
            yield part


def _as_it_comes(context_id: int, data: Iterable[Part], payload: int) -> Iterator[list[Part]]:
    """A chunk is held back until the next is there: the last fragment has to say that it is the last."""
    held = b""
    for chunk in chunks(data):
        if not len(chunk):
            continue
        if held:
            yield from _cut(context_id, held, payload, 0)
        held = bytes(chunk)
    yield from _cut(context_id, held, payload, LAST)


def _cut(context_id: int, chunk: bytes, payload: int, flags: int) -> Iterator[list[Part]]:
    view = memoryview(chunk)
    for at in range(0, max(len(view), 1), payload):
        piece = view[at : at + payload]
        yield [pdv_header(context_id, flags if at + payload >= len(view) else 0, len(piece)), piece]
