"""What we send is what Wireshark's dissector of DICOM understands: a capture of our traffic has no malformed frame."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dicomkit import Dataset
from dicomkit.errors import AssociationRejected
from dicomkit.net.items import UserIdentity
from dicomkit.net.server import Find, Get, NService, Server, Storage, Verification
from tests.dcmtk import dcmtk
from tests.interop.processes import free_port, serving
from tests.net.drivers import DRIVERS
from tests.net.server.wire import CT, Wire, until

FIND = "StudyRootQueryRetrieveInformationModelFind"
GET = "StudyRootQueryRetrieveInformationModelGet"
PRINTER = "Printer"
SYNTAXES = ["ExplicitVRLittleEndian", "ImplicitVRLittleEndian", "RLELossless"]


@contextlib.contextmanager
def capture(tshark: str, file: Path, port: int, other: int) -> Iterator[None]:
    """Capture what goes to and from two ports of this machine while the block runs."""
    log = file.with_suffix(".log")
    interface = "lo" if os.path.exists("/sys/class/net/lo") else "lo0"
    command = [tshark, "-q", "-i", interface, "-f", f"tcp port {port} or tcp port {other}", "-w", str(file)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        _until_it_grows(process, file, port, log)
        yield
        _until_it_grows(process, file, port, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(10)


def _until_it_grows(process: subprocess.Popen[bytes], file: Path, port: int, log: Path) -> None:
    """Wait until what goes over the port is seen: the capture runs, and has everything that was before."""
    end = time.monotonic() + 10
    before = size = file.stat().st_size if file.exists() else 0
    while size <= max(before, 1000):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
        time.sleep(0.1)
        if process.poll() is not None or time.monotonic() > end:
            pytest.skip(f"tshark may not capture here: {log.read_text(errors='replace')[-300:]}")
        size = file.stat().st_size if file.exists() else 0
    until(lambda: _is_quiet(file))


def _is_quiet(file: Path) -> bool:
    size = file.stat().st_size
    time.sleep(0.3)
    return size == file.stat().st_size


@pytest.fixture(scope="module")
def frames(
    peer: Callable[[str], str], examples_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[tuple[str, str]]]:
    """What was captured: stream of TCP -> (what tshark says of a frame, what it complains of)."""
    tshark = peer("tshark")
    folder = tmp_path_factory.mktemp("tshark")
    file = folder / "capture.pcapng"
    file.touch(0o666)  # the process that captures may be another user
    theirs = free_port()
    matches = [
        Dataset(PatientName="Müller", SpecificCharacterSet="ISO_IR 192", PatientID=str(number)) for number in range(3)
    ]
    services = [
        Verification(),
        Storage(None, transfer_syntaxes=SYNTAXES),
        Find(lambda request: matches),
        Get(lambda request: [examples_dir / "ct.dcm", examples_dir / "report.dcm"]),
        NService([PRINTER], n_get=lambda request: Dataset(PrinterStatus="NORMAL"), n_action=lambda request: None),
    ]
    server = Server(services, called=["OURS"])
    storescp: list[str | Path] = [dcmtk("storescp"), "+xa", "--ignore", str(theirs)]
    with (
        server.started("127.0.0.1") as running,
        serving(storescp, theirs, folder / "storescp.log"),
        capture(tshark, file, running.port, theirs),
    ):
        ours_with_ours(running.port, examples_dir)
        ours_with_dcmtk(theirs, examples_dir)
        dcmtk_with_ours(running.port, examples_dir)
    return dissected(tshark, file, running.port, theirs)


def ours_with_ours(port: int, examples: Path) -> None:
    for driver in DRIVERS.values():
        with driver(
            port,
            called="OURS",
            contexts=["Verification", CT, (CT, SYNTAXES), "ComprehensiveSRStorage", FIND, GET, PRINTER],
            roles={CT: (True, True), "ComprehensiveSRStorage": (True, True)},
            user_identity=UserIdentity(2, b"doe", b"secret", True),
            extended={FIND: b"\1\1\1"},
            async_window=(5, 5),
        ) as association:
            association.echo()
            association.store(examples / "ct.dcm")
            association.store(examples / "ct_implicit.dcm")
            assert all(stored.is_stored for stored in association.store_many([examples / "ct.dcm"] * 5))
            query = Dataset(QueryRetrieveLevel="STUDY", PatientID="")
            assert len(list(association.find(query))) == 3
            assert len(list(association.get(query))) == 2
            association.n_get(PRINTER, "1.2.840.10008.5.1.1.17", ["PrinterStatus"])
            association.n_action(PRINTER, "1.2.840.10008.5.1.1.17", 1)
        with driver(port, called="OURS", contexts=[CT], max_send_pdu_length=4096) as association:
            association.store(examples / "ct.dcm")
        with driver(port, called="OURS", contexts=["Verification"]) as association:
            association.echo()
            association.abort()
        with pytest.raises(AssociationRejected):
            driver(port, called="OTHER", contexts=["Verification"])
    peer = Wire(port)  # our server aborts
    peer.send(b"\7\7\0\0\0\4\0\0\0\0")
    peer.close()
    peer = Wire(port)
    peer.associate(["Verification"], called="OURS")
    peer.send(b"\5\0\0\0\0\4\0\0\0\0" * 2)
    peer.is_closed()


def ours_with_dcmtk(port: int, examples: Path) -> None:
    for driver in DRIVERS.values():
        with driver(port, contexts=["Verification", CT, (CT, ["RLELossless"])]) as association:
            association.echo()
            association.store(examples / "ct.dcm")


def dcmtk_with_ours(port: int, examples: Path) -> None:
    environment = {**os.environ, "TCP_NODELAY": "1"}
    server = ["-aec", "OURS", "127.0.0.1", str(port)]
    commands = [
        [dcmtk("echoscu"), *server],
        [dcmtk("storescu"), *server, str(examples / "ct.dcm"), str(examples / "report.dcm")],
        [dcmtk("findscu"), "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID", *server],
        [dcmtk("echoscu"), "--abort", *server],
    ]
    for command in commands:
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=30)


FIELDS = ("tcp.stream", "_ws.col.Info", "_ws.malformed", "_ws.short", "dicom.pdu.type")


def dissected(tshark: str, file: Path, port: int, other: int) -> dict[str, list[tuple[str, str]]]:
    command = [tshark, "-r", str(file), "-Y", "dicom or _ws.malformed", "-T", "fields", "-E", "separator=|"]
    for number in (port, other):
        command += ["-d", f"tcp.port=={number},dicom"]
    for field in FIELDS:
        command += ["-e", field]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    streams: dict[str, list[tuple[str, str]]] = {}
    for line in printed.splitlines():
        stream, info, malformed, short, pdu = line.split("|")
        assert pdu, f"no PDU in {line}"
        streams.setdefault(stream, []).append((info, malformed + short))
    return streams


def test_no_frame_is_malformed(frames: dict[str, list[tuple[str, str]]]) -> None:
    assert frames
    every = [(info, complaint) for stream in frames.values() for info, complaint in stream]
    assert [each for each in every if each[1] or "alformed" in each[0]] == []
    assert len(every) > 100  # PDUs may share one


@pytest.mark.parametrize(
    "said",
    [
        "A-ASSOCIATE request",
        "A-ASSOCIATE accept",
        "A-ASSOCIATE reject",
        "A-RELEASE request",
        "A-RELEASE response",
        "ABORT",
        "C-ECHO-RQ",
        "C-ECHO-RSP",
        "C-STORE-RQ",
        "C-STORE-RSP",
        "C-FIND-RQ",
        "C-FIND-RSP",
        "C-GET-RQ",
        "C-GET-RSP",
        "N-GET-RQ",
        "N-GET-RSP",
        "N-ACTION-RQ",
        "N-ACTION-RSP",
    ],
)
def test_it_was_there(said: str, frames: dict[str, list[tuple[str, str]]]) -> None:
    """Every PDU and message that was to be captured was, and was understood."""
    assert any(said in info for stream in frames.values() for info, _ in stream)
