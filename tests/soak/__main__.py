"""The soak: very many associations with one server, honest and hostile; see README.md.

python -m tests.soak --associations 100000
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from tests.soak.soak import Soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=(__doc__ or "").partition(";")[0])
    parser.add_argument("--associations", type=int, default=100_000, help="how many (100000)")
    parser.add_argument("--at-once", type=int, default=100, help="how many at a time (100)")
    parser.add_argument("--rounds", type=int, default=12, help="how often the server is looked at (12)")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers; 0 takes one from the clock")
    options = parser.parse_args()
    seed = options.seed or time.time_ns() % (1 << 30)
    print(f"seed {seed}", flush=True)

    def say(line: str) -> None:
        print(line, flush=True)

    soak = Soak(options.associations, at_once=options.at_once, seed=seed, rounds=options.rounds, say=say)
    good = asyncio.run(soak.run())
    for kind, count in soak.done.most_common():
        print(f"{count:9,} {kind}")
    if soak.readings:
        print(soak.readings[-1].counters)
    print("nothing found" if good else f"{len(soak.findings)} findings")
    return not good


if __name__ == "__main__":
    sys.exit(main())
