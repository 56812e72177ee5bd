"""`dicomkit getscu`: against the server of this package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit.cli.getscu_options import retrievable_classes
from dicomkit.dataset.dataset import Dataset
from dicomkit.errors import DimseError
from dicomkit.net.server import Get, Request, Server
from tests.dcmtk import options_of

Tool = Callable[..., Any]


@contextmanager
def serving(handler: Callable[[Request], Any], **options: Any) -> Iterator[str]:
    models = [f"{model}QueryRetrieveInformationModelGet" for model in ("PatientRoot", "StudyRoot", "PatientStudyOnly")]
    with Server([Get(handler, sop_classes=models)], **options).started("127.0.0.1") as server:
        yield str(server.port)


@pytest.fixture
def objects(examples_dir: Path) -> list[Path]:
    return [examples_dir / name for name in ("ct.dcm", "report.dcm", "japanese.dcm")]


def data_set(path: Path) -> bytes:
    """The bytes of the data set of a file: what stands behind the File Meta Information."""
    data = path.read_bytes()
    return data[144 + int.from_bytes(data[140:144], "little") :]


def test_get(tool: Tool, tmp_path: Path, objects: list[Path]) -> None:
    """The files are named as DCMTK names them, and hold what was sent, byte for byte."""
    with serving(lambda request: objects) as port:
        result = tool("getscu", "-v", "-S", "-od", str(tmp_path), "127.0.0.1", port, "-k", "StudyInstanceUID=1.2")
    assert result.code == 0
    sent = {dicomkit.read(path).SOPInstanceUID: path for path in objects}
    received = {path.name.partition(".")[2]: path for path in tmp_path.iterdir()}
    assert set(received) == set(sent)
    assert sorted(path.name.partition(".")[0] for path in tmp_path.iterdir()) == ["CT", "SC", "SRc"]
    for uid, path in sent.items():
        assert data_set(received[uid]) == data_set(path)
        assert dicomkit.read(received[uid]).file_meta.SourceApplicationEntityTitle == "ANY-SCP"
    assert result.err.splitlines()[-7:] == [
        "I: Received C-GET Response (Success)",
        "I: Final status report from last C-GET message:",
        "I:   Number of Remaining Suboperations : 0",
        "I:   Number of Completed Suboperations : 3",
        "I:   Number of Failed Suboperations    : 0",
        "I:   Number of Warning Suboperations   : 0",
        "I: Releasing Association",
    ]


def test_storage_modes(tool: Tool, tmp_path: Path, objects: list[Path]) -> None:
    with serving(lambda request: objects[:1]) as port:
        words = ["-od", str(tmp_path), "127.0.0.1", port, "-k", "PatientID=1"]
        assert tool("getscu", "--ignore", *words).code == 0
        assert list(tmp_path.iterdir()) == []
        assert tool("getscu", "+B", *words).code == 0
        assert [path.name for path in tmp_path.iterdir()] == [dicomkit.read(objects[0]).SOPInstanceUID]
        again = tool("getscu", "+B", *words)
        assert again.err.startswith("W: DICOM file already exists, overwriting: ")


def test_hostile_names(tool: Tool, tmp_path: Path, objects: list[Path]) -> None:
    """What the peer says is not where a file goes."""
    bad = dicomkit.read(objects[0])
    bad.SOPInstanceUID = "../../escaped"
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    with serving(lambda request: [bad]) as port:
        for mode in ("-B", "+B"):
            tool("getscu", mode, "-od", str(inner), "127.0.0.1", port, "-k", "PatientID=1")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert {path.name for path in inner.iterdir()} <= {"CT..._.._escaped", ".._.._escaped"}


def test_preferred_transfer_syntax(tool: Tool, tmp_path: Path, examples_dir: Path) -> None:
    with serving(lambda request: [examples_dir / "rle.dcm"], prefer="requestor") as port:
        words = ["-od", str(tmp_path), "127.0.0.1", port, "-k", "PatientID=1"]
        assert tool("getscu", "+xr", *words).code == 0
        [path] = tmp_path.iterdir()
        assert dicomkit.read(path).transfer_syntax == "1.2.840.10008.1.2.5"
        assert tool("getscu", "+xi", *words).code == 0
        assert dicomkit.read(path).transfer_syntax == "1.2.840.10008.1.2"


def test_statuses(tool: Tool, tmp_path: Path, objects: list[Path]) -> None:
    unknown = dicomkit.read(objects[0])
    unknown.SOPClassUID = "1.2.840.10008.5.1.4.43.1"  # one that is not proposed
    with serving(lambda request: [objects[0], unknown]) as port:
        result = tool("getscu", "-od", str(tmp_path), "127.0.0.1", port, "-k", "PatientID=1")
    assert result.code == 68
    assert "W: Get response with warning status (B000H" in result.err

    def refuse(request: Request) -> list[Dataset]:
        raise DimseError(0xA701)

    with serving(refuse) as port:
        result = tool("getscu", "-od", str(tmp_path), "127.0.0.1", port, "-k", "PatientID=1")
    assert result.code == 69
    assert "A701H" in result.err


def test_full_folder(tool: Tool, tmp_path: Path, objects: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """An object that cannot be written is refused, and nothing of it stays."""
    from dicomkit.net.server.incoming_file import IncomingFile

    def full(self: IncomingFile, path: str, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(IncomingFile, "finish", full)
    with serving(lambda request: objects[:1]) as port:
        result = tool("getscu", "-od", str(tmp_path), "127.0.0.1", port, "-k", "PatientID=1")
    assert result.code == 69
    assert list(tmp_path.iterdir()) == []


def test_setup_errors(tool: Tool, tmp_path: Path) -> None:
    result = tool("getscu", "-od", str(tmp_path / "nowhere"), "127.0.0.1", "1", "-k", "PatientID=1")
    assert (result.code, result.err) == (1, "F: specified output directory does not exist\n")
    assert tool("getscu", "127.0.0.1", "1").code == 1


def test_contexts_fit() -> None:
    """128 presentation contexts (PS3.8 9.3.2), one of them for the query."""
    classes = retrievable_classes()
    assert len(set(classes)) == len(classes) <= 127
    for keyword in ("CTImageStorage", "EnhancedMRImageStorage", "LabelMapSegmentationStorage", "RTPlanStorage"):
        assert str(dicomkit.UID.from_keyword(keyword)) in classes


def test_options_of_dcmtk() -> None:
    from dicomkit.cli import getscu

    ours = {option.long: option.short for group in getscu.GROUPS for option in group}
    theirs = {long: short for long, (short, _) in options_of("getscu").items()}
    assert {long: short for long, short in ours.items() if long in theirs} == theirs
