"""The letters with which DCMTK's network tools propose (`-x...`) and prefer (`+x...`) transfer syntaxes."""

from __future__ import annotations

import sys

from dicomkit.cli.options import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.cli.options import Options

__all__ = ["PREFERRED", "PREFERRED_OR_ALL", "PROPOSED", "PROPOSED_QUERY", "accepted", "proposed"]

_IMPLICIT: Final = "1.2.840.10008.1.2"
_LITTLE: Final = "1.2.840.10008.1.2.1"
_BIG: Final = "1.2.840.10008.1.2.2"
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"

_LITTLE_FIRST: Final = (_LITTLE, _BIG, _IMPLICIT)
_BIG_FIRST: Final = (_BIG, _LITTLE, _IMPLICIT)
_LOCAL_FIRST: Final = _LITTLE_FIRST if sys.byteorder == "little" else _BIG_FIRST

#: Letter -> transfer syntaxes that need no codec.
_UNCOMPRESSED: Final = {"=": _LOCAL_FIRST, "e": _LITTLE_FIRST, "b": _BIG_FIRST, "i": (_IMPLICIT,)}

#: Letter, transfer syntax, end of the long name, what it is called in the help of requestors and of acceptors.
_COMPRESSED: Final = (
    ("s", "1.2.840.10008.1.2.4.70", "lossless", "default JPEG lossless TS", ""),
    ("y", "1.2.840.10008.1.2.4.50", "jpeg8", "default JPEG lossy TS for 8 bit data", ""),
    ("x", "1.2.840.10008.1.2.4.51", "jpeg12", "default JPEG lossy TS for 12 bit data", ""),
    ("v", "1.2.840.10008.1.2.4.90", "j2k-lossless", "JPEG 2000 lossless TS", ""),
    ("w", "1.2.840.10008.1.2.4.91", "j2k-lossy", "JPEG 2000 lossy TS", ""),
    ("t", "1.2.840.10008.1.2.4.80", "jls-lossless", "JPEG-LS lossless TS", ""),
    ("u", "1.2.840.10008.1.2.4.81", "jls-lossy", "JPEG-LS lossy TS", ""),
    ("m", "1.2.840.10008.1.2.4.100", "mpeg2", "MPEG2 Main Profile @ Main Level TS", ""),
    ("h", "1.2.840.10008.1.2.4.101", "mpeg2-high", "MPEG2 Main Profile @ High Level TS", ""),
    ("n", "1.2.840.10008.1.2.4.102", "mpeg4", "MPEG4 AVC/H.264 HP / Level 4.1 TS", ""),
    ("l", "1.2.840.10008.1.2.4.103", "mpeg4-bd", "MPEG4 AVC/H.264 BD-compatible TS", ""),
    ("2", "1.2.840.10008.1.2.4.104", "mpeg4-2-2d", "MPEG4 AVC/H.264 HP / Level 4.2 TS (2D)", ""),
    ("3", "1.2.840.10008.1.2.4.105", "mpeg4-2-3d", "MPEG4 AVC/H.264 HP / Level 4.2 TS (3D)", ""),
    (
        "o",
        "1.2.840.10008.1.2.4.106",
        "mpeg4-2-st",
        "MPEG4 AVC/H.264 Stereo / Level 4.2 TS",
        "MPEG4 AVC/H.264 Stereo HP / Level 4.2 TS",
    ),
    ("4", "1.2.840.10008.1.2.4.107", "hevc", "HEVC/H.265 Main Profile / Level 5.1 TS", ""),
    ("5", "1.2.840.10008.1.2.4.108", "hevc10", "HEVC/H.265 Main 10 Profile / Level 5.1 TS", ""),
    ("r", "1.2.840.10008.1.2.5", "rle", "RLE lossless TS", ""),
    ("d", _DEFLATED, "deflated", "deflated expl. VR little endian TS", ""),
)

_UIDS: Final = {letter: uid for letter, uid, _, _, _ in _COMPRESSED}

#: Of films, there is no uncompressed form to fall back on.
_ALONE: Final = frozenset("mhnl23o45")

_FALLBACK: Final = "\nand all uncompressed transfer syntaxes"


def _propose(letter: str, name: str, text: str) -> Option:
    fallback = "" if letter in _ALONE else _FALLBACK
    return Option(f"-x{letter} --propose-{name}", "propose", letter, f"propose {text}{fallback}")


_PROPOSE_UNCOMPRESSED: Final = (
    Option(
        "-x= --propose-uncompr",
        "propose",
        "=",
        "propose all uncompressed TS, explicit VR\nwith local byte ordering first (default)",
    ),
    Option(
        "-xe --propose-little",
        "propose",
        "e",
        "propose all uncompressed TS, explicit VR\nlittle endian first",
    ),
    Option(
        "-xb --propose-big",
        "propose",
        "b",
        "propose all uncompressed TS, explicit VR\nbig endian first",
    ),
    Option("-xi --propose-implicit", "propose", "i", "propose implicit VR little endian TS only"),
)

#: Of tools that send objects.
PROPOSED: Final = (
    "proposed transmission transfer syntaxes (not with --config-file)",
    (*_PROPOSE_UNCOMPRESSED, *[_propose(letter, name, text) for letter, _, name, text, _ in _COMPRESSED]),
)

#: Of tools that send queries.
PROPOSED_QUERY: Final = (
    "proposed transmission transfer syntaxes",
    (
        *_PROPOSE_UNCOMPRESSED[:3],
        _propose("d", "deflated", "deflated explicit VR little endian TS"),
        _PROPOSE_UNCOMPRESSED[3],
    ),
)

#: Of tools that receive objects.
PREFERRED: Final = (
    "preferred network transfer syntaxes",
    (
        Option("+x= --prefer-uncompr", "prefer", "=", "prefer explicit VR local byte order (default)"),
        Option("+xe --prefer-little", "prefer", "e", "prefer explicit VR little endian TS"),
        Option("+xb --prefer-big", "prefer", "b", "prefer explicit VR big endian TS"),
        *[
            Option(f"+x{letter} --prefer-{name}", "prefer", letter, f"prefer {theirs or ours}")
            for letter, _, name, ours, theirs in _COMPRESSED
        ],
        Option("+xi --implicit", "prefer", "i", "accept implicit VR little endian TS only"),
    ),
)

PREFERRED_OR_ALL: Final = (
    "preferred network transfer syntaxes (not with --config-file)",
    (*PREFERRED[1], Option("+xa --accept-all", "prefer", "a", "accept all supported transfer syntaxes")),
)


def proposed(options: Options) -> tuple[tuple[str, ...], ...]:
    """What `-x...` proposes for a SOP class: the lists of UIDs of one or more presentation contexts.

    A compressed transfer syntax has a context of its own, since an acceptor would choose one of several for all objects.
    """
    letter = options.get("propose", "=")
    if letter in _UNCOMPRESSED:
        return (_UNCOMPRESSED[letter],)
    alone = (_UIDS[letter],)
    return (alone,) if letter in _ALONE else (alone, _LOCAL_FIRST)


def accepted(options: Options) -> tuple[str, ...] | None:
    """What `+x...` accepts, the preferred UID first; None for all that are known."""
    letter = options.get("prefer", "=")
    if letter == "a":
        return None
    if letter in _UNCOMPRESSED:
        return _UNCOMPRESSED[letter]
    return (_UIDS[letter], *_LOCAL_FIRST)
