"""Data sets and values as text for people: `str()`, `repr()` and notebooks."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.element import DataElement

__all__ = ["describe_value", "lines", "table"]

WIDTH = 64  # characters of a value
MOST_ITEMS = 16  # values of a multi-valued element, items of a sequence


def describe_value(element: DataElement) -> str:
    """A value in one short line; never raises on a value that cannot be decoded."""
    if element.vr == "SQ":
        return f"{element.vm} item{'' if element.vm == 1 else 's'}"
    length = element.length
    if length is not None and (length > 4096 or not element.is_in_memory):
        return f"{length} bytes" if length != 0xFFFFFFFF else "encapsulated"
    try:
        value = element.value
    except ValueError:
        return f"{element.raw!r:.{WIDTH}}  (not a {element.vr})"
    if value is None or value == ():
        return "(empty)"
    if isinstance(value, tuple):
        shown = ", ".join(_plain(one) for one in value[:MOST_ITEMS])
        text = f"[{shown}{', ...' if len(value) > MOST_ITEMS else ''}]"
    else:
        text = _plain(value)
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def _plain(value: object) -> str:
    return repr(str(value)) if isinstance(value, str) else repr(value) if isinstance(value, bytes) else str(value)


def lines(dataset: Dataset, indent: str = "") -> Iterator[str]:
    """One line for each element, items indented."""
    for element in dataset:
        name = element.keyword or element.name or "?"
        yield f"{indent}{element.tag} {element.vr} {name}: {describe_value(element)}"
        if element.vr == "SQ" and element.value is not None:
            for number, item in enumerate(element.value):
                if number == MOST_ITEMS:
                    yield f"{indent}  ... {len(element.value) - MOST_ITEMS} more items"
                    break
                yield f"{indent}  [{number}]"
                yield from lines(item, indent + "    ")


def table(dataset: Dataset) -> str:
    """An HTML table, sequences as nested rows that fold."""
    rows = []
    for element in dataset:
        value = _escape(describe_value(element))
        if element.vr == "SQ" and element.value:
            items = "".join(table(item) for item in element.value[:MOST_ITEMS])
            value = f"<details><summary>{value}</summary>{items}</details>"
        name = _escape(element.keyword or element.name)
        rows.append(f"<tr><td><code>{element.tag}</code></td><td>{element.vr}</td><td>{name}</td><td>{value}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
