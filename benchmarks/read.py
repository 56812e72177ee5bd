"""Reading: dicomkit against pydicom, dicomsdl and DCMTK.

    python -m benchmarks.read [--quick] [--only NAME]... [--json FILE]

Every rival has a process of its own, a new one for each claim, and takes its turn in each round. Numbers are medians;
a ratio is the rival's time divided by dicomkit's. Files come from the page cache: disks are not measured. Garbage
collection runs as it does in a program. What libraries leave for later by default (large values, decoding) stays left:
only the claims named `_values` get every value.
"""

from __future__ import annotations

from benchmarks.claims import CLAIMS
from benchmarks.command import main

if __name__ == "__main__":
    main("read", (__doc__ or "").splitlines()[0], CLAIMS)
