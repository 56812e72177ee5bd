"""Many associations at once: `python -m benchmarks.network_load PORT COUNT [together]` prints JSON.

Each sends 20 C-ECHO and 5 C-STORE requests of 40 KB, one after the other, and is released. With `together`, none sends
anything before all are there. What is sent is made beforehand, and of the answers only the status is looked at: what is
measured is the server.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from time import perf_counter

from benchmarks import inputs
from benchmarks.network_peers import HOST
from benchmarks.network_worker import CT, EXPLICIT_LITTLE, VERIFICATION
from dicomkit._ext.pdu import encode_command, fragment
from dicomkit.net.negotiation import propose
from dicomkit.net.pdu import ReleaseRQ

ECHOES, STORES = 20, 5
PATIENCE = 120  # seconds
CONNECTING = 3  # attempts
PDU_LENGTH = 16384  # what all servers take
ACCEPTED, P_DATA, RELEASED = 2, 4, 6
SUCCESS = bytes.fromhex("0000 0009 0200 0000 0000")  # (0000,0900) in Implicit VR Little Endian
HEADER = 6


def requests() -> list[bytes]:
    """The PDUs of each request."""
    messages = [
        joined(1, encode_command({0x0100: 0x0030, 0x0002: VERIFICATION, 0x0110: number, 0x0800: 0x0101}))
        for number in range(1, ECHOES + 1)
    ]
    for number, path in enumerate(sorted(inputs.small_series(2000).iterdir())[:STORES], ECHOES + 1):
        elements = {0x0100: 1, 0x0002: CT, 0x0110: number, 0x0700: 0, 0x0800: 1, 0x1000: f"1.2.3.{number}"}
        messages.append(joined(3, encode_command(elements), inputs.dataset_bytes(path)))
    return messages


def joined(context: int, command: bytes, data: bytes | None = None) -> bytes:
    """A message."""
    parts = fragment(context, True, command, PDU_LENGTH)
    if data is not None:
        parts += fragment(context, False, data, PDU_LENGTH)
    return b"".join(parts)


class Association(asyncio.Protocol):
    """One of the many."""

    def __init__(self, greeting: bytes, messages: Sequence[bytes]) -> None:
        loop = asyncio.get_running_loop()
        self.accepted: asyncio.Future[None] = loop.create_future()
        self.released: asyncio.Future[None] = loop.create_future()
        self._greeting = greeting
        self._messages = [*messages, ReleaseRQ().encode()]
        self._next = 0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._greeting)

    def go_on(self) -> None:
        """Send the next message."""
        self._transport.write(self._messages[self._next])
        self._next += 1

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= HEADER:
            end = HEADER + int.from_bytes(self._received[2:HEADER], "big")
            if len(self._received) < end:
                break
            pdu, self._received = self._received[:end], self._received[end:]
            self._take(pdu)

    def _take(self, pdu: bytes) -> None:
        if pdu[0] == ACCEPTED and not self.accepted.done():
            self.accepted.set_result(None)
        elif pdu[0] == P_DATA and SUCCESS in pdu:
            self.go_on()
        elif pdu[0] == RELEASED and self._next == len(self._messages) and not self.released.done():
            self.released.set_result(None)
            self._transport.close()
        else:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        for future in (self.accepted, self.released):
            if not future.done():
                future.set_exception(ConnectionError("the connection was lost"))
                future.exception()  # somebody may wait for the other one only


async def one(port: int, greeting: bytes, messages: Sequence[bytes], others: asyncio.Barrier | None) -> None:
    """An association."""
    for attempt in range(CONNECTING):
        try:
            _, association = await asyncio.get_running_loop().create_connection(
                lambda: Association(greeting, messages), HOST, port
            )
            break
        except OSError:
            if attempt == CONNECTING - 1:
                raise
    await association.accepted
    if others is not None:
        await others.wait()
    association.go_on()
    await association.released


async def all_at_once(port: int, count: int, together: bool) -> dict[str, float]:
    """All of them. Returns how many failed, and how long it took."""
    greeting = propose([(VERIFICATION, [EXPLICIT_LITTLE]), (CT, [EXPLICIT_LITTLE])], called="LOAD", calling="LOAD").encode()
    messages = requests()
    others = asyncio.Barrier(count) if together else None
    start = perf_counter()
    each = [asyncio.wait_for(one(port, greeting, messages, others), PATIENCE) for _ in range(count)]
    results = await asyncio.gather(*each, return_exceptions=True)
    failed = sum(isinstance(result, BaseException) for result in results)
    return {"failed": failed, "seconds": perf_counter() - start}


if __name__ == "__main__":
    words = sys.argv[1:]
    print(json.dumps(asyncio.run(all_at_once(int(words[0]), int(words[1]), "together" in words))))
