"""Lets the tests import `encoding`, the writer beside the example files: what they read is made without dicomkit."""

from __future__ import annotations

import sys
from pathlib import Path

EXAMPLES = str(Path(__file__).parents[2] / "examples")

if EXAMPLES not in sys.path:
    sys.path.append(EXAMPLES)
