"""Writing: dicomkit against pydicom, DCMTK and copying.

    python -m benchmarks.write [--quick] [--only NAME]... [--json FILE]

Every rival takes its turn in each round, with files of its own. Before anything is timed, the results of all are compared;
if they differ, nothing is timed. Numbers are medians; a ratio is the rival's time divided by dicomkit's: 0.77 means that
dicomkit takes 1.3 times as long. Files are read from the page cache and written to the file system of the temporary folder
(or of the folder that DICOMKIT_BENCHMARK_CACHE names), which has nothing left to send to the disk when a sample begins.

Where a target "is there", it is a file of about the same size that is written over.
"""

from __future__ import annotations

from benchmarks import tool_claims, write_claims
from benchmarks.command import main

CLAIMS = {**write_claims.CLAIMS, **tool_claims.CLAIMS}

if __name__ == "__main__":
    main("write", (__doc__ or "").splitlines()[0], CLAIMS)
