"""What codestreams are, by their first bytes, where no transfer syntax says it: in items, and in files that seem native.

Which of several transfer syntaxes of a codec it is does not matter for decoding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dicomkit._ext import rle
from dicomkit.errors import CodecError
from dicomkit.pixels.codecs.jpeg_stream import read_header
from dicomkit.pixels.fragments import STARTS
from dicomkit.standard.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from dicomkit.pixels.stored import Stored
    from dicomkit.typing import BytesLike

__all__ = ["recognised"]

#: JPEG process -> transfer syntax.
PROCESSES: Final = {0: "1.2.840.10008.1.2.4.50", 3: "1.2.840.10008.1.2.4.57", 0x37: "1.2.840.10008.1.2.4.81"}
EXTENDED: Final = "1.2.840.10008.1.2.4.51"
JPEG_2000: Final = "1.2.840.10008.1.2.4.91"
JPEG_XL: Final = "1.2.840.10008.1.2.4.112"
RLE: Final = "1.2.840.10008.1.2.5"


def recognised(stored: Stored) -> TransferSyntax | None:
    """A transfer syntax that encapsulated pixel data may be in, by their first fragment; None if it is not known."""
    items = stored.items()
    if len(items) < 2:
        return None
    offset, length = (int(number) for number in items[1])
    try:
        return TransferSyntax.find(_recognise(stored.read(offset, length)))
    except CodecError:
        return None


def _recognise(data: BytesLike) -> str:
    start = bytes(data[:12])
    if start.startswith(STARTS["jpeg"]):
        return PROCESSES.get(read_header(data).process, EXTENDED)
    if start.startswith(STARTS["jpeg2000"]):
        return JPEG_2000
    if start.startswith(STARTS["jpeg-xl"]):
        return JPEG_XL
    rle.header(data)  # raises
    return RLE
