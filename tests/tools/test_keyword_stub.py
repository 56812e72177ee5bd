from __future__ import annotations

from pathlib import Path

import pytest

from tools.keyword_stub import STUB, alias, keyword_stub, value_type
from tools.standard_tables import public_rows

FACTS = Path(__file__).parents[2] / "facts"


def test_the_stub_is_up_to_date() -> None:
    assert STUB.read_text(encoding="utf-8") == keyword_stub(FACTS), "run python -m tools.keyword_stub"


def test_every_keyword_is_an_attribute() -> None:
    lines = keyword_stub(FACTS).partition("class Keywords:\n")[2].splitlines()
    names = [line.partition(":")[0].strip() for line in lines if ":" in line]
    assert names == [row.keyword for row in public_rows(FACTS) if row.vr != "NONE"]
    assert all(name.isidentifier() for name in names)


@pytest.mark.parametrize(
    ("vr", "vm", "name", "expected"),
    [
        ("LO", "1", "_LO", "_Value[str | None, str | None]"),
        ("LO", "1-n", "_LOs", "_Value[tuple[str, ...], str | Iterable[str] | None]"),
        (
            "DS",
            "3",
            "_DSs",
            "_Value[tuple[float, ...], float | Decimal | str | Iterable[float | Decimal | str] | None]",
        ),
        ("PN", "1", "_PN", "_Value[PersonName | None, str | None]"),
        ("SQ", "1", "_SQ", "_Value[Sequence, Iterable[Dataset] | None]"),
        ("OW", "1-n", "_OW", "_Value[bytes | None, BytesLike | None]"),
        ("OB|OW", "1", "_OB_OW", "_Value[bytes | None, BytesLike | None]"),
        ("US|SS", "1", "_US_SS", "_Value[int | None, int | None]"),
        ("US|OW", "1-n", "_US_OWs", "_Value[tuple[int, ...] | bytes, int | Iterable[int] | BytesLike | None]"),
    ],
)
def test_types(vr: str, vm: str, name: str, expected: str) -> None:
    assert (alias(vr, vm), value_type(vr, vm)) == (name, expected)
