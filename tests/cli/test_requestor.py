"""Messages about associations, compared with those that DCMTK's tools print about the same association."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

from dicomkit.net.server import Server, Verification
from tests.dcmtk import dcmtk

Tool = Callable[..., Any]

#: What differs by nature: who the two are, and what they take.
OWN = ("Implementation", "Max PDU", "Max Send PDV", "$dcmtk", "$dicomkit", "Abstract Syntax:", "=")


def plain(text: str) -> list[str]:
    """The lines about the association."""
    lines = [line for line in text.splitlines() if line[:2] in ("D:", "I:") and not any(word in line for word in OWN)]
    dcmtk_only = ("D: setting", "D: Constructing", "D: PDU Type", "D: Parsing", "D: DcmDa", "D:   0", "D:   ")
    keep = ("D:   Context ID", "D:     ")
    return [line for line in lines if line.startswith(keep) or (not line.startswith(dcmtk_only) and line.strip() != "D:")]


def test_debug_output(tool: Tool) -> None:
    """The parameters of an association, as echoscu -d prints them."""
    with Server([Verification()]).started("127.0.0.1") as server:
        line = ["-d", "-aec", "PACS", "-pts", "2", "127.0.0.1", str(server.port)]
        ours = tool("echoscu", *line).err
        theirs = subprocess.run([dcmtk("echoscu"), *line], capture_output=True, text=True, check=True).stderr
    assert plain(ours) == plain(theirs)
    assert len(plain(ours)) > 20


def test_rejection(tool: Tool) -> None:
    with Server([Verification()], called={"OTHER"}).started("127.0.0.1") as server:
        line = ["-v", "127.0.0.1", str(server.port)]
        ours = tool("echoscu", *line)
        theirs = subprocess.run([dcmtk("echoscu"), *line], capture_output=True, text=True)
    assert ours.err == theirs.stderr
    assert ours.code == theirs.returncode == 1
