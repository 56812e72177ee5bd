"""Code extension of ISO 2022: switching between character sets inside a value by escape sequences.

PS3.5 6.1.2.4 and 6.1.2.5. The lower half of the code table (bytes 21 to 7E) shows the set designated to G0, the upper
half (A0 to FF) the one designated to G1. The *initial state* is the first value of Specific Character Set; it is back
before every control character, before the separator of values, and before `^` and `=` in a person's name, so that each
line, value and component can be read without the others.
"""

from __future__ import annotations

from dicomkit.standard.charsets import BY_ESCAPE, ESCAPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from dicomkit.standard.charsets import CodeElement

_CONTROLS: Final = bytes([code for code in range(0x20) if code != 0x1B])
_LF: Final = 0x0A
_REPLACEMENT: Final = "\ufffd"


def marking(delimiters: bytes) -> bytes:
    """Make the table for `bytes.translate` that turns all before which the initial state is back into LF."""
    return bytes.maketrans(_CONTROLS + delimiters, b"\n" * len(_CONTROLS + delimiters))


class CodeExtension:
    """The initial state of a code table and the sets that may replace it; reads and writes text with them.

    Attributes:
        g0: initial set of the lower half, one byte a character (two bytes are no initial state: delimiters could not be
            told from characters).
        g1: initial set of the upper half, or None if it has none.
        declared: the sets that escape sequences may designate, in the order of preference for writing.
        fallbacks: codecs to try for bytes of the upper half while it has no set; one of them must read all bytes.
    """

    __slots__ = ("declared", "fallbacks", "g0", "g1")

    def __init__(
        self, g0: CodeElement, g1: CodeElement | None, declared: tuple[CodeElement, ...], fallbacks: tuple[str, ...]
    ) -> None:
        self.g0 = g0
        self.g1 = g1
        self.declared = declared
        self.fallbacks = fallbacks

    # Reading

    def decode(self, raw: bytes, marks: bytes, *, strict: bool) -> str:
        """Decode a value with escape sequences.

        Args:
            raw: the value.
            marks: `raw.translate(marking(...))`.
            strict: raise UnicodeDecodeError for what is wrong.
        """
        initial = (self.g0, self.g1)
        g0, g1 = initial
        parts: list[str] = []
        position, end = 0, len(raw)
        while position < end:
            if raw[position] == 0x1B:
                element, size = self._escape_sequence(raw, position, strict=strict)
                if element is None:
                    parts.append("\x1b")
                elif element.region == "G0":
                    g0 = element
                else:
                    g1 = element
                position += size
                continue
            stop = raw.find(ESCAPE, position)
            if stop < 0:
                stop = end
            if g0.width == 2:
                position = self._decode_double(raw, marks, position, stop, g0, g1, parts, strict=strict)
                if position < stop:
                    g0, g1 = initial
                continue
            mark = marks.find(b"\n", position, stop) if (g0, g1) != initial else -1
            if mark >= 0:
                stop = mark
            parts.append(self.decode_run(raw, position, stop, g1, strict=strict))
            position = stop
            if mark >= 0:
                g0, g1 = initial
        return "".join(parts)

    def _escape_sequence(self, raw: bytes, position: int, *, strict: bool) -> tuple[CodeElement | None, int]:
        # None of them is the beginning of another one.
        for size in (3, 4):
            element = BY_ESCAPE.get(raw[position : position + size])
            if element is not None:
                break
        if element is None:
            size = 1  # ESC stays in the text as a character, so that nothing is lost
        if strict and element not in self.declared:
            reason = "escape sequence of an undeclared set" if element else "unknown escape sequence"
            raise UnicodeDecodeError("iso2022", raw, position, position + size, reason)
        return element, size

    def decode_run(self, raw: bytes, start: int, stop: int, g1: CodeElement | None, *, strict: bool) -> str:
        """Decode bytes in one state, the lower half being (nearly) ASCII."""
        run = raw[start:stop]
        if g1 is None:
            return self._decode_undesignated(raw, start, run, strict=strict)
        try:
            text = run.decode(g1.codec)
            if not strict or g1.width != 1 or len(text) == len(run):
                return text
            # The codec of JIS X 0201 also reads the kanji of Shift-JIS.
            raise UnicodeDecodeError(g1.codec, run, 0, len(run), "two-byte characters in a one-byte set")
        except UnicodeDecodeError as error:
            if strict:
                raise _shifted(error, raw, start) from None
        return run.decode(g1.superset or g1.codec, "replace")

    def _decode_undesignated(self, raw: bytes, start: int, run: bytes, *, strict: bool) -> str:
        try:
            return run.decode("ascii")
        except UnicodeDecodeError as error:
            if strict:
                error.reason = "no character set is designated for bytes from 80 on"
                raise _shifted(error, raw, start) from None
        for codec in self.fallbacks:
            try:
                return run.decode(codec)
            except UnicodeDecodeError:
                continue
        raise AssertionError("the last fallback reads all bytes")

    def _decode_double(
        self,
        raw: bytes,
        marks: bytes,
        position: int,
        stop: int,
        g0: CodeElement,
        g1: CodeElement | None,
        parts: list[str],
        *,
        strict: bool,
    ) -> int:
        """Decode while the lower half has a set of two bytes a character, up to `stop` or to what ends that state.

        In this state 5C, 5E and 3D are halves of characters, not delimiters: a correct writer has left it before any
        delimiter. One without its other half tells that the writer did not.
        """
        while position < stop:
            begin = position
            while position + 1 < stop and 0x21 <= raw[position] <= 0x7E and 0x21 <= raw[position + 1] <= 0x7E:
                position += 2
            if position > begin:
                parts.append(_decode_pairs(raw, begin, position, g0, strict=strict))
                continue
            code = raw[position]
            if code >= 0x80:
                while position < stop and raw[position] >= 0x80:
                    position += 1
                parts.append(self.decode_run(raw, begin, position, g1, strict=strict))
                continue
            if marks[position] == _LF:
                break
            if code == 0x20 or code == 0x7F:
                parts.append(chr(code))
            elif strict:
                raise UnicodeDecodeError(g0.codec, raw, position, position + 1, "half a character")
            else:
                parts.append(_REPLACEMENT)
            position += 1
        return position

    # Writing

    def encode(self, text: str, delimiters: str, forbidden: str) -> tuple[bytes, list[str]]:
        """Encode a value.

        Args:
            text: the value.
            delimiters: characters before which the initial state must be back, besides control characters.
            forbidden: characters that count as missing.

        Returns:
            The bytes, with `?` for each character that no set has, and the list of these characters.
        """
        g0, g1 = self.g0, self.g1
        data = bytearray()
        missing: list[str] = []
        for char in text + "\0":  # the end of the value is a delimiter too
            if char < " " or char in delimiters:
                if g0 is not self.g0:
                    data += self.g0.escape
                # "Nor is a switch needed if this character set has only the G0 code element" (6.1.2.5.3).
                if g1 is not self.g1 and self.g1 is not None:
                    data += self.g1.escape
                g0, g1 = self.g0, self.g1
            element, code = self._encode_char(char, g0, g1) if char not in forbidden else (None, b"")
            if element is None:
                missing.append(char)
                element, code = self.g0, b"?"
            # Two bytes a character in one half, and another set in the other: allowed, but few readers expect it.
            if element.region == "G1" and g0.width == 2:
                data += self.g0.escape
                g0 = self.g0
            if element.region == "G0" and element is not g0:
                data += element.escape
                g0 = element
            elif element.region == "G1" and element is not g1:
                data += element.escape
                g1 = element
            data += code
        return bytes(data[:-1]), missing

    def _encode_char(self, char: str, g0: CodeElement, g1: CodeElement | None) -> tuple[CodeElement | None, bytes]:
        if char.isascii():
            return self.g0, char.encode("ascii")
        for element in (g1, g0, *self.declared):
            code = element.encode(char) if element is not None else None
            if code is not None:
                return element, code
        return None, b""


def _shifted(error: UnicodeDecodeError, raw: bytes, start: int) -> UnicodeDecodeError:
    """Make the error of a part of a value one of the whole value."""
    end = min(start + error.end, len(raw))
    return UnicodeDecodeError(error.encoding, raw, max(start + error.start, 0), end, error.reason)


def _decode_pairs(raw: bytes, start: int, stop: int, element: CodeElement, *, strict: bool) -> str:
    """Decode characters of two bytes 21 to 7E."""
    try:
        return (element.escape + raw[start:stop]).decode(element.codec)
    except UnicodeDecodeError as error:
        if strict:
            raise _shifted(error, raw, start - len(element.escape)) from None
    parts: list[str] = []
    for position in range(start, stop, 2):
        pair = raw[position : position + 2]
        try:
            parts.append((element.escape + pair).decode(element.codec))
        except UnicodeDecodeError:
            text = _shift_jis(pair).decode(element.superset, "replace") if element.superset else ""
            parts.append(text if len(text) == 1 else _REPLACEMENT)
    return "".join(parts)


def _shift_jis(pair: bytes) -> bytes:
    """Give the Shift-JIS form of a JIS X 0208 code. Windows-31J has characters in rows that JIS X 0208 leaves empty."""
    row, cell = pair[0] - 0x21, pair[1]
    lead = row // 2 + (0x81 if row < 62 else 0xC1)
    return bytes((lead, cell + (0x7E if row % 2 else 0x1F if cell < 0x60 else 0x20)))
