"""DCMTK's names of UIDs, against those that DCMTK prints."""

from __future__ import annotations

import csv
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dicomkit.net.uid_names import uid_of_name

FACTS = Path(__file__).parents[2] / "facts" / "uids.tsv"


def test_names_of_dcmtk(peer: Callable[[str], str], tmp_path: Path) -> None:
    """dcmdump prints the name of each SOP class and transfer syntax that it knows."""
    with FACTS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    uids = [row["uid"] for row in rows if row["type"] in ("SOP Class", "Meta SOP Class", "Transfer Syntax")]
    path = tmp_path / "uids.dcm"
    data = b""
    for uid in uids:
        value = uid.encode() + b"\0" * (len(uid) % 2)
        item = struct.pack("<HH2sH", 0x0008, 0x1150, b"UI", len(value)) + value
        data += struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item
    path.write_bytes(struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, len(data)) + data)
    printed = subprocess.run([peer("dcmdump"), "-f", "-te", "+L", str(path)], capture_output=True, text=True, check=True)
    values = [line.split(" UI ")[1].split()[0] for line in printed.stdout.splitlines() if " UI " in line]
    assert len(values) == len(uids)
    named = {value[1:]: uid for uid, value in zip(uids, values, strict=True) if value.startswith("=")}
    assert len(named) > 250
    assert {name: uid_of_name(name) for name in named} == named


@pytest.mark.parametrize(
    ("name", "uid"),
    [
        ("1.2.840.10008.1.1", "1.2.840.10008.1.1"),
        ("1.2.3.4", "1.2.3.4"),
        ("Verification", "1.2.840.10008.1.1"),
        ("JPEGXLLossless", "1.2.840.10008.1.2.4.110"),
        ("LocalEndianExplicit", "1.2.840.10008.1.2.1" if sys.byteorder == "little" else "1.2.840.10008.1.2.2"),
        ("OppositeEndianExplicit", "1.2.840.10008.1.2.2" if sys.byteorder == "little" else "1.2.840.10008.1.2.1"),
    ],
)
def test_other_names(name: str, uid: str) -> None:
    assert uid_of_name(name) == uid


@pytest.mark.parametrize("name", ["", "CTImageStorag", "ctimagestorage", "1.2.a", "RETIRED_CTImage", "१.२"])
def test_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="neither a UID nor the name of one"):
        uid_of_name(name)
