from __future__ import annotations

import importlib

import pytest

from dicomkit.cli.codec_options import ENCAPSULATION, ENCODER_INSTANCE, SOP_CLASS, encapsulation
from dicomkit.cli.options import Group, UsageError, parse

GROUP = Group("encoding", *ENCAPSULATION, SOP_CLASS, ENCODER_INSTANCE)


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("", {}),
        ("+ff +ot +cd +ud", {}),
        ("+fs 3", {"fragment_size": 3072}),
        ("+fs 3 +ff", {}),
        ("-ot", {"offset_table": False}),
        ("+ua", {"new_instance": True}),
        ("+un", {"new_instance": False}),
        ("+un +cs", {"new_instance": True}),
    ],
)
def test_encapsulation(line: str, changed: dict[str, object]) -> None:
    defaults = {"fragment_size": None, "offset_table": True, "new_instance": None}
    assert encapsulation(parse((GROUP,), line.split())) == {**defaults, **changed}


@pytest.mark.parametrize("size", ["0", "-1", "4194303", "much"])
def test_sizes_that_no_fragment_has(size: str) -> None:
    with pytest.raises(UsageError, match="--fragment-size"):
        parse((GROUP,), ["+fs", size])


@pytest.mark.parametrize("name", ["dcmcrle", "dcmdrle", "dcmcjpeg", "dcmdjpeg", "dcmcjpls", "dcmdjpls", "transcode"])
def test_no_option_is_there_twice(name: str) -> None:
    groups = importlib.import_module(f"dicomkit.cli.{name}").GROUPS
    names = [text for group in groups for option in group for text in (option.short, option.long) if text]
    assert len(names) == len(set(names))
