"""Lets tests import `tools`, which is not installed, however pytest was started."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[2])

# last: an installed dicomkit comes before the sources
if ROOT not in sys.path:
    sys.path.append(ROOT)
