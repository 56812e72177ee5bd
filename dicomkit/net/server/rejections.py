"""Why a server rejects associations that its policy would accept (PS3.8 table 9-21): result, source, reason."""

from __future__ import annotations

from typing import Final

__all__ = ["LOCAL_LIMIT_EXCEEDED", "TEMPORARY_CONGESTION"]

# All rejected-transient, by the service provider (presentation)
TEMPORARY_CONGESTION: Final = (2, 3, 1)
LOCAL_LIMIT_EXCEEDED: Final = (2, 3, 2)
