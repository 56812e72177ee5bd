"""The services of a server, by abstract syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit._ext import standard
from dicomkit.net.server.storage import Storage
from dicomkit.net.server.storage_classes import is_storage_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomkit.net.server.service import Service

__all__ = ["Services"]


class Services:
    """The services of a server.

    Attributes:
        supported: abstract syntax -> transfer syntaxes, of all of them.

    Args:
        services: the first that has an abstract syntax gets its requests.
        promiscuous: whether the storage service takes SOP classes that are not known too.
    """

    def __init__(self, services: Iterable[Service], *, promiscuous: bool = False) -> None:
        self._services = list(services)
        self.supported: dict[str, Sequence[str] | None] = {}
        self._by_syntax: dict[str, Service] = {}
        for service in self._services:
            for uid, syntaxes in service.sop_classes.items():
                self.supported.setdefault(uid, syntaxes)
                self._by_syntax.setdefault(uid, service)
            for uid, syntaxes in service.sent.items():
                self.supported.setdefault(uid, syntaxes)
        storage = [service for service in self._services if isinstance(service, Storage)]
        self._storage = storage[0] if storage and promiscuous else None

    def find(self, abstract_syntax: str) -> Service | None:
        """Who gets the requests of an abstract syntax."""
        return self._by_syntax.get(abstract_syntax, self._storage)

    def otherwise(self, abstract_syntax: str) -> Sequence[str] | None:
        """The transfer syntaxes of an abstract syntax that no service has named; None: it is refused."""
        if self._storage is None:
            return None
        row = standard.uid(abstract_syntax)
        if row is not None and row[3] == "SOP Class" and not is_storage_class(abstract_syntax):
            return None
        return self._storage.transfer_syntaxes or ()

    def roles(self, abstract_syntax: str) -> tuple[bool, bool]:
        """Whether a requestor may be SCU, SCP of a SOP class."""
        answers = [service.roles(abstract_syntax) for service in self._services]
        scu = any(answer[0] for answer in answers) or self.find(abstract_syntax) is self._storage is not None
        return scu, any(answer[1] for answer in answers)
