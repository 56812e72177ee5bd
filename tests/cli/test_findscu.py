"""`dicomkit findscu`: against the server of this package."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import dicomkit
from dicomkit.dataset.dataset import Dataset
from dicomkit.errors import DimseError
from dicomkit.net.server import Find, Request, Server
from tests.dcmtk import options_of

Tool = Callable[..., Any]

NAMES = ("Müller^Jürgen", "Doe^John", "山田^太郎")


@contextmanager
def serving(handler: Callable[[Request], Any], **options: Any) -> Iterator[str]:
    models = [
        "PatientRootQueryRetrieveInformationModelFind",
        "StudyRootQueryRetrieveInformationModelFind",
        "PatientStudyOnlyQueryRetrieveInformationModelFind",
        "ModalityWorklistInformationModelFind",
    ]
    with Server([Find(handler, sop_classes=models)], **options).started("127.0.0.1") as server:
        yield str(server.port)


def patients(request: Request) -> Iterator[Dataset]:
    """A match for each patient, whatever is asked for."""
    for number, name in enumerate(NAMES, 1):
        yield Dataset(SpecificCharacterSet="ISO_IR 192", PatientID=f"P{number}", PatientName=name)


def test_responses_are_shown(tool: Tool) -> None:
    """Without -v too, as DCMTK's does; not with -q."""
    with serving(patients) as port:
        result = tool("findscu", "127.0.0.1", port, "-k", "PatientName")
        quiet = tool("findscu", "-q", "127.0.0.1", port, "-k", "PatientName")
        hidden = tool("findscu", "-sr", "127.0.0.1", port, "-k", "PatientName")
    assert (result.code, quiet.code, hidden.code) == (0, 0, 0)
    lines = result.err.splitlines()
    assert [line for line in lines if "Find Response" in line] == [f"I: Find Response: {n} (Pending)" for n in (1, 2, 3)]
    assert any("[山田^太郎]" in line for line in lines)
    assert quiet.err == hidden.err == ""


def test_verbose(tool: Tool) -> None:
    with serving(patients) as port:
        lines = tool("findscu", "-v", "-sr", "127.0.0.1", port, "-k", "PatientName=M*").err.splitlines()
    assert lines[:5] == [
        "I: Requesting Association",
        "I: Association Accepted (Max Send PDV: 1048564)",
        "I: Sending Find Request (MsgID 1)",
        "I: Request Identifiers:",
        "I: ",
    ]
    assert lines[-5:] == [
        "I: Received Find Response 1 (Pending)",
        "I: Received Find Response 2 (Pending)",
        "I: Received Find Response 3 (Pending)",
        "I: Received Final Find Response (Success)",
        "I: Releasing Association",
    ]


def test_models_and_transfer_syntaxes(tool: Tool) -> None:
    seen = []

    def handler(request: Request) -> list[Dataset]:
        seen.append((request.sop_class, request.transfer_syntax, request.dataset.PatientID))
        return []

    with serving(handler) as port:
        for letter in "WPSO":
            assert tool("findscu", f"-{letter}", "127.0.0.1", port, "-k", "PatientID=1").code == 0
        for option in ("-xi", "-xb", "-xd", "-xe"):
            assert tool("findscu", option, "127.0.0.1", port, "-k", "PatientID=1").code == 0
    assert [uid for uid, _, _ in seen[:4]] == [
        "1.2.840.10008.5.1.4.31",
        "1.2.840.10008.5.1.4.1.2.1.1",
        "1.2.840.10008.5.1.4.1.2.2.1",
        "1.2.840.10008.5.1.4.1.2.3.1",
    ]
    assert seen[4][1] == "1.2.840.10008.1.2"
    assert all(patient == "1" for _, _, patient in seen)


def test_extract(tool: Tool, tmp_path: Path) -> None:
    with serving(patients) as port:
        words = ["127.0.0.1", port, "-k", "PatientName", "-od", str(tmp_path)]
        result = tool("findscu", "-X", "-Xx", "-Xs", "all.xml", *words)
        assert (result.code, result.err) == (0, "")
        names = sorted(path.name for path in tmp_path.iterdir())
        assert names == ["all.xml", *[f"rsp000{n}.{kind}" for n in (1, 2, 3) for kind in ("dcm", "xml")]]
        assert [dicomkit.read(tmp_path / f"rsp000{n}.dcm").PatientName for n in (1, 2, 3)] == list(NAMES)
        tree = ElementTree.parse(tmp_path / "all.xml").getroot()
        assert (tree.tag, tree.attrib) == ("responses", {"type": "C-FIND"})
        assert [found.text for found in tree.iterfind("data-set/element[@name='PatientName']")] == list(NAMES)
        assert ElementTree.parse(tmp_path / "rsp0003.xml").getroot().tag == "data-set"
        limited = tmp_path / "limited"
        limited.mkdir()
        assert tool("findscu", "-X", "-Xlo", "2", *words[:-1], str(limited)).code == 0
        assert len(list(limited.iterdir())) == 2


def test_queries_in_files(tool: Tool, tmp_path: Path) -> None:
    """One request for each, on one association, with --repeat more of them; files are numbered on."""
    seen = []

    def handler(request: Request) -> list[Dataset]:
        seen.append(request.dataset.PatientID)
        return [Dataset(PatientID=request.dataset.PatientID)]

    for name in "ab":
        Dataset(PatientID=name).save(tmp_path / name, meta="none")
    with serving(handler) as port:
        files = [str(tmp_path / "a"), str(tmp_path / "b")]
        assert tool("findscu", "--repeat", "2", "-X", "-od", str(tmp_path), "127.0.0.1", port, *files).code == 0
    assert seen == ["a", "b", "a", "b"]
    assert dicomkit.read(tmp_path / "rsp0004.dcm").PatientID == "b"


def test_cancel(tool: Tool) -> None:
    def endless(request: Request) -> Iterator[Dataset]:
        number = 0
        while not request.cancelled:
            number += 1
            yield Dataset(PatientID=str(number))
            time.sleep(0.01)

    with serving(endless) as port:
        result = tool("findscu", "-v", "-sr", "--cancel", "2", "127.0.0.1", port, "-k", "PatientID")
    assert result.code == 0
    assert "I: Sending Cancel Request (MsgID 1)\n" in result.err
    assert "I: Received Final Find Response (Matching terminated due to cancel request)\n" in result.err


def test_failures(tool: Tool) -> None:
    def refuse(request: Request) -> list[Dataset]:
        raise DimseError(0xA900)

    with serving(refuse) as port:
        result = tool("findscu", "127.0.0.1", port, "-k", "PatientID")
        assert (result.code, "A900H" in result.err) == (2, True)
    with serving(patients, called={"PACS"}) as port:
        result = tool("findscu", "127.0.0.1", port, "-k", "PatientID")
        assert result.code == 2
        assert result.err.splitlines()[0] == "E: Association Rejected:"


def test_setup_errors(tool: Tool, tmp_path: Path) -> None:
    with serving(patients) as port:
        result = tool("findscu", "-X", "-od", str(tmp_path / "nowhere"), "127.0.0.1", port, "-k", "PatientID")
        assert (result.code, "specified output directory does not exist" in result.err) == (1, True)
        assert tool("findscu", "127.0.0.1", port).code == 1
        assert tool("findscu", "127.0.0.1", port, "-k", "Nonsense=1").code == 1


def test_options_of_dcmtk() -> None:
    from dicomkit.cli import findscu

    ours = {option.long: option.short for group in findscu.GROUPS for option in group}
    theirs = {long: short for long, (short, _) in options_of("findscu").items()}
    assert {long: short for long, short in ours.items() if long in theirs} == theirs
