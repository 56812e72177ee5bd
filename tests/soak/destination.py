"""Where a C-MOVE goes that hostile peers ask for: an acceptor that does all but its part, whatever the server waits for."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from random import Random

from dicomkit.net.negotiation import Policy
from dicomkit.net.pdu import AssociateRQ, decode
from tests.net.server.wire import CT
from tests.soak.conversation import ABORT, RELEASED, STRANGERS

ACCEPTS = Policy({CT: ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")})
ACCEPTS_NOTHING = Policy({"1.2.3": ("1.2.840.10008.1.2",)})
REJECTED = bytes.fromhex("03 00 00000004 00 02 03 01")

# What it does: how many PDUs it takes in good order before, and what it says then.
ANSWERS = (ABORT, REJECTED, RELEASED, b"", b"\x02\0\0\0\0\x04\0\1\0\0", b"\4\0\xff\xff\xff\xff", *STRANGERS.values())


class Destination:
    """An acceptor on a free port, in the event loop of the soak."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=500)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            async with asyncio.timeout(5):
                await self._talk(reader, writer)
        if self._random.random() < 0.3:
            _reset(writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        random = self._random
        if random.random() < 0.2:
            return  # it hangs up
        kind, body = await _pdu(reader)
        chance = random.random()
        if chance < 0.5:
            policy = ACCEPTS if chance < 0.4 else ACCEPTS_NOTHING
            writer.write(policy.negotiate(_request(kind, body)).encode())
            for _ in range(random.randrange(4)):
                await _pdu(reader)
        writer.write(random.choice(ANSWERS))
        if random.random() < 0.1:
            await reader.read(-1)  # until the server has had enough


async def _pdu(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readexactly(6)
    return head[0], await reader.readexactly(int.from_bytes(head[2:], "big"))


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        own: socket.socket = writer.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _request(kind: int, body: bytes) -> AssociateRQ:
    request = decode(kind, body)
    assert isinstance(request, AssociateRQ)
    return request
