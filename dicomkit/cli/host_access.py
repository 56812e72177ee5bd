"""Host access control files, hosts.allow and hosts.deny, as TCP wrappers read them (hosts_access(5)).

A client that a line of the first file matches may come; else one that a line of the second matches may not; else it may.
"""

from __future__ import annotations

import ipaddress
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

__all__ = ["HostAccess"]

ALLOW: Final = "/etc/hosts.allow"
DENY: Final = "/etc/hosts.deny"


class HostAccess:
    """The rules for a service.

    Args:
        service: its name.
        allow, deny: the files. What cannot be read allows, or denies, nobody.
    """

    def __init__(self, service: str, allow: str = ALLOW, deny: str = DENY) -> None:
        self._service = service
        self._allow = allow
        self._deny = deny

    def allows(self, address: str) -> bool:
        """Whether a client of an address may come. The files are read anew each time."""
        return self._matches(self._allow, address) or not self._matches(self._deny, address)

    def _matches(self, path: str, address: str) -> bool:
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                rules = list(_rules(file.read()))
        except FileNotFoundError:
            return False
        except OSError:
            return path == self._deny  # rules that are there and cannot be read let nobody in
        client = _Client(address)
        return any(_listed(services, self._is_service) and _listed(clients, client.matches) for services, clients in rules)

    def _is_service(self, word: str) -> bool:
        return word == "ALL" or word.partition("@")[0] == self._service


def _rules(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Lists of services and of clients."""
    for line in text.replace("\\\n", "").splitlines():
        if line.lstrip().startswith("#") or ":" not in line:
            continue
        services, _, rest = line.partition(":")
        clients = ""
        depth = 0
        for letter in rest:  # colons within brackets belong to an IPv6 address
            depth += (letter == "[") - (letter == "]")
            if letter == ":" and not depth:
                break
            clients += letter
        yield services.replace(",", " ").split(), clients.replace(",", " ").split()


def _listed(words: list[str], matches: object) -> bool:
    """Whether a list, perhaps with EXCEPT, has what matches."""
    assert callable(matches)
    if "EXCEPT" in words:
        at = words.index("EXCEPT")
        return _listed(words[:at], matches) and not _listed(words[at + 1 :], matches)
    return any(matches(word) for word in words)


class _Client:
    def __init__(self, address: str) -> None:
        self._text = address.partition("%")[0]
        self._address = ipaddress.ip_address(self._text)
        if isinstance(self._address, ipaddress.IPv6Address) and self._address.ipv4_mapped is not None:
            self._address = self._address.ipv4_mapped
            self._text = str(self._address)
        self._known: str | None = None

    @property
    def _name(self) -> str:
        """Its host name, "" if it has none. Asked for only where a rule has one."""
        if self._known is None:
            try:
                self._known = socket.gethostbyaddr(self._text)[0].lower()
            except OSError:
                self._known = ""
        return self._known

    def matches(self, word: str) -> bool:
        """Whether a pattern is about this client. One that is not understood matches nobody."""
        if word == "ALL":
            return True
        if word in ("LOCAL", "KNOWN", "UNKNOWN"):
            name = self._name
            return {"LOCAL": bool(name) and "." not in name, "KNOWN": bool(name), "UNKNOWN": not name}[word]
        if word.startswith("."):
            return self._name.endswith(word.lower())
        if word.endswith("."):
            return self._text.startswith(word)
        place = word.replace("[", "").replace("]", "")
        try:
            return self._address in ipaddress.ip_network(place, strict=False)
        except ValueError:
            return bool(self._name) and self._name == word.lower()
