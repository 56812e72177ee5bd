"""The sockets that a server listens at."""

from __future__ import annotations

import os
import socket

__all__ = ["bound_sockets"]


def bound_sockets(host: str | None, port: int, *, shared: bool = False) -> list[socket.socket]:
    """Sockets bound to a port, one for each address.

    Args:
        host: name or address; None: all interfaces, IPv4 and IPv6.
        port: 0 takes a free one, the same for all addresses.
        shared: whether other processes may bind it too, and take connections in turn.

    Raises:
        OSError: that is not possible.
    """
    if shared and not hasattr(socket, "SO_REUSEPORT"):
        raise OSError("this system cannot share a port among processes: use one worker")
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(infos):
            if port == 0 and sockets:
                address = (address[0], sockets[0].getsockname()[1], *address[2:])
            bound = _socket(family, kind, protocol)
            if bound is None:
                continue
            sockets.append(bound)
            if os.name == "posix":
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                bound.bind(address)
            except OSError as error:
                if family == socket.AF_INET6 and host is None and len(infos) > 1:
                    sockets.pop().close()  # no IPv6 here
                    continue
                raise OSError(
                    error.errno, f"cannot listen at {host or 'any address'} port {port}: {error.strerror}"
                ) from None
            bound.setblocking(False)
    except BaseException:
        for each in sockets:
            each.close()
        raise
    return sockets


def _socket(family: int, kind: int, protocol: int) -> socket.socket | None:
    try:
        return socket.socket(family, kind, protocol)
    except OSError:  # the system has addresses of a family that it does not speak
        return None
