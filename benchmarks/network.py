"""The network: dicomkit against DCMTK and pynetdicom, over the loopback interface.

    python -m benchmarks.network [--quick] [--only NAME]... [--json FILE]

Peers are processes; rivals take turns, round after round. Stores are counted from the first to the release, as the sender's
log tells it; CPU is of that time, too. DCMTK runs with TCP_NODELAY=1 and TCP_BUFFER_LENGTH=131072, its best setting, also
where only one side is DCMTK's. pynetdicom is given few presentation contexts, a few of the objects, and a second chance.
"""

from __future__ import annotations

from benchmarks import network_claims, network_crowd, network_stores
from benchmarks.command import main

CLAIMS = {**network_stores.CLAIMS, **network_claims.CLAIMS, **network_crowd.CLAIMS}

if __name__ == "__main__":
    main("network", (__doc__ or "").splitlines()[0], CLAIMS)
