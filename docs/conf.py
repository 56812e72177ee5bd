"""Sphinx configuration: `sphinx-build -W -b html docs docs/_build`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_extensions"))
if any(path.suffix in {".so", ".pyd"} for path in (DOCS.parent / "dicomkit" / "_ext").iterdir()):
    sys.path.insert(0, str(DOCS.parent))  # built in place: the sources; else the installed package

project = "dicomkit"
copyright = "the dicomkit developers"  # Sphinx names it so
version = release = import_module("dicomkit").__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "stub_types", "fact_tables"]
exclude_patterns = ["_build", "_extensions"]
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3
default_role = "code"  # docstrings mark code with single backquotes

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_inherit_docstrings = False
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"dicomkit {release}"
html_copy_source = False
