"""echoscu, findscu, getscu, movescu and termscu against the servers of DCMTK and pynetdicom, beside DCMTK's own tools."""

from __future__ import annotations

import importlib
import importlib.util
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from tests.conftest import missing
from tests.dcmtk import dcmtk
from tests.security.authority import Certificates, make_certificates

Tool = Callable[..., Any]

STUDY = "2.25.69094098265921880611976263801878112294"  # of the example files
KEYS = ["-S", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def process(port: int, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server that is ready when it listens."""
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except ConnectionRefusedError:
                assert child.poll() is None, "the server has ended"
                time.sleep(0.02)
        yield child
    finally:
        child.kill()
        child.wait()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, examples_dir: Path) -> Iterator[tuple[str, int]]:
    """DCMTK's dcmqrscp with three objects. Its port, and the one where it takes MOVESCU to be."""
    folder = tmp_path_factory.mktemp("archive")
    port, back = free_port(), free_port()
    (folder / "database").mkdir()
    configuration = folder / "dcmqrscp.cfg"
    configuration.write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        f"HostTable BEGIN\nhere = (MOVESCU, localhost, {back})\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nARCHIVE {folder / 'database'} RW (200, 1024mb) ANY\nAETable END\n"
    )
    with process(port, dcmtk("dcmqrscp"), "-c", str(configuration), "--allow-shutdown"):
        files = [str(examples_dir / name) for name in ("ct.dcm", "report.dcm", "japanese.dcm")]
        subprocess.run(
            [dcmtk("storescu"), "-aec", "ARCHIVE", "127.0.0.1", str(port), *files], check=True, capture_output=True
        )
        yield str(port), back


def dcmtk_run(name: str, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([dcmtk(name), *words], capture_output=True, cwd=cwd)


def objects(folder: Path) -> dict[str, bytes]:
    """File name -> the bytes of the data set."""
    found = {}
    for path in folder.iterdir():
        data = path.read_bytes()
        found[path.name] = data[144 + int.from_bytes(data[140:144], "little") :]
    return found


@pytest.mark.parametrize("option", ["-x=", "-xe", "-xb", "-xi", "-xd"])
def test_findscu(tool: Tool, archive: tuple[str, int], tmp_path: Path, option: str) -> None:
    """The same responses as DCMTK's findscu gets, in files and in the log."""
    port, _ = archive
    line = ["-aec", "ARCHIVE", option, "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID", "-k", "PatientName"]
    folders = tmp_path / "ours", tmp_path / "theirs"
    for folder in folders:
        folder.mkdir()
    assert tool("findscu", *line, "-X", "-od", str(folders[0]), "127.0.0.1", port).code == 0
    assert dcmtk_run("findscu", *line, "-X", "-od", str(folders[1]), "127.0.0.1", port).returncode == 0
    names = sorted(path.name for path in folders[0].iterdir())
    assert names == sorted(path.name for path in folders[1].iterdir()) == ["rsp0001.dcm", "rsp0002.dcm"]
    for name in names:
        ours, theirs = (dicomkit.read(folder / name) for folder in folders)
        assert list(dicomkit.diff(ours, theirs)) == []
    ours = tool("findscu", *line, "-v", "127.0.0.1", port).err
    theirs = dcmtk_run("findscu", *line, "-v", "127.0.0.1", port).stderr.decode("latin-1")

    def shape(text: str) -> list[str]:
        return [line.split(" [")[0] for line in text.splitlines() if "Max Send PDV" not in line]

    assert shape(ours) == shape(theirs)


def test_worklist(tool: Tool, tmp_path: Path) -> None:
    """DCMTK's wlmscpfs with one scheduled procedure step."""
    folder = tmp_path / "LIST"
    folder.mkdir()
    (folder / "lockfile").touch()
    step = dicomkit.Dataset(
        Modality="CT",
        ScheduledStationAETitle=["CT1"],
        ScheduledProcedureStepStartDate="20260101",
        ScheduledProcedureStepStartTime="080000",
        ScheduledPerformingPhysicianName="Doe^J",
        ScheduledProcedureStepDescription="Head",
        ScheduledProcedureStepID="1",
    )
    entry = dicomkit.Dataset(
        SpecificCharacterSet="ISO_IR 100",
        PatientName="Müller^Jürgen",
        PatientID="P1",
        StudyInstanceUID="1.2.3",
        RequestedProcedureID="R1",
        RequestedProcedureDescription="CT",
        ScheduledProcedureStepSequence=[step],
    )
    entry.save(folder / "entry.wl", meta="new")
    port = free_port()
    with process(port, dcmtk("wlmscpfs"), "-dfp", str(tmp_path), "-dfr", "-csk", str(port)):
        keys = ["-k", "PatientName=M*", "-k", "PatientID", "-k", "ScheduledProcedureStepSequence[0].Modality=CT"]
        out = tmp_path / "out"
        out.mkdir()
        result = tool("findscu", "-aec", "LIST", "-X", "-od", str(out), "127.0.0.1", str(port), *keys)
        assert (result.code, result.err) == (0, "")
        [response] = [dicomkit.read(path) for path in out.iterdir()]
        none = tool("findscu", "-aec", "LIST", "-v", "127.0.0.1", str(port), "-k", "PatientID=other")
    assert response.PatientID == "P1"
    assert response.ScheduledProcedureStepSequence[0].Modality == "CT"
    assert "Find Response" not in none.err.replace("Final Find Response", "")


@pytest.mark.parametrize("mode", ["-B", "+B", "--ignore"])
def test_getscu(tool: Tool, archive: tuple[str, int], tmp_path: Path, mode: str) -> None:
    """The same files as DCMTK's getscu makes; with +B also the same data sets, byte for byte."""
    port, _ = archive
    folders = tmp_path / "ours", tmp_path / "theirs"
    for folder in folders:
        folder.mkdir()
    line = ["-aec", "ARCHIVE", mode, *KEYS]
    result = tool("getscu", *line, "-od", str(folders[0]), "127.0.0.1", port)
    assert (result.code, result.err) == (0, "")
    od = [] if mode == "--ignore" else ["-od", str(folders[1])]
    assert dcmtk_run("getscu", *line, *od, "127.0.0.1", port).returncode == 0
    ours, theirs = (objects(folder) for folder in folders)
    assert set(ours) == set(theirs)
    assert len(ours) == (0 if mode == "--ignore" else 3)
    if mode == "+B":
        assert ours == theirs


@pytest.mark.parametrize("mode", ["-B", "+B"])
def test_movescu(tool: Tool, archive: tuple[str, int], tmp_path: Path, mode: str) -> None:
    port, back = archive
    folders = tmp_path / "ours", tmp_path / "theirs"
    for folder in folders:
        folder.mkdir()
    line = ["-aec", "ARCHIVE", mode, "+P", str(back), *KEYS]
    result = tool("movescu", *line, "-od", str(folders[0]), "127.0.0.1", port)
    assert (result.code, result.err) == (0, "")
    # DCMTK's movescu +B does not follow -od: it writes into the working folder
    assert dcmtk_run("movescu", *line, "-od", str(folders[1]), "127.0.0.1", port, cwd=folders[1]).returncode == 0
    ours, theirs = (objects(folder) for folder in folders)
    assert set(ours) == set(theirs)
    assert len(ours) == 3
    if mode == "+B":
        assert ours == theirs


@pytest.mark.parametrize(
    "line",
    [
        ["-aem", "NOBODY", *KEYS],
        ["-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=9.9"],
        KEYS,
    ],
)
def test_exit_codes_of_movescu(tool: Tool, archive: tuple[str, int], line: list[str]) -> None:
    """Those of DCMTK's movescu: an unknown destination, nothing found, a destination that does not listen."""
    port, _ = archive
    words = ["-aec", "ARCHIVE", *line, "127.0.0.1", port]
    assert tool("movescu", *words).code == dcmtk_run("movescu", *words).returncode


def test_termscu(tool: Tool, tmp_path: Path) -> None:
    """DCMTK's dcmqrscp shuts down."""
    port = free_port()
    configuration = tmp_path / "dcmqrscp.cfg"
    configuration.write_text(
        f"NetworkTCPPort = {port}\nHostTable BEGIN\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nARCHIVE {tmp_path} RW (200, 1024mb) ANY\nAETable END\n"
    )
    with process(port, dcmtk("dcmqrscp"), "-s", "-c", str(configuration), "--allow-shutdown") as child:
        result = tool("termscu", "-aec", "ARCHIVE", "127.0.0.1", str(port))
        child.wait(30)  # raises if it goes on; 3.6.7 ends with a segmentation fault
    assert (result.code, result.err.splitlines()[0]) == (1, "F: Association Rejected:")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory, peer: Callable[[str], str]) -> Certificates:
    peer("openssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.mark.parametrize("profile", ["+py", "+px", "+pz", "+pa", "+pn"])
def test_echoscu_over_tls(tool: Tool, certificates: Certificates, tmp_path: Path, profile: str) -> None:
    """Mutual authentication with DCMTK's storescp, in the profiles that it has."""
    port = free_port()
    ca = str(certificates.ca.certificate)
    certificate, key = map(str, certificates.rsa_server)
    server = [dcmtk("storescp"), "+tls", key, certificate, "+cf", ca, profile, "-od", str(tmp_path), str(port)]
    certificate, key = map(str, certificates.client)
    with process(port, *server):
        result = tool("echoscu", "+tls", key, certificate, "+cf", ca, profile, "127.0.0.1", str(port))
        assert (result.code, result.err) == (0, "")
        foreign_certificate, foreign_key = map(str, certificates.foreign_client)
        refused = tool("echoscu", "+tls", foreign_key, foreign_certificate, "+cf", ca, profile, "127.0.0.1", str(port))
        assert refused.code == 1


def test_user_identity_with_pynetdicom(tool: Tool) -> None:
    """pynetdicom's server checks user name and passcode."""
    if importlib.util.find_spec("pynetdicom") is None:
        missing("pynetdicom is not installed")
    pynetdicom: Any = importlib.import_module("pynetdicom")
    seen = []

    def check(event: Any) -> tuple[bool, bytes | None]:
        seen.append((event.user_id_type, event.primary_field, event.secondary_field))
        return event.secondary_field != b"wrong", None

    entity = pynetdicom.AE(ae_title="PYNETDICOM")
    entity.add_supported_context("1.2.840.10008.1.1")
    port = free_port()
    server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[(pynetdicom.evt.EVT_USER_ID, check)])
    try:
        words = ["-usr", "joe", "-pwd"]
        assert tool("echoscu", *words, "right", "-rsp", "127.0.0.1", str(port)).code == 0
        assert tool("echoscu", *words, "wrong", "127.0.0.1", str(port)).code == 1
    finally:
        server.shutdown()
    assert seen == [(2, b"joe", b"right"), (2, b"joe", b"wrong")]
