"""Option tables, the command line parser, the help text."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicomkit.cli.options import GENERAL, Group, Option, UsageError, expand, help_text, integer, parse

GROUPS = (
    GENERAL,
    Group(
        "output options",
        (
            "printing",
            (
                Option("+L --print-all", "print_all", True, "whole"),
                Option("-L --print-short", "print_all", False, "short"),
                Option("+T --tree", "tree", True, "tree"),
                Option("+R --limit", "limit", None, "limit", argument="[k]bytes: integer", convert=integer(4, 100)),
                Option("+P --search", "search", None, "find", argument="[t]ag: string", repeat=True),
                Option("+F --file", "file", None, "x", argument="[f]ile name, [p]rofile: string"),
                Option("-n --number", "number", None, "x", argument="[n]umber of bytes: integer", convert=integer(0, 9)),
                Option("-m --modify", "modify", None, "x", argument='"[t]ag=[v]alue"'),
                Option("+s --all", "all", True, "all", needs="--search"),
                Option("+p --prepend", "prepend", True, "path", needs="--search", conflicts="--tree"),
            ),
        ),
    ),
)


@pytest.mark.parametrize(
    ("line", "fields", "parameters"),
    [
        ("", {}, []),
        ("a b", {}, ["a", "b"]),
        ("a +L b", {"print_all": True}, ["a", "b"]),
        ("--print-all a", {"print_all": True}, ["a"]),
        ("+L -L", {"print_all": False}, []),
        ("-L a +L", {"print_all": True}, ["a"]),
        ("-q -v", {"log_level": "info"}, []),
        ("-v -ll trace", {"log_level": "trace"}, []),
        ("+R 5", {"limit": 5}, []),
        ("+P x +P -L +s", {"search": ["x", "-L"], "all": True}, []),
        ("- +", {}, ["-", "+"]),
        ("+F -a b c", {"file": ("-a", "b")}, ["c"]),
        ("-n 4 c", {"number": 4}, ["c"]),
        ("-m a=b c", {"modify": "a=b"}, ["c"]),
        ("+P x +p", {"search": ["x"], "prepend": True}, []),
    ],
)
def test_parse(line: str, fields: dict[str, object], parameters: list[str]) -> None:
    options = parse(GROUPS, line.split())
    assert options == fields
    assert options.parameters == parameters


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-Z", "Unknown option -Z"),
        ("--print", "Unknown option --print"),
        ("--", "Unknown option --"),
        ("+P", "Missing value for option --search"),
        ("+F a", "Missing value for option --file"),
        ("+R 3", "Invalid value for option --limit (underflow: 3)"),
        ("+R 101", "Invalid value for option --limit (overflow: 101)"),
        ("+R x", "Invalid value for option --limit (x)"),
        ("-ll loud", "Invalid log level for --log-level option"),
        ("-lc /no/such/file", "Specified --log-config file does not exist"),
        ("+s", "--all only allowed with --search"),
        ("+P x +p +T", "--prepend not allowed with --tree"),
    ],
)
def test_usage_errors(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(GROUPS, line.split())
    assert str(caught.value) == message


def test_argument_files(tmp_path: Path) -> None:
    file = tmp_path / "arguments"
    file.write_text("+L 'a b'\n\"c'd\" +P\tx '' e")
    assert expand(["1", f"@{file}", "2", "@"]) == ["1", "+L", "a b", "c'd", "+P", "x", "", "e", "2", "@"]


def test_argument_files_do_not_nest(tmp_path: Path) -> None:
    file = tmp_path / "arguments"
    file.write_text("@other")
    assert expand([f"@{file}"]) == ["@other"]


def test_missing_argument_file() -> None:
    with pytest.raises(UsageError, match=r"^Cannot open command file '/no/such'$"):
        expand(["@/no/such"])


def test_help_is_in_columns() -> None:
    lines = help_text(GROUPS, [("file-in", "what to read")]).splitlines()
    assert lines[:4] == [
        "parameters:",
        "  file-in                       what to read",
        "",
        "general options:",
    ]
    assert "  -ll    --log-level            [l]evel: string constant" in lines
    assert "                                use level l for the logger" in lines
    assert "    +L   --print-all            whole" in lines
    assert lines[lines.index("output options:") + 1] == "  printing:"


def test_no_name_twice() -> None:
    names = [name for option in GENERAL for name in (option.short, option.long) if name]
    assert len(names) == len(set(names))
