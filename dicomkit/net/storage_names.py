"""The names under which received objects are kept, as DCMTK's `storescp` and `dcmrecv` give them, and safe.

UIDs, AE titles and patients' names are what a peer says. None of it reaches a file system or a shell as it is.
"""

from __future__ import annotations

from dicomkit.net.modality_prefixes import modality_prefix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from typing import Final, Literal, TypeAlias

    Kind: TypeAlias = Literal["uid", "unique", "short", "time", "system-time"]

__all__ = ["FileNaming", "command_line", "date_folder", "patient_folder", "safe_name", "safe_title", "study_folder"]

#: What stays of a text of a peer; everything else becomes "_". DCMTK also leaves the colon, which names streams of files
#: on Windows, and the space, which splits words in a shell.
_SAFE: Final = "0123456789.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_@"

#: Files of these names are devices on Windows, whatever follows after a dot.
_DEVICES: Final = frozenset(
    ["CON", "PRN", "AUX", "NUL", *[f"{kind}{number}" for kind in ("COM", "LPT") for number in range(10)]]
)

_LONGEST: Final = 200  # characters: file systems have 255 bytes, and something may have to be put behind a name


def safe_name(text: str) -> str:
    """One component of a path, of a text that comes from a peer: never "", "." or "..", no separator, no device.

    It is the text itself if that is harmless, as every valid UID is. Two texts that are not may have one name.
    """
    name = "".join([letter if letter in _SAFE else "_" for letter in text]) if text.strip(_SAFE) else text
    if len(name) > _LONGEST:
        import hashlib

        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        name = f"{name[: _LONGEST - 17]}_{digest[:16]}"
    if name[-1:] in ("", "."):
        name += "_"  # Windows drops a dot at the end
    if name.partition(".")[0].upper() in _DEVICES or name[0] == "-":
        name = f"_{name}"
    return name


def safe_title(text: str) -> str:
    """An AE title or a host name for a command line, where it stands in quotes: letters, digits, blanks and `-._:@`."""
    name = "".join([letter if letter in _SAFE or letter in " :" else "_" for letter in text.strip()])
    return f"_{name[1:]}" if name[:1] == "-" else name


class FileNaming:
    """How files are named.

    Args:
        kind: "uid": prefix and SOP instance UID (`CT.1.2.3`), so an object that comes again replaces itself; "unique":
            prefix and a new UID (`CT.X.2.25...`); "short": prefix and random digits (`CT_6b0374e33d13fb50`); "time" and
            "system-time": when it came (`20261122230354293.CT`, `20261122230405.636039.CT`).
        extension: what is put behind each name, with its dot.
    """

    __slots__ = ("extension", "kind")

    def __init__(self, kind: Kind = "uid", extension: str = "") -> None:
        self.kind = kind
        self.extension = extension

    @property
    def replaces(self) -> bool:
        """Whether a file of the same name is to be replaced. If not, ask for the name of the next attempt."""
        return self.kind == "uid"

    def name(self, sop_class: str, sop_instance: str, now: datetime, attempt: int = 0) -> str:
        """The name for an object.

        Args:
            sop_class: its SOP class UID.
            sop_instance: its SOP instance UID.
            now: when it came.
            attempt: how many names have been tried, because there are files of these names.
        """
        prefix = modality_prefix(sop_class, "XX" if self.kind == "short" else "UNKNOWN")
        if self.kind == "uid":
            return safe_name(f"{prefix}.{sop_instance}") + self.extension
        if self.kind == "unique":
            from dicomkit.standard.uid import UID

            return f"{prefix}.X.{UID.generate()}{self.extension}"
        if self.kind == "short":
            import os

            return f"{prefix}_{os.urandom(8).hex()}{self.extension}"
        if self.kind == "time":
            time = f"{now:%Y%m%d%H%M%S}{now.microsecond // 1000:03}"
        else:
            time = f"{now:%Y%m%d%H%M%S}.{now.microsecond:06}"
        serial = f"_{attempt - 1:04}" if attempt else ""
        return f"{time}{serial}.{prefix}{self.extension}"


def _timestamp(now: datetime) -> str:
    return f"{now:%Y%m%d_%H%M%S}{now.microsecond // 1000:03}"


def study_folder(prefix: str, now: datetime, study: str = "") -> str:
    """A folder for a study: `prefix_20261122_230355861`, or with its Study Instance UID `prefix_1.2.3`."""
    name = f"{prefix}_" if prefix else ""
    return name + (safe_name(study) if study else _timestamp(now))


def patient_folder(patient: str, now: datetime) -> str:
    """A folder for a study of a patient: `Mueller_Juergen_20261122_230359056`."""
    letters = "".join([_ASCII.get(letter) or _plain(letter) for letter in patient or "ANONYMOUS"])
    return f"{safe_name(letters)}_{_timestamp(now)}"


def date_folder(series_date: date | None, now: datetime) -> tuple[str, ...]:
    """The folders for a series of a date, below each other: data, 2024, 01, 31; or undef, 20261122 for one of no date."""
    if series_date is None:
        return "undef", f"{now:%Y%m%d}"
    return "data", f"{series_date.year:04}", f"{series_date.month:02}", f"{series_date.day:02}"


#: Letters of Latin-1 that are not the ASCII letter below their accent.
_ASCII: Final = {
    "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss",
    "Æ": "A", "æ": "a", "Ð": "D", "ð": "d", "Ø": "O", "ø": "o",
}  # fmt: skip


def _plain(letter: str) -> str:
    """A letter or digit of ASCII for a letter of any script."""
    if letter.isascii():
        return letter if letter.isalnum() else "_"
    import unicodedata

    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isascii() and base.isalpha() else "_"


def command_line(template: str, values: Mapping[str, str]) -> str:
    """The command of `--exec-on-reception` and the like, with its placeholders filled in.

    Args:
        template: what the user has given.
        values: placeholder, such as "#f", to what stands for it: "#p" and "#f", folder and file; "#a", "#c" and "#r",
            calling and called AE title and the peer's address. A placeholder without a value stays.

    What a peer has said is made harmless for a shell, and AE titles are put in quotes, since they may hold blanks. The
    folder is what the user has named, with `safe_name`s behind it, and is left as it is.
    """
    import re

    def fill(match: re.Match[str]) -> str:
        placeholder = match[0]
        value = values.get(placeholder)
        if value is None:
            return placeholder
        if placeholder in ("#a", "#c"):
            return f'"{safe_title(value)}"'
        if placeholder == "#r":
            return safe_title(value).replace(" ", "_")
        return value

    return re.sub("#[pfacr]", fill, template)
