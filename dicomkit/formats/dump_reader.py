"""The text of a data set, as dcmdump and `dicomkit.formats.dump` write it, back to a data set.

A line holds tag, VR and value; what follows a `#` is a comment. The page on dump2dcm has the forms of values.
"""

from __future__ import annotations

from dicomkit._ext.dump_reader import FAULTS, parse
from dicomkit._ext.tagstream import TagStream, index_bytes
from dicomkit.dataset.dataset import from_index
from dicomkit.dataset.problem import Problem
from dicomkit.errors import ParseError
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final, Literal

    from dicomkit._ext.tagstream import Index
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.standard.user_dictionary import Dictionary
    from dicomkit.typing import BytesLike

__all__ = ["NOTICES", "read_dump"]

#: Problems that are no errors: the data set is what the dump says.
NOTICES: Final = frozenset(("duplicate-element", "wrong-vr"))

_TRANSFER_SYNTAX_UID: Final = 0x00020010
_EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"


def read_dump(
    text: BytesLike | str | Iterable[bytes | str],
    *,
    transfer_syntax: str | None = None,
    meta: bool = True,
    strict: bool = True,
    escapes: bool = False,
    files: Literal["little", "big"] | None = None,
    dictionary: Dictionary | None = None,
) -> Dataset:
    """Read a dump.

    Lines may stand in any order; of several with one tag the first one counts. Values of a dump in bytes are in the
    character set that the data set says; those of a dump in `str` are encoded in it.

    Args:
        text: a dump or its lines, as bytes or `str`.
        transfer_syntax: UID or keyword of the transfer syntax to encode the data set in; None takes that of the dump's File
            Meta Information, or Explicit VR Little Endian.
        meta: False leaves the dump's File Meta Information out.
        strict: raise at the first line that makes no sense. If False, such lines are left out and recorded in
            `ds.problems`.
        escapes: a backslash and an n are a new line in LT, ST and UT, as in DCMTK's dump2dcm.
        files: that a value of OB or OW may be `=name`, the contents of this file, and the byte order of the words of OW in
            it. Only for dumps that are trusted.
        dictionary: a user dictionary, looked up before the standard's.

    Returns:
        The data set. Its sequences have explicit or undefined lengths as the dump says.

    Raises:
        ParseError: a line makes no sense, or the dump ends inside a sequence.
        ValueError: there is no such transfer syntax.
    """
    loader = None if files is None else _Loader(files)
    made_meta, made, implicit, big, faults = parse(
        _bytes(text),
        encoding=None if transfer_syntax is None else _encoding(transfer_syntax),
        meta=meta,
        strict=strict,
        escapes=escapes,
        load=None if loader is None else loader.load,
        dictionary=dictionary,
    )
    problems = []
    for fault, line, offset, path in faults:
        code, sentence = FAULTS[fault]
        if code == "no-file" and loader is not None:
            sentence = loader.failures.pop(0)
        if strict and code not in NOTICES:
            raise ParseError(f"{sentence} (line {line})", offset, path)
        problems.append(Problem(code, f"{sentence} (line {line})", path, offset))
    file_meta = from_index(index_bytes(made_meta)) if made_meta else None
    dataset = from_index(
        _index(made, implicit, big, dictionary),
        file_meta=file_meta,
        transfer_syntax=_transfer_syntax(transfer_syntax, file_meta),
        problems=tuple(problems),
    )
    if not isinstance(text, (bytes, bytearray, memoryview)):
        _encode_text(dataset)
    return dataset


def _bytes(text: BytesLike | str | Iterable[bytes | str]) -> BytesLike:
    if isinstance(text, (bytes, bytearray, memoryview)):
        return text
    if isinstance(text, str):
        return text.encode("utf-8", "surrogateescape")
    lines = []
    for line in text:
        encoded = line.encode("utf-8", "surrogateescape") if isinstance(line, str) else line
        lines.append(encoded if encoded.endswith(b"\n") else encoded + b"\n")
    return b"".join(lines)


def _encoding(key: str) -> tuple[bool, bool]:
    """Implicit VR and big endian of a transfer syntax."""
    from dicomkit.standard.transfer_syntax import TransferSyntax

    syntax = TransferSyntax.find(key)
    if syntax is None:
        raise ValueError(f"{key!r} is no transfer syntax")
    return syntax.implicit_vr, syntax.big_endian


def _index(data: bytes, implicit: bool, big: bool, dictionary: Dictionary | None) -> Index:
    if dictionary is None:
        return index_bytes(data, implicit_vr=implicit, big_endian=big)
    stream = TagStream(0, len(data), implicit_vr=implicit, big_endian=big, dictionary=dictionary, defer_size=len(data))
    stream.feed(data, 0)
    return stream.finish()


def _transfer_syntax(key: str | None, file_meta: Dataset | None) -> UID:
    if key is not None:
        return UID(key) if key[:1].isdigit() else UID.from_keyword(key)
    uid = None if file_meta is None else file_meta.get(_TRANSFER_SYNTAX_UID)
    return uid if isinstance(uid, UID) and uid else UID(_EXPLICIT_VR_LITTLE_ENDIAN)


class _Loader:
    """Reads the files that hold values."""

    def __init__(self, order: Literal["little", "big"]) -> None:
        self.big_endian = order == "big"
        self.failures: list[str] = []

    def load(self, name: bytes, words: bool, big_endian: bool) -> bytes | None:
        """The contents of a file, None if it cannot be read; words in the byte order that is wanted."""
        try:
            with open(name, "rb") as file:
                content = file.read()
        except (OSError, ValueError) as error:  # ValueError: a name with NUL in it
            reason = getattr(error, "strerror", None) or error
            self.failures.append(f"{name.decode('utf-8', 'replace')}: {reason}")
            return None
        if words and big_endian != self.big_endian:
            swapped = bytearray(len(content) + len(content) % 2)
            swapped[1::2], swapped[: 2 * (len(content) // 2) : 2] = content[::2], content[1::2]
            return bytes(swapped)
        return content


def _encode_text(dataset: Dataset) -> None:
    """Encode text that came in UTF-8 in the data set's own character sets."""
    from dicomkit.dataset.text import TEXT_VRS

    pending = [dataset]
    while pending:
        dataset = pending.pop()
        utf8 = dataset.character_sets.terms == ("ISO_IR 192",)
        for element in dataset:
            if element.vr == "SQ":
                pending += element.value
            elif not utf8 and element.vr in TEXT_VRS and not element.raw.isascii():
                try:
                    dataset[element.tag] = element.raw.decode().rstrip(" \0")
                except UnicodeDecodeError:  # bytes that were no text of the dump's encoding: they stay as they are
                    continue
