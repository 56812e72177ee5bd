"""The manual is right: its Python and its commands run, page by page, and print what it says they print.

A page is run from top to bottom in an empty folder with a copy of `examples/`; its blocks share their names. Sessions
(`>>>`) are doctests with `...` for what does not matter; of console blocks `$ dicomkit ...` and `$ echo $?` are run.
Pages about the network find an archive at port 11112.
"""

from __future__ import annotations

import doctest
import io
import os
import re
import shlex
import shutil
import textwrap
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dicomkit.cli import run
from tests.docs.archive import archive

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if not path.is_relative_to(DOCS / "_build"))
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
NEEDED = {"howto/remote-files.md": "fsspec"}
NETWORK = (
    DOCS / "howto" / "associations.md",
    *(DOCS / "reference" / f"{tool}.md" for tool in ("echoscu", "findscu", "getscu", "movescu")),
)


class Block(NamedTuple):
    """A fenced block: its language, its text, and the number of its first line from 0."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text("utf-8")
    return [
        Block(match[2], textwrap.dedent(match[3]), text.count("\n", 0, match.start(3))) for match in FENCE.finditer(text)
    ]


def run_python(block: Block, page: Path, names: dict[str, Any]) -> None:
    """Run a session or a program."""
    if ">>>" not in block.text:
        exec(compile("\n" * block.line + block.text, str(page), "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(block.text, {}, page.name, str(page), block.line)
    test.globs = names
    report: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append, clear_globs=False)
    assert not report, "".join(report)


def run_console(block: Block, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the commands of a terminal session."""
    code = 0
    for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
        words, target = shlex.split(command), ""
        if words[-2:-1] == [">"]:
            words, target = words[:-2], words[-1]
        if command == "echo $?":
            printed = f"{code}\n"
        elif "dicomkit" in words and "|" not in words and ">" not in words:
            at = words.index("dicomkit")
            out, err = io.BytesIO(), io.StringIO()
            with monkeypatch.context() as context:
                for setting in words[:at]:
                    context.setenv(*setting.split("=", 1))
                code = run(words[at + 1 :], out, err)
            if target:
                Path(target).write_bytes(out.getvalue())
            printed = ("" if target else out.getvalue().decode("utf-8", "replace")) + err.getvalue()
        else:
            continue
        if not doctest.OutputChecker().check_output(expected, printed, doctest.ELLIPSIS):
            pytest.fail(f"{page}:{block.line + 1}: $ {command}\nprinted\n{printed}\nnot\n{expected}")


def test_there_are_pages() -> None:
    assert PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_page(page: Path, tmp_path: Path, examples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = NEEDED.get(page.relative_to(DOCS).as_posix())
    if needed:
        pytest.importorskip(needed)
    shutil.copytree(examples_dir, tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCMDICTPATH", "")  # and so given back, whatever the page does
    del os.environ["DCMDICTPATH"]
    names: dict[str, Any] = {"__name__": "__main__"}
    with archive(examples_dir) if page in NETWORK else nullcontext({}) as ports:
        for block in blocks(page):
            text = re.sub(r"\b1111[23]\b", lambda match: ports.get(match[0], match[0]), block.text)
            block = block._replace(text=text)
            if block.language == "python":
                run_python(block, page, names)
            elif block.language == "console":
                run_console(block, page, monkeypatch)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_to_files_are_right(page: Path) -> None:
    text = FENCE.sub("", page.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert os.path.exists(page.parent / target), target
