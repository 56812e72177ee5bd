"""Data sets that were received: where they are put, and as what."""

from __future__ import annotations

from dicomkit.media.reader import read
from dicomkit.standard.transfer_syntax import TransferSyntax

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Final, Protocol

    from dicomkit.dataset.dataset import Dataset
    from dicomkit.typing import BytesLike

    class Sink(Protocol):
        """Where a data set goes that is being received."""

        def write(self, view: memoryview) -> object:
            """Take a piece. The view is valid for the time of this call."""

        def finish(self) -> Any:
            """All of it was there. What this returns becomes `data` of the message."""

        def discard(self) -> None:
            """The rest will not come, or `write` or `finish` has raised."""


__all__ = ["Collected", "data_set"]

EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"  # as all new transfer syntaxes (PS3.5 A.4)
MOST_IN_MEMORY: Final = 1 << 26


class Collected:
    """A data set in memory; a large one in a temporary file without a name."""

    __slots__ = ("_data", "_file")

    def __init__(self) -> None:
        self._data = bytearray()
        self._file: IO[bytes] | None = None

    def write(self, view: memoryview) -> None:
        """Take a piece."""
        if self._file is not None:
            self._file.write(view)
            return
        self._data += view
        if len(self._data) > MOST_IN_MEMORY:
            from tempfile import TemporaryFile

            self._file = TemporaryFile()  # noqa: SIM115  # it lives as long as the data set does
            self._file.write(self._data)
            self._data = bytearray()

    def finish(self) -> bytearray | IO[bytes]:
        """The data set."""
        if self._file is None:
            return self._data
        self._file.seek(0)
        return self._file

    def discard(self) -> None:
        """Forget it."""
        self._data = bytearray()
        if self._file is not None:
            self._file.close()


def data_set(data: BytesLike | IO[bytes], transfer_syntax: str) -> Dataset:
    """What was received in a presentation context as a data set.

    Raises:
        ParseError: it is none.
    """
    known = TransferSyntax.find(transfer_syntax) is not None
    return read(data, transfer_syntax=transfer_syntax if known else EXPLICIT_LITTLE, quirks=("data-set-only",))
