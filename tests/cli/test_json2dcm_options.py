"""The option table of json2dcm, by DCMTK 3.7's documentation."""

from __future__ import annotations

import pytest

from dicomkit.cli.json2dcm_options import GROUPS
from dicomkit.cli.options import UsageError, parse

#: Short and long names of DCMTK 3.7.
NAMES = """
    +f --read-meta-info -f --ignore-meta-info +Ug --generate-new-uids -Uo --dont-overwrite-uids +Uo --overwrite-uids
    +Bu --parse-bulkdata-uri -Bu --ignore-bulkdata-uri +Bd --add-bulkdata-dir -ar --array-reject +as --array-select
    +ar --array-sequence +F --write-file -F --write-dataset +Fu --update-meta-info +t= --write-xfer-same
    +te --write-xfer-little +tb --write-xfer-big +ti --write-xfer-implicit +td --write-xfer-deflated -E --stop-on-error
    +E --ignore-errors +u --enable-new-vr -u --disable-new-vr +e --length-explicit -e --length-undefined
    +c --charset-accept -c --charset-replace +cl --compression-level
"""


def test_it_has_the_options_of_dcmtk() -> None:
    ours = [name for group in GROUPS[1:] for option in group for name in (option.short, option.long)]
    assert ours == NAMES.split()


@pytest.mark.parametrize(
    "words", [["-Uo"], ["+Uo"], ["-F", "+Fu"], ["+cl", "5"], ["+td", "+cl", "10"], ["+as", "0"], ["+as", "x"], ["+Bd"]]
)
def test_options_that_do_not_go_together(words: list[str]) -> None:
    with pytest.raises(UsageError):
        parse(GROUPS, words)


def test_the_last_one_counts() -> None:
    assert parse(GROUPS, ["+as", "3", "-ar"])["array"] == "reject"
    assert parse(GROUPS, ["-ar", "+as", "3"])["array"] == 3
    assert parse(GROUPS, ["+Bd", "a", "+Bd", "b"])["bulk_directories"] == ["a", "b"]
