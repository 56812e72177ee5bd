"""What a server does with requests of some SOP classes."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dicomkit.net.negotiation import uid_of
from dicomkit.standard.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicomkit.net.server.listener import Listener
    from dicomkit.net.server.receiver import Receiver
    from dicomkit.net.server.request import Request

__all__ = ["NATIVE", "Service", "transfer_syntaxes", "uids"]

#: Transfer syntaxes of messages that have no pixel data, in the order of preference.
NATIVE: Final = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99")


class Service:
    """What a server does with requests of some SOP classes.

    Attributes:
        sop_classes: abstract syntax -> transfer syntaxes, in the order of preference; None: any.
        sent: the same, of what this side sends requests of and receives none.
    """

    sop_classes: Mapping[str, Sequence[str] | None] = MappingProxyType({})
    sent: Mapping[str, Sequence[str] | None] = MappingProxyType({})

    def start(self, listener: Listener) -> None:
        """The server has started, in this process."""

    def stop(self) -> None:
        """The server has stopped, in this process."""

    def receive(self, request: Request) -> Receiver | None:
        """Take a request. Returns what takes its data set and is told of the end, if that is of any use.

        The answer is given by `request.dialogue.finish`, at any time.
        """
        raise NotImplementedError  # each service has its own

    def roles(self, abstract_syntax: str) -> tuple[bool, bool]:
        """Whether the requestor of an association may be SCU, SCP of a SOP class."""
        return abstract_syntax in self.sop_classes, False


def uids(names: Iterable[str] | str) -> list[str]:
    """SOP classes as UIDs, of UIDs or keywords.

    Raises:
        ValueError: there is no such keyword.
    """
    return [str(uid_of(name)) for name in ([names] if isinstance(names, str) else names)]


def transfer_syntaxes(names: Iterable[str] | str) -> tuple[str, ...]:
    """Transfer syntaxes as UIDs, of UIDs or keywords.

    Raises:
        ValueError: there is no such transfer syntax.
    """
    found = []
    for name in [names] if isinstance(names, str) else names:
        syntax = TransferSyntax.find(name)
        if syntax is None and not name[:1].isdigit():
            raise ValueError(f"{name!r} is no transfer syntax")
        found.append(name if syntax is None else str(syntax.uid))
    return tuple(found)
