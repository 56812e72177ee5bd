"""The directive `facts`: a table of the program's own tables, so that the manual cannot differ from it.

```{facts} problems
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from facts import TABLES, TITLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from sphinx.application import Sphinx


class Facts(SphinxDirective):
    """A table, or several under a heading each, by name."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {"widths": directives.positive_int_list}

    def run(self) -> list[nodes.Node]:
        """The table as nodes."""
        name = self.arguments[0]
        if name in TABLES:
            heads, rows = TABLES[name]()
            return [self.table(heads, rows)]
        sections: list[nodes.Node] = []
        for title, heads, rows in TITLED[name]():
            section = nodes.section(ids=[nodes.make_id(f"{name}-{title}")])
            section += nodes.title(text=title[:1].upper() + title[1:])
            section += self.table(heads, rows)
            sections.append(section)
        return sections

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> nodes.table:
        """Cells are text in which backquotes mark code."""
        group = nodes.tgroup(cols=len(heads))
        for width in self.options.get("widths", [1] * len(heads)):
            group += nodes.colspec(colwidth=width)
        group += nodes.thead("", self.row(heads))
        group += nodes.tbody("", *[self.row(row) for row in rows])
        return nodes.table("", group)

    def row(self, cells: Sequence[str]) -> nodes.row:
        """A row of a table."""
        return nodes.row("", *[nodes.entry("", self.paragraph(cell)) for cell in cells])

    def paragraph(self, text: str) -> nodes.paragraph:
        """A cell."""
        parts = [nodes.literal(text=part) if number % 2 else nodes.Text(part) for number, part in enumerate(text.split("`"))]
        return nodes.paragraph("", "", *parts)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("facts", Facts)
    return {"parallel_read_safe": True}
