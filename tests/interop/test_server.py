"""DCMTK's and pynetdicom's clients against our server, as processes on loopback."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset
from dicomkit.net.items import UserIdentity
from dicomkit.net.server import (
    Find,
    Get,
    ModalityPerformedProcedureStep,
    Move,
    Request,
    Server,
    Service,
    Storage,
    StorageCommitment,
    StoreTo,
    Verification,
)
from dicomkit.security.tls import server_context
from dicomkit.standard.transfer_syntax import TransferSyntax
from tests.conftest import missing
from tests.dcmtk import dcmtk
from tests.interop.processes import free_port, serving
from tests.security.authority import Certificates, make_certificates

SERVER = ["127.0.0.1"]
ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}  # DCMTK waits 40 ms with every message without it


def run(command: str, *words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a tool of DCMTK."""
    line = [dcmtk(command), *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, timeout=60, env=ENVIRONMENT, cwd=cwd, check=False)


@contextlib.contextmanager
def listening(services: list[Service], **options: Any) -> Iterator[Server]:
    with Server(services, **options).started("127.0.0.1", drain=5) as server:
        yield server


def data_set_of(path: Path) -> bytes:
    """The bytes behind the File Meta Information (PS3.10 7.1)."""
    data = path.read_bytes()
    return data[144 + int.from_bytes(data[140:144], "little") :]


# -- DCMTK


def test_echoscu() -> None:
    with listening([Verification()]) as server:
        done = run("echoscu", "-v", "--repeat", 5, "-aet", "ME", "-aec", "YOU", *SERVER, server.port)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Received Echo Response (Success)") == 5
    assert server.counters.messages == 5


@pytest.mark.parametrize(("contexts", "syntaxes"), [(128, 1), (1, 38), (100, 20)])
def test_echoscu_with_many_proposals(contexts: int, syntaxes: int) -> None:
    with listening([Verification()]) as server:
        done = run("echoscu", "-ppc", contexts, "-pts", syntaxes, *SERVER, server.port)
    assert done.returncode == 0, done.stderr


def test_echoscu_is_rejected_and_aborts() -> None:
    with listening([Verification()], called=["OTHER"]) as server:
        done = run("echoscu", *SERVER, server.port)
        assert "Called AE Title Not Recognized" in done.stderr
        assert run("echoscu", "--abort", "-aec", "OTHER", *SERVER, server.port).returncode == 0
    assert server.counters.associations_rejected == 1
    assert server.counters.associations_aborted == 1


FILES = ["ct.dcm", "ct_implicit.dcm", "ct_big_endian.dcm", "ct_deflated.dcm", "rle.dcm", "rtstruct.dcm", "report.dcm"]
PROPOSED = {"ct_implicit.dcm": "-xi", "ct_big_endian.dcm": "-xb", "ct_deflated.dcm": "-xd", "rle.dcm": "-xr"}


@pytest.mark.parametrize("name", FILES)
def test_storescu(name: str, examples_dir: Path, tmp_path: Path) -> None:
    """The data set on our disk is, byte for byte, the one that DCMTK's own storescp gets and keeps as it is."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    options = ["-R", PROPOSED[name]] if name in PROPOSED else ["-R"]
    port = free_port()
    command: list[str | Path] = [dcmtk("storescp"), "+B", "+xa", "-od", theirs, str(port)]
    with serving(command, port, tmp_path / "storescp.log"):
        done = run("storescu", *options, *SERVER, port, examples_dir / name)
        assert done.returncode == 0, done.stderr
    with listening([Storage(StoreTo(tmp_path / "ours"))]) as server:
        done = run("storescu", *options, *SERVER, server.port, examples_dir / name)
        assert done.returncode == 0, done.stderr
    (our_file,) = (tmp_path / "ours").iterdir()
    (their_file,) = theirs.iterdir()
    assert our_file.name == their_file.name
    assert data_set_of(our_file) == data_set_of(their_file)
    for keyword in ("TransferSyntaxUID", "MediaStorageSOPClassUID", "SourceApplicationEntityTitle"):
        ours, others = dicomkit.read(our_file).file_meta, dicomkit.read(their_file).file_meta
        assert ours is not None
        assert others is not None
        assert ours.get(keyword) == others.get(keyword)


def test_storescu_of_many(examples_dir: Path, tmp_path: Path) -> None:
    with listening([Storage(StoreTo(tmp_path))]) as server:
        done = run("storescu", "+II", "-v", *SERVER, server.port, *[examples_dir / "ct.dcm"] * 30)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("Received Store Response (Success)") == 30
    assert len(list(tmp_path.iterdir())) == 30
    assert server.counters.associations_released == 1


def test_storescu_is_refused(examples_dir: Path) -> None:
    with listening([Storage(lambda request: 0xA700)]) as server:
        done = run("storescu", "-v", *SERVER, server.port, examples_dir / "ct.dcm")
    assert "Refused: OutOfResources" in done.stderr
    assert done.returncode == 0xA7
    assert server.counters.objects_failed == 1


def test_dcmsend(examples_dir: Path, tmp_path: Path) -> None:
    files = [examples_dir / name for name in FILES]
    with listening([Storage(StoreTo(tmp_path))]) as server:
        done = run("dcmsend", "-v", "-ma", *SERVER, server.port, *files)
        assert done.returncode == 0, done.stderr
    stored = {dicomkit.read(path).SOPInstanceUID for path in tmp_path.iterdir()}
    assert stored == {dicomkit.read(path).SOPInstanceUID for path in files}


def test_dcmsend_of_a_class_that_nobody_knows(examples_dir: Path, tmp_path: Path) -> None:
    dataset = dicomkit.read(examples_dir / "ct.dcm")
    dataset.SOPClassUID = "1.2.3.4.5.6"
    dataset.save(tmp_path / "private.dcm", meta="new")
    for promiscuous in (False, True):
        with listening([Storage(StoreTo(tmp_path / "in"))], promiscuous=promiscuous) as server:
            done = run("dcmsend", "-nuc", "-v", *SERVER, server.port, tmp_path / "private.dcm")
            assert (server.counters.objects == 1) == promiscuous, done.stderr


def matches(request: Request) -> Iterator[Dataset]:
    for number in range(200):
        yield Dataset(
            QueryRetrieveLevel="STUDY",
            SpecificCharacterSet="ISO_IR 192",
            PatientName=f"Müller^{number}",
            PatientID=request.dataset.PatientID,
            StudyInstanceUID=f"1.2.{number}",
        )


def test_findscu(tmp_path: Path) -> None:
    with listening([Find(matches)]) as server:
        keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID=77", "-k", "PatientName"]
        done = run("findscu", "-S", "-X", *keys, *SERVER, server.port, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = [dicomkit.read(path) for path in sorted(tmp_path.iterdir())]
    assert [str(each.PatientName) for each in found] == [f"Müller^{number}" for number in range(200)]
    assert {each.PatientID for each in found} == {"77"}


def slow_matches(request: Request) -> Iterator[Dataset]:
    for match in matches(request):
        time.sleep(0.005)
        yield match


def test_findscu_cancels() -> None:
    with listening([Find(slow_matches)]) as server:
        done = run("findscu", "-v", "-S", "--cancel", 5, *QUERY, "-k", "PatientID", *SERVER, server.port)
    assert done.returncode in (0, 2), done.stderr
    assert "Cancel: Terminated" in done.stderr or "MatchingTerminatedDueToCancelRequest" in done.stderr
    assert done.stderr.count("(Pending)") < 150


def test_a_worklist() -> None:
    seen: list[Request] = []

    def worklist(request: Request) -> list[Dataset]:
        seen.append(request)
        return [Dataset(PatientName="A^B", ScheduledProcedureStepSequence=[Dataset(Modality="CT")])]

    with listening([Find(worklist, sop_classes=["ModalityWorklistInformationModelFind"])]) as server:
        keys = ["-k", "PatientName", "-k", "ScheduledProcedureStepSequence[0].Modality=CT"]
        done = run("findscu", "-v", "-W", *keys, *SERVER, server.port)
    assert done.returncode == 0, done.stderr
    assert "[A^B" in done.stderr + done.stdout
    assert seen[0].dataset.ScheduledProcedureStepSequence[0].Modality == "CT"


QUERY = ["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.3"]


def test_getscu(examples_dir: Path, tmp_path: Path) -> None:
    files = [examples_dir / name for name in ("ct.dcm", "rtstruct.dcm", "report.dcm")]
    with listening([Get(lambda request: files)]) as server:
        done = run("getscu", "-v", "-S", "+B", "-od", tmp_path, *QUERY, *SERVER, server.port)
    assert done.returncode == 0, done.stderr
    assert "Number of Completed Suboperations : 3" in done.stderr
    assert {data_set_of(path) for path in tmp_path.iterdir()} == {data_set_of(path) for path in files}


def test_getscu_of_a_compressed_object(examples_dir: Path, tmp_path: Path) -> None:
    """It asks for uncompressed ones, and gets them."""
    with listening([Get(lambda request: [examples_dir / "rle.dcm"])]) as server:
        done = run("getscu", "-v", "-S", "-od", tmp_path, *QUERY, *SERVER, server.port)
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.iterdir()
    got, original = dicomkit.read(path), dicomkit.read(examples_dir / "rle.dcm")
    assert not TransferSyntax.assumed(str(got.transfer_syntax)).encapsulated
    assert (got.pixels.array() == original.pixels.array()).all()


def test_movescu(examples_dir: Path, tmp_path: Path) -> None:
    """To DCMTK's storescp."""
    files = [examples_dir / name for name in ("report.dcm", "rtstruct.dcm", "ct_implicit.dcm")]
    port = free_port()
    (tmp_path / "out").mkdir()
    command: list[str | Path] = [dcmtk("storescp"), "+B", "-od", tmp_path / "out", str(port)]
    with (
        serving(command, port, tmp_path / "storescp.log"),
        listening([Move(lambda request: files)], destinations={"STORE": ("127.0.0.1", port)}) as server,
    ):
        done = run("movescu", "-v", "-S", "-aem", "STORE", *QUERY, *SERVER, server.port)
        assert done.returncode == 0, done.stderr
        assert "Received Final Move Response (Success)" in done.stderr
        done = run("movescu", "-v", "-S", "-aem", "NOWHERE", *QUERY, *SERVER, server.port)
        assert "MoveDestinationUnknown" in done.stderr
    assert {data_set_of(path) for path in (tmp_path / "out").iterdir()} == {data_set_of(path) for path in files}


def test_movescu_to_itself(examples_dir: Path, tmp_path: Path) -> None:
    """movescu with a storage SCP of its own, which writes to the working folder when it keeps bits."""
    port = free_port()
    with listening(
        [Move(lambda request: [examples_dir / "ct.dcm"])], destinations={"MOVESCU": ("127.0.0.1", port)}
    ) as server:
        words = ["-S", "+P", port, "+B", "-aem", "MOVESCU", *QUERY, *SERVER, server.port]
        done = run("movescu", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.iterdir()
    assert data_set_of(path) == data_set_of(examples_dir / "ct.dcm")


def test_many_clients_at_once(examples_dir: Path, tmp_path: Path) -> None:
    with listening([Verification(), Storage(StoreTo(tmp_path))]) as server:
        command = [dcmtk("storescu"), "+II", *SERVER, str(server.port), *[str(examples_dir / "ct.dcm")] * 20]
        processes = [subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL) for _ in range(12)]
        assert [process.wait(60) for process in processes] == [0] * 12
    assert len(list(tmp_path.iterdir())) == 240
    assert server.counters.objects == 240


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if importlib.util.find_spec("ssl") is None:
        missing("Python has no ssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def test_tls_with_mutual_authentication(certificates: Certificates, examples_dir: Path, tmp_path: Path) -> None:
    seen: list[Any] = []
    context = server_context(
        certificate=certificates.rsa_server[0], key=certificates.rsa_server[1], ca=[certificates.ca.certificate]
    )
    trust = ["+cf", certificates.ca.certificate]
    mine = ["+tls", certificates.client[1], certificates.client[0], *trust]
    services = [Verification(), Storage(StoreTo(tmp_path))]
    with listening(services, tls=context, associated=lambda peer: seen.append(peer.certificate)) as server:
        done = run("storescu", "-R", *mine, *SERVER, server.port, examples_dir / "ct.dcm")
        assert done.returncode == 0, done.stderr
        assert run("echoscu", "--repeat", 20, *mine, *SERVER, server.port).returncode == 0
        assert run("echoscu", "+tla", *trust, *SERVER, server.port).returncode != 0  # without a certificate
        assert run("echoscu", *SERVER, server.port).returncode != 0  # without TLS
    (path,) = tmp_path.iterdir()
    assert data_set_of(path) == data_set_of(examples_dir / "ct.dcm")
    assert server.counters.associations == 2
    assert seen[0]["subject"] == ((("commonName", "client"),),)


# -- pynetdicom


def python(program: str, *words: object) -> str:
    """Run a program that uses pynetdicom; what it prints."""
    if importlib.util.find_spec("pynetdicom") is None:
        missing("pynetdicom is not installed")
    line = [sys.executable, "-c", PRELUDE + program, *map(str, words)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


PRELUDE = """
import os, sys, traceback
def give_up(*error):  # threads of an association would keep it alive
    traceback.print_exception(*error)
    sys.stderr.flush()
    os._exit(1)
sys.excepthook = give_up
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import *
from pynetdicom import AE, build_context, build_role, evt
from pynetdicom.sop_class import *
from pynetdicom.pdu_primitives import UserIdentityNegotiation
port = int(sys.argv[1])
ae = AE("PYNETDICOM")

def associate(*contexts, **options):
    for context in contexts:
        ae.add_requested_context(*context) if isinstance(context, tuple) else ae.add_requested_context(context)
    association = ae.associate("127.0.0.1", port, **options)
    assert association.is_established, (association.is_rejected, association.is_aborted)
    return association

query = Dataset()
query.QueryRetrieveLevel = "STUDY"
query.StudyInstanceUID = "1.2.3"
query.PatientID = "77"
"""


def test_pynetdicom_echoes_and_stores(examples_dir: Path, tmp_path: Path) -> None:
    program = """
files = sys.argv[2:]
rle = build_context(MultiFrameGrayscaleWordSecondaryCaptureImageStorage, RLELossless)
ae.requested_contexts = [*map(build_context, (Verification, CTImageStorage, RTStructureSetStorage)), rle]
a = associate()
print(hex(a.send_c_echo().Status))
for file in files:
    print(hex(a.send_c_store(dcmread(file)).Status))
a.release()
"""
    files = [examples_dir / name for name in ("ct.dcm", "rle.dcm", "rtstruct.dcm")]
    with listening([Verification(), Storage(StoreTo(tmp_path))]) as server:
        assert python(program, server.port, *files).split() == ["0x0"] * 4
    assert {data_set_of(path) for path in tmp_path.iterdir()} == {data_set_of(path) for path in files}


def test_pynetdicom_finds_gets_and_moves(examples_dir: Path) -> None:
    program = """
received = []
def store(event):
    received.append(event.dataset.SOPInstanceUID)
    return 0
roles = [build_role(CTImageStorage, scp_role=True)]
F, G, M = (globals()["StudyRootQueryRetrieveInformationModel" + kind] for kind in ("Find", "Get", "Move"))
a = associate(F, G, M, CTImageStorage, ext_neg=roles, evt_handlers=[(evt.EVT_C_STORE, store)])
statuses, names = [], []
for status, identifier in a.send_c_find(query, F):
    statuses.append(status.Status)
    if identifier is not None:
        names.append(identifier.StudyInstanceUID)
print(len(names), names[-1], hex(statuses[-1]), set(statuses[:-1]) == {0xff00})
results = [status for status, _ in a.send_c_get(query, G)]
print(hex(results[-1].Status), results[-1].NumberOfCompletedSuboperations, len(received))
results = [status for status, _ in a.send_c_move(query, "STORE", M)]
print(hex(results[-1].Status), results[-1].NumberOfCompletedSuboperations)
a.release()
"""
    stored: list[Request] = []
    services = [
        Find(lambda request: list(matches(request))[:20]),
        Get(lambda request: [examples_dir / "ct.dcm"]),
        Move(lambda request: [examples_dir / "ct.dcm"]),
    ]
    with (
        listening([Storage(stored.append)]) as destination,
        listening(services, destinations={"STORE": ("127.0.0.1", destination.port)}) as server,
    ):
        lines = python(program, server.port).splitlines()
    assert lines == ["20 1.2.19 0x0 True", "0x0 1 1", "0x0 1"]
    assert len(stored) == 1


def identify(identity: UserIdentity, request: object) -> bool | bytes:
    if identity.type == 5:
        return b"welcome" if identity.primary == b"token" else False
    return (identity.primary, identity.secondary) == (b"user", b"secret")


@pytest.mark.parametrize(
    ("kind", "primary", "secondary", "expected"),
    [
        (2, "user", "secret", "accepted b''"),
        (2, "user", "wrong", "rejected"),
        (5, "token", "", "accepted b'welcome'"),
        (5, "forged", "", "rejected"),
    ],
)
def test_user_identity_of_pynetdicom(kind: int, primary: str, secondary: str, expected: str) -> None:
    program = """
identity = UserIdentityNegotiation()
identity.user_identity_type = int(sys.argv[2])
identity.primary_field = sys.argv[3].encode()
if sys.argv[4]:
    identity.secondary_field = sys.argv[4].encode()
identity.positive_response_requested = True
ae.add_requested_context(Verification)
a = ae.associate("127.0.0.1", port, ext_neg=[identity])
if a.is_established:
    print("accepted", a.acceptor.user_identity.server_response)
    a.release()
else:
    print("rejected" if a.is_rejected else "aborted")
"""
    with listening([Verification()], identify=identify) as server:
        assert python(program, server.port, kind, primary, secondary).strip() == expected


def test_performed_procedure_steps_of_pynetdicom() -> None:
    program = """
a = associate(ModalityPerformedProcedureStep)
step = Dataset()
step.PerformedProcedureStepStatus = "IN PROGRESS"
step.PatientID = "77"
status, _ = a.send_n_create(step, ModalityPerformedProcedureStep, "1.2.3")
print(hex(status.Status))
step = Dataset()
step.PerformedProcedureStepStatus = "COMPLETED"
status, _ = a.send_n_set(step, ModalityPerformedProcedureStep, "1.2.3")
print(hex(status.Status))
status, _ = a.send_n_set(step, ModalityPerformedProcedureStep, "1.2.4")
print(hex(status.Status))
a.release()
"""
    steps: dict[str, Any] = {}

    def create(request: Request) -> None:
        steps[request.sop_instance] = request.dataset

    def change(request: Request) -> int | None:
        if request.sop_instance not in steps:
            return 0x0112
        steps[request.sop_instance].PerformedProcedureStepStatus = request.dataset.PerformedProcedureStepStatus
        return None

    with listening([ModalityPerformedProcedureStep(create, change)]) as server:
        assert python(program, server.port).split() == ["0x0", "0x0", "0x112"]
    assert (steps["1.2.3"].PatientID, steps["1.2.3"].PerformedProcedureStepStatus) == ("77", "COMPLETED")


COMMITMENT = """
import time
reports = []
def report(event):
    information = event.event_information
    sizes = [len(information.get(name, [])) for name in ("ReferencedSOPSequence", "FailedSOPSequence")]
    reports.append((event.event_type, *sizes))
    return 0, None
handlers = [(evt.EVT_N_EVENT_REPORT, report)]
own = AE("PYNETDICOM")
own.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
listener = own.start_server(("127.0.0.1", int(sys.argv[2])), block=False, evt_handlers=handlers)
a = associate(StorageCommitmentPushModel, evt_handlers=handlers)
request = Dataset()
request.TransactionUID = "1.2.9"
request.ReferencedSOPSequence = [Dataset(), Dataset()]
for number, item in enumerate(request.ReferencedSOPSequence):
    item.ReferencedSOPClassUID = CTImageStorage
    item.ReferencedSOPInstanceUID = f"1.2.{number}"
status, _ = a.send_n_action(request, 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
print(hex(status.Status))
end = time.monotonic() + 10
while not reports and time.monotonic() < end:
    time.sleep(0.01)
print(reports)
a.release()
listener.shutdown()
"""


@pytest.mark.parametrize("reply", ["same", "new"])
def test_storage_commitment_for_pynetdicom(reply: Any) -> None:
    """The report over the same association, and over one that we open to it."""
    own = free_port()
    is_stored: Callable[[str, str], bool] = lambda sop_class, instance: instance == "1.2.1"  # noqa: E731  a short one
    with listening([StorageCommitment(is_stored, reply=reply)], destinations={"PYNETDICOM": ("127.0.0.1", own)}) as server:
        assert python(COMMITMENT, server.port, own).splitlines() == ["0x0", "[(2, 1, 1)]"]


def test_pynetdicom_goes_wrong() -> None:
    """It aborts, and it disappears."""
    program = """
a = associate(Verification)
a.send_c_echo()
a.abort() if sys.argv[2] == "abort" else __import__("os")._exit(0)
"""
    with listening([Verification()]) as server:
        python(program, server.port, "abort")
        python(program, server.port, "disappear")
        end = time.monotonic() + 5
        while server.counters.open_connections and time.monotonic() < end:
            time.sleep(0.01)
    assert (server.counters.associations_aborted, server.counters.associations_lost) == (1, 1)
