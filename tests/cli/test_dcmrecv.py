"""`dicomkit dcmrecv`: as a process, asked by this package."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dicomkit
from dicomkit import AssociationRejected
from dicomkit.cli.dcmrecv_options import GROUPS
from tests.cli.receivers import names, running
from tests.dcmtk import options_of

Tool = Callable[..., Any]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")


@pytest.fixture
def profile(tmp_path: Path) -> list[str]:
    path = tmp_path / "profiles.cfg"
    path.write_text(
        "[[TransferSyntaxes]]\n[Some]\nTransferSyntax1 = LittleEndianExplicit\nTransferSyntax2 = LittleEndianImplicit\n"
        "[[PresentationContexts]]\n[Some]\nPresentationContext1 = CTImageStorage\\Some\n"
        "PresentationContext2 = VerificationSOPClass\\Some\n[[Profiles]]\n[Some]\nPresentationContexts = Some\n"
    )
    return ["-xf", str(path), "Some"]


def test_store(examples_dir: Path, tmp_path: Path, profile: list[str]) -> None:
    uid = dicomkit.read(examples_dir / "ct.dcm").SOPInstanceUID
    with running(tmp_path, "-v", *profile, tool="dcmrecv") as server:
        for _ in range(2):
            with server.associate(calling="ME", called="YOU") as assoc:
                assert [context.abstract_syntax for context in assoc.accepted] == ["1.2.840.10008.5.1.4.1.1.2"]
                assoc.store(examples_dir / "ct.dcm")
        with server.associate(contexts=["Verification"]) as assoc:
            assoc.echo()
        log = server.log.splitlines()
    assert names(tmp_path / "out") == [f"CT.{uid}"]
    one = [
        "I: Association Received 127.0.0.1: ME -> YOU",
        "I: Association Acknowledged (Max Send PDV: 1048564)",
        "I: Received C-STORE Request (MsgID 1)",
        f"I: Stored received object to file: out/CT.{uid}",
    ]
    assert log[:12] == [
        "I: configuring service class provider ...",
        "I: starting service class provider and listening ...",
        *one,
        "I: Received Association Release Request",
        *one,
        f"W: file already exists, overwriting: out/CT.{uid}",
    ]


@pytest.mark.parametrize(
    ("options", "pattern"),
    [
        (["+fd", "-fe", ".dcm"], r"CT\.2\.25\.\d+\.dcm"),
        (["+fu"], r"CT\.X\.2\.25\.\d+"),
        (["+fsu"], r"CT_[0-9a-f]{16}"),
        (["+fst"], r"\d{14}\.\d{6}\.CT"),
        (["+ssd"], r"data/2021/03/04/CT\.2\.25\.\d+"),
        (["+B"], r"CT\.2\.25\.\d+"),
    ],
)
def test_names(examples_dir: Path, tmp_path: Path, profile: list[str], options: list[str], pattern: str) -> None:
    ds = dicomkit.read(examples_dir / "ct.dcm")
    ds.SeriesDate = "20210304"
    with running(tmp_path, *profile, *options, tool="dcmrecv") as server, server.associate() as assoc:
        assoc.store(ds)
    [name] = names(tmp_path / "out")
    assert re.fullmatch(pattern, name)


@pytest.mark.parametrize("date", [None, "", "2021", "../..", "20211399"])
def test_no_series_date(examples_dir: Path, tmp_path: Path, profile: list[str], date: str | None) -> None:
    ds = dicomkit.read(examples_dir / "ct.dcm")
    ds.SeriesDate = date
    with running(tmp_path, *profile, "+ssd", tool="dcmrecv") as server, server.associate() as assoc:
        assoc.store(ds)
    [name] = names(tmp_path / "out")
    assert re.fullmatch(r"undef/\d{8}/CT\.2\.25\.\d+", name)


def test_ignore(examples_dir: Path, tmp_path: Path, profile: list[str]) -> None:
    with running(tmp_path, *profile, "--ignore", tool="dcmrecv") as server, server.associate() as assoc:
        assert assoc.store(examples_dir / "ct.dcm").code == 0
    assert names(tmp_path / "out") == []


def test_without_a_profile(tmp_path: Path) -> None:
    """Only Verification; an association without anything accepted is rejected."""
    with running(tmp_path, tool="dcmrecv") as server:
        with server.associate(contexts=["Verification"]) as assoc:
            assoc.echo()
        with pytest.raises(AssociationRejected):
            server.associate()
        assert server.log == "W: no configuration file specified, SCP will only support the Verification SOP Class\n"


def test_exit_codes(tool: Tool, tmp_path: Path, profile: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = tool("dcmrecv", *profile, port)
    assert (result.code, result.err) == (64, f"F: cannot start SCP and listen on port {port}: Address already in use\n")
    assert tool("dcmrecv", "-od", str(tmp_path / "none"), port).code == 45
    assert tool("dcmrecv", *profile[:2], "Other", port).code == 66
    assert tool("dcmrecv", "-xf", str(tmp_path / "none"), "Other", port).code == 66
    assert tool("dcmrecv", "+tls", str(tmp_path / "k"), str(tmp_path / "c"), "-pw", port).code == 71
    assert tool("dcmrecv", "+B", "+ssd", port).code == 1
    assert tool("dcmrecv", "abc").code == 1
    assert tool("dcmrecv", "-q").code == 1


def test_options_are_dcmtks() -> None:
    theirs = {long: short for long, (short, _) in options_of("dcmrecv").items()}
    ours = {option.long: option.short for group in GROUPS for option in group}
    assert theirs.items() <= ours.items()
