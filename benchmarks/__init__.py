"""Benchmarks: one module a claim, its rivals measured on the same input in the same run.

`python -m benchmarks.NAME` from the repository puts the source tree first on the path, where it hides the installed
package. So that `pip install .` is enough, the tree goes to the end of the path as long as it has no compiled modules.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IN_PLACE = any(path.suffix in {".so", ".pyd"} for path in (ROOT / "dicomkit" / "_ext").iterdir())

if not IN_PLACE:
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT] + [str(ROOT)]
sys.path.append(str(ROOT / "examples"))  # the inputs are made with the examples' writer


class UnavailableError(Exception):
    """A rival is not installed, or cannot do what is asked."""
