"""What autodoc does not see by itself.

Types of what is compiled come from the stubs in `dicomkit/_ext/*.pyi`. Docstrings of properties are read like those of
methods: napoleon takes what stands before a colon in their first line for a type.
"""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.ext.napoleon.docstring import GoogleDocstring

import dicomkit

if TYPE_CHECKING:
    from typing import Any

    from sphinx.application import Sphinx

STUBS = Path(dicomkit.__file__).parent / "_ext"


@cache
def signatures() -> dict[str, dict[str, tuple[str, str]]]:
    """Class -> function or property -> (parameters, type of the result), of all stubs."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for path in STUBS.glob("*.pyi"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                functions = [child for child in node.body if isinstance(child, ast.FunctionDef)]
                found[node.name] = {function.name: signature(function) for function in functions}
    return found


def signature(function: ast.FunctionDef) -> tuple[str, str]:
    """Parameters without `self`, and the type of the result."""
    function.args.args = function.args.args[1:]
    return f"({ast.unparse(function.args)})", ast.unparse(function.returns) if function.returns else ""


def stub_of(cls: type, name: str) -> tuple[str, str] | None:
    """The stub's signature of a member that a class has from a compiled base."""
    for base in cls.__mro__:
        if name in vars(base):
            return signatures().get(base.__name__, {}).get(name)
    return None


def add_property_types(app: Sphinx) -> None:
    """Annotate the Python classes with the types of the compiled properties that they inherit."""
    for cls in (dicomkit.Dataset, dicomkit.DataElement, dicomkit.Sequence):
        annotations: dict[str, Any] = {}
        for base in cls.__mro__:
            for name, (parameters, result) in signatures().get(base.__name__, {}).items():
                if parameters == "()" and not callable(getattr(base, name)) and name not in vars(cls):
                    annotations.setdefault(name, result)
        cls.__annotations__ = {**annotations, **inspect.get_annotations(cls)}


def process_signature(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, parameters: str | None, result: str | None
) -> tuple[str | None, str | None]:
    """Give a compiled method the signature of its stub."""
    *_, owner, member = name.split(".")
    cls = getattr(dicomkit, owner, None)
    known = stub_of(cls, member) if what == "method" and isinstance(cls, type) else None
    return known or (parameters, result)


def preformatted(lines: list[str]) -> list[str]:
    """Indented blocks of a module's docstring as they are; a final underscore elsewhere is no link."""
    result: list[str] = []
    for line in lines:
        if line.startswith("    ") and result[-2:-1] and not result[-1] and not result[-2].startswith("    "):
            result += ["::", ""]
        result.append(line if line.startswith("    ") else re.sub(r"(\w)_(?=\W|$)", r"\1\\_", line))
    return result


def process_docstring(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Before napoleon: format the docstring of a property, and hide its first line from napoleon."""
    if what == "module":
        lines[:] = preformatted(lines)
    if what in ("attribute", "property"):
        lines[:] = ["\\ ", *str(GoogleDocstring(lines, app.config, app, "method", name, obj, options)).split("\n")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("builder-inited", add_property_types)
    app.connect("autodoc-process-signature", process_signature)
    app.connect("autodoc-process-docstring", process_docstring, priority=400)
    return {"parallel_read_safe": True}
