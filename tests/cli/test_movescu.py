"""`dicomkit movescu`: against the server of this package, which sends to the one that movescu starts."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit.dataset.dataset import Dataset
from dicomkit.errors import DimseError
from dicomkit.net.server import Move, Request, Server
from dicomkit.security.tls import client_context, server_context
from tests.dcmtk import options_of
from tests.security.authority import Certificates, make_certificates

Tool = Callable[..., Any]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory, peer: Callable[[str], str]) -> Certificates:
    peer("openssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def serving(handler: Callable[[Request], Any], back: int = 0, **options: Any) -> Iterator[str]:
    """An archive that knows where MOVESCU is."""
    tls = options.pop("destination_tls", None)
    models = [f"{model}QueryRetrieveInformationModelMove" for model in ("PatientRoot", "StudyRoot", "PatientStudyOnly")]
    destinations = {"MOVESCU": ("127.0.0.1", back, tls)}
    services = [Move(handler, sop_classes=models)]
    with Server(services, destinations=destinations, **options).started("127.0.0.1") as server:
        yield str(server.port)


@pytest.fixture
def objects(examples_dir: Path) -> list[Path]:
    return [examples_dir / name for name in ("ct.dcm", "report.dcm", "japanese.dcm")]


def data_set(path: Path) -> bytes:
    data = path.read_bytes()
    return data[144 + int.from_bytes(data[140:144], "little") :]


def test_move_to_here(tool: Tool, tmp_path: Path, objects: list[Path]) -> None:
    back = free_port()
    with serving(lambda request: objects, back) as port:
        words = ["-v", "+P", str(back), "-od", str(tmp_path), "127.0.0.1", port, "-k", "PatientID=1"]
        result = tool("movescu", *words)
    assert result.code == 0
    sent = {dicomkit.read(path).SOPInstanceUID: path for path in objects}
    received = {path.name.partition(".")[2]: path for path in tmp_path.iterdir()}
    assert set(received) == set(sent)
    for uid, path in sent.items():
        assert data_set(received[uid]) == data_set(path)
    lines = result.err.splitlines()
    assert "I: Sub-Association Received" in lines
    assert [line[-4:-1].lstrip(" ,") for line in lines if "Store Request" in line] == ["CT", "SRc", "SC"]
    assert "I: Received Move Response 3 (Sub-operations are continuing)" in lines
    assert lines[-2:] == ["I: Received Final Move Response (Success)", "I: Releasing Association"]


def test_move_elsewhere(tool: Tool, tmp_path: Path) -> None:
    seen = []

    def handler(request: Request) -> list[Path]:
        seen.append((request.message.move_destination, request.sop_class, request.dataset.PatientID))
        return []

    with serving(handler) as port:
        for letter in "PSO":
            assert tool("movescu", f"-{letter}", "127.0.0.1", port, "-k", "PatientID=1").code == 0
    assert [uid for _, uid, _ in seen] == [f"1.2.840.10008.5.1.4.1.2.{n}.2" for n in (1, 2, 3)]
    assert {(title, patient) for title, _, patient in seen} == {("MOVESCU", "1")}


def test_formats(tool: Tool, tmp_path: Path, objects: list[Path]) -> None:
    """Received objects written other than they were sent."""
    back = free_port()
    with serving(lambda request: objects[:1], back) as port:
        words = ["+P", str(back), "-od", str(tmp_path), "127.0.0.1", port, "-k", "PatientID=1"]
        assert tool("movescu", "+ti", "-e", "-F", *words).code == 0
        [path] = tmp_path.iterdir()
        dataset = dicomkit.read(path, quirks=("data-set-only",), transfer_syntax="1.2.840.10008.1.2")
        assert dataset.SOPInstanceUID == dicomkit.read(objects[0]).SOPInstanceUID
        assert path.read_bytes()[:4] == b"\x08\x00\x05\x00"
        assert tool("movescu", "+B", *words).code == 0
        assert data_set(path) == data_set(objects[0])
        path.unlink()
        assert tool("movescu", "--ignore", *words).code == 0
        assert list(tmp_path.iterdir()) == []
        result = tool("movescu", "+B", "+ti", *words)
        assert (result.code, "--write-xfer-implicit not allowed with --bit-preserving" in result.err) == (1, True)


def test_statuses(tool: Tool, tmp_path: Path, objects: list[Path]) -> None:
    back = free_port()
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(b"no DICOM")
    with serving(lambda request: [objects[0], broken], back) as port:
        folder = tmp_path / "out"
        folder.mkdir()
        words = ["127.0.0.1", port, "-k", "PatientID=1"]
        partly = tool("movescu", "+P", str(back), "-od", str(folder), *words)
        unknown = tool("movescu", "-aem", "NOBODY", *words)
        unreachable = tool("movescu", *words)
    assert (partly.code, "W: Move response with warning status (B000H" in partly.err) == (68, True)
    assert (unknown.code, "A801H" in unknown.err) == (69, True)
    assert (unreachable.code, "A702H" in unreachable.err) == (69, True)

    def refuse(request: Request) -> list[Dataset]:
        raise DimseError(0xA900)

    with serving(refuse) as port:
        assert tool("movescu", "127.0.0.1", port, "-k", "PatientID=1").code == 69


def test_exit_codes(tool: Tool, tmp_path: Path) -> None:
    """Those of DCMTK's manual page."""
    key = ["-k", "PatientID=1"]
    assert tool("movescu", "127.0.0.1", str(free_port()), *key).code == 61
    with serving(lambda request: [], called={"PACS"}) as port:
        assert tool("movescu", "127.0.0.1", port, *key).code == 61
    from dicomkit.net.server import Verification

    with Server([Verification()]).started("127.0.0.1") as server:
        assert tool("movescu", "127.0.0.1", str(server.port), *key).code == 66
    assert tool("movescu", "+P", str(free_port()), "-od", str(tmp_path / "x"), "127.0.0.1", "1", *key).code == 45
    with socket.create_server(("", 0)) as listener:
        taken = str(listener.getsockname()[1])
        assert tool("movescu", "+P", taken, "-od", str(tmp_path), "127.0.0.1", "1", *key).code == 60
    assert tool("movescu", "127.0.0.1", "1").code == 1


def test_tls_both_ways(tool: Tool, tmp_path: Path, objects: list[Path], certificates: Certificates) -> None:
    back = free_port()
    ca = certificates.ca.certificate
    archive = server_context(certificate=certificates.server[0], key=certificates.server[1], ca=[ca])
    sender = client_context(certificate=certificates.server[0], key=certificates.server[1], ca=[ca])
    certificate, key = certificates.client
    with serving(lambda request: objects, back, tls=archive, destination_tls=sender) as port:
        words = ["+tls", str(key), str(certificate), "+cf", str(ca), "+P", str(back), "-od", str(tmp_path)]
        result = tool("movescu", *words, "127.0.0.1", port, "-k", "PatientID=1")
    assert (result.code, result.err) == (0, "")
    assert len(list(tmp_path.iterdir())) == 3


def test_options_of_dcmtk() -> None:
    from dicomkit.cli import movescu

    ours = {option.long: option.short for group in movescu.GROUPS for option in group}
    theirs = {long: short for long, (short, _) in options_of("movescu").items()}
    # TCP wrappers: a part of other systems, which builds of DCMTK may have.
    for long in ("--access-full", "--access-control"):
        theirs.pop(long, None)
    assert {long: short for long, short in ours.items() if long in theirs} == theirs
