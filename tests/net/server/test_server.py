"""Starting, stopping, draining."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

import dicomkit
from dicomkit import AssociationAborted, ConnectError, NetworkError
from dicomkit.net.association import associate
from dicomkit.net.server import Counters, Server, Service, Storage, Verification
from tests.net.server.wire import CT, Connect, Listen, Wire, until


def echo(port: int, host: str = "127.0.0.1") -> bool:
    with associate(host, port) as association:
        return association.echo().is_success


def test_it_is_public() -> None:
    assert dicomkit.Server is Server


def test_in_an_event_loop() -> None:
    async def run() -> Counters:
        server = Server([Verification()])
        await server.start("127.0.0.1", 0)
        loop = asyncio.get_running_loop()
        assert await loop.run_in_executor(None, echo, server.port)
        with pytest.raises(RuntimeError, match="runs already"):
            await server.start("127.0.0.1", 0)
        await server.stop()
        await server.stop()
        with pytest.raises(ConnectError):
            await loop.run_in_executor(None, echo, server.port)
        return server.counters

    counters = asyncio.run(run())
    assert (counters.associations, counters.open_connections) == (1, 0)


def test_as_an_asynchronous_context() -> None:
    async def run() -> None:
        async with Server([Verification()]) as server:
            await server.start("127.0.0.1", 0)
            assert await asyncio.get_running_loop().run_in_executor(None, echo, server.port)

    asyncio.run(run())


def test_again() -> None:
    """A server that was stopped can be started again, at the same port."""
    server = Server([Verification()])
    with server.started("127.0.0.1"):
        port = server.port
        assert echo(port)
    assert server.counters.associations == 1
    with server.started("127.0.0.1", port):
        assert server.port == port
        assert echo(port)
        assert server.counters.associations == 1


def test_all_interfaces() -> None:
    with Server([Verification()]).started() as server:
        assert echo(server.port)
        if socket_has_ipv6():
            assert echo(server.port, "::1")


def socket_has_ipv6() -> bool:
    import socket

    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def test_a_port_that_is_taken(listen: Listen) -> None:
    port = listen().port
    with pytest.raises(OSError, match="cannot listen"), Server([]).started("127.0.0.1", port):
        pass


@pytest.mark.parametrize(
    "options",
    [
        {"ae_title": ""},
        {"ae_title": "x" * 17},
        {"workers": 0},
        {"threads": 0},
        {"operations": -1},
        {"addresses": ["nowhere"]},
    ],
)
def test_arguments(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Server([], **options)


def test_a_block_that_raises_stops_it() -> None:
    with pytest.raises(ZeroDivisionError), Server([]).started("127.0.0.1") as server:
        raise ZeroDivisionError
    with pytest.raises(ConnectError):
        echo(server.port)
    assert not any(thread.name == "dicomkit-server" for thread in threading.enumerate())


def test_it_can_be_sent_to_a_worker() -> None:
    copy = pickle.loads(pickle.dumps(Server([Verification(), Storage(None)], called=["ME"])))
    assert copy.called == ["ME"]
    assert copy._running is None


# -- the end


def test_draining_lets_an_association_come_to_its_end() -> None:
    ended = threading.Event()
    with Server([Storage(lambda request: time.sleep(0.01))]).started("127.0.0.1", drain=5) as server:
        association = associate("127.0.0.1", server.port, contexts=[CT])

        def send() -> None:
            for _ in range(40):
                association.store(dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID="1.2"))
            association.release()
            ended.set()

        thread = threading.Thread(target=send)
        thread.start()
        until(lambda: server.counters.objects > 2)
        started = time.monotonic()
    assert ended.wait(5)
    thread.join()
    assert time.monotonic() - started < 4
    assert server.counters.objects == 40
    assert server.counters.associations_released == 1


def test_draining_refuses_new_ones() -> None:
    with Server([Storage(lambda request: time.sleep(0.5))]).started("127.0.0.1", drain=5) as server:
        waiting = Wire(server.port)  # connected before, asks after
        busy = Wire(server.port)
        busy.associate([CT])
        busy.command(
            "C-STORE-RQ", has_data=True, message_id=1, priority=0, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2"
        )
        busy.data(b"x")
        until(lambda: server.counters.operations == 1)
        answers: list[bytes] = []
        thread = threading.Thread(target=lambda: (time.sleep(0.1), answers.append(waiting.associate())))
        thread.start()
    thread.join()
    assert answers[0][:1] == b"\3"
    assert tuple(answers[0][2:5]) == (2, 3, 1)  # transient, temporary congestion
    assert busy.response().status == 0


def test_who_does_nothing_is_not_waited_for() -> None:
    started = time.monotonic()
    with Server([Verification()]).started("127.0.0.1", drain=30) as server:
        idle = associate("127.0.0.1", server.port)
    assert time.monotonic() - started < 5
    with pytest.raises(NetworkError):
        idle.echo()


def test_draining_has_an_end() -> None:
    with Server([Storage(lambda request: time.sleep(1.5))]).started("127.0.0.1", drain=0.2) as server:
        peer = Wire(server.port)
        peer.associate([CT])
        peer.command(
            "C-STORE-RQ", has_data=True, message_id=1, priority=0, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2"
        )
        peer.data(b"x")
        until(lambda: server.counters.operations == 1)
        started = time.monotonic()
    assert time.monotonic() - started < 1.2
    assert peer.pdu()[0] == 7
    assert server.counters.open_connections == 0


def test_connections_without_association_are_not_waited_for(listen: Listen) -> None:
    started = time.monotonic()
    with Server([Verification()]).started("127.0.0.1", drain=0) as server:
        peers = [Wire(server.port) for _ in range(5)]
        until(lambda: server.counters.open_connections == 5)
    assert time.monotonic() - started < 5
    assert all(peer.is_closed() for peer in peers)


PROGRAM = """
import sys, time
from dicomkit.net.server import Server, Storage, Verification
class Loud(Server):
    async def start(self, *arguments):
        await super().start(*arguments)
        print(self.port, flush=True)
if __name__ == "__main__":
    server = Loud([Verification(), Storage(lambda request: time.sleep(float(sys.argv[1])))], workers=int(sys.argv[2]))
    server.run("127.0.0.1", 0, drain=20)
    print(server.counters.associations, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_until_a_signal(workers: int, number: int, tmp_path: Any) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, str(tmp_path / "program.py"), "0", str(workers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert echo(port)
        assert echo(port)
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stdout.read() == "2\n"


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_second_signal_does_not_wait(tmp_path: Any) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py"), "3", "1"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        association = associate("127.0.0.1", int(process.stdout.readline()), contexts=[CT])
        failed: list[Exception] = []

        def store() -> None:
            try:
                association.store(dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID="1.2"))
            except AssociationAborted as error:
                failed.append(error)

        thread = threading.Thread(target=store)
        thread.start()
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        thread.join(5)
        assert failed
        process.wait(10)


def test_counters_live(listen: Listen, wire: Connect) -> None:
    server = listen()
    counters = server.counters
    peer = wire(server)
    peer.associate()
    assert counters.open_associations == 1
    assert "dicomkit_open_associations 1\n" in server.counters.prometheus()
    peer.release()
    until(lambda: counters.octets_sent > 0 and counters.open_connections == 0)
    assert counters.octets_received > 100


class Unstartable(Service):
    """A service that cannot start."""

    def start(self, listener: object) -> None:
        raise RuntimeError("no database")


def test_a_service_that_cannot_start() -> None:
    server = Server([Unstartable()])
    with pytest.raises(RuntimeError, match="no database"), server.started("127.0.0.1"):
        pass
    server.services = [Verification()]
    with server.started("127.0.0.1"):
        assert echo(server.port)
