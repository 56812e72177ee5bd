"""What findscu, getscu and movescu have in common: information models, and queries from files and keys."""

from __future__ import annotations

from dicomkit.cli.options import Option, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset

__all__ = ["KEY", "MODELS", "dump_lines", "model", "queries"]

KEY: Final = (
    "override matching keys",
    (
        Option(
            "-k --key",
            "keys",
            None,
            "override matching key",
            argument='[k]ey: gggg,eeee="str", path or dict. name="str"',
            repeat=True,
        ),
    ),
)

_CHARACTER_SET: Final = "(0008,0005)"  # at the beginning of a line: not that of an item

#: Letter of the option -> information models for C-FIND, C-MOVE and C-GET (PS3.4 C.6 and K.6).
MODELS: Final = {
    "P": ("1.2.840.10008.5.1.4.1.2.1.1", "1.2.840.10008.5.1.4.1.2.1.2", "1.2.840.10008.5.1.4.1.2.1.3"),
    "S": ("1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.5.1.4.1.2.2.3"),
    "O": ("1.2.840.10008.5.1.4.1.2.3.1", "1.2.840.10008.5.1.4.1.2.3.2", "1.2.840.10008.5.1.4.1.2.3.3"),
    "W": ("1.2.840.10008.5.1.4.31", "", ""),
}


def model(kind: str, default: str) -> tuple[str, tuple[Option, ...]]:
    """The options for the information model; `kind` is "query" or "retrieve", `default` a letter."""
    rows = (
        ("W", "--worklist", "use modality worklist information model"),
        ("P", "--patient", "use patient root information model"),
        ("S", "--study", "use study root information model"),
        ("O", "--psonly", "use patient/study only information model"),
    )
    return (
        f"{kind} information model",
        tuple(
            [
                Option(f"-{letter} {name}", "model", letter, f"{text}{' (default)' if letter == default else ''}")
                for letter, name, text in rows
                if letter != "W" or default == "W"
            ]
        ),
    )


def queries(options: Options) -> list[Dataset]:
    """The identifiers to send: those of the files behind peer and port, with the keys put in; or one of the keys alone.

    Text that is not ASCII is sent in UTF-8, unless a key says what Specific Character Set it is to be in.

    Raises:
        UsageError: there is neither, a file cannot be read, or a key is none.
    """
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.errors import DicomError
    from dicomkit.media.reader import read

    keys = options.get("keys", ())
    files = options.parameters[2:]
    if not files and not keys:
        raise UsageError("either query file or override keys (or both) must be specified")
    found = []
    for name in files:
        try:
            found.append(read(name))
        except (DicomError, OSError) as error:
            text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise UsageError(f"cannot access file: {name}: {text}") from None
    found = found or [Dataset()]
    for dataset in found:
        _put(dataset, keys)
        try:
            dataset.to_bytes(meta="none")
        except DicomError as error:
            raise UsageError(f"bad query: {error}") from None
    return found


def _put(dataset: Dataset, keys: list[str]) -> None:
    """Put the keys into an identifier."""
    from dicomkit.dataset import edit
    from dicomkit.dataset.literal import Literal
    from dicomkit.errors import DicomError

    if not all(key.isascii() for key in keys) and not any(_names_character_set(key) for key in keys):
        dataset.set_character_set("ISO_IR 192")
    for key in keys:
        path, _, value = key.partition("=")
        try:
            # A path to an item, as "Seq[0]", makes sure that it is there, and has no value.
            edit.insert(dataset, path, None if path.endswith("]") and not value else Literal(value))
        except (ValueError, TypeError, KeyError, DicomError):
            raise UsageError(f"bad key format or dictionary name not found in dictionary: {key}") from None


def _names_character_set(key: str) -> bool:
    return key.partition("=")[0].strip("()").lower() in ("specificcharacterset", "0008,0005", "8,5")


#: Control characters but the tabulator: what a peer says must not reach the terminal as commands.
_CONTROL: Final = dict.fromkeys([*range(9), *range(10, 32), *range(127, 160)], "?")


def dump_lines(dataset: Dataset) -> list[str]:
    """A data set as it is logged: as dcmdump prints it, its text readable in UTF-8."""
    lines = _dump(dataset, utf8=True)
    # What is shown is converted, what is said about the character set is not.
    actual = [line for line in _dump(dataset, utf8=False) if line.startswith(_CHARACTER_SET)]
    for number, line in enumerate(lines):
        if line.startswith(_CHARACTER_SET):
            lines[number : number + 1] = actual
            break
    return [*lines, ""]


def _dump(dataset: Dataset, *, utf8: bool) -> list[str]:
    import io

    from dicomkit.formats.dump import dump

    text = io.BytesIO()
    dump(dataset, text, utf8=utf8)
    return [line.translate(_CONTROL) for line in text.getvalue().decode("utf-8", "replace").split("\n")[:-1]]
