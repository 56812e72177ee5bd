"""Pixels: dicomkit's codecs and frames.

    python -m benchmarks.codecs [--quick] [--only NAME]... [--json FILE]

Before rivals are timed, each has decoded what each has encoded, and all pixels were equal; if they are not, nothing is
timed. All work on the same image, in turn, in one process and one thread. A rate is of decoded pixels; a ratio is
dicomkit's rate divided by the rival's.
"""

from __future__ import annotations

from benchmarks import codec_claims, frame_claims
from benchmarks.command import main

CLAIMS = {**codec_claims.CLAIMS, **frame_claims.CLAIMS}

if __name__ == "__main__":
    main("codecs", (__doc__ or "").splitlines()[0], CLAIMS)
