"""Orthanc as a process on loopback, both ways: our associations with it, and its associations with our server."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset
from dicomkit.errors import DimseError
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
from tests.conftest import missing
from tests.interop.processes import free_port, serving
from tests.net.drivers import DRIVERS
from tests.net.server.wire import until

CT = "1.2.840.10008.5.1.4.1.1.2"
MODEL = "StudyRootQueryRetrieveInformationModel"
COMMITMENT = "StorageCommitmentPushModel"

Open = Callable[..., Any]


def data_set_of(data: bytes) -> bytes:
    """The bytes behind the File Meta Information (PS3.10 7.1)."""
    return data[144 + int.from_bytes(data[140:144], "little") :]


class Orthanc:
    """What Orthanc says over HTTP, and our server, which it knows as the modality "ours"."""

    def __init__(self, http: int, port: int, server: Server, folder: Path) -> None:
        self.port = port
        self.server = server
        self.folder = folder
        self.committed: list[tuple[list[tuple[str, str]], list[tuple[str, str, int]]]] = []
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

    def commit(request: Request, references: Iterable[tuple[str, str]]) -> dict[str, int]:
        return {instance: 0 if instance == stored_last[0] else 0x0112 for _, instance in references}

    stored_last = [""]
    services = [
        Verification(),
        Storage(StoreTo(folder / "ours", stored=lambda request: stored_last.__setitem__(0, request.sop_instance))),
        Find(find),
        Get(matching),
        Move(matching),
        StorageCommitment(commit),
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
            orthanc = Orthanc(http, port, server, folder / "ours")
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
