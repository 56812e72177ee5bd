"""Peers that do everything but what PS3.8 says: a server goes on, and keeps nothing of them.

Each kind of peer comes many times; then the server must have as many descriptors, threads and objects as before, and must
serve the next honest peer.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

import dicomkit
from dicomkit.net.association import associate
from dicomkit.net.messages import Message
from dicomkit.net.negotiation import propose
from dicomkit.net.server import Find, Get, Limits, Request, Server, Storage, StoreTo, Verification
from dicomkit.net.server.connection import Connection
from tests.net.server.wire import CT, VERIFICATION, Wire, p_data, until

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
GET = "1.2.840.10008.5.1.4.1.2.2.3"
REQUEST = propose([VERIFICATION, CT, FIND, GET], roles={CT: (True, True)}).encode()
ABORT = bytes.fromhex("07 00 00000004 00000000")
RELEASE = bytes.fromhex("05 00 00000004 00000000")
ECHO = p_data(1, 3, Message.make("C-ECHO-RQ", 1, message_id=1, affected_sop_class_uid=VERIFICATION).encode())


def store(number: int = 1) -> bytes:
    """The command of a C-STORE."""
    elements = {"affected_sop_class_uid": CT, "affected_sop_instance_uid": "1.2.3", "priority": 0}
    return p_data(3, 3, Message.make("C-STORE-RQ", 3, has_data=True, message_id=number, **elements).encode())


def query(name: str, context_id: int, sop_class: str) -> bytes:
    command = Message.make(name, context_id, has_data=True, message_id=9, affected_sop_class_uid=sop_class, priority=0)
    identifier = dicomkit.Dataset(QueryRetrieveLevel="STUDY").to_bytes(meta="none")
    return p_data(context_id, 3, command.encode()) + p_data(context_id, 2, identifier)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with little patience and everything to offer."""
    found = [dicomkit.Dataset(PatientID=str(number), EncapsulatedDocument=bytes(10_000)) for number in range(50)]
    objects = [dicomkit.new("CTImageStorage", PixelData=bytes(200_000)) for _ in range(3)]
    folder = tmp_path_factory.mktemp("stored")
    services = [
        Verification(),
        Storage(StoreTo(folder, check=False)),
        Find(lambda request: iter(found)),
        Get(lambda request: objects),
    ]
    limits = Limits(first_byte=0.2, idle=0.2, send=0.2, sub_operation=0.2, associations=500, connections=600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dicomkit.net.server.listener.LONGEST_INTERVAL", 0.02)
        patch.setattr("dicomkit.net.server.connection.LINGER", 0.1)
        with Server(services, limits=limits).started("127.0.0.1", drain=0) as running:
            running.folder = folder  # type: ignore[attr-defined]  # for the tests here
            yield running


NAMELESS = " (deleted)"  # how Linux shows files without a name


def is_well(server: Server) -> None:
    """An honest peer is served."""
    with associate("127.0.0.1", server.port, contexts=["Verification", CT]) as association:
        assert association.echo().is_success
        assert association.store(dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID="1.2.9")).is_success


def resources(server: Server) -> tuple[int, int]:
    """Descriptors of the process and threads beside those of handlers, once there are no connections, in memory neither.

    Files without a name do not count: a server may have made one ahead.
    """
    until(lambda: server.counters.open_connections == 0 and not connections(), 10)
    threads = [each for each in threading.enumerate() if not each.name.startswith("dicomkit-handler")]
    return len([name for name in descriptors() if not name.endswith(NAMELESS)]), len(threads)


def descriptors() -> list[str]:
    """What is open."""
    targets = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # it was that of the list
            targets.append(os.readlink(f"/proc/self/fd/{number}"))
    return targets


def connections() -> list[Connection]:
    gc.collect()
    return [each for each in gc.get_objects() if type(each) is Connection]


# -- kinds of peers: each gets a connected socket


def nothing(peer: socket.socket) -> None:
    """A TCP probe."""


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(peer: socket.socket) -> None:
    peer.settimeout(5)
    assert drained(peer)


def half_open(peer: socket.socket) -> None:
    peer.sendall(REQUEST)
    peer.shutdown(socket.SHUT_WR)
    assert drained(peer)


def saying(*said: bytes) -> Callable[[socket.socket], None]:
    def talk(peer: socket.socket) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            for piece in said:
                peer.sendall(piece)
                time.sleep(0.001)
            peer.settimeout(5)
            drained(peer)

    return talk


def going_after(*said: bytes) -> Callable[[socket.socket], None]:
    def talk(peer: socket.socket) -> None:
        for piece in said:
            peer.sendall(piece)
        time.sleep(0.002)

    return talk


def slowly(said: bytes) -> Callable[[socket.socket], None]:
    def talk(peer: socket.socket) -> None:
        with contextlib.suppress(ConnectionError):
            for byte in said:
                peer.sendall(bytes([byte]))
        drained(peer)

    return talk


def drained(peer: socket.socket) -> bool:
    with contextlib.suppress(ConnectionError):
        while peer.recv(65536):
            pass
    return True


PEERS = {
    "tcp probe": nothing,
    "reset": reset,
    "silent": silent,
    "half open": half_open,
    "http": saying(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "http behind an association": saying(REQUEST, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "ssh": saying(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "tls": saying(bytes.fromhex("16030100f1010000ed0303") + bytes(200)),
    "zeros": saying(bytes(10_000)),
    "one byte at a time": slowly(REQUEST + ECHO + RELEASE),
    "a request without end": saying(b"\1\0\x3f\xff\xff\xff" + bytes(1 << 20), bytes(1 << 20)),
    "a request that lies about its length": saying(REQUEST[:2] + (len(REQUEST) + 50).to_bytes(4, "big") + REQUEST[6:]),
    "an item that lies about its length": saying(REQUEST[:76] + b"\xff\xff" + REQUEST[78:]),
    "half a request": going_after(REQUEST[:100]),
    "abort in state 2": saying(ABORT),
    "abort in state 6": saying(REQUEST, ABORT),
    "abort behind a message": saying(REQUEST, ECHO + ABORT),
    "abort in the middle of a command": saying(REQUEST, ECHO[:30], ABORT),
    "abort in the middle of an object": saying(REQUEST, store() + p_data(3, 0, bytes(70_000)) + ABORT),
    "abort during a query": saying(REQUEST, query("C-FIND-RQ", 5, FIND), ABORT),
    "abort during sub-operations": saying(REQUEST, query("C-GET-RQ", 7, GET), ABORT),
    "abort behind a release": saying(REQUEST, RELEASE + ABORT),
    "release in state 2": saying(RELEASE),
    "two releases": saying(REQUEST, RELEASE + RELEASE),
    "release during a query": saying(REQUEST, query("C-FIND-RQ", 5, FIND) + RELEASE),
    "a request in an association": saying(REQUEST, REQUEST),
    "goes in state 6": going_after(REQUEST),
    "goes in the middle of an object": going_after(REQUEST, store(), p_data(3, 0, bytes(70_000))),
    "goes during a query": going_after(REQUEST, query("C-FIND-RQ", 5, FIND)),
    "goes during sub-operations": going_after(REQUEST, query("C-GET-RQ", 7, GET)),
    "does not answer sub-operations": saying(REQUEST, query("C-GET-RQ", 7, GET)),
    "many requests at once": saying(REQUEST, b"".join(store(number) + p_data(3, 2, b"x") for number in range(1, 300))),
    "no data set": saying(REQUEST, store()),
    "a PDU of 4 GiB": saying(REQUEST, b"\4\0\xff\xff\xff\xff" + bytes(100_000)),
    "a value longer than its PDU": saying(REQUEST, b"\4\0\0\0\0\x10\0\0\xff\xff\1\3" + bytes(100)),
    "empty PDUs": saying(REQUEST, b"\4\0\0\0\0\0" * 1000),
    "empty values": saying(REQUEST, p_data(1, 1, b"") * 1000),
    "a command that lies": saying(REQUEST, p_data(1, 3, b"\0\0\0\0\4\0\0\0\xff\xff\0\0\0\0\2\0\xff\xff\xff\xff1.2")),
    "a server's messages": saying(b"\2\0" + REQUEST[2:], b"\3\0\0\0\0\4\0\1\1\1", b"\6\0\0\0\0\4\0\0\0\0"),
}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted as Linux shows them")
@pytest.mark.parametrize("kind", PEERS)
def test_a_hostile_peer(kind: str, server: Server) -> None:
    """Ten at a time, twenty in all."""
    is_well(server)
    before = resources(server)

    def come() -> None:
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as peer:
                PEERS[kind](peer)

    threads = [threading.Thread(target=come) for _ in range(10)]
    for thread in threads:
        thread.start()
    is_well(server)
    for thread in threads:
        thread.join(30)
    assert resources(server) == before
    is_well(server)
    assert server.counters.operations == 0
    assert server.counters.open_associations == 0
    folder: Path = server.folder  # type: ignore[attr-defined]  # set by the fixture
    assert not [entry.name for entry in folder.iterdir() if entry.name.startswith(".")]
    assert len([name for name in descriptors() if name.startswith(str(folder)) and name.endswith(NAMELESS)]) <= 1


def test_random_bytes_at_random_places(server: Server) -> None:
    """A conversation in which some bytes are others."""
    random = Random(1)
    whole = REQUEST + ECHO + store() + p_data(3, 2, bytes(500)) + query("C-FIND-RQ", 5, FIND) + RELEASE
    before = resources(server)
    for _ in range(150):
        said = bytearray(whole)
        for _ in range(random.randrange(1, 4)):
            said[random.randrange(len(said))] = random.randrange(256)
        at = random.randrange(len(REQUEST), len(said))
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as peer:
            with contextlib.suppress(ConnectionError):
                peer.sendall(said[:at])
                peer.sendall(said[at:])
            peer.settimeout(0.01)
            with contextlib.suppress(OSError):
                while peer.recv(65536):
                    pass
    assert resources(server) == before
    is_well(server)


def test_titles_and_uids_that_are_commands(server: Server, tmp_path: Path) -> None:
    """What peers say reaches no path and no shell."""
    seen: list[tuple[str, str]] = []
    folder = tmp_path / "in"

    def stored(request: Request) -> None:
        seen.append((request.peer.ae_title, request.sop_instance))

    with Server([Storage(StoreTo(folder, check=False, stored=stored))]).started("127.0.0.1") as own:
        for title, instance in (("../../x", "../../../x"), ("$(touch x)", "`touch x`"), ("a;b|c&d", "1.2;rm -rf ~")):
            peer = Wire(own.port)
            request = bytearray(propose([CT]).encode())
            request[26:42] = title.encode().ljust(16)
            peer.send(bytes(request))
            assert peer.pdu()[0] == 2
            peer.command(
                "C-STORE-RQ",
                has_data=True,
                message_id=1,
                priority=0,
                affected_sop_class_uid=CT,
                affected_sop_instance_uid=instance,
            )
            peer.data(b"x")
            assert peer.response().status == 0
            peer.release()
    assert len(seen) == 3
    assert {path.parent for path in tmp_path.rglob("*")} == {tmp_path, folder}
    assert all(letter.isalnum() or letter in "._-" for path in folder.iterdir() for letter in path.name)


def test_many_at_once() -> None:
    """300 associations at a time, each a few messages; none fails."""
    with Server([Verification(), Storage(None)]).started("127.0.0.1", drain=0) as server:
        is_well(server)
        before = resources(server)
        asyncio.run(_many(server.port, 300))
        assert resources(server) == before


async def _many(port: int, count: int) -> None:
    gate = asyncio.Event()
    opened = 0

    async def one() -> None:
        nonlocal opened
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
        assert (await reader.readexactly(6))[0] == 2
        opened += 1
        if opened == count:
            gate.set()
        await gate.wait()
        writer.write(ECHO + store() + p_data(3, 2, bytes(5000)) + RELEASE)
        rest = await reader.read()
        assert rest.endswith(b"\6\0\0\0\0\4\0\0\0\0")
        writer.close()

    await asyncio.gather(*(one() for _ in range(count)))


SERVE = """
import sys
from dicomkit.net.server import Get, Limits, Server, Storage, StoreTo, Verification
class Loud(Server):
    async def start(self, *arguments):
        await super().start(*arguments)
        print(self.port, flush=True)
def handle(request):
    assert request.dataset.SOPInstanceUID
where = {"discard": None, "store": StoreTo(sys.argv[2]), "handle": handle}
services = [Verification(), Storage(where.get(sys.argv[1])), Get(lambda request: [sys.argv[2]])]
server = Loud(services, limits=Limits(associations=2000, connections=2000))
server.run("127.0.0.1", 0, drain=0)
most = open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]  # ru_maxrss has that of the parent process, too
print(int(most) // 1024, server.counters.objects, server.counters.objects_sent, flush=True)
"""


@contextlib.contextmanager
def process(how: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server in a process of its own, and its port."""
    command = [sys.executable, "-c", SERVE, how, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield running, int(running.stdout.readline())
        finally:
            running.kill()


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is told as Linux does it")


@on_linux
@pytest.mark.parametrize("how", ["discard", "store", "handle"])
def test_memory_does_not_grow_with_objects(how: str, tmp_path: Path) -> None:
    """400 MB in one object (what is shown for 3 GB elsewhere)."""
    with process(how, tmp_path) as (running, port):
        peer = Wire(port)
        peer.socket.settimeout(60)
        peer.associate([(CT, ["1.2.840.10008.1.2.1"])])
        peer.command(
            "C-STORE-RQ",
            has_data=True,
            message_id=1,
            priority=0,
            affected_sop_class_uid=CT,
            affected_sop_instance_uid="1.2.3",
        )
        size = 400 << 20
        head = dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID="1.2.3").to_bytes(meta="none")
        peer.data(head + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, size), last=False)
        for _ in range(size >> 19):
            peer.data(bytes(1 << 19), last=False)
        peer.data(b"")
        assert peer.response().status == 0
        peer.release()
        running.terminate()
        assert running.stdout is not None
        most, objects, _ = map(int, running.stdout.readline().split())
    assert objects == 1
    assert most < (100 if how != "handle" else 200)  # a handler has up to 64 MB in memory


@on_linux
@pytest.mark.parametrize("max_pdu_length", [16384, 1 << 20, 0])
def test_memory_does_not_grow_with_objects_that_are_sent(max_pdu_length: int, tmp_path: Path) -> None:
    """400 MB in one object of a C-GET, to peers that take PDUs of all lengths."""
    path = tmp_path / "large.dcm"
    size = 400 << 20
    with path.open("wb") as file:
        dicomkit.new("CTImageStorage").save(file)
        file.write(struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, size))
        file.truncate(file.tell() + size)

    class Counted:
        size = 0

        def write(self, view: memoryview) -> None:
            self.size += len(view)

        def finish(self) -> int:
            return self.size

        def discard(self) -> None: ...

    roles = {CT: (False, True)}
    with process("get", path) as (running, port):
        with associate("127.0.0.1", port, contexts=[GET, CT], roles=roles, max_pdu_length=max_pdu_length) as association:
            query = dicomkit.Dataset(QueryRetrieveLevel="STUDY")
            (received,) = association.get(query, receive=lambda message, transfer_syntax: Counted())
        running.terminate()
        assert running.stdout is not None
        most, _, sent = map(int, running.stdout.readline().split())
    assert received > size
    assert sent == 1
    assert most < 100


def test_descriptors_run_out(tmp_path: Path) -> None:
    """More connections than the process may have descriptors: those that are open go on, and others come when some go."""
    with process("discard", tmp_path) as (running, port):
        resource.prlimit(running.pid, resource.RLIMIT_NOFILE, (60, 60))
        first = Wire(port)
        first.associate()
        peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
        first.send(ECHO)
        assert first.response().status == 0
        for peer in peers:
            peer.close()
        until(lambda: _can_associate(port), 10)


def _can_associate(port: int) -> bool:
    with contextlib.suppress(OSError):
        peer = Wire(port)
        peer.socket.settimeout(0.5)
        peer.associate()
        peer.close()
        return True
    return False
