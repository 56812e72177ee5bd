"""JPEG-LS the slow and obvious way (ITU-T T.87): what `dicomkit._ext.jpegls` is compared with.

Images are lists of components, these lists of lines, these lists of samples. The encoder follows annex A step by step, in
its names, and makes every kind of stream that annex C allows. It also gives what a decoder must reconstruct.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from tests.reference.image import Image

J = (0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15)
NONE, LINE, SAMPLE = range(3)


@dataclass
class Options:
    """How to encode."""

    near: int = 0
    interleave: int = NONE
    presets: tuple[int, int, int, int, int] | None = None  # MAXVAL, T1, T2, T3, RESET
    restart_interval: int = 0
    restart_bytes: int = 2
    colour_transform: int = 0  # HP's
    # what the standard leaves open
    scans: list[list[int]] | None = None  # which components
    identifiers: list[int] = field(default_factory=list)
    oversize: int = 0  # bytes of dimensions in an LSE segment
    number_of_lines: int = 0  # bytes of the height in a DNL segment
    fill_bytes: int = 0
    application: tuple[int, bytes] | None = None


def ceil_log2(value: int) -> int:
    return (value - 1).bit_length()


class Parameters:
    """A.2.1 and C.2.4.1.1."""

    def __init__(self, bits: int, near: int, presets: tuple[int, int, int, int, int] | None) -> None:
        maxval, t1, t2, t3, reset = presets or (0, 0, 0, 0, 0)
        self.MAXVAL = maxval or (1 << bits) - 1
        self.NEAR = near
        defaults = default_thresholds(self.MAXVAL, near)
        self.T1, self.T2, self.T3 = (given or default for given, default in zip((t1, t2, t3), defaults, strict=True))
        self.RESET = reset or 64
        self.RANGE = (self.MAXVAL + 2 * near) // (2 * near + 1) + 1
        self.qbpp = ceil_log2(self.RANGE)
        bpp = max(2, ceil_log2(self.MAXVAL + 1))
        self.LIMIT = 2 * (bpp + max(8, bpp))


def default_thresholds(maxval: int, near: int) -> tuple[int, int, int]:
    """Figure C.3."""

    def clamp(value: int, low: int) -> int:
        return low if value > maxval or value < low else value

    if maxval >= 128:
        factor = (min(maxval, 4095) + 128) // 256
        t1 = clamp(factor * (3 - 2) + 2 + 3 * near, near + 1)
        t2 = clamp(factor * (7 - 3) + 3 + 5 * near, t1)
        return t1, t2, clamp(factor * (21 - 4) + 4 + 7 * near, t2)
    factor = 256 // (maxval + 1)
    t1 = clamp(max(2, 3 // factor + 3 * near), near + 1)
    t2 = clamp(max(3, 7 // factor + 5 * near), t1)
    return t1, t2, clamp(max(4, 21 // factor + 7 * near), t2)


class Bits:
    """Bits, with a 0 behind each byte of 0xFF."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.pending: list[int] = []

    def put(self, value: int, count: int) -> None:
        for i in reversed(range(count)):
            self.pending.append(value >> i & 1)
            room = 7 if self.bytes and self.bytes[-1] == 0xFF else 8
            if len(self.pending) == room:
                self.bytes.append(int("".join(map(str, self.pending)), 2))
                self.pending = []

    def end(self) -> bytes:
        while self.pending or (self.bytes and self.bytes[-1] == 0xFF):
            self.put(0, 1)
        return bytes(self.bytes)


class Coder:
    """The state of a scan or restart interval, and the coding of samples."""

    def __init__(self, p: Parameters) -> None:
        self.p = p
        self.bits = Bits()
        a = max(2, (p.RANGE + 32) // 64)
        self.A = [a] * 367
        self.B = [0] * 365
        self.C = [0] * 365
        self.N = [1] * 367
        self.Nn = {365: 0, 366: 0}

    # gradients and prediction

    def region(self, d: int) -> int:
        """A.3.3"""
        p = self.p
        size = abs(d)
        level = 0 if size <= p.NEAR else 1 if size < p.T1 else 2 if size < p.T2 else 3 if size < p.T3 else 4
        return level if d >= 0 else -level

    def golomb_parameter(self, a: int, n: int) -> int:
        k = 0
        while n << k < a:
            k += 1
        return k

    def golomb(self, value: int, k: int, limit: int) -> None:
        """A.5.3"""
        high = value >> k
        if high < limit - self.p.qbpp - 1:
            self.bits.put(1, high + 1)
            self.bits.put(value & ((1 << k) - 1), k)
        else:
            self.bits.put(1, limit - self.p.qbpp)
            self.bits.put(value - 1, self.p.qbpp)

    def quantize(self, error: int) -> int:
        near = self.p.NEAR
        return (error + near) // (2 * near + 1) if error > 0 else -((near - error) // (2 * near + 1))

    def reduce(self, error: int) -> int:
        if error < 0:
            error += self.p.RANGE
        return error - self.p.RANGE if error >= (self.p.RANGE + 1) // 2 else error

    def reconstruct(self, predicted: int, error: int) -> int:
        return min(max(predicted + error * (2 * self.p.NEAR + 1), 0), self.p.MAXVAL)

    def regular(self, x: int, a: int, b: int, c: int, q: tuple[int, int, int]) -> int:
        """A.4 to A.6; returns what the decoder has."""
        p = self.p
        sign = next((-1 if part < 0 else 1 for part in q if part), 1)
        at = sign * (81 * q[0] + 9 * q[1] + q[2])
        predicted = min(a, b) if c >= max(a, b) else max(a, b) if c <= min(a, b) else a + b - c
        predicted = min(max(predicted + sign * self.C[at], 0), p.MAXVAL)
        error = self.quantize(sign * (x - predicted))
        value = self.reconstruct(predicted, sign * error)
        error = self.reduce(error)
        k = self.golomb_parameter(self.A[at], self.N[at])
        if p.NEAR == 0 and k == 0 and 2 * self.B[at] <= -self.N[at]:
            self.golomb(2 * error + 1 if error >= 0 else -2 * (error + 1), k, p.LIMIT)
        else:
            self.golomb(2 * error if error >= 0 else -2 * error - 1, k, p.LIMIT)
        self.B[at] += error * (2 * p.NEAR + 1)
        self.A[at] += abs(error)
        if self.N[at] == p.RESET:
            self.A[at] >>= 1
            self.B[at] >>= 1
            self.N[at] >>= 1
        self.N[at] += 1
        if self.B[at] <= -self.N[at]:
            self.B[at] = max(self.B[at] + self.N[at], 1 - self.N[at])
            self.C[at] = max(self.C[at] - 1, -128)
        elif self.B[at] > 0:
            self.B[at] = min(self.B[at] - self.N[at], 0)
            self.C[at] = min(self.C[at] + 1, 127)
        return value

    def interruption(self, x: int, a: int, b: int, level: bool, index: int) -> int:
        """A.7.2"""
        p = self.p
        at = 366 if level else 365
        predicted = a if level else b
        sign = -1 if not level and a > b else 1
        error = self.quantize(sign * (x - predicted))
        value = self.reconstruct(predicted, sign * error)
        error = self.reduce(error)
        k = self.golomb_parameter(self.A[at] + (self.N[at] >> 1 if level else 0), self.N[at])
        if error > 0:
            mapped = k == 0 and 2 * self.Nn[at] < self.N[at]
        else:
            mapped = error < 0 and (2 * self.Nn[at] >= self.N[at] or k != 0)
        em = 2 * abs(error) - level - mapped
        self.golomb(em, k, p.LIMIT - J[index] - 1)
        if error < 0:
            self.Nn[at] += 1
        self.A[at] += (em + 1 - level) >> 1
        if self.N[at] == p.RESET:
            self.A[at] >>= 1
            self.N[at] >>= 1
            self.Nn[at] >>= 1
        self.N[at] += 1
        return value

    def run(self, length: int, ends: bool, index: int) -> int:
        """A.7.1; returns the next index."""
        while length >= 1 << J[index]:
            self.bits.put(1, 1)
            length -= 1 << J[index]
            index = min(index + 1, 31)
        if not ends:
            self.bits.put(0, 1)
            self.bits.put(length, J[index])
        elif length:
            self.bits.put(1, 1)
        return index

    def pixels(
        self, above: list[list[int]], lines: list[list[int]], corners: list[int], index: int
    ) -> tuple[list[list[int]], int]:
        """A line of components by turns. `corners` has c of the first one. Returns what the decoder has, and the index."""
        count, width = len(lines), len(lines[0])
        done: list[list[int]] = [[] for _ in lines]
        x = 0
        while x < width:
            a = [done[i][x - 1] if x else above[i][0] for i in range(count)]
            b = [above[i][x] for i in range(count)]
            c = [above[i][x - 1] if x else corners[i] for i in range(count)]
            d = [above[i][min(x + 1, width - 1)] for i in range(count)]
            q = [(self.region(d[i] - b[i]), self.region(b[i] - c[i]), self.region(c[i] - a[i])) for i in range(count)]
            if any(part for parts in q for part in parts):
                for i in range(count):
                    done[i].append(self.regular(lines[i][x], a[i], b[i], c[i], q[i]))
                x += 1
                continue
            start = x
            while x < width and all(abs(lines[i][x] - a[i]) <= self.p.NEAR for i in range(count)):
                x += 1
            for i in range(count):
                done[i] += [a[i]] * (x - start)
            index = self.run(x - start, x == width, index)
            if x < width:
                for i in range(count):
                    level = count == 1 and abs(a[i] - above[i][x]) <= self.p.NEAR
                    done[i].append(self.interruption(lines[i][x], a[i], above[i][x], level, index))
                index = max(index - 1, 0)
                x += 1
        return done, index


def encode_scan(lines: Image, p: Parameters, interleave: int, restart_interval: int) -> tuple[bytes, Image]:
    """The entropy-coded data of components, and what the decoder has of them."""
    count, height, width = len(lines), len(lines[0]), len(lines[0][0])
    groups = [list(range(count))] if interleave == SAMPLE else [[i] for i in range(count)]
    done: Image = [[] for _ in lines]
    data = b""
    coder = Coder(p)
    for y in range(height):
        if y % (restart_interval or height) == 0:
            if y:
                data += coder.bits.end() + bytes((0xFF, 0xD0 + (y // restart_interval - 1) % 8))
            coder = Coder(p)
            above = [[0] * width for _ in lines]
            corners = [0] * count
            index = [0] * len(groups)
        for number, group in enumerate(groups):
            result, index[number] = coder.pixels(
                [above[i] for i in group], [lines[i][y] for i in group], [corners[i] for i in group], index[number]
            )
            for i, line in zip(group, result, strict=True):
                corners[i] = above[i][0]
                above[i] = line
                done[i].append(line)
    return data + coder.bits.end(), done


def transformed(image: Image, transform: int, bits: int) -> Image:
    """HP's colour transforms."""
    whole = 1 << bits
    half, quarter = whole // 2, whole // 4

    def pixel(r: int, g: int, b: int) -> tuple[int, int, int]:
        if transform == 1:
            return (r - g + half) % whole, g, (b - g + half) % whole
        if transform == 2:
            return (r - g + half) % whole, g, (b - (r + g) // 2 - half) % whole
        v2, v3 = (b - g + half) % whole, (r - g + half) % whole
        return (g + (v2 + v3) // 4 - quarter) % whole, v2, v3

    if not transform:
        return image
    pixels = [[pixel(*values) for values in zip(*lines, strict=True)] for lines in zip(*image, strict=True)]
    return [[[values[i] for values in line] for line in pixels] for i in range(3)]


def encode(image: Image, bits: int, options: Options | None = None) -> tuple[bytes, Image]:
    """The codestream of an image, and what a decoder must make of it (but for colour transforms)."""
    options = options or Options()
    count, height, width = len(image), len(image[0]), len(image[0][0])
    identifiers = options.identifiers or list(range(1, count + 1))
    data = b"\xff\xd8"

    def segment(marker: int, content: bytes) -> bytes:
        return b"\xff" * (1 + options.fill_bytes) + bytes((marker,)) + struct.pack(">H", len(content) + 2) + content

    if options.application:
        data += segment(*options.application)
    if options.colour_transform:
        data += segment(0xE8, b"mrfx" + bytes((options.colour_transform,)))
    if options.oversize:
        size = options.oversize
        data += segment(0xF8, bytes((4, size)) + height.to_bytes(size, "big") + width.to_bytes(size, "big"))
    stated = (0, 0) if options.oversize else (0 if options.number_of_lines else height, width)
    components = b"".join(bytes((identifier, 0x11, 0)) for identifier in identifiers)
    data += segment(0xF7, struct.pack(">BHHB", bits, *stated, count) + components)
    if options.presets:
        data += segment(0xF8, struct.pack(">B5H", 1, *options.presets))
    if options.restart_interval:
        data += segment(0xDD, options.restart_interval.to_bytes(options.restart_bytes, "big"))
    p = Parameters(bits, options.near, options.presets)
    lines = transformed(image, options.colour_transform, bits)
    scans = options.scans or ([[i] for i in range(count)] if options.interleave == NONE else [list(range(count))])
    done: Image = [[] for _ in image]
    for number, scan in enumerate(scans):
        interleave = options.interleave if len(scan) > 1 else NONE
        header = b"".join(bytes((identifiers[i], 0)) for i in scan) + bytes((options.near, interleave, 0))
        data += segment(0xDA, bytes((len(scan),)) + header)
        coded, result = encode_scan([lines[i] for i in scan], p, interleave, options.restart_interval)
        data += coded
        for i, component in zip(scan, result, strict=True):
            done[i] = component
        if number == 0 and options.number_of_lines and not options.oversize:
            data += segment(0xDC, height.to_bytes(options.number_of_lines, "big"))
    return data + b"\xff\xd9", done
