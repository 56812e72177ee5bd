"""DIMSE messages out of P-DATA (PS3.7 section 6.3, PS3.8 annex E), without I/O."""

from __future__ import annotations

from dicomkit._ext.pdu import decode_command
from dicomkit.errors import ParseError
from dicomkit.net.messages import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, TypeAlias

    #: A message; a piece of its data set (context ID, view, whether it is the last); or what is wrong.
    Found: TypeAlias = "Message | tuple[int, memoryview, bool] | MessageError"

__all__ = ["MessageError", "MessageReader"]

COMMAND: Final = 1  # bits of the message control header (PS3.8 E.2)
LAST: Final = 2


class MessageError:
    """The peer breaks the rules of DIMSE: the association is to be aborted.

    Attributes:
        text: how.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"<MessageError {self.text!r}>"


class MessageReader:
    """Puts pieces of P-DATA together to messages. Data sets are not put together: they are passed on as they come.

    Attributes:
        message: the message whose data set is being received; None between messages.
    """

    __slots__ = ("_collected", "_context_id", "_failed", "_most", "message")

    def __init__(self, *, max_command_length: int = 1 << 16) -> None:
        """
        Args:
            max_command_length: bytes that a command set may have.
        """
        self.message: Message | None = None
        self._context_id = 0  # of the message that is being received; 0 between messages
        self._collected = b""  # of a command set
        self._most = max_command_length
        self._failed = False

    def feed(self, piece: tuple[int, int, int, memoryview]) -> Found | None:
        """What a piece (4, context ID, flags, view) of `UpperLayer.received` gives; None: nothing yet.

        - A `Message`, where its command set is complete: its data set follows if `has_data`.
        - (context ID, view, last): a piece of the data set of the message before. The view is valid as long as that of the
          piece.
        - A `MessageError`. Nothing comes after it.
        """
        _, context_id, flags, view = piece
        if self.message is not None:
            if context_id != self._context_id or flags & COMMAND:
                return self._fail("the data set of a message is not finished, and another begins")
            if flags & LAST:
                self.message = None
                self._context_id = 0
                return (context_id, view, True)
            return (context_id, view, False)
        if not flags & COMMAND:
            return self._fail("a data set without a command that announces one")
        if self._context_id:
            if context_id != self._context_id:
                return self._fail("the command of a message is not finished, and another begins")
            if len(self._collected) + len(view) > self._most:
                return self._fail(f"a command set of more than {self._most} bytes")
            self._collected += view
        elif len(view) > self._most:
            return self._fail(f"a command set of more than {self._most} bytes")
        elif flags & LAST:  # all of it, nearly always
            return self._decode(context_id, view)
        else:
            self._context_id = context_id
            self._collected = bytes(view)
        if flags & LAST:
            collected, self._collected = self._collected, b""
            self._context_id = 0
            return self._decode(context_id, collected)
        return None

    def _decode(self, context_id: int, command: bytes | memoryview) -> Found | None:
        if self._failed:
            return None
        try:
            message = Message(decode_command(command), context_id)
        except (ParseError, ValueError) as error:
            return self._fail(f"a command set that cannot be read: {error}")
        if message.has_data:
            self.message = message
            self._context_id = context_id
        return message

    def _fail(self, text: str) -> Found | None:
        if self._failed:
            return None
        self._failed = True
        self.message = None
        self._context_id = 0
        return MessageError(text)
