"""Damage to DER: bits, bytes, lengths, values put elsewhere."""

from __future__ import annotations

from random import Random

#: tags, lengths and values that parsers stumble over
_BYTES = b"\x00\x01\x02\x03\x04\x05\x06\x0c\x13\x17\x18\x1e\x30\x31\x7f\x80\x81\x82\x84\x88\xa0\xa3\xfe\xff"


def mangled(data: bytes, random: Random) -> bytes:
    """The same bytes with some damage, always another string."""
    found = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        place = random.randrange(len(found)) if found else 0
        kind = random.randrange(7)
        if not found:
            break
        if kind == 0:
            found[place] ^= 1 << random.randrange(8)
        elif kind == 1:
            found[place] = random.choice(_BYTES)
        elif kind == 2:
            del found[place : place + random.choice((1, 2, 5, 50))]
        elif kind == 3:
            found[place:place] = random.choice((bytes([random.choice(_BYTES)]), random.randbytes(3), b"\x05\x00"))
        elif kind == 4:
            del found[place:]
        elif kind == 5:  # a piece once more, elsewhere
            other = random.randrange(len(found))
            found[place:place] = found[other : other + random.choice((2, 10, 40))]
        else:  # a value by a wrong one of the same length
            size = random.choice((1, 2, 8))
            found[place : place + size] = random.randbytes(len(found[place : place + size]))
    return bytes(found) if bytes(found) != data else data + b"\1"
