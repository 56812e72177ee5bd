"""The server that the pages of the manual ask: an archive with two of the examples."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dicomkit
from dicomkit.net.server import (
    Find,
    Get,
    ModalityPerformedProcedureStep,
    Move,
    Request,
    Storage,
    StorageCommitment,
    Verification,
)

STUDY = "StudyRootQueryRetrieveInformationModel"


@contextmanager
def archive(folder: Path) -> Iterator[dict[str, str]]:
    """Run it. Gives the ports: 11112 of the manual, where it listens, and 11113, where it takes MOVESCU to be."""
    objects = [dicomkit.read(folder / name) for name in ("ct.dcm", "report.dcm")]

    def matches(request: Request) -> Iterator[dicomkit.Dataset]:
        keys = request.dataset
        for ds in objects:
            if keys.get("PatientID") in (None, "", ds.PatientID) and keys.get("Modality") in (None, "", ds.Modality):
                yield ds

    def find(request: Request) -> Iterator[dicomkit.Dataset]:
        for ds in matches(request):
            response = dicomkit.Dataset(SpecificCharacterSet=ds.SpecificCharacterSet, QueryRetrieveLevel="SERIES")
            for element in request.dataset:
                if element.keyword in ds:
                    response[element.tag] = ds[element.tag]
            yield response

    with socket.create_server(("127.0.0.1", 0)) as listener:
        back = int(listener.getsockname()[1])
    services = [
        Verification(),
        Find(find, sop_classes=[f"{STUDY}Find"]),
        Get(matches, sop_classes=[f"{STUDY}Get"]),
        Move(matches, sop_classes=[f"{STUDY}Move"]),
        Storage(None),
        ModalityPerformedProcedureStep(lambda request: None, lambda request: None),
        StorageCommitment(lambda sop_class, sop_instance: True),
    ]
    server = dicomkit.Server(services, called=["ARCHIVE"], destinations={"MOVESCU": ("127.0.0.1", back)})
    with server.started("127.0.0.1") as running:
        yield {"11112": str(running.port), "11113": str(back)}
