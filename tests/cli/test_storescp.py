"""`dicomkit storescp`: as a process, asked by this package."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import AssociationAborted, AssociationRejected
from dicomkit.cli.storescp_options import GROUPS
from tests.cli.receivers import CONTEXTS, names, running
from tests.dcmtk import options_of

Tool = Callable[..., Any]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and shell commands")


def test_store(examples_dir: Path, tmp_path: Path) -> None:
    uid = dicomkit.read(examples_dir / "ct.dcm").SOPInstanceUID
    with running(tmp_path, "-v") as server:
        for _ in range(2):
            with server.associate() as assoc:
                assert assoc.store(examples_dir / "ct.dcm").code == 0
        with pytest.raises(ZeroDivisionError), server.associate():
            raise ZeroDivisionError
        server.wait_for(lambda: "Aborted" in server.log)
        log = server.log.splitlines()
    assert names(tmp_path / "out") == [f"CT.{uid}"]
    one = [
        "I: Association Received",
        "I: Association Acknowledged (Max Send PDV: 1048564)",
        "I: Received Store Request (MsgID 1, CT)",
        f"I: storing DICOM file: out/CT.{uid}",
    ]
    assert log == [
        *one,
        "I: Association Release",
        *one,
        f"W: DICOM file already exists, overwriting: out/CT.{uid}",
        "I: Association Release",
        *one[:2],
        "I: Association Aborted",
    ]


@pytest.mark.parametrize(
    ("options", "pattern"),
    [
        (["-fe", ".dcm"], r"CT\.2\.25\.\d+\.dcm"),
        (["+uf"], r"CT\.X\.2\.25\.\d+"),
        (["-tn"], r"\d{17}\.CT"),
        (["-su", "P"], r"P_2\.25\.\d+/CT\.2\.25\.\d+"),
        (["-ss", "P"], r"P_\d{8}_\d{9}/CT\.2\.25\.\d+"),
        (["-ss", ""], r"\d{8}_\d{9}/CT\.2\.25\.\d+"),
        (["-sp"], r"[A-Za-z_]+_\d{8}_\d{9}/CT\.2\.25\.\d+"),
    ],
)
def test_names(examples_dir: Path, tmp_path: Path, options: list[str], pattern: str) -> None:
    with running(tmp_path, *options) as server, server.associate() as assoc:
        assoc.store(examples_dir / "ct.dcm")
    [name] = names(tmp_path / "out")
    assert re.fullmatch(pattern, name)
    ours, theirs = (path.read_bytes() for path in (tmp_path / "out" / name, examples_dir / "ct.dcm"))
    assert ours.endswith(theirs[144 + int.from_bytes(theirs[140:144], "little") :])


def test_ignore_does_not_sort(examples_dir: Path, tmp_path: Path) -> None:
    with running(tmp_path, "--ignore", "-ss", "P", "-xcr", "touch x") as server, server.associate() as assoc:
        assert assoc.store(examples_dir / "ct.dcm").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.txt", "out"]


def test_study_without_uid_is_not_sorted(examples_dir: Path, tmp_path: Path) -> None:
    ds = dicomkit.read(examples_dir / "ct.dcm")
    del ds["StudyInstanceUID"]
    with running(tmp_path, "-su", "P") as server, server.associate() as assoc:
        with pytest.raises(dicomkit.DimseError, match="C000"):
            assoc.store(ds)
        assert assoc.store(examples_dir / "ct.dcm").code == 0
    assert len(names(tmp_path / "out")) == 1


EVIL = '../"; touch x; `touch y`$(touch z)|&>w'


def test_commands(examples_dir: Path, tmp_path: Path) -> None:
    """What peers say cannot break out of the command."""
    uid = dicomkit.read(examples_dir / "ct.dcm").SOPInstanceUID
    command = "echo p=#p f=#f a=#a c=#c r=#r >> said"
    with running(tmp_path, "-xs", "-dhl", "-xcr", command) as server:
        with server.associate() as assoc:
            assoc.store(examples_dir / "ct.dcm")
        with server.associate(calling="a;touch x`id`", called='"$(touch y)') as assoc:
            assoc.store(examples_dir / "ct.dcm")
    lines = (tmp_path / "said").read_text().splitlines()
    assert lines[0] == f"p=out f=CT.{uid} a=DICOMKIT c=ANY-SCP r=127.0.0.1"
    assert lines[1].startswith(f"p=out f=CT.{uid} a=a_touch x_id_ c=__")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.txt", "out", "said"]


def test_evil_uid_in_a_command(examples_dir: Path, tmp_path: Path) -> None:
    ds = dicomkit.read(examples_dir / "ct.dcm")
    ds.SOPInstanceUID = EVIL
    with running(tmp_path, "-xs", "-xcr", "echo #p/#f >> said") as server, server.associate() as assoc:
        try:
            assoc.store(ds)
        except dicomkit.DimseError:
            pytest.skip("the object was refused")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.txt", "out", "said"]
    assert len(names(tmp_path / "out")) == 1
    assert "/" not in names(tmp_path / "out")[0]


def test_end_of_study(examples_dir: Path, tmp_path: Path) -> None:
    ct = dicomkit.read(examples_dir / "ct.dcm")
    options = ["-ss", "P", "-rns", "-fe", ".dcm", "-xcs", "echo S #p #a >> said"]
    with running(tmp_path, *options) as server:
        with server.associate() as assoc:
            for study in (1, 1, 2):
                ct.StudyInstanceUID = f"2.25.{study}"
                ct.SOPInstanceUID = dicomkit.UID.generate()
                assoc.store(ct)
        server.wait_for(lambda: (tmp_path / "said").exists() and len((tmp_path / "said").read_text().splitlines()) == 1)
        time.sleep(0.1)
        assert len((tmp_path / "said").read_text().splitlines()) == 1  # the second one may go on
    found = names(tmp_path / "out")
    assert [name.split("/")[1] for name in found[:2]] == ["CT000001.dcm", "CT000002.dcm"]
    assert found[2].split("/")[1].startswith("CT.2.25.")
    assert (tmp_path / "said").read_text() == f"S out/{found[0].split('/')[0]} DICOMKIT\n"


def test_end_of_study_by_time(examples_dir: Path, tmp_path: Path) -> None:
    with running(tmp_path, "-su", "P", "-rns", "-tos", "1") as server:
        with server.associate() as assoc:
            assoc.store(examples_dir / "ct.dcm")
        server.wait_for(lambda: [name.split("/")[1] for name in names(tmp_path / "out")] == ["CT000001"])


@pytest.mark.parametrize(("option", "present"), [("--ignore", False), ("--sleep-after", True)])
def test_ignore_and_sleep(examples_dir: Path, tmp_path: Path, option: str, present: bool) -> None:
    with running(tmp_path, option, *(["1"] if present else [])) as server, server.associate() as assoc:
        start = time.monotonic()
        assert assoc.store(examples_dir / "ct.dcm").code == 0
        assert (time.monotonic() - start > 0.9) is present
    assert bool(names(tmp_path / "out")) is present


@pytest.mark.parametrize("option", ["--abort-after", "--abort-during"])
def test_abort(examples_dir: Path, tmp_path: Path, option: str) -> None:
    with running(tmp_path, "-v", option) as server:
        with pytest.raises(AssociationAborted), server.associate() as assoc:
            assoc.store(examples_dir / "ct.dcm")
        assert "I: ABORT initiated (due to command line options)" in server.log
    assert names(tmp_path / "out") == []


def test_refuse(tmp_path: Path) -> None:
    with running(tmp_path, "-v", "--refuse") as server:
        with pytest.raises(AssociationRejected) as caught:
            server.associate()
        assert (caught.value.result, caught.value.source, caught.value.reason) == (1, 1, 1)
        server.wait_for(lambda: "I: Refusing Association" in server.log)


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("+x=", "1.2.840.10008.1.2.1"),
        ("+xb", "1.2.840.10008.1.2.2"),
        ("+xi", "1.2.840.10008.1.2"),
        ("+xr", "1.2.840.10008.1.2.5"),
    ],
)
def test_preferences(tmp_path: Path, option: str, expected: str) -> None:
    proposed = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5"]
    contexts = [("CTImageStorage", proposed), ("1.2.3.4", proposed)]
    with running(tmp_path, option) as server, server.associate(contexts=contexts) as assoc:
        assert [context.transfer_syntax for context in assoc.accepted] == [expected]


def test_promiscuous_and_all(tmp_path: Path) -> None:
    contexts = [("1.2.3.4", ["1.2.840.10008.1.2.4.201"]), "Verification"]
    with running(tmp_path, "-pm", "+xa") as server, server.associate(contexts=contexts) as assoc:
        assert len(assoc.accepted) == 2
        assoc.echo()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["+ti"], "1.2.840.10008.1.2"),
        (["+td"], "1.2.840.10008.1.2.1.99"),
        (["+tb", "-tn"], "1.2.840.10008.1.2.2"),
    ],
)
def test_conversion(examples_dir: Path, tmp_path: Path, options: list[str], expected: str) -> None:
    with running(tmp_path, *options) as server, server.associate() as assoc:
        assoc.store(examples_dir / "ct.dcm")
        assoc.store(examples_dir / "ct.dcm")
    found = names(tmp_path / "out")
    assert len(found) == (2 if "-tn" in options else 1)
    ds = dicomkit.read(tmp_path / "out" / found[0])
    assert ds.transfer_syntax == expected
    assert ds.PixelData is not None
    assert list(dicomkit.diff(ds, dicomkit.read(examples_dir / "ct.dcm"))) == []


def test_compressed_objects_are_not_converted(examples_dir: Path, tmp_path: Path) -> None:
    ds = dicomkit.read(examples_dir / "ct.dcm")
    ds.compress("RLELossless", new_instance=False)
    contexts = [("CTImageStorage", ["1.2.840.10008.1.2.5"])]
    with running(tmp_path, "+xr", "+ti") as server, server.associate(contexts=contexts) as assoc:
        assoc.store(ds)
    assert dicomkit.read(tmp_path / "out" / names(tmp_path / "out")[0]).transfer_syntax == "1.2.840.10008.1.2.5"


def test_fork(examples_dir: Path, tmp_path: Path) -> None:
    """Several associations at once, shared among processes."""
    with running(tmp_path, "--fork", "+uf") as server:
        open_ones = [server.associate() for _ in range(8)]
        for assoc in open_ones:
            assoc.store(examples_dir / "ct.dcm")
        for assoc in open_ones:
            assoc.release()
    assert len(names(tmp_path / "out")) == 8


def test_limit(tmp_path: Path) -> None:
    with running(tmp_path, "--max-associations", "1") as server, server.associate(), pytest.raises(AssociationRejected):
        server.associate()


def test_inetd(examples_dir: Path, tmp_path: Path) -> None:
    """The connection is standard input; the process ends with it."""
    (tmp_path / "out").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = listener.accept()
    line = [sys.executable, "-m", "dicomkit", "storescp", "--inetd", "-od", "out"]
    child = subprocess.Popen(line, cwd=tmp_path, stdin=accepted.fileno(), stderr=subprocess.PIPE)
    accepted.close()
    from dicomkit.net.association import Association
    from dicomkit.net.driver import Driver
    from dicomkit.net.negotiation import propose
    from dicomkit.net.service_user import ServiceUser
    from dicomkit.net.transport import Transport
    from dicomkit.net.upper_layer import UpperLayer

    user = ServiceUser(UpperLayer(requestor=True))
    driver = Driver(Transport(client, "inetd", is_tls=False), user, 10, 10)
    user.associate(propose(CONTEXTS))
    driver.until(lambda: user.agreement is not None, 10, "no answer")
    with Association(driver, 10) as assoc:
        assoc.store(examples_dir / "ct.dcm")
    assert child.wait(10) == 0
    assert len(names(tmp_path / "out")) == 1


SORTING = "--sort-conc-studies, --sort-on-study-uid or --sort-on-patientname"


@pytest.mark.parametrize(
    ("words", "message"),
    [  # those of DCMTK 3.6.7
        (["-q"], "Missing parameter port"),
        (["--fork", "-rns", "2000"], "--rename-on-eostudy not allowed with --fork"),
        (["-rns", "2000"], f"--rename-on-eostudy only allowed with {SORTING}"),
        (["-xcs", "foo", "2000"], f"--exec-on-eostudy only allowed with {SORTING}"),
        (["+B", "-ss", "x", "2000"], "--sort-conc-studies not allowed with --bit-preserving"),
        (["+B", "+te", "2000"], "--write-xfer-little not allowed with --bit-preserving"),
        (["-id", "--fork"], "--inetd not allowed with --fork"),
        (["-F", "+p", "2", "3", "2000"], "--padding-create not allowed with --write-dataset"),
        (["-xf", "f", "p", "+xa", "2000"], "--config-file not allowed with --accept-all"),
        (["-xf", "f", "p", "-pm", "2000"], "--config-file not allowed with --promiscuous"),
        (["2000", "a"], "Too many parameters"),
        (["abc"], "Invalid value for parameter port (abc)"),
    ],
)
def test_command_lines(tool: Tool, words: list[str], message: str) -> None:
    result = tool("storescp", *words)
    assert result.code == 1
    assert result.err.endswith(f"error: {message}\n")


def test_cannot_start(tool: Tool, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = tool("storescp", "--ignore", port)
    assert (result.code, result.err) == (1, "E: cannot create network: Address already in use\n")
    result = tool("storescp", "-od", str(tmp_path / "none"), port)
    assert (result.code, result.err) == (1, "F: specified output directory does not exist\n")


def test_options_are_dcmtks() -> None:
    theirs = {long: short for long, (short, _) in options_of("storescp").items()}
    ours = {option.long: option.short for group in GROUPS for option in group}
    assert theirs.items() <= ours.items()
