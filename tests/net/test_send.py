"""`dicomkit.send`: associations, retries, reports."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import AssociationRejected, ConnectError, Dataset
from dicomkit.net.send import peer_address
from dicomkit.net.send_report import Sent
from dicomkit.net.server import Limits, Peer, Request, Server, Storage, StoreTo

EXPLICIT = "1.2.840.10008.1.2.1"


@contextmanager
def archive(to: Any = None, **options: Any) -> Iterator[tuple[str, int]]:
    """A server for all objects."""
    with Server([Storage(to)], **options).started("127.0.0.1") as server:
        yield "127.0.0.1", server.port


@pytest.fixture
def many(examples_dir: Path) -> Callable[[int], list[Dataset]]:
    def make(count: int) -> list[Dataset]:
        found = []
        for number in range(count):
            ds = dicomkit.read(examples_dir / "ct.dcm")
            ds.SOPInstanceUID = f"2.25.{number}"
            found.append(ds)
        return found

    return make


def test_folder(examples_dir: Path, tmp_path: Path) -> None:
    folder, sources = tmp_path / "received", tmp_path / "sources"
    sources.mkdir()
    for name in ("ct.dcm", "report.dcm", "japanese.dcm"):
        (sources / name).write_bytes((examples_dir / name).read_bytes())
    seen: list[tuple[int, int]] = []
    with archive(StoreTo(folder)) as peer:
        report = dicomkit.send(sources, peer, progress=lambda one, done, total: seen.append((done, total)))
    assert report.is_complete
    assert report.associations == 1
    assert seen == [(number, len(report)) for number in range(1, len(report) + 1)]
    received = {str(dicomkit.read(path).SOPInstanceUID): path.read_bytes() for path in folder.iterdir()}
    assert len(report) == 3
    for one in report:
        assert one.size is not None
        assert received[one.sop_instance_uid][-one.size :] == Path(str(one.source)).read_bytes()[-one.size :]
        assert (one.sent_as, one.association, one.attempts) == (one.transfer_syntax, 1, 1)
        assert one.context_id % 2


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("pacs:104", (None, "pacs", 104)),
        ("pacs", (None, "pacs", 11112)),
        ("ARCHIVE@10.0.0.1:11112", ("ARCHIVE", "10.0.0.1", 11112)),
        ("A B@[::1]:104", ("A B", "::1", 104)),
        ("[fe80::1]", (None, "fe80::1", 11112)),
        (("h", 5), (None, "h", 5)),
    ],
)
def test_peers(peer: Any, expected: tuple[str | None, str, int]) -> None:
    assert peer_address(peer) == expected


@pytest.mark.parametrize("peer", ["", "host:", "host:x", "host:0", "host:65536", "::1:104", "A@:104"])
def test_no_peers(peer: str) -> None:
    with pytest.raises(ValueError, match=r"host:port|brackets"):
        peer_address(peer)


def test_titles(examples_dir: Path) -> None:
    peers: list[Peer] = []
    with archive(associated=peers.append) as (host, port):
        assert dicomkit.send(examples_dir / "ct.dcm", f"ARCHIVE@{host}:{port}", calling="ME").is_complete
        assert dicomkit.send(examples_dir / "ct.dcm", (host, port), called="OTHER").is_complete
    assert [(peer.ae_title, peer.called_ae_title) for peer in peers] == [("ME", "ARCHIVE"), ("DICOMKIT", "OTHER")]


def test_several_associations(many: Callable[[int], list[Dataset]]) -> None:
    """Each takes the next object when it has sent one; objects are sent once."""
    came: Counter[str] = Counter()
    meeting = threading.Barrier(3)

    def handle(request: Request) -> None:
        came[request.sop_instance] += 1
        if len(came) <= 3:
            meeting.wait(10)  # none goes on before all associations are there

    with archive(handle) as peer:
        report = dicomkit.send(many(30), peer, associations=3, outstanding=1)
    assert report.is_complete
    assert report.associations == 3
    assert {one.association for one in report} == {1, 2, 3}
    assert set(came.values()) == {1}
    assert len(came) == 30
    assert [one.sop_instance_uid for one in report] == [f"2.25.{number}" for number in range(30)]


def test_more_contexts_than_an_association_has(many: Callable[[int], list[Dataset]]) -> None:
    objects = many(150)
    for number, ds in enumerate(objects):
        ds.SOPClassUID = f"1.2.3.{number}"
    with archive(promiscuous=True) as peer:
        report = dicomkit.send(objects, peer)
    assert report.is_complete
    assert report.associations == 3  # of 64 classes with two contexts each


def test_bad_files_do_not_keep_others_back(examples_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.dcm").write_text("nothing")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("nothing")
    with archive() as peer:
        report = dicomkit.send(
            [tmp_path / "bad.dcm", tmp_path / "missing", examples_dir / "ct.dcm", tmp_path / "folder"], peer
        )
    assert [one.is_stored for one in report] == [False, False, True]
    assert isinstance(report.results[1].error, FileNotFoundError)
    assert report.skipped == [str(tmp_path / "folder" / "notes.txt")]


def test_refused_contexts_and_statuses(many: Callable[[int], list[Dataset]], examples_dir: Path) -> None:
    def handle(request: Request) -> int:
        return 0xA700 if request.sop_instance.endswith("1") else 0

    with Server([Storage(handle, sop_classes=["CTImageStorage"])]).started("127.0.0.1") as server:
        report = dicomkit.send([*many(3), examples_dir / "report.dcm"], ("127.0.0.1", server.port))
    codes = [None if one.status is None else one.status.code for one in report]
    assert codes == [0, 0xA700, 0, None]
    assert isinstance(report.results[3].error, dicomkit.NoPresentationContext)
    assert report.results[1].attempts == 1  # what a peer refuses, it refuses


@pytest.mark.parametrize(("transcode", "stored"), [("lossless", True), ("never", False)])
def test_transcoding(examples_dir: Path, transcode: Any, stored: bool) -> None:
    ds = dicomkit.read(examples_dir / "ct.dcm")
    ds.compress("RLELossless", new_instance=False)
    received: list[Dataset] = []
    service = Storage(lambda request: received.append(request.dataset), transfer_syntaxes=[EXPLICIT])
    with Server([service]).started("127.0.0.1") as server:
        report = dicomkit.send(ds, ("127.0.0.1", server.port), transcode=transcode)
    assert report.is_complete is stored
    if stored:
        assert report.results[0].sent_as == EXPLICIT
        assert received[0].PixelData == dicomkit.read(examples_dir / "ct.dcm").PixelData
        assert ds.transfer_syntax == "1.2.840.10008.1.2.5"  # not changed itself


def test_no_peer(examples_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    report = dicomkit.send(examples_dir / "ct.dcm", ("127.0.0.1", port), retries=1, retry_delay=0.01)
    assert isinstance(report.results[0].error, ConnectError)
    assert (report.associations, report.results[0].attempts) == (0, 0)


def test_permanent_rejection_is_not_tried_again(examples_dir: Path) -> None:
    with Server([Storage(None)], called=["PACS"]).started("127.0.0.1") as server:
        report = dicomkit.send(examples_dir, ("127.0.0.1", server.port), retries=5, retry_delay=60)
        assert server.counters.associations_rejected == 1
    assert all(isinstance(one.error, AssociationRejected) for one in report)


def test_transient_rejection_is_tried_again(examples_dir: Path) -> None:
    with Server([Storage(None)], limits=Limits(associations=1)).started("127.0.0.1") as server:
        first = dicomkit.associate("127.0.0.1", server.port, contexts=["CTImageStorage"])
        threading.Timer(0.2, first.release).start()
        report = dicomkit.send(examples_dir / "ct.dcm", ("127.0.0.1", server.port), retries=4, retry_delay=0.1)
        assert server.counters.associations_rejected >= 1
    assert report.is_complete


@pytest.mark.parametrize("outstanding", [1, 8])
def test_broken_association(many: Callable[[int], list[Dataset]], outstanding: int) -> None:
    """What was under way is sent again over another association."""
    came: Counter[str] = Counter()

    def handle(request: Request) -> None:
        came[request.sop_instance] += 1
        if request.sop_instance == "2.25.5" and came["2.25.5"] == 1:
            loop = request.dialogue._listener.loop
            loop.call_soon_threadsafe(request.dialogue.abort)
            threading.Event().wait(0.2)

    with archive(handle) as peer:
        report = dicomkit.send(many(10), peer, retry_delay=0.01, outstanding=outstanding)
    assert report.is_complete
    assert report.associations == 2
    assert report.results[5].attempts == 2
    assert set(came) == {f"2.25.{number}" for number in range(10)}


def test_object_that_breaks_every_association(many: Callable[[int], list[Dataset]]) -> None:
    def handle(request: Request) -> None:
        if request.sop_instance == "2.25.1":
            request.dialogue._listener.loop.call_soon_threadsafe(request.dialogue.abort)
            threading.Event().wait(0.2)

    with archive(handle) as peer:
        report = dicomkit.send(many(4), peer, retries=2, retry_delay=0.01, outstanding=1)
    assert [one.is_stored for one in report] == [True, False, True, True]
    assert [one.attempts for one in report] == [1, 3, 1, 1]  # what was only read ahead was not tried
    assert isinstance(report.results[1].error, dicomkit.NetworkError)


@pytest.mark.parametrize("associations", [1, 3])
def test_progress_can_stop_it(many: Callable[[int], list[Dataset]], associations: int) -> None:
    def progress(one: Sent, done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with archive() as peer, pytest.raises(KeyboardInterrupt):
        dicomkit.send(many(100), peer, progress=progress, associations=associations)


@pytest.mark.parametrize(
    "options", [{"transcode": "always"}, {"associations": 0}, {"retries": -1}, {"outstanding": 0}, {"retry_delay": -1}]
)
def test_arguments(options: Any) -> None:
    with pytest.raises(ValueError, match=r"transcode|at least"):
        dicomkit.send([], "host:104", **options)
    assert len(dicomkit.send([], "host:104")) == 0
