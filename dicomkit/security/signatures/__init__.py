"""Digital signatures in data sets: made, verified, removed (PS3.15 annex C, PS3.3 C.12.1.1.3)."""

from __future__ import annotations

from dicomkit.security.signatures.levels import insert_timestamp, remove_signature, remove_signatures

__all__ = ["insert_timestamp", "remove_signature", "remove_signatures"]
