"""Transfer syntaxes: how a data set is encoded (PS3.5 10 and Annex A)."""

from __future__ import annotations

from dicomkit._ext import standard
from dicomkit.standard.uid import UID

__all__ = ["TransferSyntax"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from dicomkit._ext.standard import RegisteredUIDRow

# TS_ bits of standard.h and dictionary.h
_IMPLICIT_VR = standard.IMPLICIT_VR
_BIG_ENDIAN = standard.BIG_ENDIAN
_DEFLATED = standard.DEFLATED
_ENCAPSULATED = standard.ENCAPSULATED
_BIG_ENDIAN_PIXELS = 16
_REFERENCED = 32
_STREAM = 64
_FRAGMENTABLE = 128
_LOSSLESS = 256
_LOSSY = 512


class TransferSyntax:
    """The facts of one transfer syntax. Equal to another if the UIDs are equal.

    Attributes:
        uid: its UID.
        keyword: its keyword in PS3.6, "" if it is not registered.
        name: its name in PS3.6, "" if it is not registered.
        retired: whether PS3.5 has dropped it.
        family: the codec of its pixel data ("jpeg", "jpeg-lossless", "jpeg-ls", "jpeg2000", "htj2k", "rle" ...), "" if
            pixel data are stored as they are.
    """

    __slots__ = ("_properties", "family", "keyword", "name", "retired", "uid")

    def __init__(self, row: RegisteredUIDRow) -> None:
        self.uid = UID(row[0])
        self.keyword = row[1]
        self.name = row[2]
        self.retired = row[4]
        self.family = row[6]
        self._properties = row[5]

    @classmethod
    def find(cls, key: str) -> Self | None:
        """The transfer syntax of a UID (trailing padding does not matter) or keyword; None if it is not known."""
        row = standard.uid(key) or standard.uid_keyword(key)
        return cls(row) if row is not None and row[3] == "Transfer Syntax" else None

    @classmethod
    def assumed(cls, uid: str) -> Self:
        """The transfer syntax of a UID; for one that is not known, what all new ones have.

        That is explicit VR, little endian, encapsulated pixel data: PS3.5 A.4 demands it of every compressed transfer
        syntax, and files have had no other kind of new one since. They may be lossy, for all we know.
        """
        row: RegisteredUIDRow = (uid, "", "", "", False, _ENCAPSULATED | _FRAGMENTABLE | _LOSSY, "unknown")
        return cls.find(uid) or cls(row)

    @classmethod
    def all(cls) -> list[Self]:
        """All that are known: those of PS3.6 Annex A, and the private ones that are in use."""
        return [cls(row) for row in standard.uids() if row[3] == "Transfer Syntax"]

    @property
    def implicit_vr(self) -> bool:
        """Whether elements carry no VR (PS3.5 A.1)."""
        return self._properties & _IMPLICIT_VR != 0

    @property
    def big_endian(self) -> bool:
        """Whether tags, lengths and numbers have their most significant byte first (PS3.5 A.3)."""
        return self._properties & _BIG_ENDIAN != 0

    @property
    def big_endian_pixels(self) -> bool:
        """Whether pixel data words have their most significant byte first: in GE's private syntax, alone."""
        return self._properties & _BIG_ENDIAN_PIXELS != 0

    @property
    def deflated(self) -> bool:
        """Whether the data set is one deflate stream (PS3.5 A.5)."""
        return self._properties & _DEFLATED != 0

    @property
    def encapsulated(self) -> bool:
        """Whether pixel data are a sequence of fragments (PS3.5 A.4)."""
        return self._properties & _ENCAPSULATED != 0

    @property
    def referenced(self) -> bool:
        """Whether the data set names a URL in place of pixel data (JPIP, PS3.5 A.6)."""
        return self._properties & _REFERENCED != 0

    @property
    def stream(self) -> bool:
        """Whether it is one of the real-time flows of PS3.22, which never are in a file."""
        return self._properties & _STREAM != 0

    @property
    def fragmentable(self) -> bool:
        """Whether a frame may be in more than one fragment (PS3.5 A.4)."""
        return self._properties & _FRAGMENTABLE != 0

    @property
    def lossless(self) -> bool:
        """Whether pixel data are compressed, always without loss."""
        return self._properties & _LOSSLESS != 0

    @property
    def lossy(self) -> bool:
        """Whether compression may have lost information."""
        return self._properties & _LOSSY != 0

    def __eq__(self, other: object) -> bool:
        return self.uid == other.uid if isinstance(other, TransferSyntax) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.uid)

    def __repr__(self) -> str:
        return f"<TransferSyntax {self.uid} {self.name or 'not registered'}>"
