"""Orthanc as a process on loopback, both ways: our associations with it, and its associations with our server."""

from __future__ import annotations

import json
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset
from dicomkit.errors import AssociationRejected, DimseError
from dicomkit.net.server import (
    Find,
    Get,
    Move,
    Request,
    Server,
    Storage,
    StorageCommitment,
    StoreTo,
    Verification,
)
from dicomkit.net.storage_commitment import SOP_CLASS, CommitmentResult, request_commitment
from tests.interop.processes import free_port, serving
from tests.net.drivers import DRIVERS
from tests.net.server.wire import until

CT = "1.2.840.10008.5.1.4.1.1.2"
MODEL = "StudyRootQueryRetrieveInformationModel"

Open = Callable[..., Any]


def data_set_of(data: bytes) -> bytes:
    """The bytes behind the File Meta Information (PS3.10 7.1), inflated where they are deflated."""
    content = data[144 + int.from_bytes(data[140:144], "little") :]
    return zlib.decompress(content, -15) if b"1.2.840.10008.1.2.1.99" in data[:400] else content


class Orthanc:
    """What Orthanc says over HTTP, and our server, which it knows as the modality "ours"."""

    def __init__(self, http: int, port: int, folder: Path, committed: list[CommitmentResult]) -> None:
        self.port = port
        self.folder = folder
        self.committed = committed
        self._http = http

    def ask(self, path: str, question: object = None, method: str = "") -> Any:
        """Ask. Bytes are posted as they are, other objects as JSON; without a question it is a GET."""
        data = question if isinstance(question, bytes) or question is None else json.dumps(question).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self._http}{path}", data, method=method or None)
        with urllib.request.urlopen(request, timeout=30) as answer:
            content = answer.read()
            return json.loads(content) if answer.headers.get_content_type() == "application/json" else content

    def file(self, instance: str) -> bytes:
        """The file that it keeps of a SOP instance."""
        (found,) = self.ask("/tools/lookup", instance.encode())
        content: bytes = self.ask(f"/instances/{found['ID']}/file")
        return content

    def clear(self) -> None:
        for patient in self.ask("/patients"):
            self.ask(f"/patients/{patient}", method="DELETE")
        for path in self.folder.iterdir():
            path.unlink()


@pytest.fixture(scope="module")
def objects(examples_dir: Path) -> list[Dataset]:
    """What our server has to find and retrieve: three instances of a study."""
    found = []
    for number in range(3):
        ds = dicomkit.read(examples_dir / "ct.dcm")
        ds.SOPInstanceUID = f"1.2.3.4.{number}"
        ds.StudyInstanceUID = "1.2.3"
        ds.SeriesInstanceUID = "1.2.3.4"
        ds.PatientID = "OURS"
        ds.InstanceNumber = number
        found.append(ds)
    return found


@pytest.fixture(scope="module")
def running(
    objects: list[Dataset], peer: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Orthanc]:
    """Orthanc and our server."""
    folder = tmp_path_factory.mktemp("orthanc")
    program = peer("Orthanc")
    http, port = free_port(), free_port()

    def matching(request: Request) -> list[Dataset]:
        keys = request.dataset
        wanted = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
        return [ds for ds in objects if all(keys.get(key) in (None, "", "*", ds.get(key)) for key in wanted)]

    def find(request: Request) -> Iterator[Dataset]:
        level = request.dataset.QueryRetrieveLevel
        found = matching(request)
        for ds in found if level in ("IMAGE", "INSTANCE") else found[:1]:
            answer = Dataset(QueryRetrieveLevel=level)
            for element in request.dataset:
                if element.tag in ds:
                    answer[element.tag] = ds[element.tag]
            yield answer

    committed: list[CommitmentResult] = []
    services = [
        Verification(),
        Storage(StoreTo(folder / "ours")),
        Find(find),
        Get(matching),
        Move(matching),
        StorageCommitment(
            lambda sop_class, instance: (folder / "ours" / f"CT.{instance}").is_file(), results=committed.append
        ),
    ]
    destinations = {"ORTHANC": ("127.0.0.1", port)}
    with Server(services, ae_title="OURS", called=["OURS"], destinations=destinations).started("127.0.0.1") as server:
        configuration = {
            "Name": "test",
            "StorageDirectory": str(folder / "db"),
            "IndexDirectory": str(folder / "db"),
            "Plugins": [],
            "HttpPort": http,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomAet": "ORTHANC",
            "DicomPort": port,
            "DicomCheckCalledAet": True,
            "DicomAlwaysAllowFind": True,
            "DicomAlwaysAllowGet": True,
            "DicomAlwaysAllowMove": True,
            "DicomAssociationCloseDelay": 0,
            "OverwriteInstances": True,
            "StoreMD5ForAttachments": False,
            "DicomModalities": {"ours": ["OURS", "127.0.0.1", server.port]},
        }
        (folder / "orthanc.json").write_text(json.dumps(configuration))
        with serving([program, folder / "orthanc.json"], http, folder / "log"):
            orthanc = Orthanc(http, port, folder / "ours", committed)
            until(lambda: orthanc.ask("/system"))
            yield orthanc


@pytest.fixture
def orthanc(running: Orthanc) -> Orthanc:
    """Empty."""
    running.clear()
    return running


@pytest.fixture(params=DRIVERS)
def associate(request: pytest.FixtureRequest, orthanc: Orthanc) -> Open:
    """Our associations with it, of each of the drivers."""
    driver: Open = DRIVERS[request.param]
    return lambda contexts, **options: driver(orthanc.port, called="ORTHANC", contexts=contexts, **options)


# -- ours asks, Orthanc answers


def test_echo(associate: Open) -> None:
    with associate(["Verification"]) as association:
        for _ in range(3):
            assert association.echo().is_success


def test_it_rejects_another_title(orthanc: Orthanc) -> None:
    with pytest.raises(AssociationRejected, match="called AE title not recognized"):
        dicomkit.associate("127.0.0.1", orthanc.port, called="OTHER")


FILES = ("ct.dcm", "ct_implicit.dcm", "ct_big_endian.dcm", "ct_deflated.dcm", "rle.dcm", "rtstruct.dcm", "report.dcm")
COMPRESSED = ("RLELossless", "JPEGLosslessSV1", "JPEGLSLossless", "JPEG2000Lossless", "JPEG2000")


@pytest.mark.parametrize("name", [*FILES, *COMPRESSED])
def test_store(name: str, associate: Open, orthanc: Orthanc, examples_dir: Path, tmp_path: Path) -> None:
    """It keeps the data set byte for byte, in the transfer syntax it was sent in."""
    path = examples_dir / name
    if name in COMPRESSED:
        path = tmp_path / "compressed.dcm"
        ds = dicomkit.read(examples_dir / "ct.dcm")
        ds.compress(name)
        ds.save(path)
    ds = dicomkit.read(path)
    syntax = str(ds.transfer_syntax)
    with associate([(ds.SOPClassUID, [syntax])]) as association:
        assert association.store(path, transcode="never").is_success
    kept = orthanc.file(ds.SOPInstanceUID)
    assert str(dicomkit.read(kept).transfer_syntax) == syntax
    assert data_set_of(kept) == data_set_of(path.read_bytes())


def test_find(associate: Open, orthanc: Orthanc, objects: list[Dataset]) -> None:
    for ds in objects:
        orthanc.ask("/instances", ds.to_bytes())
    with associate([f"{MODEL}Find"]) as association:
        query = Dataset(QueryRetrieveLevel="STUDY", PatientID="OURS", PatientName="", StudyInstanceUID="")
        (study,) = association.find(query)
        assert (study.StudyInstanceUID, study.PatientName) == ("1.2.3", objects[0].PatientName)
        query = Dataset(QueryRetrieveLevel="IMAGE", StudyInstanceUID="1.2.3", SeriesInstanceUID="1.2.3.4", SOPInstanceUID="")
        found = association.find(query)
        assert {each.SOPInstanceUID for each in found} == {ds.SOPInstanceUID for ds in objects}
        assert found.outcome.is_success
        assert list(association.find(Dataset(QueryRetrieveLevel="STUDY", PatientID="NOBODY", StudyInstanceUID=""))) == []


def test_get(associate: Open, orthanc: Orthanc, objects: list[Dataset]) -> None:
    for ds in objects:
        orthanc.ask("/instances", ds.to_bytes())
    with associate([f"{MODEL}Get", (CT, ["ExplicitVRLittleEndian"])], roles={CT: (False, True)}) as association:
        results = association.get(Dataset(QueryRetrieveLevel="STUDY", StudyInstanceUID="1.2.3"))
        received = {ds.SOPInstanceUID: ds for ds in results}
        assert (results.outcome.completed, results.outcome.failed) == (3, 0)
    for ds in objects:
        kept = orthanc.file(ds.SOPInstanceUID)
        assert received[ds.SOPInstanceUID].to_bytes(meta="none") == data_set_of(kept)


def test_move(associate: Open, orthanc: Orthanc, objects: list[Dataset]) -> None:
    """To our server, over an association of Orthanc's."""
    for ds in objects:
        orthanc.ask("/instances", ds.to_bytes())
    with associate([f"{MODEL}Move"]) as association:
        query = Dataset(QueryRetrieveLevel="STUDY", StudyInstanceUID="1.2.3")
        done = association.move(query, destination="OURS")
        assert done.status.is_success
        with pytest.raises(DimseError):
            association.move(query, destination="NOWHERE")
        with pytest.raises(DimseError):
            association.move(Dataset(QueryRetrieveLevel="STUDY", StudyInstanceUID="9.9"), destination="OURS")
    for ds in objects:
        stored = (orthanc.folder / f"CT.{ds.SOPInstanceUID}").read_bytes()
        assert data_set_of(stored) == data_set_of(orthanc.file(ds.SOPInstanceUID))


def test_its_storage_commitment(associate: Open, orthanc: Orthanc, objects: list[Dataset]) -> None:
    """It reports over an association of its own."""
    orthanc.committed.clear()
    orthanc.ask("/instances", objects[0].to_bytes())
    references = [(CT, objects[0].SOPInstanceUID), (CT, "9.9")]
    with associate([SOP_CLASS], calling="OURS") as association:
        transaction = request_commitment(association, references)
    until(lambda: orthanc.committed, 10)
    (result,) = orthanc.committed
    assert result.transaction == transaction
    assert list(result.committed) == references[:1]
    assert list(result.failed) == references[1:]


# -- Orthanc asks, ours answers


def test_its_echo(orthanc: Orthanc) -> None:
    assert orthanc.ask("/modalities/ours/echo", {}) == {}


@pytest.mark.parametrize("name", ["ct.dcm", "report.dcm", "rtstruct.dcm", *COMPRESSED])
def test_its_store(name: str, orthanc: Orthanc, examples_dir: Path) -> None:
    """Our server keeps the data set that Orthanc has sent: the one that it keeps, in the same transfer syntax."""
    ds = dicomkit.read(examples_dir / (name if name.endswith(".dcm") else "ct.dcm"))
    if name in COMPRESSED:
        ds.compress(name)
    made = orthanc.ask("/instances", ds.to_bytes())
    answer = orthanc.ask("/modalities/ours/store", {"Resources": [made["ID"]], "Synchronous": True})
    assert (answer["InstancesCount"], answer["FailedInstancesCount"]) == (1, 0)
    (path,) = orthanc.folder.iterdir()
    assert str(dicomkit.read(path).transfer_syntax) == str(ds.transfer_syntax)
    assert data_set_of(path.read_bytes()) == data_set_of(orthanc.file(ds.SOPInstanceUID))


def test_its_find_and_move(orthanc: Orthanc, objects: list[Dataset]) -> None:
    """It searches on our server and has our server store the results to it."""
    query = {"Level": "Study", "Query": {"PatientID": "OURS", "PatientName": ""}}
    made = orthanc.ask("/modalities/ours/query", query)
    assert orthanc.ask(f"/queries/{made['ID']}/answers") == ["0"]
    content = orthanc.ask(f"/queries/{made['ID']}/answers/0/content?simplify")
    assert content["StudyInstanceUID"] == "1.2.3"
    orthanc.ask(f"/queries/{made['ID']}/answers/0/retrieve", {"TargetAet": "ORTHANC", "Synchronous": True})
    assert orthanc.ask("/statistics")["CountInstances"] == 3
    for ds in objects:
        assert data_set_of(orthanc.file(ds.SOPInstanceUID)) == ds.to_bytes(meta="none")


def test_its_request_for_storage_commitment(orthanc: Orthanc, objects: list[Dataset]) -> None:
    made = orthanc.ask("/instances", objects[0].to_bytes())
    orthanc.ask("/modalities/ours/store", {"Resources": [made["ID"]], "Synchronous": True})
    answer = orthanc.ask(
        "/modalities/ours/storage-commitment", {"DicomInstances": [[CT, objects[0].SOPInstanceUID], [CT, "9.9"]]}
    )
    path = f"/storage-commitment/{answer['ID']}"
    until(lambda: orthanc.ask(path)["Status"] != "Pending", 10)
    report = orthanc.ask(path)
    assert report["Status"] == "Failure"
    assert [each["SOPInstanceUID"] for each in report["Success"]] == [objects[0].SOPInstanceUID]
    assert [each["SOPInstanceUID"] for each in report["Failures"]] == ["9.9"]
