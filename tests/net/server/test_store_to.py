"""Objects as files: bit for bit, under safe names, whole."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import DimseError
from dicomkit.net.association import associate
from dicomkit.net.server import FileNaming, Request, Server, Storage, StoreTo
from dicomkit.net.server.incoming_file import IncomingFile, is_partial
from dicomkit.net.storage_names import safe_name
from tests.net.server.wire import CT, EXPLICIT, IMPLICIT, Connect, Listen, Wire, until

INSTANCE = "1.2.3.4"


def files(folder: Path) -> list[str]:
    """All files in a folder and below, partial ones included."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def element(tag: int, vr: bytes, value: bytes) -> bytes:
    """An element in explicit VR little endian (PS3.5 7.1.2)."""
    value += b"\0" * (len(value) % 2)
    return (
        (tag >> 16).to_bytes(2, "little")
        + (tag & 0xFFFF).to_bytes(2, "little")
        + vr
        + len(value).to_bytes(2, "little")
        + value
    )


def data_set(sop_class: str = CT, instance: str = INSTANCE, more: bytes = b"") -> bytes:
    return element(0x00080016, b"UI", sop_class.encode()) + element(0x00080018, b"UI", instance.encode()) + more


def store(
    peer: Wire, data: bytes, sop_class: str = CT, instance: str = INSTANCE, message_id: int = 1, step: int = 1 << 14
) -> Any:
    """Send a C-STORE in pieces; returns the status."""
    peer.command(
        "C-STORE-RQ",
        has_data=True,
        message_id=message_id,
        priority=0,
        affected_sop_class_uid=sop_class,
        affected_sop_instance_uid=instance,
    )
    for at in range(0, max(len(data), 1), step):
        peer.data(data[at : at + step], last=at + step >= len(data))
    return peer.response().status


@pytest.mark.parametrize("fsync", [False, True])
def test_bit_for_bit(fsync: bool, listen: Listen, wire: Connect, tmp_path: Path) -> None:
    """Also what is no good data set behind the first elements, in pieces of all sizes."""
    server = listen([Storage(StoreTo(tmp_path, fsync=fsync))])
    peer = wire(server)
    peer.associate([(CT, [EXPLICIT])])
    for number, step in enumerate((7, 100, 4096, 65536, 1 << 20)):
        data = data_set(more=os.urandom(200 + 40_000 * number))
        assert store(peer, data, message_id=number + 1, step=step) == 0
        content = (tmp_path / "CT.1.2.3.4").read_bytes()
        assert content.endswith(data)
        head = content[: -len(data)]
        assert head[:132] == bytes(128) + b"DICM"
        assert dicomkit.read(head + data_set()).file_meta.TransferSyntaxUID == EXPLICIT  # type: ignore[union-attr]  # there is one
    peer.release()
    assert files(tmp_path) == ["CT.1.2.3.4"]
    assert server.counters.objects == 5


def test_every_transfer_syntax(listen: Listen, tmp_path: Path) -> None:
    """Whatever a context is for: its UID goes into the file."""
    server = listen([Storage(StoreTo(tmp_path))])
    syntaxes = ["1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.201"]
    for number, syntax in enumerate(syntaxes):
        peer = Wire(server.port)
        peer.associate([(CT, [syntax])])
        assert store(peer, data_set(instance=f"1.2.{number}"), instance=f"1.2.{number}") == 0
        peer.release()
        meta = dicomkit.read(tmp_path / f"CT.1.2.{number}").file_meta
        assert meta is not None
        assert meta.TransferSyntaxUID == syntax


def test_the_folder_is_made(listen: Listen, tmp_path: Path) -> None:
    listen([Storage(StoreTo(tmp_path / "a" / "b"))])
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (data_set(instance="1.2.3.5"), 0xA900),
        (data_set(sop_class="1.2.840.10008.5.1.4.1.1.4"), 0xA900),
        (element(0x00100020, b"LO", b"5 "), 0xC000),
        (element(0x00080016, b"UI", CT.encode()), 0xC000),
        (b"\xff" * 100, 0xC000),
        (b"GET / HTTP/1.1\r\n\r\n", 0xC000),
    ],
)
def test_what_is_not_what_was_announced(data: bytes, status: int, listen: Listen, wire: Connect, tmp_path: Path) -> None:
    server = listen([Storage(StoreTo(tmp_path))])
    peer = wire(server)
    peer.associate([(CT, [EXPLICIT])])
    assert store(peer, data) == status
    assert files(tmp_path) == []
    assert store(peer, data_set(), message_id=2) == 0
    peer.release()
    assert server.counters.objects_failed == 1


def test_unchecked(listen: Listen, wire: Connect, tmp_path: Path) -> None:
    peer = wire(listen([Storage(StoreTo(tmp_path, check=False))]))
    peer.associate([(CT, [EXPLICIT])])
    assert store(peer, b"\xff" * 100) == 0
    peer.release()
    assert (tmp_path / "CT.1.2.3.4").read_bytes().endswith(b"\xff" * 100)


def test_identity_far_behind_the_beginning(listen: Listen, wire: Connect, tmp_path: Path) -> None:
    """A long sequence before the SOP class: the file is looked into."""
    item = (
        b"\xfe\xff\x00\xe0"
        + (40_000).to_bytes(4, "little")
        + bytes.fromhex("0800 2100 5554 0000")
        + (39_988).to_bytes(4, "little")
        + b" " * 39_988
    )
    sequence = bytes.fromhex("0800 0600 5351 0000") + len(item).to_bytes(4, "little") + item
    peer = wire(listen([Storage(StoreTo(tmp_path))]))
    peer.associate([(CT, [EXPLICIT])])
    assert store(peer, sequence + data_set()) == 0
    assert store(peer, sequence + data_set(instance="1.2"), message_id=2) == 0xA900
    peer.release()


@pytest.mark.parametrize(
    "instance",
    [
        "../../etc/passwd",
        "..",
        ".",
        "/etc/passwd",
        "a/b",
        "C:\\x",
        "1.2\n3",
        "x" * 500,
        "`reboot`",
        "$(reboot)",
        ".part",
        "CON",
    ],
)
def test_uids_like_paths(instance: str, listen: Listen, wire: Connect, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    peer = wire(listen([Storage(StoreTo(folder, check=False))]))
    peer.associate([(CT, [EXPLICIT])])
    assert store(peer, data_set(), instance=instance) == 0
    peer.release()
    (name,) = files(tmp_path)
    assert name == f"in/{safe_name(f'CT.{instance}')}"


def test_naming_and_sorting(listen: Listen, wire: Connect, tmp_path: Path) -> None:
    """By functions, which may look into the data set; and by the names that DCMTK has."""

    def by_patient(request: Request) -> str:
        return f"{safe_name(request.dataset.PatientID or '')}/{safe_name(request.peer.ae_title)}"

    def by_number(request: Request) -> str:
        return f"deep/{request.dataset.PatientID}.dcm"

    patient = element(0x00100020, b"LO", b"P/5 ")
    for to in (
        StoreTo(tmp_path / "sorted", sort=by_patient, naming=FileNaming("uid", ".dcm")),
        StoreTo(tmp_path / "named", naming=by_number),
    ):
        peer = wire(listen([Storage(to)]))
        peer.associate([(CT, [EXPLICIT])], calling="MODALITY")
        assert store(peer, data_set(more=patient)) == 0
        peer.release()
    assert files(tmp_path) == ["named/deep/P/5.dcm", "sorted/P_5/MODALITY/CT.1.2.3.4.dcm"]


@pytest.mark.parametrize("name", ["", "/etc/x", "../x", "a//b", "a/../b", ".", "a\0b"])
def test_a_naming_cannot_leave_the_folder(name: str, listen: Listen, wire: Connect, tmp_path: Path) -> None:
    for to in (StoreTo(tmp_path / "in", naming=lambda _: name), StoreTo(tmp_path / "in", sort=lambda _: name)):
        peer = wire(listen([Storage(to)]))
        peer.associate([(CT, [EXPLICIT])])
        assert store(peer, data_set()) == 0xC000
        peer.release()
    assert files(tmp_path) == []


def test_a_naming_that_raises(listen: Listen, wire: Connect, tmp_path: Path) -> None:
    peer = wire(listen([Storage(StoreTo(tmp_path, naming=lambda request: request.dataset.NoKeyword))]))
    peer.associate([(CT, [EXPLICIT])])
    assert store(peer, data_set()) == 0xC000
    assert files(tmp_path) == []
    peer.release()


def test_names_that_are_taken(listen: Listen, wire: Connect, tmp_path: Path) -> None:
    """Nothing is replaced where names are not those of objects: another name is tried."""
    names = iter(["same", "same", "other"])

    class Naming(FileNaming):
        def name(self, *arguments: object) -> str:
            return next(names)

    peer = wire(listen([Storage(StoreTo(tmp_path, naming=Naming("time")))]))
    peer.associate([(CT, [EXPLICIT])])
    assert store(peer, data_set()) == 0
    assert store(peer, data_set(), message_id=2) == 0
    peer.release()
    assert files(tmp_path) == ["other", "same"]


def test_the_program_is_told(listen: Listen, wire: Connect, tmp_path: Path) -> None:
    """With the file in place, before the peer is."""
    seen: list[Any] = []

    def stored(request: Request) -> None:
        seen.append((request.path, request.dataset.PatientID, Path(request.path).is_file(), threading.current_thread().name))

    async def stored_too(request: Request) -> int:
        await asyncio.sleep(0)
        seen.append(request.path)
        return 0xB007

    def not_stored(request: Request) -> None:
        raise DimseError(0xA701)

    more = element(0x00100020, b"LO", b"5 ")
    for handler, status in ((stored, 0), (stored_too, 0xB007), (not_stored, 0xA701)):
        peer = wire(listen([Storage(StoreTo(tmp_path, stored=handler))]))
        peer.associate([(CT, [EXPLICIT])])
        assert store(peer, data_set(more=more)) == status
        peer.release()
    path = str(tmp_path / "CT.1.2.3.4")
    assert seen[0][:3] == (path, "5", True)
    assert seen[0][3].startswith("dicomkit-handler")
    assert seen[1] == path
    assert files(tmp_path) == ["CT.1.2.3.4"]


@pytest.mark.parametrize("step", ["__init__", "write", "finish"])
@pytest.mark.parametrize("fsync", [False, True])
def test_no_room(
    step: str, fsync: bool, listen: Listen, wire: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A700, no file; and the association goes on when there is room again."""
    peer = wire(listen([Storage(StoreTo(tmp_path, fsync=fsync))]))
    peer.associate([(CT, [EXPLICIT])])

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(IncomingFile, step, full)
        assert store(peer, data_set(more=bytes(100_000))) == 0xA700
        assert files(tmp_path) == []
    assert store(peer, data_set(), message_id=2) == 0
    peer.release()


@pytest.mark.parametrize("how", ["close", "abort", "another command", "garbage"])
def test_what_is_not_finished_leaves_nothing(how: str, listen: Listen, wire: Connect, tmp_path: Path) -> None:
    server = listen([Storage(StoreTo(tmp_path))])
    peer = wire(server)
    peer.associate([(CT, [EXPLICIT])])
    peer.command(
        "C-STORE-RQ", has_data=True, message_id=1, priority=0, affected_sop_class_uid=CT, affected_sop_instance_uid="1.2"
    )
    peer.data(data_set(), last=False)
    until(lambda: server.counters.octets_received > 300)
    assert [name for name in files(tmp_path) if not is_partial(name)] == []
    if how == "close":
        peer.close()
    elif how == "abort":
        peer.send(bytes.fromhex("07 00 00000004 00000000"))
    elif how == "another command":
        peer.command("C-ECHO-RQ", message_id=2, affected_sop_class_uid=CT)
    else:
        peer.send(b"GET / HTTP/1.1\r\n\r\n")
    until(lambda: files(tmp_path) == [])
    until(lambda: not server.counters.open_associations)


def test_implicit_vr(listen: Listen, wire: Connect, tmp_path: Path) -> None:
    """The identity is found in each encoding."""
    dataset = dicomkit.Dataset(SOPClassUID=CT, SOPInstanceUID=INSTANCE)
    for syntax in (IMPLICIT, "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"):
        data = dataset.to_bytes(meta="none", transfer_syntax=syntax)
        peer = wire(listen([Storage(StoreTo(tmp_path))]))
        peer.associate([(CT, [syntax])])
        assert store(peer, data) == 0
        peer.release()
        assert (tmp_path / "CT.1.2.3.4").read_bytes().endswith(data)


def test_two_senders_of_one_object(listen: Listen, tmp_path: Path) -> None:
    """Both are answered with success, and one of both objects is there, whole."""
    server = listen([Storage(StoreTo(tmp_path))])
    contents = [data_set(more=bytes([number]) * 300_000) for number in range(4)]
    statuses: list[int] = []

    def send(data: bytes) -> None:
        peer = Wire(server.port)
        peer.associate([(CT, [EXPLICIT])])
        statuses.extend([store(peer, data, message_id=number + 1) for number in range(10)])
        peer.release()

    threads = [threading.Thread(target=send, args=(data,)) for data in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [0] * 40
    assert files(tmp_path) == ["CT.1.2.3.4"]
    assert any((tmp_path / "CT.1.2.3.4").read_bytes().endswith(data) for data in contents)


def test_dicomkit_to_dicomkit(listen: Listen, tmp_path: Path, examples_dir: Path) -> None:
    server = listen([Storage(StoreTo(tmp_path))])
    original = dicomkit.read(examples_dir / "ct.dcm")
    with associate("127.0.0.1", server.port, contexts=[CT]) as association:
        association.store(examples_dir / "ct.dcm")
    copy = dicomkit.read(tmp_path / f"CT.{original.SOPInstanceUID}")
    assert copy.to_bytes(meta="none") == original.to_bytes(meta="none")


def test_nothing_stays_open(wire: Connect, tmp_path: Path) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("the system does not say which descriptors are open")

    def kept() -> list[str]:
        """Files that are open, in the folder."""
        targets = []
        for number in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):  # it was that of the list
                targets.append(os.readlink(f"/proc/self/fd/{number}"))
        return [target for target in targets if target.startswith(str(tmp_path))]

    with Server([Storage(StoreTo(tmp_path))]).started("127.0.0.1") as server:
        for association in range(3):
            peer = wire(server)
            peer.associate([(CT, [EXPLICIT])])
            for number in range(1, 4):
                instance = f"1.2.{association}.{number}"
                assert store(peer, data_set(instance=instance), instance=instance, message_id=number) == 0
            peer.release()
        until(lambda: len(kept()) <= 1)  # the one made ahead
    assert kept() == []
    assert len(files(tmp_path)) == 9
