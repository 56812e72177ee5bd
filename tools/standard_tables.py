"""Writes the tables of `facts/` as C for `_ext/standard.pyx`, in every build. `_ext/dictionary.h` has the layout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

NO_TAG = 0xFFFFFFFF
NO_ROW = NO_CREATOR = 0xFFFF
RETIRED, WITHOUT_SS = 1, 2
TAG_BITS = 14  # a third of the slots are used: 1.2 probes for a known tag
STRING_CHUNK = 16384  # compilers may refuse string literals of 64 KiB

# Lower case: the VR depends on other elements.
VR_CODES = {"NONE": "na", "US|SS": "xs", "US|SS|OW": "lt", "US|OW": "lt", "OB|OW": "ox"}

UID_KINDS = {"Transfer Syntax": 1, "SOP Class": 2, "Meta SOP Class": 3, "Well-known SOP Instance": 4}

PROPERTIES = {
    "implicit-vr": 1,
    "big-endian": 2,
    "deflated": 4,
    "encapsulated": 8,
    "big-endian-pixels": 16,
    "referenced": 32,
    "stream": 64,
    "fragmentable": 128,
    "lossless": 256,
    "lossy": 512,
}


class Span(NamedTuple):
    """Group or element numbers: `first` to `last` in steps of `step`."""

    first: int
    last: int
    step: int


class Row(NamedTuple):
    """A data element, or all that a repeating group's row of PS3.6 or a range of private groups stands for."""

    groups: Span
    elements: Span
    keyword: str
    name: str
    vr: str
    vm: str
    flags: int

    @property
    def tag(self) -> int:
        return self.groups.first << 16 | self.elements.first

    @property
    def repeats(self) -> bool:
        return self.groups.last > self.groups.first or self.elements.last > self.elements.first


# PS3.5 7.2 and 7.8.1: elements that exist in any group, which PS3.6 does not list.
GENERIC_ROWS = [
    Row(Span(0, 0, 1), Span(0, 0, 1), "GenericGroupLength", "Generic Group Length", "UL", "1", RETIRED),
    Row(Span(9, 9, 1), Span(0x10, 0x10, 1), "PrivateCreator", "Private Creator", "LO", "1", 0),
]


class Strings:
    """One pool of NUL-terminated strings, in chunks; no string crosses the end of a chunk."""

    def __init__(self) -> None:
        self.chunks: list[bytearray] = [bytearray(1)]
        self._offsets: dict[str, int] = {"": 0}

    def offset(self, text: str) -> int:
        found = self._offsets.get(text)
        if found is None:
            data = text.encode() + b"\0"
            if len(self.chunks[-1]) + len(data) > STRING_CHUNK:
                self.chunks.append(bytearray())
            found = (len(self.chunks) - 1) * STRING_CHUNK + len(self.chunks[-1])
            self.chunks[-1] += data
            self._offsets[text] = found
        return found


def text_hash(text: str) -> int:
    """FNV-1a, as in dictionary.h."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def tag_hash(tag: int, bits: int) -> int:
    """Fibonacci hashing, as in dictionary.h."""
    return (tag * 0x9E3779B1 & 0xFFFFFFFF) >> (32 - bits)


def hashed(keys: Iterable[int], size: int) -> list[int | None]:
    """The positions of `keys`, each in the first free slot from its hash (`keys`) on."""
    slots: list[int | None] = [None] * size
    for position, key in enumerate(keys):
        slot = key & (size - 1)
        while slots[slot] is not None:
            slot = (slot + 1) & (size - 1)
        slots[slot] = position
    return slots


def hashed_texts(texts: Sequence[str]) -> list[int]:
    """Slots for `texts`, the first of equal ones, none for empty ones; at least half of the slots stay empty."""
    first = {text: position for position, text in reversed(list(enumerate(texts))) if text}
    size = 1 << (2 * len(first) - 1).bit_length()
    positions = sorted(first.values())
    slots = hashed((text_hash(texts[position]) for position in positions), size)
    return [NO_ROW if slot is None else positions[slot] for slot in slots]


def _table(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="\n") as lines:
        next(lines)
        for line in lines:
            yield line.rstrip("\n").split("\t")


def span(digits: str, *, even: bool) -> Span:
    """Numbers that four hexadecimal digits stand for, where `x` is any digit: "60xx" or "04x0"."""
    first, last = int(digits.replace("x", "0"), 16), int(digits.replace("x", "F"), 16)
    if first == last:
        return Span(first, first, 1)
    return Span(first, last, 16 ** (len(digits) - len(digits.rstrip("0123456789ABCDEF"))) * (2 if even else 1))


def vm_bounds(vm: str) -> tuple[int, int, int]:
    """Lowest count, highest (0: n) and step of "1", "1-3", "1-n" or "2-2n"."""
    low, _, high = vm.partition("-")
    bounds = (int(low), 0, int(high[:-1] or 1)) if high.endswith("n") else (int(low), int(high or low), 1)
    if max(bounds) > 255:
        raise ValueError(f"the VM {vm} does not fit")
    return bounds


def public_rows(facts: Path) -> list[Row]:
    """Rows of public elements, sorted by tag."""
    rows = [
        # PS3.6: groups 50xx, 60xx and 7Fxx repeat over the even numbers.
        Row(span(tag[:4], even=True), span(tag[4:], even=False), keyword, name, vr, vm,
            (retired == "Y") * RETIRED | (vr == "US|OW") * WITHOUT_SS)
        for tag, keyword, name, vr, vm, retired in _table(facts / "data_elements.tsv")
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row.tag)


def private_rows(facts: Path) -> dict[str, list[Row]]:
    """Rows by private creator, sorted by tag."""
    rows: dict[str, list[Row]] = {}
    creator = ""
    for first, *fields in _table(facts / "private_elements.tsv"):
        if first:
            creator = first
            rows[creator] = []
        elif creator:
            groups, element, vr, vm, name = fields
            low, _, high = groups.partition("-")
            span_of_groups = Span(int(low, 16), int(high or low, 16), 2 if high else 1)
            number = int(element.removeprefix("xx"), 16)
            row = Row(span_of_groups, Span(number, number, 1), "", name, vr, vm, 0)
            rows[creator].append(row)
    for creator_rows in rows.values():
        creator_rows.sort(key=lambda row: row.tag)
    return rows


def vr_code(vr: str) -> int:
    letters = VR_CODES.get(vr, vr)
    return ord(letters[0]) | ord(letters[1]) << 8


def _array(declaration: str, cells: Iterable[str]) -> Iterator[str]:
    yield f"static const {declaration} = {{\n"
    line = ""
    for cell in cells:
        if len(line) + len(cell) > 110:
            yield line + "\n"
            line = ""
        line += cell + ","
    yield line + "\n};\n\n"


def _literal(chunk: bytes) -> Iterator[str]:
    # ? could begin a trigraph; octal escapes of three digits end by themselves
    cells = (chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}" for b in chunk)
    line = ""
    for cell in cells:
        line += cell
        if len(line) > 110:
            yield f'"{line}"\n'
            line = ""
    yield f'"{line}",\n'


def _ranges(rows: Sequence[Row], base: int, creator: int) -> Iterator[str]:
    for position, row in enumerate(rows):
        if row.repeats:
            yield f"{{{base + position},{creator},{','.join(map(str, (*row.groups, *row.elements)))}}}"


def _dictionary(facts: Path, offset: Callable[[str], int]) -> Iterator[str]:
    public, private = public_rows(facts), private_rows(facts)
    rows = [*public, *GENERIC_ROWS, *(row for creator_rows in private.values() for row in creator_rows)]
    if len(rows) >= NO_ROW:
        raise ValueError(f"{len(rows)} data elements do not fit")

    def cell(row: Row) -> str:
        vm = ",".join(map(str, vm_bounds(row.vm)))
        return f"{{{row.tag},{offset(row.keyword)},{offset(row.name)},{vr_code(row.vr)},{vm},{row.flags}}}"

    yield from _array("Row STANDARD_ROWS[]", map(cell, rows))

    exact = [position for position, row in enumerate(public) if not row.repeats]
    slots = hashed((tag_hash(public[position].tag, TAG_BITS) for position in exact), 1 << TAG_BITS)
    yield from _array(
        "Slot STANDARD_SLOTS[]",
        (
            f"{{{NO_TAG}u,0,{NO_ROW}}}" if slot is None else f"{{{row.tag}u,{vr_code(row.vr)},{exact[slot]}}}"
            for slot, row in ((slot, public[exact[slot or 0]]) for slot in slots)
        ),
    )
    keyword_slots = hashed_texts([row.keyword for row in public])
    yield from _array("uint16_t STANDARD_KEYWORD_SLOTS[]", map(str, keyword_slots))

    creator_slots = hashed_texts(list(private))
    yield from _array("uint16_t STANDARD_CREATOR_SLOTS[]", map(str, creator_slots))
    base = len(public) + len(GENERIC_ROWS)
    creators: list[str] = []
    # Overlays, by far the most frequent repeating group, come first.
    ranges = sorted(_ranges(public, 0, NO_CREATOR), key=lambda cell: f",{0x6000}," not in cell)
    for number, (creator, creator_rows) in enumerate(private.items()):
        creators.append(f"{{{offset(creator)},{base},{len(creator_rows)}}}")
        ranges += _ranges(creator_rows, base, number)
        base += len(creator_rows)
    yield from _array("Creator STANDARD_CREATORS[]", creators)
    yield from _array("Range STANDARD_RANGES[]", ranges)
    yield (
        f"enum {{ STANDARD_PUBLIC_COUNT = {len(public)}, STANDARD_RANGE_COUNT = {len(ranges)},"
        f" STANDARD_CREATOR_COUNT = {len(creators)},\n       STANDARD_SLOT_SHIFT = {32 - TAG_BITS},"
        f" STANDARD_KEYWORD_MASK = {len(keyword_slots) - 1}, STANDARD_CREATOR_MASK = {len(creator_slots) - 1} }};\n\n"
    )


def _registered_uids(facts: Path, offset: Callable[[str], int]) -> Iterator[str]:
    syntaxes = {uid: (family, properties) for uid, family, properties in _table(facts / "transfer_syntaxes.tsv")}
    rows = list(_table(facts / "uids.tsv"))

    def cell(row: list[str]) -> str:
        uid, keyword, name, kind, retired = row
        family, properties = syntaxes.get(uid, ("", ""))
        texts = ",".join(str(offset(text)) for text in (uid, keyword, name, kind, family))
        bits = sum(PROPERTIES[name] for name in properties.split())
        return f"{{{texts},{bits},{UID_KINDS.get(kind, 0)},{int(retired == 'Y')}}}"

    yield from _array("UIDRow REGISTERED_UIDS[]", map(cell, rows))
    slots = hashed_texts([row[0] for row in rows])
    yield from _array("uint16_t REGISTERED_UID_SLOTS[]", map(str, slots))
    keyword_slots = hashed_texts([row[1] for row in rows])
    yield from _array("uint16_t REGISTERED_UID_KEYWORD_SLOTS[]", map(str, keyword_slots))
    yield (
        f"enum {{ REGISTERED_UID_COUNT = {len(rows)}, REGISTERED_UID_MASK = {len(slots) - 1},"
        f" REGISTERED_UID_KEYWORD_MASK = {len(keyword_slots) - 1} }};\n\n"
    )


def tables(facts: Path) -> str:
    """The C header for the tables in the folder `facts`."""
    strings = Strings()
    parts = [*_dictionary(facts, strings.offset), *_registered_uids(facts, strings.offset)]
    pool = "".join(line for chunk in strings.chunks for line in _literal(bytes(chunk[:-1])))
    return (
        "/* Generated by tools/standard_tables.py from facts/: do not edit. */\n"
        '#include "dictionary.h"\n\n'
        + "".join(parts)
        + f"static const char STANDARD_STRINGS[{len(strings.chunks)}][{STRING_CHUNK}] = {{\n{pool}}};\n"
    )


def write_tables(facts: Path, header: Path) -> None:
    """Write the C header; a file that already says so is left alone, and nothing is compiled again."""
    text = tables(facts)
    if not header.exists() or header.read_text(encoding="utf-8") != text:
        header.write_text(text, encoding="utf-8", newline="\n")
