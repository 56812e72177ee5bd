"""The server of the soak, in a process of its own: it listens, and says how it is when it is asked.

python -m tests.soak.server FOLDER DESTINATION

prints its port; then, for each line that it reads, a line of JSON: its counters, and what it has in memory. What it logs of
errors goes to the standard error stream, where nothing is to appear. C-MOVE goes to the port DESTINATION.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import sys

import dicomkit
from dicomkit.net.items import UserIdentity
from dicomkit.net.pdu import AssociateRQ
from dicomkit.net.server import (
    Find,
    Get,
    Limits,
    ModalityPerformedProcedureStep,
    Move,
    Request,
    Server,
    Storage,
    StoreTo,
    Verification,
)
from dicomkit.net.server.connection import Connection

MATCHES = [dicomkit.Dataset(QueryRetrieveLevel="STUDY", PatientID=str(number)) for number in range(20)]
OBJECTS = [dicomkit.new("CTImageStorage", SOPInstanceUID=f"1.2.7.{number}", PixelData=bytes(50_000)) for number in range(3)]
MUCH = os.path.join(sys.argv[1], "much")  # 16 MB, more than sockets take without anybody who reads
LIMITS = Limits(first_byte=2, idle=2, send=2, sub_operation=2)


async def identify(identity: UserIdentity, request: AssociateRQ) -> bool:
    """Takes its time, so that there are associations that nobody has answered yet."""
    await asyncio.sleep(0.02)
    return identity.primary == b"doe"


def find(request: Request) -> list[dicomkit.Dataset]:
    return MATCHES


def retrieve(request: Request) -> list[dicomkit.Dataset] | list[str]:
    return [MUCH] if request.dataset.get("PatientID") == "MUCH" else OBJECTS


def take(request: Request) -> None:
    """An object, or a procedure step."""


def state() -> dict[str, int]:
    """What is in memory."""
    gc.collect()
    everything = gc.get_objects()
    return {"objects": len(everything), "connections": sum(type(each) is Connection for each in everything)}


async def serve(folder: str, destination: int) -> None:
    services = [
        Verification(),
        Storage(StoreTo(folder, check=False), sop_classes=["CTImageStorage"]),
        Storage(take, sop_classes=["MRImageStorage"]),
        Find(find),
        Get(retrieve),
        Move(retrieve),
        ModalityPerformedProcedureStep(create=take, set=take),
    ]
    server = Server(
        services,
        called=["SOAK"],
        identify=identify,
        limits=LIMITS,
        destinations={"HOSTILE": ("127.0.0.1", destination)},
    )
    await server.start("127.0.0.1", 0)
    print(server.port, flush=True)
    asked = asyncio.Queue[str]()
    asyncio.get_running_loop().add_reader(sys.stdin, lambda: asked.put_nowait(sys.stdin.readline()))
    while await asked.get():
        print(json.dumps({**server.counters.as_dict(), **state()}), flush=True)
    await server.stop(0)


if __name__ == "__main__":
    os.mkdir(sys.argv[1])
    dicomkit.new("CTImageStorage", PixelData=bytes(16 << 20)).save(MUCH)
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
