"""Data sets and values as text for people: `str()`, `repr()` and notebooks.

Nothing here raises, whatever a file has in it, and nothing reads a deferred value.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.dataset.element import DataElement

__all__ = ["describe_value", "lines", "table"]

WIDTH = 64  # characters of a value
LARGEST = 4096  # bytes of a value that is shown
MOST_ITEMS = 16  # values of a multi-valued element, items of a sequence
MOST_ROWS = 1000  # elements of an HTML table


def describe_value(element: DataElement) -> str:
    """A value in one short line."""
    if element.vr == "SQ":
        return f"{element.vm} item{'' if element.vm == 1 else 's'}"
    if element.is_encapsulated:
        return "encapsulated"
    length = element.length
    if length is not None and (length > LARGEST or not element.is_in_memory):
        return f"{length} bytes"
    try:
        value = element.value
    except ValueError:
        return f"{element.raw[:WIDTH]!r:.{WIDTH}}  (not a {element.vr})"
    if value is None or value == ():
        return "(empty)"
    if isinstance(value, bytes) and len(value) > LARGEST:
        return f"{len(value)} bytes"
    if isinstance(value, tuple):
        shown = ", ".join([_plain(one) for one in value[:MOST_ITEMS]])
        text = f"[{shown}{', ...' if len(value) > MOST_ITEMS else ''}]"
    else:
        text = _plain(value)
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def _plain(value: object) -> str:
    """`repr`, but without the names of the types."""
    if isinstance(value, str):
        return repr(str(value[:LARGEST]))
    return repr(value) if isinstance(value, bytes) else str(value)


def lines(dataset: Dataset, indent: str = "") -> Iterator[str]:
    """One line for each element, items indented."""
    for element in dataset:
        yield f"{indent}{element}"
        if element.vr != "SQ":
            continue
        for number, item in enumerate(element.value):
            if number == MOST_ITEMS:
                yield f"{indent}  ... {len(element.value) - MOST_ITEMS} more items"
                break
            yield f"{indent}  [{number}]"
            yield from lines(item, indent + "    ")


def table(dataset: Dataset) -> str:
    """An HTML table; the items of a sequence fold."""
    return _table(dataset, iter(range(MOST_ROWS)))


def _table(dataset: Dataset, rows_left: Iterator[int]) -> str:
    rows: list[str] = []
    for element in dataset:
        if next(rows_left, None) is None:
            rows.append("<tr><td>...</td></tr>")
            break
        value = _escape(describe_value(element))
        if element.vr == "SQ" and element.vm:
            items = [_table(item, rows_left) for item in element.value[:MOST_ITEMS]]
            more = f"... {element.vm - MOST_ITEMS} more items" if element.vm > MOST_ITEMS else ""
            value = f"<details><summary>{value}</summary>{''.join(items)}{more}</details>"
        cells = (f"<code>{element.tag}</code>", _escape(element.vr), _escape(element.keyword or element.name), value)
        rows.append(f"<tr><td>{'</td><td>'.join(cells)}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
