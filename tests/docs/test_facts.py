"""What the manual says of the program's tables is complete."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from dicomkit._ext.dump_reader import FAULTS
from dicomkit._ext.tagstream import PROBLEMS, QUIRKS
from dicomkit.cli import TOOLS
from dicomkit.cli.dcmdump import GROUPS
from dicomkit.media.stream import FILE_PROBLEMS, FILE_QUIRKS
from dicomkit.standard import VRS, TransferSyntax

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def facts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("facts", DOCS / "_extensions" / "facts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_problem_is_explained() -> None:
    page = (DOCS / "explanation" / "lenience.md").read_text("utf-8")
    codes = [*(code for code, _ in PROBLEMS), *FILE_PROBLEMS]
    assert [code for code in codes if f"| `{code}` |" not in page] == []


def test_every_quirk_has_a_meaning(facts: ModuleType) -> None:
    assert set(facts.QUIRK_MEANINGS) == {*QUIRKS, *FILE_QUIRKS}


def test_options_of_quirks_are_those_of_dcmdump(facts: ModuleType) -> None:
    quirks = {option.value: option.short for group in GROUPS for option in group if option.value in facts.QUIRK_MEANINGS}
    assert quirks == {name: option for name, (_, option) in facts.QUIRK_MEANINGS.items()}


def test_tables_have_a_row_for_everything(facts: ModuleType) -> None:
    counts = {name: len(list(table()[1])) for name, table in facts.TABLES.items()}
    assert counts == {
        "problems": len(PROBLEMS),
        "file-problems": len(FILE_PROBLEMS),
        "quirks": len(QUIRKS) + len(FILE_QUIRKS),
        "vrs": len(VRS),
        "transfer-syntaxes": len(TransferSyntax.all()),
        "dump-problems": len(FAULTS) - 1,  # 0 is none
    }
    assert set(facts.TITLED) == {f"{tool}-options" for tool in TOOLS}
    options = [row for *_, rows in facts.TITLED["dcmdump-options"]() for row in rows]
    assert len(options) == sum(1 for group in GROUPS for _ in group)


@pytest.mark.parametrize("page", sorted((DOCS / "reference").glob("*.md")), ids=lambda page: page.stem)
def test_tables_that_a_page_shows_exist(page: Path, facts: ModuleType) -> None:
    lines = page.read_text("utf-8").splitlines()
    shown = [line.removeprefix("```{facts} ") for line in lines if line.startswith("```{facts}")]
    assert set(shown) <= {*facts.TABLES, *facts.TITLED}
