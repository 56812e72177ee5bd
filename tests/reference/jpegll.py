"""Lossless JPEG the slow and obvious way (ITU-T T.81 annex H): what `dicomkit._ext.jpegll` is compared with.

Images are lists of components, these lists of lines, these lists of samples. The encoder makes every kind of stream that the
standard allows, and those that real encoders write although it does not.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.reference.image import Image

CATEGORIES = range(17)


@dataclass
class Options:
    """How to encode."""

    predictor: int = 1
    point_transform: int = 0
    restart_lines: int = 0
    interleaved: bool = True
    separate_tables: bool = False
    # what real encoders do
    extra_bits: bool = False  # 16 bits for category 16, as Cornell's encoder writes them
    overflowing_table: bool = False  # and its code of 17 bits where its table overflowed
    signed_prediction: bool = False  # samples of 16 bits taken as signed
    signed_samples: bool = False  # and those of fewer bits: differences are not modulo anything
    # what the standard leaves open
    before: bytes = b""
    after: bytes = b""
    fill_bytes: int = 0
    number_of_lines: bool = False  # by a DNL segment
    application: bytes = b""
    flat_code: bool = False  # all codes equally long, one of them all ones


def predict(predictor: int, a: int, b: int, c: int) -> int:
    """Table H.1."""
    return (0, a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1)[predictor]


def prediction(lines: list[list[int]], x: int, y: int, first: int, predictor: int, start: int) -> int:
    """H.1.2.1; `first` is the first line behind a restart."""
    if y == first:
        return lines[y][x - 1] if x else start
    if x == 0:
        return lines[y - 1][0]
    return predict(predictor, lines[y][x - 1], lines[y - 1][x], lines[y - 1][x - 1])


def signed(value: int, bits: int = 16) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def category(difference: int) -> int:
    return abs(difference).bit_length()


def huffman_lengths(symbols: list[int], counts: Counter[int], *, flat: bool) -> dict[int, int]:
    """Code lengths of at most 16 bits that leave the code of all ones free, unless they are to be flat."""
    if flat:
        return dict.fromkeys(symbols, max(1, (len(symbols) - 1).bit_length()))
    nodes: list[tuple[int, int, tuple[int, ...]]] = [(counts[symbol] + 1, symbol, (symbol,)) for symbol in symbols]
    nodes.append((0, 99, (-1,)))
    lengths = dict.fromkeys((*symbols, -1), 0)
    while len(nodes) > 1:
        nodes.sort()
        (n, k, first), (m, _, second) = nodes[:2]
        for symbol in first + second:
            lengths[symbol] += 1
        nodes[:2] = [(n + m, k, first + second)]
    if max(lengths.values()) > 16:
        lengths = dict.fromkeys(lengths, 5)
    return {symbol: length for symbol, length in lengths.items() if symbol >= 0}


def codes_of(lengths: dict[int, int]) -> dict[int, str]:
    """Annex C."""
    codes = {}
    code, last = 0, 0
    for symbol in sorted(lengths, key=lambda one: (lengths[one], one)):
        code <<= lengths[symbol] - last
        last = lengths[symbol]
        codes[symbol] = f"{code:0{last}b}"
        code += 1
    return codes


def segment(marker: int, content: bytes, fill: int = 0) -> bytes:
    return b"\xff" * fill + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def stuffed(bits: str) -> bytes:
    bits += "1" * (-len(bits) % 8)
    return int("1" + bits, 2).to_bytes(len(bits) // 8 + 1, "big")[1:].replace(b"\xff", b"\xff\0") if bits else b""


def differences_of(image: Image, bits: int, components: list[int], options: Options) -> Iterator[tuple[int, int, int]]:
    """(component, line, difference) in the order of the stream."""
    height, width = len(image[0]), len(image[0][0])
    shifted = [[[sample >> options.point_transform for sample in line] for line in lines] for lines in image]
    if options.signed_prediction or options.signed_samples:
        shifted = [[[signed(sample, bits) for sample in line] for line in lines] for lines in shifted]
    start = 1 << (bits - options.point_transform - 1)
    for y in range(height):
        first = y - y % options.restart_lines if options.restart_lines else 0
        for x in range(width):
            for k in components:
                predicted = prediction(shifted[k], x, y, first, options.predictor, start)
                difference = shifted[k][y][x] - predicted
                yield k, y, difference if options.signed_samples else signed(difference)


def encode(image: Image, bits: int, options: Options | None = None) -> bytes:
    """Encode samples of so many bits."""
    options = options or Options()
    height, width, count = len(image[0]), len(image[0][0]), len(image)
    scans = [list(range(count))] if options.interleaved else [[k] for k in range(count)]
    fill = options.fill_bytes
    frame = struct.pack(">BHHB", bits, 0 if options.number_of_lines else height, width, count)
    frame += b"".join(bytes((10 + k, 0x11, 0)) for k in range(count))
    out = options.before + b"\xff\xd8"
    if options.application:
        out += segment(0xEE, options.application, fill)
    out += segment(0xC3, frame, fill)
    if options.restart_lines:
        out += segment(0xDD, struct.pack(">H", options.restart_lines * width), fill)
    for number, components in enumerate(scans):
        stream = list(differences_of(image, bits, components, options))
        out += scan(stream, components, options)
        if number == 0 and options.number_of_lines:
            out += segment(0xDC, struct.pack(">H", height), fill)
    return out + b"\xff" * fill + b"\xff\xd9" + options.after


def scan(stream: list[tuple[int, int, int]], components: list[int], options: Options) -> bytes:
    """The tables, header and entropy-coded data of a scan."""
    tables = {k: k % 4 if options.separate_tables else 0 for k in components}
    out = b""
    codes = {}
    for table in sorted(set(tables.values())):
        counts = Counter(category(difference) for k, _, difference in stream if tables[k] == table)
        symbols = list(CATEGORIES) if options.flat_code else sorted(counts)
        if options.overflowing_table and 16 in symbols:
            symbols.remove(16)
        lengths = huffman_lengths(symbols, counts, flat=options.flat_code)
        codes[table] = codes_of(lengths)
        by_length = sorted(lengths, key=lambda symbol: (lengths[symbol], symbol))
        numbers = Counter(lengths.values())
        out += segment(0xC4, bytes([table, *(numbers[i] for i in range(1, 17)), *by_length]), options.fill_bytes)
        codes[table].setdefault(16, "1" * 17)
    header = bytes([len(components)]) + b"".join(bytes((10 + k, tables[k] << 4)) for k in components)
    out += segment(0xDA, header + bytes((options.predictor, 0, options.point_transform)), options.fill_bytes)
    text: list[str] = []
    last_line = restart = 0
    for k, y, difference in stream:
        if y != last_line and options.restart_lines and y % options.restart_lines == 0:
            out += stuffed("".join(text)) + b"\xff" * options.fill_bytes + bytes((0xFF, 0xD0 + restart))
            text, restart = [], (restart + 1) % 8
        last_line = y
        size = category(difference)
        text.append(codes[tables[k]][size])
        if size < 16:
            text.append(f"{difference if difference > 0 else difference + (1 << size) - 1:0{size}b}" if size else "")
        elif options.extra_bits or options.overflowing_table:
            text.append(f"{0x7FFF:016b}")
    return out + stuffed("".join(text))


class Bits:
    """Entropy-coded data, bit by bit."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at
        self.waiting: list[int] = []

    def take(self, count: int) -> int:
        value = 0
        for _ in range(count):
            if not self.waiting:
                byte = self.data[self.at]
                if byte == 0xFF:
                    if self.data[self.at + 1]:
                        raise ValueError("a marker")
                    self.at += 1
                self.at += 1
                self.waiting = [byte >> i & 1 for i in range(7, -1, -1)]
            value = value << 1 | self.waiting.pop(0)
        return value

    def symbol(self, table: dict[tuple[int, int], int]) -> int:
        code = 0
        for length in range(1, 17):
            code = code << 1 | self.take(1)
            if (length, code) in table:
                return table[length, code]
        raise ValueError("no code")


def decode(data: bytes) -> tuple[int, Image]:
    """Bits and samples of a stream that follows the standard."""
    at = data.index(b"\xff\xd8") + 2
    tables: dict[int, dict[tuple[int, int], int]] = {}
    restart_interval = bits = width = height = 0
    image: Image = []
    ids: list[int] = []
    while True:
        while data[at] == 0xFF:
            at += 1
        marker = data[at]
        if marker == 0xD9:
            return bits, image
        (length,) = struct.unpack_from(">H", data, at + 1)
        content = data[at + 3 : at + 1 + length]
        at += 1 + length
        if marker == 0xC3:
            bits, height, width, count = struct.unpack_from(">BHHB", content)
            ids = list(content[6::3])
            image = [[[0] * width for _ in range(height)] for _ in range(count)]
        elif marker == 0xDD:
            (restart_interval,) = struct.unpack(">H", content)
        elif marker == 0xC4:
            while content:
                number, symbols, code = 0, {}, 0
                for size in range(1, 17):
                    for _ in range(content[size]):
                        symbols[size, code] = content[17 + number]
                        code += 1
                        number += 1
                    code <<= 1
                tables[content[0]] = symbols
                content = content[17 + number :]
        elif marker == 0xDA:
            chosen = [(ids.index(content[1 + 2 * i]), content[2 + 2 * i] >> 4) for i in range(content[0])]
            predictor, _, transform = content[-3:]
            at = decode_scan(data, at, image, chosen, tables, predictor, transform, bits, restart_interval)


def decode_scan(
    data: bytes,
    at: int,
    image: Image,
    chosen: list[tuple[int, int]],
    tables: dict[int, dict[tuple[int, int], int]],
    predictor: int,
    transform: int,
    bits: int,
    restart_interval: int,
) -> int:
    """Fill in the samples of a scan. Returns where its entropy-coded data end."""
    height, width = len(image[0]), len(image[0][0])
    source = Bits(data, at)
    first = 0
    for y in range(height):
        if restart_interval and y and y * width % restart_interval == 0:
            while data[source.at] == 0xFF:
                source.at += 1
            assert 0xD0 <= data[source.at] <= 0xD7
            source = Bits(data, source.at + 1)
            first = y
        for x in range(width):
            for k, table in chosen:
                size = source.symbol(tables[table])
                value = source.take(size) if size < 16 else 32768
                if size < 16 and size and value < 1 << (size - 1):
                    value -= (1 << size) - 1
                predicted = prediction(image[k], x, y, first, predictor, 1 << (bits - transform - 1))
                image[k][y][x] = (predicted + value) & 0xFFFF
    for k, _ in chosen:
        image[k][:] = [[sample << transform & 0xFFFF for sample in line] for line in image[k]]
    return source.at
