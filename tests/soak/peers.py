"""Peers that do everything but what PS3.8 says. Each is one connection."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

from tests.net.server.wire import CT, VERIFICATION, p_data
from tests.soak.conversation import (
    ABORT,
    CONVERSATION,
    ECHO,
    ID,
    MOVE_TO_HOSTILE,
    MOVE_TO_NOBODY,
    NAMES,
    QUERY,
    RELEASE,
    RELEASED,
    REQUEST,
    REQUEST_FOR_OTHERS,
    REQUEST_OF_NOBODY,
    RETRIEVAL,
    RETRIEVAL_OF_MUCH,
    STATES,
    STORE,
    STORE_COMMAND,
    STRANGERS,
    bad_command,
    data,
    entitled,
    lying,
    mutated,
    store_command,
)

LAST_WORDS: Final = (RELEASED[:6], ABORT[:6], b"\3\0\0\0\0\4")
PATIENCE: Final = 20.0  # seconds that the server may take to be done with a peer; its own limits are 2 s

Talk = Callable[["Peer"], Awaitable[None]]


class Kept(AssertionError):
    """The server has not closed a connection in time."""


class Peer:
    """One connection to the server, and what may be done with it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, random: Random) -> None:
        self.random = random
        self._reader = reader
        self._writer = writer

    def send(self, said: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(said)

    async def send_slowly(self, said: bytes, size: int = 1) -> None:
        """In pieces, each in a segment of its own."""
        for at in range(0, len(said), size):
            self.send(said[at : at + size])
            await asyncio.sleep(0)

    async def associate(self, request: bytes = REQUEST) -> None:
        """Ask for an association, and get it: what comes before the answer would be a fault (PS3.8 9.2, state 3)."""
        self.send(request)
        kind, _ = await self.pdu()
        assert kind == 2, kind

    async def pdu(self) -> tuple[int, bytes]:
        head = await self._reader.readexactly(6)
        return head[0], await self._reader.readexactly(int.from_bytes(head[2:], "big"))

    async def ended(self) -> bytes:
        """Wait until the server closes the connection. Returns what it has said before.

        When it has said its last word, it is the peer that has to close (PS3.8 9.2, state 13); some leave that to it.
        """
        lazy = self.random.random() < 0.05
        said = b""
        try:
            async with asyncio.timeout(PATIENCE):
                while more := await self._reader.read(1 << 16):
                    said += more
                    if not lazy and said[-10:-4] in LAST_WORDS:
                        self.half_close()
        except TimeoutError:
            raise Kept("the server keeps a connection") from None
        return said

    async def pause(self) -> None:
        """Let the server come to a moment that it chooses."""
        await asyncio.sleep(self.random.choice((0, 0, 0.001, 0.01, 0.05)))

    def stop_reading(self) -> None:
        self._transport.pause_reading()

    def go_on_reading(self) -> None:
        self._transport.resume_reading()

    @property
    def _transport(self) -> asyncio.Transport:
        transport = self._writer.transport
        assert isinstance(transport, asyncio.Transport)
        return transport

    def half_close(self) -> None:
        if not self._writer.is_closing():
            self._writer.write_eof()

    def reset(self) -> None:
        """Go without a word."""
        own: socket.socket = self._writer.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        self._writer.close()


async def connected(port: int, talk: Talk, random: Random) -> None:
    """Be such a peer. That the server breaks the connection is its good right."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    peer = Peer(reader, writer, random)
    try:
        with contextlib.suppress(OSError, EOFError):
            await talk(peer)
    finally:
        peer.close()


# -- how it ends, in whatever state


async def aborts(peer: Peer) -> None:
    peer.send(ABORT)
    await peer.ended()


async def aborts_and_goes_on(peer: Peer) -> None:
    peer.send(ABORT + ABORT + RELEASE + REQUEST)
    await peer.ended()


async def goes(peer: Peer) -> None:
    """A FIN; what the server says after it is answered by RST."""


async def breaks(peer: Peer) -> None:
    peer.reset()


async def half_closes(peer: Peer) -> None:
    peer.half_close()
    await peer.ended()


async def is_silent(peer: Peer) -> None:
    await peer.ended()


async def goes_slowly_on(peer: Peer) -> None:
    await peer.send_slowly(ECHO + RELEASE)
    peer.half_close()
    await peer.ended()


async def asks_again(peer: Peer) -> None:
    peer.send(REQUEST)
    peer.half_close()
    await peer.ended()


async def releases(peer: Peer) -> None:
    peer.send(RELEASE + RELEASE)
    peer.half_close()
    await peer.ended()


async def talks_nonsense(peer: Peer) -> None:
    peer.send(peer.random.choice((peer.random.randbytes(200), *STRANGERS.values())))
    peer.half_close()
    await peer.ended()


async def answers_what_nobody_asked(peer: Peer) -> None:
    peer.send(peer.random.choice((b"\2\0" + REQUEST[2:], b"\3\0\0\0\0\4\0\1\1\1", RELEASED)))
    peer.half_close()
    await peer.ended()


# Ending -> how often.
ENDINGS: Final[dict[Talk, int]] = {
    aborts: 6,
    aborts_and_goes_on: 2,
    goes: 6,
    breaks: 6,
    half_closes: 3,
    is_silent: 1,
    goes_slowly_on: 1,
    asks_again: 2,
    releases: 2,
    talks_nonsense: 2,
    answers_what_nobody_asked: 2,
}


# -- what comes before


async def in_any_state(peer: Peer) -> None:
    """Each state of the server, and each ending."""
    request, more = peer.random.choice(tuple(STATES.values()))
    if request:
        await peer.associate(request)
    peer.send(more)
    await peer.pause()
    (ending,) = peer.random.choices(tuple(ENDINGS), tuple(ENDINGS.values()))
    await ending(peer)


async def strangers(peer: Peer) -> None:
    """Other programs' protocols, at once or within an association."""
    if peer.random.random() < 0.5:
        await peer.associate()
        peer.send(peer.random.choice((b"", STORE_COMMAND)))
    peer.send(peer.random.choice(tuple(STRANGERS.values())))
    if peer.random.random() < 0.9:
        peer.half_close()
    await peer.ended()


async def probes(peer: Peer) -> None:
    """Connect, and go."""
    if peer.random.random() < 0.5:
        peer.reset()


async def byte_by_byte(peer: Peer) -> None:
    """An honest conversation, in very small pieces: it succeeds."""
    size = peer.random.choice((1, 1, 7, 100))
    await peer.send_slowly(REQUEST, size)
    kind, _ = await peer.pdu()
    await peer.send_slowly(b"".join((ECHO, STORE_COMMAND, data(CT, bytes(100)), RELEASE)), size)
    answer = await peer.ended()
    assert kind == 2, kind
    assert answer.endswith(RELEASED), answer[-10:]


async def pipelines(peer: Peer) -> None:
    """All messages and the release in one piece: it succeeds."""
    await peer.associate()
    peer.send(b"".join(CONVERSATION[1:]))
    answer = await peer.ended()
    assert answer.endswith(RELEASED), answer[-10:]


async def lies(peer: Peer) -> None:
    """Lengths that are wrong, and random bytes."""
    request, *others = (lying if peer.random.random() < 0.7 else mutated)(peer.random)
    peer.send(request)
    if request == CONVERSATION[0]:
        await peer.pdu()
    else:
        await peer.pause()
    for pdu in others:
        peer.send(pdu)
        if peer.random.random() < 0.2:
            await peer.pause()
    if peer.random.random() < 0.95:
        peer.half_close()
    await peer.ended()


async def commands_badly(peer: Peer) -> None:
    """Command sets with missing, short, wrong elements."""
    await peer.associate()
    for _ in range(peer.random.randrange(1, 4)):
        peer.send(bad_command(peer.random))
    peer.send(RELEASE)
    await peer.pause()
    peer.half_close()
    await peer.ended()


async def claims(peer: Peer) -> None:
    """1 GB of A-ASSOCIATE, or of P-DATA: nobody reads it."""
    kind = peer.random.choice((b"\1\0", b"\4\0"))
    if kind[0] == 4:
        await peer.associate()
    peer.send(kind + peer.random.choice((1 << 30, 0x7FFFFFFF, 0xFFFFFFFF)).to_bytes(4, "big"))
    for _ in range(16):
        peer.send(bytes(1 << 16))
        await asyncio.sleep(0)
    await peer.ended()


async def asks_for_too_much(peer: Peer) -> None:
    """A request of very many presentation contexts, with the same ID or none that is right."""
    item = bytes.fromhex("2000002e01000000") + REQUEST[78:120]
    many = item * peer.random.choice((127, 500, 2000))
    body = REQUEST[6:74] + many
    peer.send(b"\1\0" + len(body).to_bytes(4, "big") + body)
    await peer.pause()
    peer.half_close()
    await peer.ended()


async def has_bad_names(peer: Peer) -> None:
    """AE titles and UIDs that are paths and commands. Where it is taken, what becomes of it stays in its folder."""
    await peer.associate(entitled(peer.random.choice(NAMES)))
    instance = peer.random.choice(NAMES).encode("latin-1")
    made = store_command("@" * (len(instance) + len(instance) % 2)).replace(b"@" * len(instance), instance, 1)
    peer.send(p_data(ID[CT], 3, made.replace(b"@", b"\0")) + data(CT, b"x" * 100) + MOVE_TO_NOBODY + RELEASE)
    await peer.ended()


async def is_refused(peer: Peer) -> None:
    """Rejected, for the AE title or for who it is; then it goes on all the same."""
    peer.send(peer.random.choice((REQUEST_FOR_OTHERS, REQUEST_OF_NOBODY)))
    if peer.random.random() < 0.5:
        kind, _ = await peer.pdu()
        assert kind == 3
        peer.send(peer.random.choice((b"", ECHO, REQUEST, RELEASE, ABORT)))
    peer.half_close()
    await peer.ended()


async def asks_a_lot(peer: Peer) -> None:
    """Many requests at once, without reading what comes."""
    await peer.associate()
    peer.send(b"".join(peer.random.choices((ECHO, STORE, QUERY, RETRIEVAL), k=peer.random.randrange(1, 60))))
    await peer.pause()
    await peer.random.choice((aborts, goes, breaks, half_closes))(peer)


async def does_not_take_answers(peer: Peer) -> None:
    """It reads nothing of what it has asked for, or only after some time, which may be longer than the server waits."""
    await peer.associate()
    peer.stop_reading()
    peer.send(QUERY * 5 + RETRIEVAL_OF_MUCH)
    await asyncio.sleep(peer.random.choice((0.01, 0.1, 0.1, 3)))
    if peer.random.random() < 0.8:
        peer.go_on_reading()
        peer.half_close()
        await peer.ended()


async def empties(peer: Peer) -> None:
    """PDUs and values without anything in them."""
    nothing = b"\4\0\0\0\0\0"
    value = p_data(ID[VERIFICATION], peer.random.choice((0, 1, 2, 3)), b"")
    await peer.associate()
    peer.send(peer.random.choice((nothing, value, nothing + value)) * peer.random.randrange(1000))
    peer.half_close()
    await peer.ended()


async def moves_to_hostile(peer: Peer) -> None:
    """A C-MOVE to somebody who does what he likes: it is answered."""
    await peer.associate()
    peer.send(MOVE_TO_HOSTILE)
    while (await peer.pdu())[1].find(b"\0\0\0\x09\2\0\0\0\0\xff") >= 0:  # Status FF00H: pending
        pass
    peer.send(RELEASE)
    await peer.ended()


# Kind -> how often.
PEERS: Final[dict[Talk, int]] = {
    in_any_state: 30,
    strangers: 10,
    probes: 6,
    byte_by_byte: 3,
    lies: 12,
    commands_badly: 12,
    claims: 2,
    asks_for_too_much: 2,
    has_bad_names: 5,
    is_refused: 4,
    asks_a_lot: 3,
    does_not_take_answers: 1,
    empties: 2,
    moves_to_hostile: 3,
    pipelines: 5,
}
