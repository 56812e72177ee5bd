"""The kernel of JPEG-LS against the standard's example and the reference; what is refused; damage."""

from __future__ import annotations

import random
import threading
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomkit._ext import jpegls
from dicomkit.errors import CodecError
from tests.reference import jpegls as reference
from tests.reference.image import Image, pixels
from tests.reference.jpegls import Options, Parameters
from tests.reference.jpegls_kernel import INTERLEAVES, decoded, encoded, image_of, synthetic


@st.composite
def cases(draw: st.DrawFn) -> tuple[Image, int, Options]:
    """An image, its bits, and how the reference is to encode it."""
    bits = draw(st.integers(2, 16))
    components = draw(st.integers(1, 4))
    size = draw(st.integers(1, 24)), draw(st.integers(1, 8))
    image = synthetic(*size, components, bits, draw(st.integers(0, 3)), draw(st.integers(0, 1 << 16)))
    presets = draw(st.none() | st.just((0, 0, 0, 0, 0)) | preset_parameters(bits))
    maxval = presets[0] if presets and presets[0] else (1 << bits) - 1
    image = [[[min(sample, maxval) for sample in line] for line in lines] for lines in image]
    most = min(255, maxval // 2, *([presets[1] - 1] if presets and presets[1] else []))
    near = min(most, draw(st.just(0) | st.integers(0, 255)))
    if presets and not presets[1]:  # default thresholds, some of them
        near = 0
    interleave = draw(st.integers(0, 2)) if components > 1 else 0
    return image, bits, Options(near=near, interleave=interleave, presets=presets, restart_interval=draw(st.integers(0, 3)))


@st.composite
def preset_parameters(draw: st.DrawFn, bits: int) -> tuple[int, int, int, int, int]:
    full = (1 << bits) - 1
    maxval = draw(st.sampled_from((0, full)) | st.integers(1, full))
    largest = maxval or full
    thresholds = sorted(draw(st.tuples(*[st.integers(1, largest)] * 3)))
    reset = draw(st.sampled_from((0, 3, 4, 64, 255)) | st.integers(3, max(255, largest)))
    return (maxval, thresholds[0], thresholds[1], thresholds[2], reset)


# ------------------------------------------------------------------------------------------------ the standard's example

# T.87 annex H.3
EXAMPLE = bytes((0, 0, 90, 74, 68, 50, 43, 205, 64, 145, 145, 145, 100, 145, 145, 145))
EXAMPLE_ENCODED = bytes.fromhex(
    "ffd8 fff7000b080004000401011100 ffda0008010100000000c000006c80208e01c0000057400000 6ee6000001bc18000005d800009160 ffd9"
)


def test_the_example_of_the_standard() -> None:
    assert jpegls.encode(EXAMPLE, 4, 4, 1, 8) == EXAMPLE_ENCODED
    assert decoded(EXAMPLE_ENCODED) == EXAMPLE
    assert jpegls.header(EXAMPLE_ENCODED) == (4, 4, 1, 8, 0, "none", (255, 3, 7, 21, 64), 0, 0)
    assert reference.encode(image_of(EXAMPLE, 4, 4, 1, 8), 8)[0] == EXAMPLE_ENCODED


@pytest.mark.parametrize(
    ("bits", "near", "thresholds"),
    [  # T.87 table C.3, and others by its figure
        (8, 0, (3, 7, 21)),
        (8, 3, (12, 22, 42)),
        (12, 0, (18, 67, 276)),
        (16, 0, (18, 67, 276)),
        (2, 0, (2, 3, 3)),
        (6, 0, (2, 3, 5)),
        (4, 7, (8, 8, 8)),
    ],
)
def test_default_thresholds(bits: int, near: int, thresholds: tuple[int, int, int]) -> None:
    top = (1 << bits) - 1
    data = encoded([[[0, top, 1]]], bits, near=near)
    assert jpegls.header(data)[4:7] == (near, "none", (top, *thresholds, 64))
    assert reference.default_thresholds(top, near) == thresholds


# ------------------------------------------------------------------------------------------------ against the reference


@given(cases(), st.booleans())
@settings(max_examples=400)
def test_decodes_what_the_reference_encodes(case: tuple[Image, int, Options], planar: bool) -> None:
    image, bits, options = case
    data, result = reference.encode(image, bits, options)
    p = Parameters(bits, options.near, options.presets)
    assert jpegls.header(data) == (
        len(image[0][0]),
        len(image[0]),
        len(image),
        bits,
        options.near,
        INTERLEAVES[options.interleave],
        (p.MAXVAL, p.T1, p.T2, p.T3, p.RESET),
        options.restart_interval,
        0,
    )
    assert decoded(data, planar=planar) == pixels(result, bits, planar=planar)
    if options.near == 0:
        assert result == image


@given(cases(), st.booleans())
@settings(max_examples=400)
def test_encodes_as_the_reference_does(case: tuple[Image, int, Options], planar: bool) -> None:
    image, bits, options = case
    data = encoded(
        image,
        bits,
        planar=planar,
        near=options.near,
        interleave=INTERLEAVES[options.interleave],
        presets=options.presets,
        restart_interval=options.restart_interval,
    )
    theirs, result = reference.encode(image, bits, options)
    assert data[data.index(b"\xff\xda") :] == theirs[theirs.index(b"\xff\xda") :]
    assert decoded(data) == pixels(result, bits)


@given(cases(), st.data())
@settings(max_examples=150)
def test_what_annex_c_leaves_open(case: tuple[Image, int, Options], data: st.DataObject) -> None:
    image, bits, options = case
    count = len(image)
    options.identifiers = data.draw(st.lists(st.integers(0, 255), min_size=count, max_size=count, unique=True))
    options.fill_bytes = data.draw(st.integers(0, 2))
    options.oversize = data.draw(st.sampled_from((0, 2, 3, 4)))
    options.number_of_lines = data.draw(st.sampled_from((0, 2, 3, 4)))
    options.restart_bytes = data.draw(st.integers(2, 4))
    options.application = data.draw(st.sampled_from((None, (0xE8, b"SPIFF\0" + bytes(26)), (0xFE, b"a comment\xff\xd9"))))
    # scans of one, two, ... components in any order
    order = data.draw(st.permutations(range(count)))
    cuts = sorted({0, count, *data.draw(st.lists(st.integers(0, count), max_size=3))})
    options.scans = [list(order[start:stop]) for start, stop in pairwise(cuts)]
    options.interleave = max(1, options.interleave)
    stream, result = reference.encode(image, bits, options)
    assert jpegls.header(stream)[:4] == (len(image[0][0]), len(image[0]), count, bits)
    assert decoded(stream) == pixels(result, bits)
    assert decoded(stream + b"junk\xff\xd8", planar=True) == pixels(result, bits, planar=True)
    assert decoded(stream[:-2]) == pixels(result, bits)  # without EOI


@pytest.mark.parametrize("transform", [1, 2, 3])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("interleave", [1, 2])
def test_colour_transforms_of_hp(transform: int, bits: int, interleave: int) -> None:
    for kind in range(4):
        image = synthetic(17, 9, 3, bits, kind, transform)
        data, _ = reference.encode(image, bits, Options(colour_transform=transform, interleave=interleave))
        assert jpegls.header(data)[8] == transform
        assert decoded(data) == pixels(image, bits)
        assert decoded(data, planar=True) == pixels(image, bits, planar=True)


def test_components_that_are_not_interleaved_are_not_transformed() -> None:
    image = synthetic(17, 9, 3, 8, 1, 1)
    data = encoded(image, 8, interleave="none")
    assert decoded(data.replace(b"\xff\xf7", b"\xff\xe8\0\7mrfx\1\xff\xf7")) == pixels(image, 8)


SHAPES = [(5000, 3), (30, 400), (97, 50), (1, 300), (300, 1), (96, 20), (192, 7)]


@pytest.mark.parametrize("interleave", INTERLEAVES)
@pytest.mark.parametrize(
    ("components", "bits"), [(1, 8), (1, 12), (1, 15), (1, 16), (3, 8), (3, 16), (4, 8), (2, 10), (3, 2)]
)
def test_large_images_come_back(components: int, bits: int, interleave: Any) -> None:
    # lines are longer than what is prepared at a time, data longer than the windows on them
    for width, height in SHAPES:
        for kind in range(4):
            image = synthetic(width // components + 1, height, components, bits, kind, width)
            data = encoded(image, bits, interleave=interleave)
            assert decoded(data) == pixels(image, bits)
            near = min(2, (1 << bits) // 2 - 1)
            lossy = decoded(encoded(image, bits, interleave=interleave, near=near, restart_interval=7))
            result = image_of(lossy, width // components + 1, height, components, bits)
            assert all(
                abs(a - b) <= near
                for lines, others in zip(image, result, strict=True)
                for line, other in zip(lines, others, strict=True)
                for a, b in zip(line, other, strict=True)
            )


@pytest.mark.parametrize(("width", "height"), [(70000, 1), (1, 70000), (65536, 2)])
def test_dimensions_above_65535(width: int, height: int) -> None:
    samples = random.Random(1).randbytes(width * height)
    data = jpegls.encode(samples, width, height, 1, 8)
    assert jpegls.header(data)[:2] == (width, height)
    assert decoded(data) == samples


def test_a_run_as_long_as_there_are_orders() -> None:
    for width in (1, 100, 70000, 200000):
        samples = bytearray(3 * width)
        samples[-1] = 9
        assert decoded(jpegls.encode(samples, width, 3, 1, 8)) == samples


def test_many_components_in_scans_of_their_own() -> None:
    image = synthetic(5, 4, 255, 8, 0, 1)
    data = encoded(image, 8, interleave="none")
    assert decoded(data) == pixels(image, 8)


def test_a_restart_interval_that_takes_four_bytes() -> None:
    samples = random.Random(1).randbytes(66000)
    data = jpegls.encode(samples, 1, 66000, 1, 8, restart_interval=65537)
    assert b"\xff\xdd\0\6\0\1\0\1" in data
    assert b"\xff\xd0" in data
    assert decoded(data) == samples


# ------------------------------------------------------------------------------------------------ what is refused

SOUND, _ = reference.encode(synthetic(9, 5, 3, 12, 1, 1), 12, Options(restart_interval=2, interleave=1))
LOSSY = bytes.fromhex("ffd8ffc0000b080010001001011100ffd9")
LSE = b"\xff\xf8\0\x0d\1"
REFUSED = [
    (b"", "no JPEG codestream"),
    (b"\xff\xd8", "ends at a marker segment"),
    (b"\0" * 100, "no JPEG codestream"),
    (b"\xff\xd8\0\0", "no marker segment"),
    (b"\xff\xd8\xff\xd9", "not all components"),
    (b"\xff\xd8\xff\xff\xff", "ends at a marker segment"),
    (LOSSY, "SOF0"),
    (LOSSY.replace(b"\xff\xc0", b"\xff\xc3"), "SOF3"),
    (LOSSY.replace(b"\xff\xc0\0\x0b", b"\xff\xf7\0\x0c"), "wrong length"),
    (SOUND.replace(b"\xff\xf7", b"\xff\xe3"), "before the frame header"),
    (SOUND.replace(b"\xff\xda", LOSSY[2:-2].replace(b"\xc0", b"\xf7") + b"\xff\xda"), "second frame header"),
    (SOUND.replace(b"\xff\xf7\0\x11\x0c", b"\xff\xf7\0\x11\x11"), "precision of 17 bits"),
    (SOUND.replace(b"\xff\xf7\0\x11\x0c", b"\xff\xf7\0\x11\1"), "precision of 1 bits"),
    (SOUND.replace(b"\xff\xf7\0\x11\x0c\0\5", b"\xff\xf7\0\x11\x0c\0\0"), "no lines or columns"),
    (SOUND.replace(b"\0\x09\3\1", b"\0\0\3\1"), "no lines or columns"),
    (SOUND.replace(b"\xff\xf7\0\x11\x0c\0\5\0\x09\3", b"\xff\xf7\0\x08\x0c\0\5\0\x09\0"), "no components"),
    (SOUND.replace(b"\2\x11\0\3\x11", b"\1\x11\0\3\x11"), "the same identifier"),
    (SOUND.replace(b"\2\x11\0\3\x11", b"\2\x21\0\3\x11"), "subsampled"),
    (SOUND.replace(b"\1\x11\0\2\x11\0\3\x11", b"\1\x22\0\2\x22\0\3\x22"), "subsampled"),
    (SOUND.replace(b"\xff\xda\0\x0c\3", b"\xff\xda\0\x0c\2"), "0xFFDA. has a wrong length"),
    (SOUND.replace(b"\xff\xda\0\x0c\3\1", b"\xff\xda\0\x0c\3\4"), "wrong components"),
    (SOUND.replace(b"\xff\xda\0\x0c\3\1", b"\xff\xda\0\x0c\3\2"), "wrong components"),
    (SOUND.replace(b"\3\0\0\1\0", b"\3\0\0\3\0"), "interleave mode"),
    (SOUND.replace(b"\3\0\0\1\0", b"\3\0\0\0\0"), "interleave mode"),
    (SOUND.replace(b"\3\0\0\1\0", b"\3\0\0\1\1"), "point transform"),
    (SOUND.replace(b"\3\0\0\1\0", b"\3\1\0\1\0"), "mapping table"),
    (SOUND.replace(b"\xff\xda", LSE + b"\0\3" + bytes(8) + b"\xff\xda").replace(b"\3\0\0\1\0", b"\3\0\2\1\0"), "NEAR 2"),
    (SOUND.replace(b"\xff\xda", LSE + b"\x10\0" + bytes(8) + b"\xff\xda"), "contradict"),
    (SOUND.replace(b"\xff\xda", LSE + b"\0\0\0\5\0\4\0\6\0\0\xff\xda"), "contradict"),
    (SOUND.replace(b"\xff\xda", LSE + b"\0\0\0\0\0\0\0\0\0\2\xff\xda"), "contradict"),
    (SOUND.replace(b"\xff\xda", b"\xff\xf8\0\4\1\0\xff\xda"), "0xFFF8. has a wrong length"),
    (SOUND.replace(b"\xff\xda", b"\xff\xf8\0\4\4\5\xff\xda"), "0xFFF8. has a wrong length"),
    (SOUND.replace(b"\xff\xda", b"\xff\xf8\0\3\5\xff\xda"), "extensions"),
    (SOUND.replace(b"\xff\xda", b"\xff\xe8\0\7mrfx\4\xff\xda"), "colour transform 4"),
    (SOUND.replace(b"\xff\xda", b"\xff\xe8\0\7mrfx\1\xff\xda"), "colour transform 1"),
    (SOUND.replace(b"\xff\xdd\0\4\0\2", b"\xff\xdd\0\3\0"), "0xFFDD. has a wrong length"),
    (SOUND.replace(b"\xff\xd1", b"\xff\xd3"), "restart marker is missing behind line 4"),
    (SOUND.replace(b"\xff\xd0", b"\xff\xd9"), "restart marker is missing behind line 2"),
    (SOUND[:-6] + b"\xff\xd9", "end early, in line [45]|does not exist, in line [45]|line, line [45]"),
    (EXAMPLE_ENCODED[:-4] + b"\0\0\xff\xd9", None),
]


@pytest.mark.parametrize(("data", "reason"), REFUSED)
def test_what_is_wrong_is_said(data: bytes, reason: str | None) -> None:
    if reason is None:  # a wrong last code of 16 zeros: it would need a 1 somewhere
        with pytest.raises(CodecError):
            jpegls.decode(data, bytearray(16))
        return
    with pytest.raises(CodecError, match=reason):
        jpegls.decode(data, bytearray(9 * 5 * 3 * 2))


def test_a_code_that_does_not_exist() -> None:
    data = EXAMPLE_ENCODED[:25] + bytes(20) + b"\xff\xd9"
    with pytest.raises(CodecError, match="a code that does not exist, in line 1"):
        jpegls.decode(data, bytearray(16))


def test_a_run_beyond_the_line() -> None:
    # lines of 2 samples: 8 bits of 1 are 6 lines; then runs have an order of 2, and 011 is a run of 3
    frame = EXAMPLE_ENCODED[:7] + b"\0\7\0\2" + EXAMPLE_ENCODED[11:25]
    assert decoded(frame + b"\xff\x20\xff\xd9") == bytes(14)
    with pytest.raises(CodecError, match="a run is longer than its line, line 7"):
        jpegls.decode(frame + b"\xff\x30\xff\xd9", bytearray(14))


def test_a_component_without_a_scan_is_missed() -> None:
    data = encoded(synthetic(9, 5, 3, 8, 1, 1), 8, interleave="none")
    cut = data.rindex(b"\xff\xda")
    for end in (b"", b"\xff\xd9"):
        with pytest.raises(CodecError, match="not all components have a scan"):
            jpegls.decode(data[:cut] + end, bytearray(9 * 5 * 3))
    with pytest.raises(CodecError, match="wrong components"):
        jpegls.decode(data[:cut] + data[cut:].replace(b"\1\3\0", b"\1\2\0"), bytearray(9 * 5 * 3))


@pytest.mark.parametrize("size", [0, 269, 271])
def test_the_buffer_must_have_the_size_of_the_image(size: int) -> None:
    with pytest.raises(CodecError, match="9 x 5 samples of 3 components with 12 bits"):
        jpegls.decode(SOUND, bytearray(size))


def test_the_buffer_must_be_writable() -> None:
    with pytest.raises(BufferError):
        jpegls.decode(SOUND, bytes(270))


def test_lines_before_the_damage_are_there() -> None:
    image = synthetic(9, 50, 1, 8, 0, 1)
    data = encoded(image, 8, restart_interval=10)
    out = bytearray(9 * 50)
    with pytest.raises(CodecError, match="behind line 30"):
        jpegls.decode(data.replace(b"\xff\xd2", b"\xff\xd9"), out)
    assert out[: 9 * 30] == pixels(image, 8)[: 9 * 30]


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((bytes(4), 0, 2, 1, 8), {}),
        ((bytes(4), 2, 2, 0, 8), {}),
        ((bytes(4), 2, 2, 256, 8), {}),
        ((bytes(4), 2, 2, 1, 1), {}),
        ((bytes(4), 2, 2, 1, 17), {}),
        ((bytes(4), 2, 2, 1, 9), {}),
        ((bytes(5), 2, 2, 1, 8), {}),
        ((bytes(5), 1, 1, 5, 8), {"interleave": "line"}),
        ((bytes(4), 2, 2, 1, 8), {"interleave": "pixel"}),
        ((bytes(4), 2, 2, 1, 8), {"near": -1}),
        ((bytes(4), 2, 2, 1, 8), {"near": 128}),
        ((bytes(4), 2, 2, 1, 8), {"near": 256}),
        ((bytes(4), 2, 2, 1, 8), {"restart_interval": -1}),
        ((bytes(4), 2, 2, 1, 8), {"restart_interval": 1 << 32}),
        ((bytes(4), 2, 2, 1, 8), {"presets": (0, 0, 0, 0)}),
        ((bytes(4), 2, 2, 1, 8), {"presets": (256, 0, 0, 0, 0)}),
        ((bytes(4), 2, 2, 1, 8), {"presets": (0, 9, 8, 7, 0)}),
        ((bytes(4), 2, 2, 1, 8), {"presets": (0, 0, 0, 0, 2)}),
        ((bytes(4), 2, 2, 1, 8), {"presets": (0, 0, 0, 0, 65536)}),
        ((b"\0\0\0\x20", 2, 2, 1, 5), {}),
        ((b"\0\0\0\x20", 2, 1, 1, 13), {}),
        ((b"\x0f\x10\0\x0f", 2, 2, 1, 8), {"presets": (15, 0, 0, 0, 0)}),
    ],
)
def test_what_cannot_be_encoded(arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
    with pytest.raises(CodecError):
        jpegls.encode(*arguments, **options)


# ------------------------------------------------------------------------------------------------ damage

DAMAGED = [
    encoded(synthetic(7, 6, 3, 8, 0, 1), 8, interleave="none", restart_interval=2),
    encoded(synthetic(20, 16, 3, 8, 3, 1), 8, interleave="sample"),
    encoded(synthetic(20, 16, 3, 8, 3, 1), 8, interleave="line", near=3),
    encoded(synthetic(7, 6, 1, 16, 2, 1), 16, presets=(0, 0, 0, 0, 65535)),
    encoded(synthetic(120, 20, 1, 12, 1, 1), 12),
    encoded(synthetic(120, 10, 1, 16, 3, 1), 16),
]


@pytest.mark.parametrize("data", DAMAGED)
def test_truncation_at_every_byte(data: bytes) -> None:
    width, height, components, bits = jpegls.header(data)[:4]
    out = bytearray(width * height * components * (2 if bits > 8 else 1))
    for end in range(len(data) - 3):
        with pytest.raises(CodecError):
            jpegls.decode(data[:end], out)


@pytest.mark.parametrize("data", DAMAGED)
def test_random_damage(data: bytes) -> None:
    draw = random.Random(7)
    for _ in range(3000):
        damaged = bytearray(data)
        for _ in range(draw.randrange(1, 4)):
            damaged[draw.randrange(len(data))] = draw.choice((0, 0xFF, draw.randrange(256)))
        try:
            width, height, components, bits = jpegls.header(damaged)[:4]
            size = width * height * components * (2 if bits > 8 else 1)
            if size > 1 << 20:
                continue
            out = bytearray(size)
            jpegls.decode(damaged, out, planar=draw.random() < 0.5)
        except CodecError:
            pass


def test_threads_decode_at_the_same_time() -> None:
    image = synthetic(64, 64, 1, 12, 0, 5)
    data = encoded(image, 12)
    samples = pixels(image, 12)
    right: list[bool] = []

    def work() -> None:
        right.extend(decoded(data) == samples and jpegls.encode(samples, 64, 64, 1, 12) == data for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 200
