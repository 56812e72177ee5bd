"""Peers that do as they should, while others do not. Whatever happens to those, these succeed."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any, Final

import dicomkit
from dicomkit import aio
from dicomkit.net.server.file_head import file_head
from tests.net.server.wire import CT, EXPLICIT
from tests.soak.conversation import FIND, GET, MPPS

Honest = Callable[[int, Path, str, Random], Awaitable[None]]


def _associate(port: int, contexts: list[str], **options: Any) -> Any:
    return aio.associate("127.0.0.1", port, called="SOAK", contexts=contexts, acse_timeout=20, dimse_timeout=20, **options)


async def echo(port: int, folder: Path, instance: str, random: Random) -> None:
    async with _associate(port, ["Verification"]) as association:
        for _ in range(random.randrange(1, 5)):
            assert (await association.echo()).is_success


async def store(port: int, folder: Path, instance: str, random: Random) -> None:
    """What was stored is on the disk, whole, when the answer comes."""
    size = random.choice((0, 100, 5000, 70_000, 400_000))
    head = dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID=instance).to_bytes(meta="none")
    data = head + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, size) + random.randbytes(1) * size
    async with _associate(port, [CT]) as association:
        assert (await association.store(file_head(CT, instance, EXPLICIT, "SOAK") + data)).is_success
        stored = (folder / f"CT.{instance}").read_bytes()
        assert stored.endswith(data), "it is not on the disk"


async def find(port: int, folder: Path, instance: str, random: Random) -> None:
    async with _associate(port, [FIND]) as association:
        query = dicomkit.Dataset(QueryRetrieveLevel="STUDY", PatientID="")
        found = [match.PatientID async for match in association.find(query)]
        assert found == [str(number) for number in range(20)], found


async def get(port: int, folder: Path, instance: str, random: Random) -> None:
    async with _associate(port, [GET, CT], roles={CT: (False, True)}) as association:
        results = association.get(dicomkit.Dataset(QueryRetrieveLevel="STUDY", StudyInstanceUID="1.2"))
        found = [ds.SOPInstanceUID async for ds in results]
        assert found == ["1.2.7.0", "1.2.7.1", "1.2.7.2"], found


async def report(port: int, folder: Path, instance: str, random: Random) -> None:
    """A procedure step."""
    async with _associate(port, [MPPS]) as association:
        await association.n_create(MPPS, instance, dicomkit.Dataset(PerformedProcedureStepStatus="IN PROGRESS"))
        await association.n_set(MPPS, instance, dicomkit.Dataset(PerformedProcedureStepStatus="COMPLETED"))


# What -> how often.
HONEST: Final[dict[Honest, int]] = {echo: 10, store: 10, find: 3, get: 2, report: 2}
