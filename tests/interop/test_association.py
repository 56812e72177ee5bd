"""Our associations with DCMTK's and pynetdicom's servers, as processes on loopback; both drivers."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset
from dicomkit.errors import AssociationAborted, AssociationRejected, DimseError, Timeout
from dicomkit.net.pdu import UserIdentity
from dicomkit.net.server.file_head import file_head
from dicomkit.standard.transfer_syntax import TransferSyntax
from tests.conftest import missing
from tests.dcmtk import dcmtk
from tests.interop.processes import free_port, serving
from tests.net.drivers import DRIVERS

CT = "1.2.840.10008.5.1.4.1.1.2"
MODEL = "StudyRootQueryRetrieveInformationModel"

Open = Callable[..., Any]


@pytest.fixture(params=DRIVERS)
def associate(request: pytest.FixtureRequest) -> Open:
    """Each of the drivers."""
    driver: Open = DRIVERS[request.param]
    return driver


@contextlib.contextmanager
def storescp(folder: Path, *options: str) -> Iterator[int]:
    """DCMTK's storescp; its objects go to `folder`/store."""
    port = free_port()
    (folder / "store").mkdir(exist_ok=True)
    command = [dcmtk("storescp"), "-v", "-od", folder / "store", *options, str(port)]
    with serving(command, port, folder / "storescp.log"):
        yield port


def data_set_of(path: Path) -> bytes:
    """The bytes behind the File Meta Information (PS3.10 7.1)."""
    data = path.read_bytes()
    return data[144 + int.from_bytes(data[140:144], "little") :]


def test_echo(associate: Open, tmp_path: Path) -> None:
    with storescp(tmp_path) as port, associate(port) as assoc:
        for _ in range(3):
            assert assoc.echo().is_success
        assert assoc.agreement.peer.implementation_version_name.startswith("OFFIS_DCMTK")


@pytest.mark.parametrize(
    "name", ["ct.dcm", "ct_implicit.dcm", "ct_big_endian.dcm", "ct_deflated.dcm", "rle.dcm", "rtstruct.dcm"]
)
def test_stored_bit_for_bit(associate: Open, tmp_path: Path, examples_dir: Path, name: str) -> None:
    path = examples_dir / name
    ds = dicomkit.read(path)
    context = (ds.SOPClassUID, [str(ds.transfer_syntax)])
    with storescp(tmp_path, "+B", "+xa") as port, associate(port, contexts=[context]) as assoc:
        assert assoc.store(path).is_success
    (stored,) = (tmp_path / "store").iterdir()
    assert data_set_of(stored) == data_set_of(path)
    received = dicomkit.read(stored)
    assert received.transfer_syntax == ds.transfer_syntax
    assert received.file_meta is not None
    assert received.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
    assert received.file_meta.SourceApplicationEntityTitle == "DICOMKIT"


@pytest.mark.parametrize("length", [4096, 16384, 131072])
def test_large_objects_in_pdus_of_all_lengths(associate: Open, tmp_path: Path, length: int) -> None:
    ds = dicomkit.new("CTImageStorage", PatientID="1", Rows=1000, Columns=1000)
    ds.PixelData = bytes(range(250)) * 8000
    path = tmp_path / "large.dcm"
    ds.save(path)
    with storescp(tmp_path, "+B", "-pdu", str(length)) as port, associate(port, contexts=[CT]) as assoc:
        assert assoc.agreement.max_pdu_length == length
        assert assoc.store(path).is_success
        assert assoc.store(ds).is_success
    (stored,) = (tmp_path / "store").iterdir()
    assert data_set_of(stored) == data_set_of(path)


SYNTAXES = [syntax for syntax in TransferSyntax.all() if syntax.encapsulated and not syntax.uid.is_private]


def test_every_compressed_transfer_syntax(tmp_path: Path) -> None:
    """As bytes: DCMTK takes what is said to be in it."""
    with storescp(tmp_path, "+B", "+xa") as port:
        contexts = [(CT, [syntax.uid]) for syntax in SYNTAXES]
        with dicomkit.associate("127.0.0.1", port, contexts=contexts) as assoc:
            accepted = {context.transfer_syntax for context in assoc.accepted}
            assert len(accepted) > 15
            for uid in sorted(accepted):
                ds = dicomkit.new("CTImageStorage", PatientID=uid)
                file = file_head(CT, ds.SOPInstanceUID, uid, "") + ds.to_bytes(meta="none")
                assert assoc.store(file).is_success
    stored = {dicomkit.read(path).PatientID: dicomkit.read(path).transfer_syntax for path in (tmp_path / "store").iterdir()}
    assert stored == {uid: uid for uid in accepted}


def test_transcoded_on_the_way(associate: Open, tmp_path: Path, examples_dir: Path) -> None:
    path = examples_dir / "rle.dcm"
    ds = dicomkit.read(path)
    with storescp(tmp_path, "+xi") as port, associate(port, contexts=[ds.SOPClassUID]) as assoc:
        assert assoc.accepted[0].transfer_syntax == "1.2.840.10008.1.2"
        with pytest.raises(dicomkit.UnsupportedTransferSyntax):
            assoc.store(path, transcode="never")
        assert assoc.store(path).is_success
    (stored,) = (tmp_path / "store").iterdir()
    received = dicomkit.read(stored)
    assert received.transfer_syntax == "1.2.840.10008.1.2"
    assert (received.pixels.frame(0) == ds.pixels.frame(0)).all()


def test_store_many(associate: Open, tmp_path: Path, examples_dir: Path) -> None:
    sources = [examples_dir / "ct.dcm", tmp_path / "missing.dcm", examples_dir / "ct_implicit.dcm"] * 10
    # DCMTK ignores the asynchronous operations window: one at a time
    with storescp(tmp_path, "--ignore") as port, associate(port, contexts=[CT], async_window=(10, 1)) as assoc:
        assert assoc.agreement.window == (1, 1)
        found = list(assoc.store_many(sources))
    assert [each.is_stored for each in found] == [True, False, True] * 10


def test_refused(associate: Open, tmp_path: Path) -> None:
    with storescp(tmp_path, "--refuse") as port, pytest.raises(AssociationRejected) as raised:
        associate(port)
    assert (raised.value.result, raised.value.source) == (1, 1)


@pytest.mark.parametrize("when", ["--abort-after", "--abort-during"])
def test_aborted_in_a_store(associate: Open, tmp_path: Path, examples_dir: Path, when: str) -> None:
    with storescp(tmp_path, when) as port, associate(port, contexts=[CT]) as assoc:
        with pytest.raises(AssociationAborted):
            assoc.store(examples_dir / "ct.dcm")
        assert not assoc.is_open


def test_a_slow_peer(associate: Open, tmp_path: Path, examples_dir: Path) -> None:
    with storescp(tmp_path, "--sleep-during", "2") as port, associate(port, contexts=[CT], dimse_timeout=0.5) as assoc:
        with pytest.raises(Timeout, match="no response to C-STORE-RQ"):
            assoc.store(examples_dir / "ct.dcm")
        assert not assoc.is_open


# -- dcmqrscp


@contextlib.contextmanager
def archive(folder: Path, destination: int) -> Iterator[int]:
    """DCMTK's dcmqrscp, which moves to DEST at a port."""
    port = free_port()
    (folder / "db").mkdir()
    configuration = folder / "dcmqrscp.cfg"
    configuration.write_text(
        f"""\
NetworkTCPPort = {port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
dest = (DEST, localhost, {destination})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCHIVE {folder / "db"} RW (200, 1024mb) ANY
AETable END
"""
    )
    with serving([dcmtk("dcmqrscp"), "-v", "-c", configuration], port, folder / "dcmqrscp.log"):
        yield port


CONTEXTS = [CT, f"{MODEL}Find", f"{MODEL}Move", f"{MODEL}Get", "Verification"]
ROLES = {CT: (True, True)}


def test_query_and_retrieve(associate: Open, tmp_path: Path, examples_dir: Path) -> None:
    source = dicomkit.read(examples_dir / "ct.dcm")
    instances = []
    with storescp(tmp_path) as destination, archive(tmp_path, destination) as port:
        assert destination
        with associate(port, called="ARCHIVE", contexts=CONTEXTS, roles=ROLES) as assoc:
            for number in range(5):
                ds = dicomkit.read(examples_dir / "ct.dcm")
                ds.SOPInstanceUID = dicomkit.UID.generate()
                ds.InstanceNumber = number
                instances.append(ds.SOPInstanceUID)
                assert assoc.store(ds).is_success

            query = Dataset(QueryRetrieveLevel="STUDY", PatientName="*", PatientID="", StudyInstanceUID="")
            (study,) = assoc.find(query)
            assert study.PatientName == source.PatientName
            assert study.StudyInstanceUID == source.StudyInstanceUID

            query = Dataset(
                QueryRetrieveLevel="IMAGE",
                StudyInstanceUID=source.StudyInstanceUID,
                SeriesInstanceUID=source.SeriesInstanceUID,
                SOPInstanceUID="",
                InstanceNumber=None,
            )
            found = assoc.find(query)
            assert {each.SOPInstanceUID for each in found} == set(instances)
            assert found.outcome.is_success

            query = Dataset(QueryRetrieveLevel="STUDY", StudyInstanceUID=source.StudyInstanceUID)
            seen: list[Any] = []
            results = assoc.get(query, progress=seen.append)
            received = {each.SOPInstanceUID: each for each in results}
            assert set(received) == set(instances)
            assert results.outcome.completed == 5
            assert len(seen) >= 4
            changed = {"SOPInstanceUID", "InstanceNumber"}
            one = received[instances[0]]
            assert [e.raw for e in one if e.keyword not in changed] == [e.raw for e in source if e.keyword not in changed]

            done = assoc.move(query, destination="DEST")
            assert (done.completed, done.failed, done.warning) == (5, 0, 0)
            assert len(list((tmp_path / "store").iterdir())) == 5

            with pytest.raises(DimseError) as raised:
                assoc.move(query, destination="NOWHERE")
            assert raised.value.status == 0xA801
            assert assoc.echo().is_success


def test_results_that_are_left(associate: Open, tmp_path: Path, examples_dir: Path) -> None:
    with archive(tmp_path, 1) as port, associate(port, called="ARCHIVE", contexts=CONTEXTS, roles=ROLES) as assoc:
        for _ in range(20):
            ds = dicomkit.read(examples_dir / "ct.dcm")
            ds.SOPInstanceUID = dicomkit.UID.generate()
            assoc.store(ds)
        query = Dataset(QueryRetrieveLevel="STUDY", StudyInstanceUID=ds.StudyInstanceUID)
        for found in assoc.get(query):
            assert found.StudyInstanceUID == ds.StudyInstanceUID
            break
        assert assoc.echo().is_success
        query = Dataset(
            QueryRetrieveLevel="IMAGE",
            StudyInstanceUID=ds.StudyInstanceUID,
            SeriesInstanceUID=ds.SeriesInstanceUID,
            SOPInstanceUID="",
        )
        for found in assoc.find(query):
            assert found.SOPInstanceUID
            break
        assert assoc.echo().is_success


# -- wlmscpfs


def test_worklist(associate: Open, tmp_path: Path) -> None:
    folder = tmp_path / "worklists" / "WORKLIST"
    folder.mkdir(parents=True)
    (folder / "lockfile").touch()
    for number, name in enumerate(["Doe^Jane", "Roe^Richard", "Müller^Jörg"]):
        entry = Dataset(
            SpecificCharacterSet="ISO_IR 100",
            AccessionNumber=str(number),
            PatientName=name,
            PatientID=f"ID{number}",
            StudyInstanceUID=f"1.2.3.{number}",
            RequestedProcedureID=str(number),
            RequestedProcedureDescription="CT",
            ScheduledProcedureStepSequence=[
                Dataset(
                    Modality="CT",
                    ScheduledStationAETitle="CT1",
                    ScheduledProcedureStepStartDate="20261122",
                    ScheduledProcedureStepStartTime="120000",
                    ScheduledProcedureStepID=str(number),
                    ScheduledProcedureStepDescription="CT",
                )
            ],
        )
        entry.save(folder / f"{number}.wl")
    port = free_port()
    command: list[str | Path] = [dcmtk("wlmscpfs"), "-v", "-dfr", "-cs1", "-dfp", folder.parent, str(port)]
    contexts = ["ModalityWorklistInformationModelFind", "Verification"]
    with serving(command, port, tmp_path / "wlmscpfs.log"), associate(port, called="WORKLIST", contexts=contexts) as assoc:
        assert assoc.echo().is_success
        step = Dataset(Modality="CT", ScheduledProcedureStepStartDate="")
        query = Dataset(PatientName="", PatientID="", ScheduledProcedureStepSequence=[step])
        found = {each.PatientID: each for each in assoc.find(query)}
        assert set(found) == {"ID0", "ID1", "ID2"}
        assert found["ID2"].PatientName == "Müller^Jörg"
        assert found["ID0"].ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate == "20261122"
        query = Dataset(PatientName="Doe*", PatientID="", ScheduledProcedureStepSequence=[step])
        assert [each.PatientID for each in assoc.find(query)] == ["ID0"]


# -- pynetdicom

PYNETDICOM = """
import sys
from pydicom.dataset import Dataset, FileMetaDataset
from pynetdicom import AE, evt, AllStoragePresentationContexts, _config
from pynetdicom.sop_class import *

def store(event):
    event.assoc.stored = getattr(event.assoc, "stored", 0) + 1
    return 0xB000 if event.dataset.PatientID == "warn" else 0xA700 if event.dataset.PatientID == "fail" else 0

def find(event):
    for number in range(3):
        if event.is_cancelled:
            yield 0xFE00, None
            return
        match = Dataset()
        match.PatientID = str(number)
        match.QueryRetrieveLevel = "STUDY"
        yield 0xFF00, match

def get(event):
    yield 2
    for number in range(2):
        ds = Dataset()
        ds.SOPClassUID = CTImageStorage
        ds.SOPInstanceUID = f"1.2.3.{number}"
        ds.PatientID = str(number)
        ds.PixelData = bytes(100000)
        ds["PixelData"].VR = "OW"
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
        yield 0xFF00, ds

made = {}

def create(event):
    uid = event.request.AffectedSOPInstanceUID or "1.2.3.4.5"
    if uid in made:
        return 0x0111, None
    made[uid] = event.attribute_list
    return 0, event.attribute_list

def change(event):
    made[event.request.RequestedSOPInstanceUID].update(event.modification_list)
    return 0, made[event.request.RequestedSOPInstanceUID]

def read(event):
    ds = made.get(event.request.RequestedSOPInstanceUID)
    if ds is None:
        return 0x0112, None
    answer = Dataset()
    for tag in event.request.AttributeIdentifierList or list(ds.keys()):
        if tag in ds:
            answer[tag] = ds[tag]
    return 0, answer

def act(event):
    answer = Dataset()
    answer.PatientID = str(event.action_type)
    return 0, answer

def delete(event):
    return 0 if made.pop(event.request.RequestedSOPInstanceUID, None) is not None else 0x0112

def report(event):
    answer = Dataset()
    answer.PatientID = str(event.event_type)
    return 0, answer

def identity(event):
    kind, primary, secondary = event.user_id_type, event.primary_field, event.secondary_field
    return primary == b"doe" and secondary != b"guess", b"ticket" if kind > 2 else None

_config.UNRESTRICTED_STORAGE_SERVICE = False
ae = AE("PYNETDICOM")
for context in (Verification, CTImageStorage, StudyRootQueryRetrieveInformationModelFind,
                StudyRootQueryRetrieveInformationModelGet, ModalityPerformedProcedureStep, StorageCommitmentPushModel,
                BasicGrayscalePrintManagementMeta):
    ae.add_supported_context(context, scu_role=True, scp_role=True)
handlers = [
    (evt.EVT_C_ECHO, lambda event: 0), (evt.EVT_C_STORE, store), (evt.EVT_C_FIND, find), (evt.EVT_C_GET, get),
    (evt.EVT_N_CREATE, create), (evt.EVT_N_SET, change), (evt.EVT_N_GET, read), (evt.EVT_N_ACTION, act),
    (evt.EVT_N_DELETE, delete), (evt.EVT_N_EVENT_REPORT, report), (evt.EVT_USER_ID, identity),
]
ae.start_server(("127.0.0.1", int(sys.argv[1])), block=True, evt_handlers=handlers)
"""


@pytest.fixture(scope="module")
def pynetdicom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """pynetdicom's server."""
    try:
        import pynetdicom as _  # noqa: F401, RUF100  # only whether it is there
    except ImportError:
        missing("pynetdicom is not installed")
    port = free_port()
    folder = tmp_path_factory.mktemp("pynetdicom")
    with serving([sys.executable, "-c", PYNETDICOM, str(port)], port, folder / "log"):
        yield port


def test_pynetdicom_store(associate: Open, pynetdicom: int, examples_dir: Path) -> None:
    with associate(pynetdicom, contexts=["Verification", CT]) as assoc:
        assert assoc.echo().is_success
        assert assoc.store(examples_dir / "ct.dcm").is_success
        ds = dicomkit.read(examples_dir / "ct.dcm")
        ds.PatientID = "warn"
        assert assoc.store(ds).is_warning
        ds.PatientID = "fail"
        with pytest.raises(DimseError) as raised:
            assoc.store(ds)
        assert raised.value.status == 0xA700


def test_pynetdicom_query_and_retrieve(associate: Open, pynetdicom: int) -> None:
    contexts = [f"{MODEL}Find", f"{MODEL}Get", CT]
    query = Dataset(QueryRetrieveLevel="STUDY", PatientID="")
    with associate(pynetdicom, contexts=contexts, roles={CT: (False, True)}) as assoc:
        assert [each.PatientID for each in assoc.find(query)] == ["0", "1", "2"]
        results = assoc.get(query)
        assert [(each.PatientID, len(each.PixelData)) for each in results] == [("0", 100000), ("1", 100000)]
        assert results.outcome.completed == 2


def test_pynetdicom_n_services(associate: Open, pynetdicom: int) -> None:
    mpps = "ModalityPerformedProcedureStep"
    uid = str(dicomkit.UID.generate())
    contexts = [mpps, "StorageCommitmentPushModel", "BasicGrayscalePrintManagementMeta"]
    with associate(pynetdicom, contexts=contexts) as assoc:
        reply = assoc.n_create(mpps, uid, Dataset(PerformedProcedureStepStatus="IN PROGRESS", PatientID="1"))
        assert reply.status.is_success
        assert reply.dataset.PerformedProcedureStepStatus == "IN PROGRESS"
        assert reply.sop_instance_uid == uid
        with pytest.raises(DimseError, match="duplicate SOP instance"):
            assoc.n_create(mpps, uid, Dataset(PatientID="1"))
        assoc.n_set(mpps, uid, Dataset(PerformedProcedureStepStatus="COMPLETED"))
        answer = assoc.n_get(mpps, uid, ["PerformedProcedureStepStatus", "StudyDate"])
        assert [element.keyword for element in answer.dataset] == ["PerformedProcedureStepStatus"]
        assert answer.dataset.PerformedProcedureStepStatus == "COMPLETED"
        assert assoc.n_get(mpps, uid).dataset.PatientID == "1"
        commitment = "StorageCommitmentPushModel"
        assert (
            assoc.n_action(commitment, "1.2.840.10008.1.20.1.1", 1, Dataset(TransactionUID="1.2")).dataset.PatientID == "1"
        )
        assert (
            assoc.n_event_report(commitment, "1.2.840.10008.1.20.1.1", 2, Dataset(TransactionUID="1.2")).dataset.PatientID
            == "2"
        )
        session, meta = "BasicFilmSession", "BasicGrayscalePrintManagementMeta"
        made = str(dicomkit.UID.generate())
        assert assoc.n_create(session, made, Dataset(PatientID="1"), abstract_syntax=meta).sop_instance_uid == made
        assert assoc.n_delete(session, made, abstract_syntax=meta).status.is_success
        with pytest.raises(DimseError, match="no such SOP instance"):
            assoc.n_delete(session, made, abstract_syntax=meta)


def test_pynetdicom_user_identity(associate: Open, pynetdicom: int) -> None:
    with associate(pynetdicom, user_identity=UserIdentity(2, b"doe", b"secret", True)) as assoc:
        assert assoc.echo().is_success
    with associate(pynetdicom, user_identity=UserIdentity(3, b"doe", b"", True)) as assoc:
        assert assoc.agreement.peer.user_identity_response == b"ticket"
    with pytest.raises(AssociationRejected):
        associate(pynetdicom, user_identity=UserIdentity(2, b"doe", b"guess", True))
