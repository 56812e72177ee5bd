"""`dicomkit dcmconv` and dcmconv of DCMTK 3.6.7: the same command line on the same file gives equal data sets.

A difference is an error unless it is listed here with its reason.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("compared", Path(__file__).with_name("compared.py"))
assert _spec is not None
assert _spec.loader is not None
compared = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(compared)

LINES = [
    "",
    "+t=",
    "+ti",
    "+te",
    "+tb",
    "+td",
    "+td +cl 1",
    "-e",
    "+g",
    "-g",
    "-u +te",
    "+F",
    "+U8",
    "+L1",
    "+A7",
    "+C ISO_IR~100",
    "-ig",
    "+p 64 8",
    "-p",
    "+st PatientID",
]

#: Which difference, in which file (part of its name) and from which options (part of the line) -> why.
OTHERWISE = [
    (r".", "rtdose_rle", "", "a UN that is a sequence by the dictionary becomes SQ"),
    (r".", "bad_sequence", "", "a UN that is a sequence by the dictionary becomes SQ"),
    (r".", "nested_priv_SQ", "", "an item of odd length stays as it is"),
    (r".", "meta_missing_tsyntax", "", "an item of odd length stays as it is"),
    (r".", "SC_rgb_jpeg", "", "the data set is not in its transfer syntax, which DCMTK does not notice"),
    (r".", "priv_SQ", "+t", "a private sequence in implicit VR becomes SQ; DCMTK writes UN"),
    (r".", "ct_implicit", "+t", "a private sequence in implicit VR becomes SQ; DCMTK writes UN"),
    (r".", "DICOMDIR", "+", "where Specific Character Set stands in a DICOMDIR"),
    (r"^transfer syntax", "deflate", "+st", "pixel data is not read, and DCMTK takes its transfer syntax away"),
    (r"^exit code", "HTJ2K", "", "a transfer syntax that DCMTK 3.6.7 does not know"),
    (r"^exit code", "deflate", "", "a transfer syntax that DCMTK 3.6.7 does not know"),
    (r"^exit code", "explicit_VR-UN", "+", "DCMTK does not convert text in UN"),
    (r"^exit code", "chr", "+U8", "a character set that DCMTK cannot convert with iconv"),
    (r"^exit code", "japanese", "+U8", "a character set that DCMTK cannot convert with iconv"),
]  # fmt: skip

accepted = partial(compared.accepted, OTHERWISE)


@pytest.mark.parametrize("number", range(len(LINES)))
def test_equal_data_sets(
    small_files: list[Path],
    number: int,
    tool: Callable[..., object],
    peer: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dcmconv = peer("dcmconv")
    monkeypatch.chdir(tmp_path)
    line = LINES[number]
    arguments = [word.replace("~", " ") for word in line.split()]
    compared_files = 0
    for path in small_files[number % 20 :: 20]:
        peer_result = subprocess.run([dcmconv, *arguments, path, "theirs"], capture_output=True, check=False)
        result = tool("dcmconv", *arguments, str(path), "ours")
        if peer_result.returncode:
            refusal = compared.accepted(
                OTHERWISE, line, path.name, "exit code"
            ) or "reading file" in peer_result.stderr.decode("latin-1")
            assert result.code or refusal, (line, path.name, peer_result.stderr)
            continue
        assert not result.code or accepted(line, path.name, "exit code"), (line, path.name, result.err)
        if accepted(line, path.name, "exit code"):
            continue
        found = [one for one in compared.differences(Path("theirs"), Path("ours")) if not accepted(line, path.name, one)]
        assert not found, (line, path.name)
        compared_files += 1
    assert compared_files > 3 or sys.platform == "win32"
