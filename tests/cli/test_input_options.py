"""The options for reading, as arguments of the reader."""

from __future__ import annotations

import pytest

from dicomkit._ext.tagstream import QUIRKS
from dicomkit.cli.input_options import (
    AUTO_CORRECTION,
    BITSTREAM,
    FILE_FORMAT,
    INPUT_FILES,
    PARSING,
    TRANSFER_SYNTAX,
    read_options,
    tolerated,
)
from dicomkit.cli.options import Group, parse
from dicomkit.formats.dump import DAMAGE
from dicomkit.media.stream import FILE_QUIRKS

GROUP = Group("input", FILE_FORMAT, TRANSFER_SYNTAX, INPUT_FILES, *PARSING, AUTO_CORRECTION, BITSTREAM)


@pytest.mark.parametrize(
    ("line", "transfer_syntax", "quirks"),
    [
        ("", None, ()),
        ("+f -t= +ml +ao +ev +vr +ui -uc -sq -rd -oi -vi -pe -Ep +dc +bd", None, ()),
        ("-f -te", "ExplicitVRLittleEndian", ("data-set-only",)),
        ("-f -tb", "ExplicitVRBigEndian", ("data-set-only",)),
        ("-f -ti", "ImplicitVRLittleEndian", ("data-set-only",)),
        ("+fo -td", "detect", ("file-only",)),
        (
            "-ml +ae -ev -vr",
            None,
            ("ignore-meta-length", "assume-even-length", "ignore-explicit-vr", "assume-implicit"),
        ),
        ("-ui +uc +sq +bz", None, ("undefined-un-explicit", "convert-un", "private-undefined-as-sequence", "zlib")),
        ("+ae +ao", None, ()),
    ],
)
def test_read_options(line: str, transfer_syntax: str | None, quirks: tuple[str, ...]) -> None:
    options = read_options(parse([GROUP], line.split()))
    assert options == {"transfer_syntax": transfer_syntax, "quirks": quirks}


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("", set()),
        ("-rd -oi -vi -pe -Ep", set()),
        ("+rd", {"missing-delimiter", "stray-delimiter"}),
        ("+oi", {"sequence-in-other-vr", "undefined-length"}),
        ("+vi +pe", {"sequence-in-other-vr", "unfragmented-pixel-data"}),
        ("+Ep -Ep +pe", {"unfragmented-pixel-data"}),
    ],
)
def test_tolerated(line: str, codes: set[str]) -> None:
    assert tolerated(parse([GROUP], line.split())) == codes


def test_what_is_tolerated_is_damage() -> None:
    assert tolerated(parse([GROUP], ["+rd", "+oi", "+vi", "+pe", "+Ep"])) <= DAMAGE


def test_the_reader_knows_all_quirks() -> None:
    known = {*QUIRKS, *FILE_QUIRKS, "zlib"}
    for line in ("-f", "+fo", "-ml", "+ae", "-ev", "-vr", "-ui", "+uc", "+sq", "+bz"):
        (quirk,) = read_options(parse([GROUP], [line]))["quirks"]
        assert quirk in known, line
