"""Unique identifiers (PS3.5 9) and their registry (PS3.6 Annex A)."""

from __future__ import annotations

from dicomkit._ext import standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final
    from uuid import UUID

__all__ = ["UID"]

_LONGEST: Final = 64  # characters (PS3.5 9.1)
_UUID_ROOT: Final = "2.25."  # PS3.5 B.2
_LEAST_DIGITS: Final = 20  # 64 bits: below that, two UIDs that are made apart may well be the same


class UID(str):
    """A unique identifier: a string, with what PS3.6 Annex A knows of it.

    Nothing is checked when it is made, so that it holds what is in a file; see `is_valid`.
    """

    __slots__ = ()

    @classmethod
    def from_keyword(cls, keyword: str) -> UID:
        """The registered UID of a keyword, as `CTImageStorage` or `ExplicitVRLittleEndian`.

        Raises:
            ValueError: there is no such keyword.
        """
        row = standard.uid_keyword(keyword)
        if row is None:
            raise ValueError(f"{keyword!r} is not the keyword of a registered UID")
        return cls(row[0])

    @classmethod
    def generate(cls, root: str | None = None, *, data: bytes | str | None = None) -> UID:
        """A new UID.

        Args:
            root: what it begins with, of your organisation. Without one it is a UUID: `2.25.` and a number (PS3.5 B.2).
            data: what it is derived from: the same data and root always give the same UID. Without, it is random. Where
                the UID must not tell its origin, as in de-identified data, a secret has to be part of the data.

        Raises:
            ValueError: the root is no valid UID, or so long that no 20 digits fit behind it.
        """
        if data is None:
            import os

            number = int.from_bytes(os.urandom(16), "big")
            version = 4  # RFC 9562 5.4: random
        else:
            import hashlib

            text = data.encode() if isinstance(data, str) else data
            number = int.from_bytes(hashlib.sha256(text).digest()[:16], "big")
            version = 8  # RFC 9562 5.8: of one's own making
        if root is None:
            number = number & ~(0xF << 76) & ~(0x3 << 62) | version << 76 | 0x2 << 62
            return cls(f"{_UUID_ROOT}{number}")
        digits = _LONGEST - len(root) - 1
        if not cls(root).is_valid or digits < _LEAST_DIGITS:
            raise ValueError(f"{root!r} is no root for UIDs")
        return cls(f"{root}.{number % 10**digits}")

    @classmethod
    def from_uuid(cls, uuid: UUID | str) -> UID:
        """The UID of a UUID (PS3.5 B.2).

        Raises:
            ValueError: the text is not 32 hexadecimal digits, with or without hyphens.
        """
        if not isinstance(uuid, str):
            return cls(f"{_UUID_ROOT}{uuid.int}")
        digits = uuid.replace("-", "")
        if len(digits) != 32 or not digits.isalnum() or not digits.isascii():
            raise ValueError(f"{uuid!r} is no UUID")
        return cls(f"{_UUID_ROOT}{int(digits, 16)}")

    @property
    def name(self) -> str:
        """The name in the registry, "" if it is not there."""
        row = standard.uid(self)
        return row[2] if row else ""

    @property
    def keyword(self) -> str:
        """The keyword in the registry, "" if it has none or is not there."""
        row = standard.uid(self)
        return row[1] if row else ""

    @property
    def kind(self) -> str:
        """What it identifies, in the words of PS3.6: "Transfer Syntax", "SOP Class", ...; "" if not registered."""
        row = standard.uid(self)
        return row[3] if row else ""

    @property
    def is_retired(self) -> bool:
        row = standard.uid(self)
        return row is not None and row[4]

    @property
    def is_private(self) -> bool:
        """Whether it is under another root than DICOM's own, as all instance UIDs are (PS3.5 9.2)."""
        return not self.startswith("1.2.840.10008.")

    @property
    def is_valid(self) -> bool:
        """Whether it follows PS3.5 9.1: up to 64 characters, numbers without leading zeros between dots."""
        return len(self) <= 64 and all(
            part.isascii() and part.isdigit() and (part == "0" or part[0] != "0") for part in self.split(".")
        )

    @property
    def is_transfer_syntax(self) -> bool:
        return self.kind == "Transfer Syntax"

    def __repr__(self) -> str:
        return f"UID({str.__repr__(self)})"
