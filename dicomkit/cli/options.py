"""Command line options in the manner of DCMTK's tools, as tables.

An option has a short name (`+L`) and a long one (`--print-all`) and at most one argument. Options for the same `field`
exclude each other: the last one on the line counts. The same rows make the parser and the help text.

This module is on the way of every start of a command, so it imports nothing at run time.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, Final

__all__ = ["GENERAL", "Group", "Option", "Options", "UsageError", "expand", "help_text", "integer", "integers", "parse"]


class UsageError(Exception):
    """The command line makes no sense; `str()` says why."""


class Option:
    """A row of an option table.

    Args:
        names: short and long name, such as "+L --print-all", or a long name alone.
        field: what it sets.
        value: what it sets it to, if it has no argument; None if that is the same as not to give it. With an argument,
            None, or what is set together with the argument as a pair.
        help: its line in the help text; more lines follow after a newline.
        argument: its argument in the help text, such as "[t]ag: string"; "" if it has none. Each of several has a
            word with a bracket before the colon; they are a tuple.
        convert: makes the value of the argument; raises ValueError with the sentence that the user sees.
        repeat: every use adds to a list.
        needs: long name of the option that it only makes sense with, or several with " or " between them.
        conflicts: long name of the option that it makes no sense with.
    """

    __slots__ = ("argument", "conflicts", "convert", "field", "help", "long", "needs", "repeat", "short", "value")

    def __init__(
        self,
        names: str,
        field: str,
        value: object,
        help: str,
        *,
        argument: str = "",
        convert: Callable[[Option, Any], object] | None = None,  # Any: a text, or a tuple of several
        repeat: bool = False,
        needs: str = "",
        conflicts: str = "",
    ) -> None:
        self.short, _, self.long = names.rpartition(" ")
        self.field = field
        self.value = value
        self.help = help
        self.argument = argument
        self.convert = convert
        self.repeat = repeat
        self.needs = needs
        self.conflicts = conflicts

    def set_in(self, options: Options) -> bool:
        """Whether this is the option of its field that counts."""
        if self.field not in options:
            return False
        return bool(self.argument) or options[self.field] == self.value


class Group:
    """Options under one heading; `subgroups` are (heading, options), with "" for options directly below."""

    __slots__ = ("subgroups", "title")

    def __init__(self, title: str, *subgroups: tuple[str, tuple[Option, ...]]) -> None:
        self.title = title
        self.subgroups = subgroups

    def __iter__(self) -> Iterator[Option]:
        for _, options in self.subgroups:
            yield from options


class Options(dict[str, "Any"]):  # Any: each field has the type that its rows give it
    """What a command line says: fields by name, and the parameters."""

    parameters: list[str]


LOG_LEVELS: Final = ("fatal", "error", "warn", "info", "debug", "trace")


def _log_level(option: Option, text: str) -> object:
    if text not in LOG_LEVELS:
        raise ValueError(f"Invalid log level for {option.long} option")
    return text


def _existing_file(option: Option, text: str) -> object:
    try:
        with open(text, "rb"):
            return text
    except OSError:
        raise ValueError(f"Specified {option.long} file does not exist") from None


def integer(low: int, high: int) -> Callable[[Option, str], object]:
    """A converter for numbers from `low` to `high`."""

    def convert(option: Option, text: str) -> object:
        digits = text.strip()
        if not digits.removeprefix("-").isdecimal():
            raise ValueError(f"Invalid value for option {option.long} ({text})")
        number = int(digits)
        if not low <= number <= high:
            side = "underflow" if number < low else "overflow"
            raise ValueError(f"Invalid value for option {option.long} ({side}: {number})")
        return number

    return convert


def integers(low: int, high: int) -> Callable[[Option, tuple[str, ...]], object]:
    """A converter for several numbers from `low` to `high`, to a tuple."""
    number = integer(low, high)

    def convert(option: Option, texts: tuple[str, ...]) -> object:
        return tuple([number(option, text) for text in texts])

    return convert


GENERAL: Final = Group(
    "general options",
    (
        "",
        (
            Option("-h --help", "help", True, "print this help text and exit"),
            Option("--version", "version", True, "print version information and exit"),
            Option("--arguments", "arguments", True, "print expanded command line arguments"),
            Option("-q --quiet", "log_level", "quiet", "quiet mode, print no warnings and errors"),
            Option("-v --verbose", "log_level", "info", "verbose mode, print processing details"),
            Option("-d --debug", "log_level", "debug", "debug mode, print debug information"),
            Option(
                "-ll --log-level",
                "log_level",
                None,
                "(fatal, error, warn, info, debug, trace)\nuse level l for the logger",
                argument="[l]evel: string constant",
                convert=_log_level,
            ),
            Option(
                "-lc --log-config",
                "log_config",
                None,
                "use config file f for the logger",
                argument="[f]ilename: string",
                convert=_existing_file,
            ),
        ),
    ),
)


def expand(arguments: Sequence[str]) -> list[str]:
    """Replace each `@file` by the words of that file; quotes keep words together.

    Raises:
        UsageError: the file cannot be read.
    """
    expanded: list[str] = []
    for argument in arguments:
        if argument[:1] != "@" or len(argument) == 1:
            expanded.append(argument)
            continue
        try:
            with open(argument[1:], encoding="utf-8", errors="surrogateescape") as file:
                expanded += _words(file.read())
        except OSError:
            raise UsageError(f"Cannot open command file '{argument[1:]}'") from None
    return expanded


def _words(text: str) -> list[str]:
    words: list[str] = []
    word, quote, started = "", "", False
    for letter in text + " ":
        if quote:
            if letter == quote:
                quote = ""
            else:
                word += letter
        elif letter in "\"'":
            quote, started = letter, True
        elif not letter.isspace():
            word += letter
        elif word or started:
            words.append(word)
            word, started = "", False
    return words


def parse(groups: Sequence[Group], arguments: Sequence[str]) -> Options:
    """Read a command line. Options may stand anywhere; everything else is a parameter.

    Raises:
        UsageError: an option is unknown, lacks its argument, has a bad one or does not go with the others.
    """
    table: dict[str, Option] = {}
    for group in groups:
        for option in group:
            table[option.long] = table[option.short or option.long] = option
    result = Options()
    result.parameters = []
    chosen: dict[str, Option] = {}
    rest = iter(arguments)
    for argument in rest:
        if len(argument) < 2 or argument[0] not in "+-":
            result.parameters.append(argument)
            continue
        if argument not in table:
            raise UsageError(f"Unknown option {argument}")
        option = chosen[table[argument].field] = table[argument]
        value = option.value
        if option.argument:
            value = _argument(option, rest)
        if option.repeat:
            result.setdefault(option.field, []).append(value)
        else:
            result[option.field] = value
    for field, option in chosen.items():
        if option.needs and not any(_counts(table[name], chosen) for name in option.needs.split(" or ")):
            raise UsageError(f"{option.long} only allowed with {option.needs}")
        if option.conflicts and _counts(table[option.conflicts], chosen):
            raise UsageError(f"{option.long} not allowed with {option.conflicts}")
        if option.convert is not None:
            try:
                result[field] = option.convert(option, result[field])
            except ValueError as error:
                raise UsageError(str(error)) from None
    return result


def _counts(option: Option, chosen: dict[str, Option]) -> bool:
    """Whether this is the option of its field that counts: the last one, or the default."""
    last = chosen.get(option.field)
    return last is option if last is not None else option.value is None and not option.argument


def _argument(option: Option, rest: Iterator[str]) -> object:
    """What an option with an argument sets."""
    texts: list[str] = []
    for _ in range(sum("[" in word for word in option.argument.partition(":")[0].split())):
        text = next(rest, None)
        if text is None:
            raise UsageError(f"Missing value for option {option.long}")
        texts.append(text)
    value: object = texts[0] if len(texts) == 1 else tuple(texts)
    return value if option.value is None else (option.value, value)


def help_text(groups: Sequence[Group], parameters: Sequence[tuple[str, str]]) -> str:
    """The tables as text, in the columns of DCMTK's tools."""
    lines = ["parameters:"]
    lines += [f"  {name:<28}  {help}" for name, help in parameters]
    lines.append("")
    for group in groups:
        lines.append(f"{group.title}:")
        for title, options in group.subgroups:
            if title:
                lines.append(f"  {title}:")
            for option in options:
                texts = option.help.split("\n")
                if option.argument:
                    texts.insert(0, option.argument)
                head = f"    {option.short:<3}" if title else f"  {option.short:<5}"
                head += f"  {option.long:<21}"
                for text in texts:
                    lines.append(f"{head}  {text}")
                    head = " " * len(head)
    return "\n".join(lines) + "\n"
