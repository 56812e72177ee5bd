"""From where peers may connect."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Network = ipaddress.IPv4Network | ipaddress.IPv6Network

__all__ = ["Addresses"]


class Addresses:
    """The addresses that a server takes connections from.

    Args:
        allowed: addresses and networks, as "192.0.2.7" or "10.0.0.0/8"; or a function that is asked; None: any.

    Raises:
        ValueError: this is no address or network.
    """

    def __init__(self, allowed: Iterable[str] | Callable[[str], bool] | None) -> None:
        self._ask = allowed if callable(allowed) else None
        self._networks: list[Network] | None = None
        if allowed is not None and not callable(allowed):
            names = (allowed,) if isinstance(allowed, str) else allowed
            self._networks = [ipaddress.ip_network(name, strict=False) for name in names]

    def allows(self, address: str) -> bool:
        """Whether a peer may connect from an address."""
        if self._ask is not None:
            return self._ask(address)
        if self._networks is None:
            return True
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in network for network in self._networks)
