"""Text values: bytes to `str` and back, by Specific Character Set and VR.

PS3.5 6.1.2 (character sets), 6.2 (padding), 6.4 (several values in one).

The one idea: all sets of DICOM hold ASCII in their lower half, so a value without ESC is one call of a codec, and a
delimiter in the decoded text is a delimiter in the bytes. (The second byte of a GBK, GB18030 or Shift-JIS character may
be 5C, but then it does not decode to a backslash.) Hence a value is decoded first and split after. Only values with
ESC need a state machine: `code_extension`.

Reading is tolerant unless asked to be strict; nothing raises, and what is done is always the same:

- Escape sequences are obeyed whether or not their set is declared. An unknown one stays in the text as it is.
- Upper-half bytes before any set for them is known (the default repertoire, a forgotten escape sequence) are read by
  the first that fits of: the other declared sets, UTF-8, what vendors write beyond the declared sets, Latin-1. The
  last one fits all bytes, so nothing is lost.
- Bytes that a set does not have are read by what vendors write beyond it (Windows-31J, UHC, GB18030); what is left
  becomes U+FFFD. Not surrogates: those make every later print, JSON dump and database insert fail. The bytes
  themselves are always there as `element.raw`.
- Text in a VR that has only the default repertoire (CS, AE, ...) is read by the same rules.
"""

from __future__ import annotations

from dicomkit.dataset.code_extension import CodeExtension, marking
from dicomkit.errors import EncodeError
from dicomkit.standard.charsets import DEFAULT_REPERTOIRE, ESCAPE, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final, Literal

__all__ = ["TEXT_VRS", "CharacterSets", "character_sets", "decode_values", "encode_values"]

#: PS3.5 table 6.2-1 and 6.1.2.3. Trailing spaces and NULs are padding in every VR. Leading ones: LO and SH "may be
#: padded with leading and/or trailing spaces"; in AE, CS, DS, IS they are not significant; in AS, DA, DT, TM, UI they
#: are not allowed and mean nothing. (PN has insignificant spaces around each component: `PersonName` leaves them out
#: of the components.)
TEXT_VRS: Final[dict[str, tuple[bool, bool, bool]]] = {
    # VR: leading spaces are padding too, backslash separates values, Specific Character Set applies
    "AE": (True, True, False),
    "AS": (True, True, False),
    "CS": (True, True, False),
    "DA": (True, True, False),
    "DS": (True, True, False),
    "DT": (True, True, False),
    "IS": (True, True, False),
    "LO": (True, True, True),
    "LT": (False, False, True),
    "PN": (False, True, True),
    "SH": (True, True, True),
    "ST": (False, False, True),
    "TM": (True, True, False),
    "UC": (False, True, True),
    "UI": (True, True, False),
    "UR": (False, False, False),
    "UT": (False, False, True),
}
_OTHER_VR: Final = (False, False, True)

_DEFAULT: Final = CodeExtension(DEFAULT_REPERTOIRE, None, (), ("utf_8", "latin_1"))

_MARK_ONE: Final = marking(b"")
_MARK_SEVERAL: Final = marking(b"\\")
_MARK_NAME: Final = marking(b"\\^=")


class CharacterSets:
    """What Specific Character Set (0008,0005) says; made by `character_sets`, immutable, hashable, picklable.

    Attributes:
        given: the values as they stand in the file.
        terms: the terms understood from them, in the spelling of the standard; "" is the default repertoire.
        unknown: the values that are not understood, or that have no meaning where they stand (UTF-8, GB18030 and GBK
            beside other terms). They count as if they were not there; an unknown first value as the default repertoire.
    """

    __slots__ = ("_codec", "_extension", "_stand_alone", "given", "terms", "unknown")

    def __init__(self, given: tuple[str, ...]) -> None:
        several = len(given) > 1
        found = [find(name, code_extensions=several) for name in given]
        first = (found[0] if found else None) or find("")
        assert first is not None
        # A term of table C.12-5 stands alone. As the first value it wins; as a later one it only tells how to read
        # upper-half bytes that no escape sequence explains.
        active = [first]
        if not first.stand_alone:
            active += [charset for charset in found[1:] if charset is not None and not charset.stand_alone]
        self.given = given
        self.terms = tuple([charset.term for charset in active])
        self.unknown = tuple([name for name, charset in zip(given, found, strict=True) if charset not in active])
        self._stand_alone = first.g1 if first.stand_alone else None
        # What writes a text that needs no other set than the first: all its characters, unless it knows more than the set.
        self._codec = first.g1.codec if first.g1 is not None and first.g1.width < 2 and first.g1.iso_ir != 13 else None
        # "If value 1 is empty, ISO-IR 6 is assumed as G0, and G1 is undefined", and "Code Extension shall not be used"
        # with a single value (PS3.5 6.1.2.5.4).
        g0 = first.g0 if first.g0.width == 1 else DEFAULT_REPERTOIRE
        declared = [element for charset in active for element in (charset.g1, charset.g0) if element is not None]
        upper = [charset.g1 for charset in found if charset is not None and charset.g1 is not None]
        self._extension = CodeExtension(
            g0,
            first.g1,
            (*declared, g0) if several or "2022" in first.term else (),
            (*[e.codec for e in upper], "utf_8", *[e.superset for e in upper if e.superset], "latin_1"),
        )

    def __repr__(self) -> str:
        return f"<CharacterSets {self}>"

    def __str__(self) -> str:
        return "\\".join(self.terms) or "the default repertoire"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CharacterSets) and other.given == self.given

    def __hash__(self) -> int:
        return hash(self.given)

    def __reduce__(self) -> tuple[object, ...]:
        return character_sets, (self.given,)

    def decode(self, raw: bytes, vr: str = "UT", *, strict: bool = False) -> str:
        """Decode a whole value field: separators and padding stay in the text.

        Args:
            raw: the bytes of the value field.
            vr: its VR; decides which characters end a code extension.
            strict: raise instead of reading what is wrong as the module says.

        Raises:
            UnicodeDecodeError: (strict) bytes without a character, an escape sequence that is unknown or not declared,
                or bytes beyond ASCII in a VR of the default repertoire. `start` counts from the start of `raw`.

        PS3.5 6.1.2.
        """
        _, several, extensible = TEXT_VRS.get(vr, _OTHER_VR)
        extension = self._extension if extensible or not strict else _DEFAULT
        if ESCAPE in raw and (self._stand_alone is None or extension is _DEFAULT):
            marks = raw.translate(_MARK_NAME if vr == "PN" else _MARK_SEVERAL if several else _MARK_ONE)
            return extension.decode(raw, marks, strict=strict)
        return extension.decode_run(raw, 0, len(raw), extension.g1, strict=strict)

    def encode(self, text: str, vr: str = "UT", *, errors: Literal["strict", "replace"] = "strict") -> bytes:
        """Encode one value, without padding.

        Args:
            text: the value; `^` and `=` in a PN are its delimiters.
            vr: its VR.
            errors: "replace" writes `?` for what cannot be written.

        Raises:
            EncodeError: (strict) the character sets do not have all characters, or `text` has ESC, or a backslash where
                that separates values.

        PS3.5 6.1.2.
        """
        _, several, extensible = TEXT_VRS.get(vr, _OTHER_VR)
        forbidden = "\x1b\\" if several else "\x1b"
        if not any(char in text for char in forbidden):
            if text.isascii():
                return text.encode("ascii")
            if self._codec is not None and extensible:
                try:
                    return text.encode(self._codec)
                except UnicodeEncodeError:
                    pass  # to collect what is missing
        delimiters = "\\^=" if vr == "PN" else "\\" if several else ""
        data, missing = (self._extension if extensible else _DEFAULT).encode(text, delimiters, forbidden)
        if missing and errors == "strict":
            raise EncodeError(_missing_sentence(missing, vr, self, extensible))
        return data


def _missing_sentence(missing: list[str], vr: str, sets: CharacterSets, extensible: bool) -> str:
    if "\\" in missing:
        return f"a backslash separates the values of {vr}, it cannot be part of one"
    if "\x1b" in missing:
        return "ESC cannot be part of a text: it starts escape sequences"
    distinct = list(dict.fromkeys(missing))
    shown = ", ".join([f"{char!r} (U+{ord(char):04X})" for char in distinct[:5]])
    more = f" and {len(distinct) - 5} more" if len(distinct) > 5 else ""
    if not extensible:
        return f"{shown}{more} cannot be written: {vr} has ASCII only"
    return f"{shown}{more} cannot be written in {sets}; ISO_IR 192 (UTF-8) has all characters"


_CACHE: Final[dict[tuple[str, ...], CharacterSets]] = {}
_CACHE_SIZE: Final = 256  # a file can name any nonsense; the sets of real files are a few dozen


def character_sets(terms: Iterable[str] | str | None = None) -> CharacterSets:
    r"""Give the character sets that the values of Specific Character Set (0008,0005) mean.

    Args:
        terms: its values, such as `("", "ISO 2022 IR 87")`, or one string with backslashes between the values; None or
            nothing is the default repertoire. Misspelt terms are understood, and a few encodings that are not of the
            standard too ("cp1251", "Shift_JIS"), for callers who know better than the file.

    PS3.3 C.12.1.1.2.
    """
    given = tuple(terms.split("\\")) if isinstance(terms, str) else tuple(terms or ())
    if given == ("",):
        given = ()
    sets = _CACHE.get(given)
    if sets is None:
        if len(_CACHE) >= _CACHE_SIZE:
            _CACHE.clear()
        sets = _CACHE[given] = CharacterSets(given)
    return sets


def decode_values(raw: bytes, sets: CharacterSets | None, vr: str, *, strict: bool = False) -> tuple[str, ...]:
    """Decode a value field to its values, without their padding.

    Args:
        raw: the bytes of the value field.
        sets: the character sets in force; None for the default repertoire.
        vr: its VR.
        strict: see `CharacterSets.decode`.

    Returns:
        The values; `()` if there is nothing but padding. At most one value for the VRs that cannot have several.

    Raises:
        UnicodeDecodeError: (strict) see `CharacterSets.decode`.

    PS3.5 6.2 and 6.4.
    """
    leading, several, _ = TEXT_VRS.get(vr, _OTHER_VR)
    text = (sets or character_sets()).decode(raw, vr, strict=strict)
    values = text.split("\\") if several else [text]
    values = [value.rstrip(" \0") for value in values]
    if leading:
        values = [value.lstrip(" \0") for value in values]
    return tuple(values) if len(values) > 1 or values[0] else ()


def encode_values(
    values: Iterable[str], sets: CharacterSets, vr: str, *, errors: Literal["strict", "replace"] = "strict"
) -> bytes:
    """Encode values to a value field, padded with a space (UI: NUL) to even length.

    Raises:
        EncodeError: see `CharacterSets.encode`; or several values for a VR that cannot have them.

    PS3.5 6.2 and 6.4.
    """
    fields = [sets.encode(value, vr, errors=errors) for value in values]
    if len(fields) > 1 and not TEXT_VRS.get(vr, _OTHER_VR)[1]:
        raise EncodeError(f"{vr} has one value, not {len(fields)}")
    data = b"\\".join(fields)
    return data + (b"\0" if vr == "UI" else b" ") if len(data) % 2 else data
