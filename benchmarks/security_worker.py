"""A rival that signs and verifies, in a process of its own: `python -m benchmarks.security_worker NAME FOLDER`.

It answers as worker.py does. FOLDER has the keys and certificates of signers.py, which are loaded before anything is timed.
With a count of 0 it signs once, nothing is timed, and what came out is the file FOLDER/NAME.dcm. `dcmtk_security.cc` speaks
the same. Operations:

    verify        read the file, verify its signatures, and trust who has a certificate of the authority; all must be valid
    sign:KEY:MAC  read the file and sign all of it that can be signed, in memory
    hash:MAC      the digest of a file that is in memory
    file:MAC      the same of a file that is read in steps
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.signers import ROOT, signer
from benchmarks.worker import VERSIONS, serve

NOT_VALID = "not valid"


def dicomkit_operation(folder: Path, operation: str, count: int, path: str) -> Callable[[], object]:
    """dicomkit."""
    import dicomkit
    from dicomkit.security.keys.signing_key import load_certificates, load_private_key
    from dicomkit.security.trust.store import TrustStore

    if operation == "verify":
        trust = TrustStore(signer(folder, ROOT).certificate)

        def verify() -> None:
            if not dicomkit.verify(dicomkit.read(path), trust).valid:
                raise ValueError(NOT_VALID)

        return verify

    _, kind, mac = operation.split(":")
    files = signer(folder, kind)
    key, certificate = load_private_key(files.key), load_certificates(files.certificate)[0]

    def sign() -> Any:
        ds = dicomkit.read(path)
        dicomkit.sign(ds, key, certificate, mac=mac, weak=True)
        return ds

    if not count:
        sign().save(folder / "dicomkit.dcm")
    return sign


def hashlib_operation(_: Path, operation: str, __: int, path: str) -> Callable[[], object]:
    """The floor: hashing."""
    what, mac = operation.split(":")
    name = mac.lower()
    if what == "hash":
        content = Path(path).read_bytes()
        return lambda: hashlib.new(name, content).digest()

    def digest() -> bytes:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, name).digest()

    return digest


OPERATIONS = {"dicomkit": dicomkit_operation, "hashlib": hashlib_operation}


def main(name: str, folder: Path) -> None:
    """Serve as a rival."""
    serve(VERSIONS.get(name, VERSIONS["open"])(), partial(OPERATIONS[name], folder))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
