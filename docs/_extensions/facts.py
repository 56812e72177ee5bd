"""The program's tables as rows of text for the manual. Backquotes in a cell mark code."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from dicomkit._ext.dump_reader import FAULTS
from dicomkit._ext.tagstream import PROBLEMS, QUIRKS
from dicomkit.cli import TOOLS
from dicomkit.cli.options import Option
from dicomkit.formats.dump_reader import NOTICES
from dicomkit.media.stream import FILE_PROBLEMS, FILE_QUIRKS
from dicomkit.standard import VRS, TransferSyntax

Rows = Iterable[Sequence[str]]
Table = tuple[Sequence[str], Rows]

#: Quirk -> what it does, and the option of dcmdump that asks for it. A test compares the names with the program's.
QUIRK_MEANINGS = {
    "assume-even-length": ("a value of odd length has one byte more than its length says", "+ae"),
    "ignore-explicit-vr": ("the dictionary's VR counts, not the one in the file", "-ev"),
    "assume-implicit": ("an element with something else than a VR is read as implicit VR", "-vr"),
    "undefined-un-explicit": ("UN of undefined length has explicit VR inside", "-ui"),
    "convert-un": ("a UN element takes the VR of the dictionary, private elements too", "+uc"),
    "private-undefined-as-sequence": ("kept for DCMTK's option; such elements are always read as a sequence", "+sq"),
    "ignore-meta-length": ("no problem is recorded for a wrong File Meta Information Group Length", "-ml"),
    "data-set-only": ("there is no File Meta Information: a data set starts at the first byte", "-f"),
    "file-only": ("a stream without File Meta Information is refused", "+fo"),
    "zlib": ("a deflated data set has a zlib header (RFC 1950)", "+bz"),
}


def problems() -> Table:
    """What the tag stream tolerates."""
    return ("Code", "Text"), [(f"`{code}`", text) for code, text in PROBLEMS]


def file_problems() -> Table:
    """What is tolerated around the data set."""
    return ("Code", "Text"), [(f"`{code}`", text) for code, text in FILE_PROBLEMS.items()]


def quirks() -> Table:
    """Names for `quirks=`."""
    rows = [(f"`{name}`", *_marked(QUIRK_MEANINGS.get(name, ("", "")))) for name in [*QUIRKS, *sorted(FILE_QUIRKS)]]
    return ("Name", "Meaning", "dcmdump"), rows


def _marked(meaning: tuple[str, str]) -> tuple[str, str]:
    text, option = meaning
    return text, f"`{option}`" if option else ""


def vrs() -> Table:
    """Value representations."""
    rows = [
        (
            f"`{vr.code}`",
            vr.name,
            f"`{vr.value_type}`",
            "" if vr.max_length is None else str(vr.max_length),
            "yes" if vr.multi_valued else "no",
            "yes" if vr.character_set else "no",
        )
        for vr in VRS.values()
    ]
    return ("VR", "Name", "Type of one value", "Most characters", "Several values", "Specific Character Set"), rows


def transfer_syntaxes() -> Table:
    """Transfer syntaxes, by UID."""
    return ("UID", "Name", "VR", "Byte order", "Pixel data"), [_transfer_syntax(one) for one in TransferSyntax.all()]


def _transfer_syntax(syntax: TransferSyntax) -> tuple[str, ...]:
    if syntax.stream:
        pixels = "a stream of PS3.22, not in files"
    elif syntax.referenced:
        pixels = "by URL"
    elif syntax.encapsulated:
        pixels = f"encapsulated, {syntax.family}" if syntax.family else "encapsulated"
    else:
        pixels = "native, words in big endian" if syntax.big_endian_pixels else "native"
    if syntax.deflated:
        pixels += "; the data set is deflated"
    return (
        f"`{syntax.uid}`",
        syntax.name + (" (retired)" if syntax.retired and "retired" not in syntax.name.lower() else ""),
        "implicit" if syntax.implicit_vr else "explicit",
        "big endian" if syntax.big_endian else "little endian",
        pixels,
    )


def dump_problems() -> Table:
    """What is wrong with the lines of a dump."""
    rows = [(f"`{code}`", text, "no" if code in NOTICES else "yes") for code, text in FAULTS if code]
    return ("Code", "Text", "Error"), rows


def options_of(tool: str) -> Iterator[tuple[str, Sequence[str], Rows]]:
    """One table for each group of options of a tool."""
    for group in importlib.import_module(f"dicomkit.cli.{tool}").GROUPS:
        for title, options in group.subgroups:
            heading = f"{group.title}: {title}" if title else group.title
            yield heading, ("Option", "Long name", "Meaning"), [_option(option) for option in options]


def _option(option: Option) -> tuple[str, str, str]:
    name = option.argument.partition(":")[0].replace("[", "").replace("]", "")
    argument = f" {name}" if name else ""
    meaning = option.help.replace("\n", " ")
    if ":" in option.argument:
        meaning += f" ({option.argument})"
    return f"`{option.short}{argument}`" if option.short else "", f"`{option.long}{argument}`", meaning


TABLES: dict[str, Callable[[], Table]] = {
    "problems": problems,
    "file-problems": file_problems,
    "quirks": quirks,
    "vrs": vrs,
    "transfer-syntaxes": transfer_syntaxes,
    "dump-problems": dump_problems,
}
TITLED: dict[str, Callable[[], Iterable[tuple[str, Sequence[str], Rows]]]] = {
    f"{tool}-options": partial(options_of, tool) for tool in TOOLS
}
