"""The options for writing, as arguments of the writer."""

from __future__ import annotations

import pytest

from dicomkit.cli.options import Group, UsageError, parse
from dicomkit.cli.output_options import (
    COMPRESSION_LEVEL,
    DEFLATED,
    GROUP_LENGTH,
    NEW_VRS,
    OUTPUT_FORMAT,
    OUTPUT_TRANSFER_SYNTAX,
    PADDING,
    SEQUENCE_LENGTH,
    write_options,
)

GROUP = Group(
    "output",
    OUTPUT_FORMAT,
    (OUTPUT_TRANSFER_SYNTAX[0], (*OUTPUT_TRANSFER_SYNTAX[1], DEFLATED)),
    NEW_VRS,
    GROUP_LENGTH,
    SEQUENCE_LENGTH,
    PADDING,
    COMPRESSION_LEVEL,
)

#: What DCMTK's tools do if no option says otherwise.
DEFAULTS = {
    "transfer_syntax": None,
    "meta": "keep",
    "sequence_length": "explicit",
    "group_length": "recalculate",
    "padding": None,
    "deflate_level": 6,
    "old_vrs": False,
}


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("", {}),
        ("+F +t= +u +g= +e -p=", {}),
        ("-F", {"meta": "none", "padding": (0, 0)}),
        ("-F +F", {}),
        ("+te", {"transfer_syntax": "ExplicitVRLittleEndian"}),
        ("+tb", {"transfer_syntax": "ExplicitVRBigEndian"}),
        ("+te +ti", {"transfer_syntax": "ImplicitVRLittleEndian"}),
        ("+td +cl 9", {"transfer_syntax": "DeflatedExplicitVRLittleEndian", "deflate_level": 9}),
        ("+g", {"group_length": "create"}),
        ("-g", {"group_length": "remove"}),
        ("-e", {"sequence_length": "undefined"}),
        ("-p", {"padding": (0, 0)}),
        ("+p 512 8", {"padding": (512, 8)}),
        ("-u", {"old_vrs": True}),
        ("-u +u", {}),
    ],
)
def test_write_options(line: str, changed: dict[str, object]) -> None:
    assert write_options(parse([GROUP], line.split())) == {**DEFAULTS, **changed}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [  # the sentences of dcmconv 3.6.7
        ("+cl 5", "--compression-level only allowed with --write-xfer-deflated"),
        ("+td +cl 12", "Invalid value for option --compression-level (overflow: 12)"),
        ("-F +p 10 10", "--padding-create not allowed with --write-dataset"),
        ("-F -p=", "--padding-retain not allowed with --write-dataset"),
        ("+p 10", "Missing value for option --padding-create"),
        ("+p 10 x", "Invalid value for option --padding-create (x)"),
    ],
)
def test_what_does_not_go_together(line: str, sentence: str) -> None:
    with pytest.raises(UsageError, match="^" + sentence.replace("(", r"\(").replace(")", r"\)") + "$"):
        parse([GROUP], line.split())
