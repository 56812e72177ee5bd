"""What only the blocking driver has: interrupts, and results as an iterator. The rest is in test_association."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

import dicomkit
from dicomkit import Dataset
from dicomkit.errors import NetworkError
from tests.net.acceptor import Talk, accepting

CT = "1.2.840.10008.5.1.4.1.1.2"
STUDY_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
QUERY = Dataset(QueryRetrieveLevel="STUDY", PatientID="1")

needs_signals = pytest.mark.skipif(os.name != "posix", reason="a thread cannot interrupt another one here")


def interrupt_soon() -> None:
    thread = threading.get_ident()
    threading.Timer(0.3, lambda: signal.pthread_kill(thread, signal.SIGINT)).start()


@needs_signals
def test_an_interrupt_while_waiting_aborts() -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        talk.message()
        assert talk.pdu()[0] == 7

    started = time.monotonic()
    with accepting(script) as port:
        interrupt_soon()
        with pytest.raises(KeyboardInterrupt), dicomkit.associate("127.0.0.1", port) as assoc:
            assoc.echo()
    assert time.monotonic() - started < 5


@needs_signals
def test_an_interrupt_while_sending_breaks_the_connection(tmp_path: Path) -> None:
    ds = dicomkit.new("CTImageStorage")
    ds.PixelData = bytes(50_000_000)

    def script(talk: Talk) -> None:
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        talk.accept()
        time.sleep(1)
        rest = b""
        try:
            while piece := talk.socket.recv(1 << 20):
                rest = piece
        except ConnectionError:
            pass
        assert not rest.endswith(bytes.fromhex("07 00 00000004 00000000"))  # nobody could tell it from the object

    with accepting(script) as port:
        interrupt_soon()
        with pytest.raises(KeyboardInterrupt), dicomkit.associate("127.0.0.1", port, contexts=[CT]) as assoc:
            assoc.store(ds)
        with pytest.raises(NetworkError, match="broken"):
            assoc.store(ds)


def test_results_are_asked_for_at_once() -> None:
    asked = threading.Event()

    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        asked.set()
        talk.answer(request)
        talk.release()

    with accepting(script) as port, dicomkit.associate("127.0.0.1", port, contexts=[STUDY_FIND]) as assoc:
        results = assoc.find(QUERY)
        assert asked.wait(5)
        assert iter(results) is results
        assert list(results) == []


def test_results_keep_nothing_alive() -> None:
    def script(talk: Talk) -> None:
        talk.accept()
        request = talk.message()
        talk.answer(request, 0xFF00, QUERY.to_bytes(meta="none"))
        talk.answer(request)
        talk.release()

    gc.collect()
    gc.disable()
    try:
        with accepting(script) as port, dicomkit.associate("127.0.0.1", port, contexts=[STUDY_FIND]) as assoc:
            assert len(list(assoc.find(QUERY))) == 1
        assert gc.collect() < 50
    finally:
        gc.enable()
