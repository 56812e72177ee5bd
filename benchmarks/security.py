"""Digital signatures: dicomkit against DCMTK, and against nothing but hashing.

    python -m benchmarks.security [--quick] [--only NAME]... [--json FILE]

Every rival has a process of its own and takes its turn in each round, with the same keys, which are new for each claim.
Before anything is timed, each has verified what each has signed, and found changed what was changed by one bit. Numbers are
medians; a ratio is the rival's time divided by dicomkit's. Files come from the page cache. Hashing is that of hashlib, whose
OpenSSL uses what the processor has for it.
"""

from __future__ import annotations

from benchmarks.command import main
from benchmarks.security_claims import CLAIMS

if __name__ == "__main__":
    main("security", (__doc__ or "").splitlines()[0], CLAIMS)
