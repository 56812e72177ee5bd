"""`dicomkit dcmsend`, against the server of this package."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit.cli.dcmsend_options import GROUPS
from dicomkit.net.outgoing import Outgoing
from dicomkit.net.server import Peer, Server, Storage
from tests.dcmtk import options_of

Tool = Callable[..., Any]

LITTLE, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"


@contextmanager
def serving(to: Any = None, syntaxes: Any = None, classes: Any = None, **options: Any) -> Iterator[str]:
    """A server; gives its port."""
    service = Storage(to, transfer_syntaxes=syntaxes, sop_classes=classes)
    with Server([service], **options).started("127.0.0.1") as server:
        yield str(server.port)


def test_send(tool: Tool, examples_dir: Path, tmp_path: Path) -> None:
    names = [str(examples_dir / name) for name in ("ct.dcm", "report.dcm")]
    with serving() as port:
        assert tool("dcmsend", "127.0.0.1", port, *names).err == ""
        result = tool("dcmsend", "-v", "+crf", str(tmp_path / "report.txt"), "127.0.0.1", port, *names)
    assert result.code == 0
    assert result.err.splitlines() == [
        "I: checking input files ...",
        "I: starting association #1",
        "I: initializing network ...",
        "I: negotiating network association ...",
        "I: Requesting Association",
        "I: Association Accepted (Max Send PDV: 1048564)",
        "I: sending SOP instances ...",
        "I: Sending C-STORE Request (MsgID 1, CT)",
        "I: Received C-STORE Response (Success)",
        "I: Sending C-STORE Request (MsgID 2, SRc)",
        "I: Received C-STORE Response (Success)",
        "I: Releasing Association",
        "I: creating detailed report on the transfer ...",
        "I: ",
        "I: Status Summary",
        "I: --------------",
        "I: Number of associations   : 1",
        "I: Number of pres. contexts : 4",
        "I: Number of SOP instances  : 2",
        "I: - sent to the peer       : 2",
        "I:   * with status SUCCESS  : 2",
    ]
    report = (tmp_path / "report.txt").read_text()
    assert report.startswith("Detailed Report on the Transfer of Instances\n====")
    assert f"Communication Peer : 127.0.0.1:{port}\nAE Titles used     : DCMSEND -> ANY-SCP\n" in report
    assert f"Number        : 1\nFilename      : {names[0]}\n" in report
    assert "SOP Class     : 1.2.840.10008.5.1.4.1.1.2 = CTImageStorage\n" in report
    assert "Network Xfer  : 1.2.840.10008.1.2.1 = Explicit VR Little Endian\nDIMSE Status  : 0x0000 (Success)\n" in report
    assert report.endswith("- sent to the peer       : 2\n  * with status SUCCESS  : 2\n")


@pytest.mark.parametrize(
    ("status", "kind"), [(0xA700, "REFUSED"), (0xC000, "ERROR  "), (0x0122, "REFUSED"), (0xB000, "WARNING")]
)
def test_status_is_only_reported(tool: Tool, examples_dir: Path, status: int, kind: str) -> None:
    """As DCMTK's: what the peer has answered counts as sent."""
    with serving(lambda request: status) as port:
        result = tool("dcmsend", "-v", "127.0.0.1", port, *[str(examples_dir / "ct.dcm")] * 2)
    assert result.code == 0
    assert f"I:   * with status {kind}  : 2" in result.err.splitlines()


def rle_file(examples_dir: Path, folder: Path) -> str:
    ds = dicomkit.read(examples_dir / "ct.dcm")
    ds.compress("RLELossless", new_instance=False)
    ds.save(folder / "rle.dcm")
    return str(folder / "rle.dcm")


@pytest.mark.parametrize(("option", "code"), [("+dls", 0), ("+dly", 0), ("-dn", 62)])
def test_decompression(tool: Tool, examples_dir: Path, tmp_path: Path, option: str, code: int) -> None:
    path = rle_file(examples_dir, tmp_path)
    with serving(syntaxes=["ImplicitVRLittleEndian"]) as port:
        assert tool("dcmsend", option, "127.0.0.1", port, path).code == code


def test_proposals(tool: Tool, examples_dir: Path, tmp_path: Path) -> None:
    peers: list[Peer] = []
    path = rle_file(examples_dir, tmp_path)
    with serving(associated=peers.append) as port:
        for words in ([], ["-dn"], ["-dn", "-nip"]):
            tool("dcmsend", *words, "127.0.0.1", port, path)
    found = [[context.transfer_syntaxes for context in peer.agreement.request.presentation_contexts] for peer in peers]
    rle = "1.2.840.10008.1.2.5"
    assert found == [[(rle,), (LITTLE, IMPLICIT)], [(rle,)], [(rle,), (IMPLICIT,)]]


def test_a_file_that_is_gone(tool: Tool, examples_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent before is answered first."""
    names = [shutil.copy(examples_dir / "ct.dcm", tmp_path / name) for name in ("a", "b", "c")]

    class Lost(Outgoing):
        def __init__(self, source: Any) -> None:
            if source.endswith("b"):
                raise FileNotFoundError(errno.ENOENT, "lost", source)
            super().__init__(source)

    monkeypatch.setattr("dicomkit.cli.dcmsend.Outgoing", Lost)
    with Server([Storage(lambda request: time.sleep(0.2))]).started("127.0.0.1") as server:
        halted = tool("dcmsend", "127.0.0.1", str(server.port), *map(str, names))
        assert server.counters.objects == 1
        going_on = tool("dcmsend", "-nh", "127.0.0.1", str(server.port), *map(str, names))
        assert server.counters.objects == 3
    assert halted.code == 62
    assert halted.err.startswith(f"F: cannot send SOP instance: {names[1]}")
    assert going_on.code == 0
    assert going_on.err.startswith(f"W: cannot send SOP instance: {names[1]}")


def test_refused_contexts(tool: Tool, examples_dir: Path) -> None:
    names = [str(examples_dir / name) for name in ("report.dcm", "ct.dcm")]
    with serving(classes=["CTImageStorage"]) as port:
        halted = tool("dcmsend", "127.0.0.1", port, *names)
        going_on = tool("dcmsend", "-v", "-nh", "127.0.0.1", port, *names)
        nothing = tool("dcmsend", "127.0.0.1", port, names[0])
    assert halted.code == 62
    assert (
        "E: No presentation context found for sending C-STORE with SOP Class / Transfer Syntax: ComprehensiveSRStorage"
        in (halted.err)
    )
    assert going_on.code == 0
    assert "I: - NOT sent to the peer   : 1\nI:   * no acceptable pres.  : 1\n" in going_on.err
    assert "I: - sent to the peer       : 1\n" in going_on.err
    assert nothing.code == 62


def test_several_associations(tool: Tool, examples_dir: Path, tmp_path: Path) -> None:
    for number in range(70):
        ds = dicomkit.read(examples_dir / "ct.dcm")
        ds.SOPClassUID = f"1.2.3.{number + 1}"
        ds.save(tmp_path / f"{number:02}.dcm")
    with serving(promiscuous=True) as port:
        result = tool("dcmsend", "-v", "+sd", "127.0.0.1", port, str(tmp_path))
        single = tool("dcmsend", "-ma", "+sd", "127.0.0.1", port, str(tmp_path))
    assert result.code == 0
    assert "I: Number of associations   : 2" in result.err
    assert "I: - sent to the peer       : 70" in result.err
    assert single.code == 65


def test_input_files(tool: Tool, examples_dir: Path, tmp_path: Path) -> None:
    shutil.copy(examples_dir / "ct.dcm", tmp_path / "a.dcm")
    bare = dicomkit.read(examples_dir / "ct.dcm")
    bare.save(tmp_path / "bare", meta="none")
    wrong = dicomkit.read(examples_dir / "ct.dcm")
    wrong.SOPInstanceUID = "1.02.3"
    wrong.save(tmp_path / "uid.dcm")
    with serving() as port:
        to = ["127.0.0.1", port]
        assert tool("dcmsend", *to, str(tmp_path / "a.dcm")).code == 0
        result = tool("dcmsend", *to, str(tmp_path / "bare"))
        assert result.code == 22
        assert result.err.endswith(f"F: bad DICOM file: {tmp_path / 'bare'}: File meta information header missing\n")
        assert tool("dcmsend", "+f", *to, str(tmp_path / "bare")).code == 0
        assert tool("dcmsend", "-f", *to, str(tmp_path / "bare")).code == 0
        assert tool("dcmsend", *to, str(tmp_path / "uid.dcm")).code == 22
        assert tool("dcmsend", "-nuc", *to, str(tmp_path / "uid.dcm")).code == 0
        assert tool("dcmsend", *to, str(tmp_path)).code == 21
        assert tool("dcmsend", *to, str(tmp_path / "none")).err.endswith("none: No such file or directory\n")


def test_dicomdir(tool: Tool, examples_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "IMG").mkdir()
    shutil.copy(examples_dir / "ct.dcm", tmp_path / "IMG" / "CT1")
    directory = dicomkit.Dataset()
    directory.DirectoryRecordSequence = [
        dicomkit.Dataset(DirectoryRecordType="PATIENT"),
        dicomkit.Dataset(DirectoryRecordType="IMAGE", ReferencedFileID=["IMG", "CT1"]),
    ]
    directory.save(tmp_path / "DICOMDIR", transfer_syntax="ExplicitVRLittleEndian")
    came: list[str] = []
    with serving(lambda request: came.append(request.sop_instance)) as port:
        result = tool("dcmsend", "+rd", "127.0.0.1", port, str(tmp_path / "DICOMDIR"))
        missing = tool("dcmsend", "+rd", "127.0.0.1", port, str(tmp_path / "nothing"))
    assert result.code == 0, result.err
    assert came == [str(dicomkit.read(examples_dir / "ct.dcm").SOPInstanceUID)]
    assert missing.code == 22


def test_list_decoders(tool: Tool) -> None:
    lines = tool("dcmsend", "--list-decoders").out.decode().splitlines()
    assert lines[0] == "Transfer syntaxes supported natively:"
    assert {"- Explicit VR Little Endian", "- RLE Lossless"} <= set(lines)


def test_options_are_dcmtks() -> None:
    theirs = {long: short for long, (short, _) in options_of("dcmsend").items()}
    ours = {option.long: option.short for group in GROUPS for option in group}
    assert theirs.items() <= ours.items()
    assert "--enable-tls" in ours
