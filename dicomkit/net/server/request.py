"""What a handler gets to know: the peer that asks, and what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomkit.dataset.dataset import Dataset
from dicomkit.media.reader import read
from dicomkit.net.received import data_set

if TYPE_CHECKING:
    from typing import IO, Any

    from dicomkit.net.items import UserIdentity
    from dicomkit.net.messages import Message
    from dicomkit.net.negotiation import Agreement, Context
    from dicomkit.net.server.dialogue import Dialogue

__all__ = ["Peer", "Request"]

C_STORE: Final = 0x0001


class Peer:
    """The other side of an association of a server.

    Attributes:
        ae_title: its title: the calling one of the request. Peers say what they like.
        called_ae_title: the title that it has called.
        address, port: where it is.
        user_identity: who it says it is (PS3.7 D.3.3.7), or None. The server has accepted it if it checks identities.
        certificate: its TLS certificate as `ssl.SSLSocket.getpeercert` gives it, or None.
        agreement: what was negotiated.
    """

    __slots__ = ("address", "agreement", "certificate", "port")

    def __init__(self, address: str, port: int, certificate: dict[str, Any] | None, agreement: Agreement) -> None:
        self.address = address
        self.port = port
        self.certificate = certificate
        self.agreement = agreement

    @property
    def ae_title(self) -> str:
        return self.agreement.calling_ae_title

    @property
    def called_ae_title(self) -> str:
        return self.agreement.called_ae_title

    @property
    def user_identity(self) -> UserIdentity | None:
        return self.agreement.peer.user_identity

    def __repr__(self) -> str:
        return f"<Peer {self.ae_title} {self.address}:{self.port}>"


class Request:
    """A DIMSE request that a server performs.

    Attributes:
        message: its command set.
        context: the presentation context that it came by.
        cancelled: whether the peer does not want an answer any more: it has sent a C-CANCEL, or the association is gone.
            Handlers that take long may look at it; generators are closed.
        path: of a stored object, where it is; else "".
    """

    __slots__ = ("_dataset", "_source", "cancelled", "context", "dialogue", "is_open", "message", "path", "success")

    def __init__(self, dialogue: Dialogue, message: Message, context: Context) -> None:
        self.dialogue = dialogue
        self.message = message
        self.context = context
        self.cancelled = False
        self.is_open = True  # there is no final response yet
        self.path = ""
        self.success = b""  # the response of success, if it is encoded already
        self._source: bytes | bytearray | IO[bytes] | None = None
        self._dataset: Dataset | None = None

    @property
    def dataset(self) -> Dataset:
        """The data set that came with the request; it is read when it is touched. Empty if there was none.

        That of a C-STORE has File Meta Information: it can be saved as it is.

        Raises:
            ParseError: it cannot be read.
        """
        if self._dataset is None:
            if self.path:
                self._dataset = read(self.path)
            elif self._source is None or self._source == b"":
                self._dataset = Dataset()
            elif self.message.command_field == C_STORE:
                self._dataset = read(self._source)
            else:
                self._dataset = data_set(self._source, self.transfer_syntax)
        return self._dataset

    def bring(self, source: bytes | bytearray | IO[bytes] | None) -> None:
        """(service) Say where the data set is."""
        self._source = source

    def put(self, path: str) -> None:
        """(service) Say in which file the object is."""
        self.path = path
        self._dataset = None

    @property
    def peer(self) -> Peer:
        """Who asks."""
        return self.dialogue.peer

    @property
    def sop_class(self) -> str:
        """The affected or requested SOP class; "" if it is missing."""
        return self.message.sop_class_uid or ""

    @property
    def sop_instance(self) -> str:
        """The affected or requested SOP instance; "" if there is none."""
        return self.message.sop_instance_uid or ""

    @property
    def transfer_syntax(self) -> str:
        """What data sets are encoded in, in this presentation context."""
        return self.context.transfer_syntax

    def __repr__(self) -> str:
        return f"<Request {self.message.name} of {self.peer!r}>"
