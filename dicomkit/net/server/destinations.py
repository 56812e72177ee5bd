"""Where other applications are."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from dicomkit.net.server.calls import call

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["Destination", "Destinations", "find_destination"]

#: Host and port of an application, and the context to connect with if it wants TLS.
Destination: TypeAlias = tuple[str, int] | tuple[str, int, ssl.SSLContext | None]

#: Applications by AE title, or a function or coroutine that is asked for one; None is unknown.
Destinations: TypeAlias = Mapping[str, Destination] | Callable[[str], Destination | None]


async def find_destination(executor: Executor, destinations: Destinations | None, title: str) -> Destination | None:
    """Where the application of an AE title is; None if that is not known."""
    if destinations is None:
        return None
    if isinstance(destinations, Mapping):
        return destinations.get(title)
    found: Destination | None = await call(executor, destinations, title)
    return found
