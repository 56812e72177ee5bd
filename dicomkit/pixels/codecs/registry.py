"""The registry: what is done with each transfer syntax, and the codec that does it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from dicomkit.errors import UnsupportedTransferSyntax

if TYPE_CHECKING:
    from dicomkit.pixels.codecs.codec import Codec
    from dicomkit.standard.transfer_syntax import TransferSyntax

__all__ = ["HANDLING", "codec_for", "handling"]

GROUP: Final = "dicomkit.codecs"
HERE: Final = "dicomkit.pixels.codecs"

NATIVE: Final = ("native", "")
VIDEO: Final = ("video", "")
REFERENCED: Final = ("referenced", "")
STREAM: Final = ("stream", "")
NO_IMAGES: Final = ("none", "")
JPEG: Final = ("codec", "jpeg:JPEG")
JPEG_DECODED: Final = ("codec", "jpeg:RetiredJPEG")
JPEG_LOSSLESS: Final = ("codec", "jpeg_lossless:JPEGLossless")
JPEG_LS: Final = ("codec", "jpeg_ls:JPEGLS")
JPEG_2000: Final = ("codec", "jpeg2000:JPEG2000")
JPEG_2000_MC: Final = ("codec", "jpeg2000:JPEG2000Decoded")
HTJ2K: Final = ("codec", "jpeg2000:HTJ2K")
JPEG_XL: Final = ("codec", "jpeg_xl:JPEGXL")

#: Transfer syntax -> what is done with its pixel data, and which class of this package does it.
#:   native      they are not encoded
#:   codec       frames are decoded, and encoded where the class can
#:   video       carried as they are: frames depend on one another
#:   referenced  they are elsewhere, at a URL
#:   stream      only on networks (PS3.22), never in data sets
#:   none        no data set has it
HANDLING: Final[dict[str, tuple[str, str]]] = {
    "1.2.840.10008.1.2": NATIVE,
    "1.2.840.10008.1.2.1": NATIVE,
    "1.2.840.10008.1.2.1.98": ("codec", "plain:EncapsulatedUncompressed"),
    "1.2.840.10008.1.2.1.99": NATIVE,
    "1.2.840.10008.1.2.2": NATIVE,
    "1.2.840.10008.1.2.4.50": JPEG,
    "1.2.840.10008.1.2.4.51": JPEG,
    "1.2.840.10008.1.2.4.52": JPEG_DECODED,
    "1.2.840.10008.1.2.4.53": JPEG_DECODED,
    "1.2.840.10008.1.2.4.54": JPEG_DECODED,
    "1.2.840.10008.1.2.4.55": JPEG_DECODED,
    "1.2.840.10008.1.2.4.56": JPEG_DECODED,
    "1.2.840.10008.1.2.4.57": JPEG_LOSSLESS,
    "1.2.840.10008.1.2.4.58": JPEG_DECODED,
    "1.2.840.10008.1.2.4.59": JPEG_DECODED,
    "1.2.840.10008.1.2.4.60": JPEG_DECODED,
    "1.2.840.10008.1.2.4.61": JPEG_DECODED,
    "1.2.840.10008.1.2.4.62": JPEG_DECODED,
    "1.2.840.10008.1.2.4.63": JPEG_DECODED,
    "1.2.840.10008.1.2.4.64": JPEG_DECODED,
    "1.2.840.10008.1.2.4.65": JPEG_DECODED,
    "1.2.840.10008.1.2.4.66": JPEG_DECODED,
    "1.2.840.10008.1.2.4.70": JPEG_LOSSLESS,
    "1.2.840.10008.1.2.4.80": JPEG_LS,
    "1.2.840.10008.1.2.4.81": JPEG_LS,
    "1.2.840.10008.1.2.4.90": JPEG_2000,
    "1.2.840.10008.1.2.4.91": JPEG_2000,
    "1.2.840.10008.1.2.4.92": JPEG_2000_MC,
    "1.2.840.10008.1.2.4.93": JPEG_2000_MC,
    "1.2.840.10008.1.2.4.94": REFERENCED,
    "1.2.840.10008.1.2.4.95": REFERENCED,
    "1.2.840.10008.1.2.4.100": VIDEO,
    "1.2.840.10008.1.2.4.100.1": VIDEO,
    "1.2.840.10008.1.2.4.101": VIDEO,
    "1.2.840.10008.1.2.4.101.1": VIDEO,
    "1.2.840.10008.1.2.4.102": VIDEO,
    "1.2.840.10008.1.2.4.102.1": VIDEO,
    "1.2.840.10008.1.2.4.103": VIDEO,
    "1.2.840.10008.1.2.4.103.1": VIDEO,
    "1.2.840.10008.1.2.4.104": VIDEO,
    "1.2.840.10008.1.2.4.104.1": VIDEO,
    "1.2.840.10008.1.2.4.105": VIDEO,
    "1.2.840.10008.1.2.4.105.1": VIDEO,
    "1.2.840.10008.1.2.4.106": VIDEO,
    "1.2.840.10008.1.2.4.106.1": VIDEO,
    "1.2.840.10008.1.2.4.107": VIDEO,
    "1.2.840.10008.1.2.4.108": VIDEO,
    "1.2.840.10008.1.2.4.110": JPEG_XL,
    "1.2.840.10008.1.2.4.111": JPEG_XL,
    "1.2.840.10008.1.2.4.112": JPEG_XL,
    "1.2.840.10008.1.2.4.201": HTJ2K,
    "1.2.840.10008.1.2.4.202": HTJ2K,
    "1.2.840.10008.1.2.4.203": HTJ2K,
    "1.2.840.10008.1.2.4.204": REFERENCED,
    "1.2.840.10008.1.2.4.205": REFERENCED,
    "1.2.840.10008.1.2.5": ("codec", "rle:RLE"),
    "1.2.840.10008.1.2.6.1": NO_IMAGES,
    "1.2.840.10008.1.2.6.2": NO_IMAGES,
    "1.2.840.10008.1.2.7.1": STREAM,
    "1.2.840.10008.1.2.7.2": STREAM,
    "1.2.840.10008.1.2.7.3": STREAM,
    "1.2.840.10008.1.2.8.1": ("codec", "plain:DeflatedFrame"),
    "1.2.840.10008.1.20": NATIVE,
    "1.2.840.113619.5.2": NATIVE,
}

_WHY: Final = {
    "native": "its pixel data are not compressed",
    "video": "video is carried, not decoded",
    "referenced": "its pixel data are at a URL, not in the data set",
    "stream": "it is for real-time streams, not for data sets",
    "none": "it is not for data sets",
    "unknown": "no codec is registered for it",
}


def handling(syntax: TransferSyntax) -> str:
    """What is done with the pixel data of a transfer syntax: see HANDLING; "unknown" if nothing is."""
    if str(syntax.uid) in _added():
        return "codec"
    return HANDLING.get(str(syntax.uid), ("unknown", ""))[0]


def codec_for(syntax: TransferSyntax) -> Codec:
    """The codec of a transfer syntax.

    Raises:
        UnsupportedTransferSyntax: there is none.
    """
    return _codec(str(syntax.uid)) or _missing(syntax)


def _missing(syntax: TransferSyntax) -> Codec:
    raise UnsupportedTransferSyntax(syntax.uid, _WHY[handling(syntax)])


@cache
def _codec(uid: str) -> Codec | None:
    from dicomkit.standard.transfer_syntax import TransferSyntax

    added = _added().get(uid)
    if added is not None:
        cls = added.load()
    else:
        kind, place = HANDLING.get(uid, ("unknown", ""))
        if kind != "codec":
            return None
        module, name = place.split(":")
        cls = getattr(import_module(f"{HERE}.{module}"), name)
    made: Codec = cls(TransferSyntax.assumed(uid))
    return made


@cache
def _added() -> dict[str, Any]:
    """Entry points by the UID that they are for."""
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=GROUP)}
