"""Unique identifiers (PS3.5 9) and their registry (PS3.6 Annex A)."""

from __future__ import annotations

from dicomkit._ext import standard

__all__ = ["UID"]


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
