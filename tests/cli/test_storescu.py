"""`dicomkit storescu`, against the server of this package."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import Dataset
from dicomkit.cli.storescu_options import GROUPS
from dicomkit.net.items import UserIdentity
from dicomkit.net.pdu import AssociateRQ
from dicomkit.net.server import Peer, Request, Server, Storage
from tests.dcmtk import options_of

Tool = Callable[..., Any]


@contextmanager
def serving(to: Any = None, syntaxes: Any = None, classes: Any = None, **options: Any) -> Iterator[str]:
    """A server; gives its port."""
    service = Storage(to, transfer_syntaxes=syntaxes, sop_classes=classes)
    with Server([service], **options).started("127.0.0.1") as server:
        yield str(server.port)


def test_store(tool: Tool, examples_dir: Path) -> None:
    names = [str(examples_dir / name) for name in ("ct.dcm", "report.dcm")]
    with serving() as port:
        assert tool("storescu", "127.0.0.1", port, *names).err == ""
        result = tool("storescu", "-v", "127.0.0.1", port, *names)
    assert result.code == 0
    assert result.err.splitlines() == [
        "I: checking input files ...",
        "I: Requesting Association",
        "I: Association Accepted (Max Send PDV: 1048564)",
        f"I: Sending file: {names[0]}",
        "I: Converting transfer syntax: Explicit VR Little Endian -> Explicit VR Little Endian",
        "I: Sending Store Request (MsgID 1, CT)",
        "I: Received Store Response (Success)",
        f"I: Sending file: {names[1]}",
        "I: Converting transfer syntax: Explicit VR Little Endian -> Explicit VR Little Endian",
        "I: Sending Store Request (MsgID 2, SRc)",
        "I: Received Store Response (Success)",
        "I: Releasing Association",
    ]


def test_several_at_a_time(tool: Tool, examples_dir: Path) -> None:
    """Without a log to be kept in order, objects do not wait for each other; a server that answers late shows it."""
    waiting: list[Request] = []
    together = threading.Barrier(4, timeout=10)

    def handle(request: Request) -> int:
        waiting.append(request)
        together.wait()
        return 0

    with serving(handle) as port:
        words = ["--repeat", "8", "127.0.0.1", port, str(examples_dir / "ct.dcm")]
        assert tool("storescu", *words).code == 0
    assert len(waiting) == 8


def test_nothing_more_is_sent_after_a_failure(tool: Tool, examples_dir: Path, tmp_path: Path) -> None:
    names = [str(tmp_path / f"{number:02}.dcm") for number in range(40)]
    for name in names:
        shutil.copy(examples_dir / "ct.dcm", name)
    came: list[Request] = []

    def handle(request: Request) -> int:
        came.append(request)
        return 0xA700

    with serving(handle) as port:
        assert tool("storescu", "-R", "+rn", "127.0.0.1", port, *names).code == 0xA7
    assert 1 <= len(came) <= 8  # those that were under way
    assert sum(path.name.endswith(".bad") for path in tmp_path.iterdir()) == len(came)


def test_one_at_a_time_nothing_more_is_sent_after_a_failure(tool: Tool, examples_dir: Path) -> None:
    """Though the next object is read ahead."""
    path = str(examples_dir / "ct.dcm")
    came: list[Request] = []

    def handle(request: Request) -> int:
        came.append(request)
        return 0xA700 if len(came) == 2 else 0

    with serving(handle, operations=1) as port:
        assert tool("storescu", "127.0.0.1", port, *[path] * 5).code == 0xA7
        assert len(came) == 2
        assert tool("storescu", "-nh", "127.0.0.1", port, *[path] * 5).code == 0
        assert len(came) == 7
        came[:] = came[:1]
        repeated = ["-nh", "--repeat", "3"]
        assert tool("storescu", *repeated, "127.0.0.1", port, path, str(examples_dir / "ct_implicit.dcm")).code == 0
        assert len(came) == 5  # a file that was refused is not sent another time


def proposals(request: AssociateRQ) -> list[tuple[str, tuple[str, ...]]]:
    return [(context.abstract_syntax, context.transfer_syntaxes) for context in request.presentation_contexts]


CT = "1.2.840.10008.5.1.4.1.1.2"
LITTLE, BIG, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"


@pytest.mark.parametrize(
    ("options", "expected"),
    [  # as DCMTK 3.6.7 shows with -v +v on a little endian machine
        (["-R"], [(LITTLE,), (BIG, IMPLICIT)]),
        (["-R", "+C"], [(LITTLE, BIG, IMPLICIT)]),
        (["-R", "-xi"], [(IMPLICIT,)]),
        (["-R", "-xs"], [(JPEG_LOSSLESS,), (LITTLE, BIG, IMPLICIT)]),
        (["-R", "-xs", "+C"], [(JPEG_LOSSLESS, LITTLE, BIG, IMPLICIT)]),
        (["-R", "-xn"], [("1.2.840.10008.1.2.4.102",)]),
    ],
)
def test_proposals(tool: Tool, examples_dir: Path, options: list[str], expected: list[tuple[str, ...]]) -> None:
    peers: list[Peer] = []
    with serving(associated=peers.append) as port:
        tool("storescu", *options, "127.0.0.1", port, str(examples_dir / "ct.dcm"))
    assert proposals(peers[0].agreement.request) == [(CT, syntaxes) for syntaxes in expected]


def test_usual_classes_are_proposed_too(tool: Tool, examples_dir: Path) -> None:
    peers: list[Peer] = []
    with serving(associated=peers.append) as port:
        tool("storescu", "127.0.0.1", port, str(examples_dir / "ct.dcm"))
    found = proposals(peers[0].agreement.request)
    assert len(found) == 128
    assert found[0][0] == CT
    assert len({sop_class for sop_class, _ in found}) == 64


def test_titles_identity_repeat(tool: Tool, examples_dir: Path) -> None:
    peers: list[Peer] = []
    came: list[str] = []
    with serving(lambda request: came.append(request.sop_instance), associated=peers.append) as port:
        words = ["-aet", "ME", "-aec", "YOU", "-usr", "smith", "-pwd", "secret", "--repeat", "3", "-pdu", "32768"]
        assert tool("storescu", *words, "127.0.0.1", port, str(examples_dir / "ct.dcm")).code == 0
    request = peers[0].agreement.request
    assert (request.calling_ae_title, request.called_ae_title) == ("ME", "YOU")
    assert request.user_information.max_pdu_length == 32768
    assert peers[0].user_identity == UserIdentity(2, b"smith", b"secret", False)
    assert len(came) == 3


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [  # the codes of DCMTK 3.6.7
        (0xA700, 0xA7, "Refused: out of resources"),
        (0xC000, 0xC0, "Cannot understand"),
        (0x0122, 1, "Refused: SOP class not supported"),
        (0xB000, 0, "Coercion of data elements"),
    ],
)
def test_statuses(tool: Tool, examples_dir: Path, status: int, code: int, text: str) -> None:
    names = [str(examples_dir / name) for name in ("ct.dcm", "report.dcm")]
    with serving(lambda request: status) as port:
        result = tool("storescu", "-v", "127.0.0.1", port, *names)
        going_on = tool("storescu", "-nh", "-v", "127.0.0.1", port, *names)
    line = f"I: Received Store Response ({text})"
    assert result.code == code
    assert result.err.count(line) == (1 if code else 2)
    assert going_on.code == 0
    assert going_on.err.count(line) == 2


def test_aborting_peer(tool: Tool, examples_dir: Path) -> None:
    def handle(request: Request) -> None:
        request.dialogue._listener.loop.call_soon_threadsafe(request.dialogue.abort)
        raise dicomkit.DimseError(0xC000)

    with serving(handle) as port:
        result = tool("storescu", "-nh", "127.0.0.1", port, *[str(examples_dir / "ct.dcm")] * 2)
    assert result.code in (10, 0xC0)  # whichever comes first


def test_refused_class(tool: Tool, examples_dir: Path) -> None:
    names = [str(examples_dir / name) for name in ("report.dcm", "ct.dcm")]
    with serving(classes=["CTImageStorage"]) as port:
        result = tool("storescu", "127.0.0.1", port, *names)
        going_on = tool("storescu", "-v", "-nh", "127.0.0.1", port, *names)
        nothing = tool("storescu", "-R", "127.0.0.1", port, names[0])
    assert result.code == 1
    assert result.err == "E: No presentation context for: (SRc) 1.2.840.10008.5.1.4.1.1.88.33\n"
    assert going_on.code == 0
    assert going_on.err.count("(Success)") == 1
    assert nothing.code == 1
    assert nothing.err == "F: No Acceptable Presentation Contexts\n"


def test_transcoding(tool: Tool, examples_dir: Path, tmp_path: Path) -> None:
    """What was compressed without loss is decompressed for a peer that wants that."""
    ds = dicomkit.read(examples_dir / "ct.dcm")
    ds.compress("RLELossless", new_instance=False)
    ds.save(tmp_path / "rle.dcm")
    received: list[Dataset] = []
    with serving(lambda request: received.append(request.dataset), syntaxes=["ExplicitVRLittleEndian"]) as port:
        assert tool("storescu", "127.0.0.1", port, str(tmp_path / "rle.dcm")).code == 0
    assert received[0].PixelData == dicomkit.read(examples_dir / "ct.dcm").PixelData


def test_rename(tool: Tool, examples_dir: Path, tmp_path: Path) -> None:
    shutil.copy(examples_dir / "ct.dcm", tmp_path / "a.dcm")
    (tmp_path / "b.dcm").write_text("no DICOM")
    with serving() as port:
        words = ["-nh", "+rn", "+sd", "127.0.0.1", port, str(tmp_path)]
        result = tool("storescu", *words)
    assert result.code == 0
    assert result.err.startswith(f"E: Bad DICOM file: {tmp_path / 'b.dcm'}: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.dcm.done", "b.dcm.bad"]


def test_invented_identities(tool: Tool, examples_dir: Path) -> None:
    received: list[Dataset] = []
    with serving(lambda request: received.append(request.dataset)) as port:
        words = ["+IR", "2", "+IS", "2", "+IP", "1", "--repeat", "8", "127.0.0.1", port, str(examples_dir / "ct.dcm")]
        assert tool("storescu", *words).code == 0
    assert len({ds.SOPInstanceUID for ds in received}) == 8
    assert len({ds.SeriesInstanceUID for ds in received}) == 4
    assert len({ds.StudyInstanceUID for ds in received}) == 2
    assert len({ds.PatientID for ds in received}) == 2
    assert sorted(ds.InstanceNumber for ds in received) == [0] * 4 + [1] * 4  # which are handled in several threads
    assert all(not ds.problems for ds in received)


def test_old_vrs_and_deflate_level(tool: Tool, examples_dir: Path) -> None:
    received: list[Dataset] = []
    with serving(lambda request: received.append(request.dataset)) as port:
        path = str(examples_dir / "ct.dcm")
        for words in (["-xd", "+cl", "1"], ["-xd", "+cl", "9"], ["-u"], ["-f"]):
            tool("storescu", *words, "127.0.0.1", port, path)
    assert len(received) >= 3
    assert received[0].transfer_syntax == LITTLE  # that of the file, which is accepted too


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["host", "104"], "Missing parameter dcmfile-in"),
        (["host"], "Missing parameter port"),
        (["host", "0", "f"], "Invalid value for parameter port (0)"),
        (["+cl", "4", "host", "104", "f"], "--compression-level only allowed with --propose-deflated or --config-file"),
        (["-xf", "x", "y", "-xs", "host", "104", "f"], "--config-file not allowed with --propose-lossless"),
        (["-pwd", "x", "host", "104", "f"], "--password only allowed with --user"),
        (["+r", "host", "104", "f"], "--recurse only allowed with --scan-directories"),
    ],
)
def test_command_lines(tool: Tool, words: list[str], message: str) -> None:
    result = tool("storescu", *words)
    assert result.code == 1
    assert result.err.endswith(f"error: {message}\n")


def test_profile(tool: Tool, examples_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "profiles.cfg").write_text(
        "[[TransferSyntaxes]]\n[A]\nTransferSyntax1 = LittleEndianImplicit\n[[PresentationContexts]]\n[B]\n"
        "PresentationContext1 = CTImageStorage\\A\n[[Profiles]]\n[C]\nPresentationContexts = B\n"
    )
    peers: list[Peer] = []
    with serving(associated=peers.append) as port:
        words = ["-xf", str(tmp_path / "profiles.cfg"), "C", "127.0.0.1", port, str(examples_dir / "ct.dcm")]
        assert tool("storescu", *words).code == 0
    assert proposals(peers[0].agreement.request) == [(CT, (IMPLICIT,))]


def test_options_are_dcmtks() -> None:
    theirs = {long: short for long, (short, _) in options_of("storescu").items()}
    ours = {option.long: option.short for group in GROUPS for option in group}
    assert theirs.items() <= ours.items()
