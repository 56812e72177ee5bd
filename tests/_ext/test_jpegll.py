"""The kernel of lossless JPEG against the reference, and against libjpeg-turbo, DCMTK, GDCM and thorfdbg's libjpeg."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomkit._ext import jpegll
from dicomkit.errors import CodecError
from tests.reference import jpegll as reference
from tests.reference.image import Image, frame_of, pixels, to_array, write_file
from tests.reference.jpegll import Options

SV1 = "1.2.840.10008.1.2.4.70"
PROCESS_14 = "1.2.840.10008.1.2.4.57"


def decoded(data: bytes, **options: Any) -> bytes:
    width, height, components, bits = jpegll.header(data)[:4]
    out = bytearray(width * height * components * (2 if bits > 8 else 1))
    jpegll.decode(data, out, **options)
    return bytes(out)


def synthetic(width: int, height: int, components: int, bits: int, kind: int, seed: int) -> Image:
    """Noise, a slope with some noise, or jumps between extremes."""
    draw = random.Random(seed)
    top = (1 << bits) - 1

    def sample(x: int, y: int) -> int:
        if kind == 0:
            return draw.randrange(top + 1)
        if kind == 1:
            return min(top, (3 * x + 5 * y + draw.randrange(4)) % (top + 1))
        return draw.choice((0, top, top // 2 + 1))

    return [[[sample(x, y) for x in range(width)] for y in range(height)] for _ in range(components)]


images = st.builds(
    lambda *of: (synthetic(*of), of[3]),
    st.integers(1, 24),
    st.integers(1, 8),
    st.integers(1, 4),
    st.integers(2, 16),
    st.integers(0, 2),
    st.integers(0, 1 << 16),
)
standard_options = st.builds(
    Options,
    predictor=st.integers(1, 7),
    point_transform=st.sampled_from((0, 0, 0, 1, 3, 7)),
    restart_lines=st.integers(0, 3),
    interleaved=st.booleans(),
    separate_tables=st.booleans(),
    fill_bytes=st.integers(0, 2),
    number_of_lines=st.booleans(),
    flat_code=st.booleans(),
    before=st.sampled_from((b"", b"abc", b"\xff\xd9\0\xff")),
    after=st.sampled_from((b"", b"\0", b"junk\xff\xd8\xff")),
    application=st.sampled_from((b"", b"Adobe\0\x64\0\0\0\0\2")),
)


def shifted(image: Image, transform: int) -> Image:
    return [[[sample >> transform << transform for sample in line] for line in lines] for lines in image]


# ------------------------------------------------------------------------------------------------ against the reference


@given(images, standard_options, st.booleans())
@settings(max_examples=250)
def test_decodes_what_the_reference_encodes(case: tuple[Image, int], options: Options, planar: bool) -> None:
    image, bits = case
    options.point_transform = min(options.point_transform, bits - 1)
    data = reference.encode(image, bits, options)
    assert jpegll.header(data) == (
        len(image[0][0]),
        len(image[0]),
        len(image),
        bits,
        options.predictor,
        options.point_transform,
        options.restart_lines * len(image[0][0]),
        options.interleaved or len(image) == 1,
        2 if options.application else -1,
        bytes(range(10, 10 + len(image))),
    )
    assert decoded(data, planar=planar) == pixels(shifted(image, options.point_transform), bits, planar=planar)


@given(images, standard_options, st.booleans())
@settings(max_examples=250)
def test_encodes_what_the_reference_decodes(case: tuple[Image, int], options: Options, planar: bool) -> None:
    image, bits = case
    transform = min(options.point_transform, bits - 1)
    width, height, count = len(image[0][0]), len(image[0]), len(image)
    data = jpegll.encode(
        pixels(image, bits, planar=planar),
        width,
        height,
        count,
        bits,
        planar=planar,
        predictor=options.predictor,
        point_transform=transform,
        restart_interval=options.restart_lines * width,
    )
    assert reference.decode(data) == (bits, shifted(image, transform))
    assert decoded(data) == pixels(shifted(image, transform), bits)


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize(("components", "bits"), [(1, 8), (1, 12), (1, 16), (3, 8), (3, 16), (4, 8), (2, 10)])
def test_large_images_come_back(components: int, bits: int, planar: bool) -> None:
    # long lines are decoded in pieces, short ones several at once, short codes in groups
    draw = random.Random(components)
    for width, height in ((5000, 3), (30, 400), (4096 // components, 5)):
        for scale in (1, (1 << bits) - 1):
            line = [draw.randrange(scale + 1) for _ in range(width * height * components)]
            data = bytes(line) if bits <= 8 else b"".join(sample.to_bytes(2, sys.byteorder) for sample in line)
            for predictor in range(1, 8):
                encoded = jpegll.encode(data, width, height, components, bits, planar=planar, predictor=predictor)
                assert decoded(encoded, planar=planar) == data


@pytest.mark.parametrize("pair", [(0, 1), (0, 2, 2, 2, 7), (5,), tuple(range(16))])
def test_separate_tables_where_they_save_something(pair: tuple[int, ...]) -> None:
    # one component is flat, the others are not
    draw = random.Random(1)
    image = [[[draw.choice(pair) << k * 4 if k else 9 for _ in range(64)] for _ in range(64)] for k in range(3)]
    data = jpegll.encode(pixels(image, 12), 64, 64, 3, 12)
    assert reference.decode(data) == (12, image)
    assert decoded(data, planar=True) == pixels(image, 12, planar=True)


# ------------------------------------------------------------------------------------------------ what others do wrong


@given(images, st.integers(1, 7), st.sampled_from(("extra_bits", "overflowing_table")))
@settings(max_examples=60)
def test_streams_of_the_cornell_kind(case: tuple[Image, int], predictor: int, quirk: str) -> None:
    image, _ = case
    options = Options(predictor=predictor, **{quirk: True})
    # 2^15 is the first prediction: a first sample of 0 has a difference of category 16
    image = [[[0, *line] for line in lines] for lines in image]
    data = reference.encode(image, 16, options)
    assert decoded(data, cornell=True) == pixels(image, 16)


@pytest.mark.parametrize("quirk", [Options(extra_bits=True), Options(overflowing_table=True)])
def test_streams_of_the_cornell_kind_are_found_out(quirk: Options) -> None:
    for seed in range(50):
        image = synthetic(24, 16, 1, 16, 2, seed)
        assert decoded(reference.encode(image, 16, quirk)) == pixels(image, 16)
        # and those that are not
        assert decoded(reference.encode(image, 16)) == pixels(image, 16)


def test_streams_of_the_cornell_kind_are_not_taken_for_granted() -> None:
    image = [[[0, 0, 0x8000, 7]]]
    data = reference.encode(image, 16, Options(overflowing_table=True))
    with pytest.raises(CodecError, match="not in the Huffman table"):
        decoded(data, cornell=False)


@given(images, st.integers(1, 7))
@settings(max_examples=60)
def test_signed_prediction(case: tuple[Image, int], predictor: int) -> None:
    image, _ = case
    image = [[[sample * 0x1357 & 0xFFFF for sample in line] for line in lines] for lines in image]
    data = reference.encode(image, 16, Options(predictor=predictor, signed_prediction=True))
    assert decoded(data, signed_prediction=True) == pixels(image, 16)
    if predictor < 5:
        assert decoded(data) == pixels(image, 16)


@pytest.mark.parametrize("predictor", [1, 2, 3, 4])
def test_differences_that_were_not_reduced_to_the_precision(predictor: int) -> None:
    # Philips' and Samsung's ultrasound: a sample of 128 after 52 by a difference of -180
    image = synthetic(20, 10, 1, 8, 0, predictor)
    data = reference.encode(image, 8, Options(predictor=predictor, signed_samples=True))
    assert decoded(data) == pixels(image, 8)


@pytest.mark.parametrize("factor", [0x22, 0x21])
def test_equal_sampling_factors_mean_nothing_in_scans_of_one_component(factor: int) -> None:
    image = synthetic(9, 5, 3, 8, 1, 1)
    separate = reference.encode(image, 8, Options(interleaved=False))
    for component in range(3):
        separate = separate.replace(bytes((10 + component, 0x11, 0)), bytes((10 + component, factor, 0)), 1)
    assert decoded(separate) == pixels(image, 8)


def test_a_missing_end_of_image_is_tolerated() -> None:
    image = synthetic(9, 5, 1, 8, 0, 1)
    assert decoded(reference.encode(image, 8)[:-2]) == pixels(image, 8)


# ------------------------------------------------------------------------------------------------ what is refused

SOUND = reference.encode(synthetic(9, 5, 3, 12, 1, 1), 12, Options(restart_lines=2))
LOSSY = bytes.fromhex("ffd8ffc0000b080010001001011100ffd9")
REFUSED = [
    (b"", "no JPEG codestream"),
    (b"\xff\xd8", "no JPEG codestream"),
    (b"\0" * 100, "no JPEG codestream"),
    (LOSSY, "SOF0"),
    (LOSSY.replace(b"\xff\xc0", b"\xff\xcb"), "SOF11"),
    (LOSSY.replace(b"\xff\xc0\0\x0b", b"\xff\xc3\0\x0c"), "ends at a marker segment"),
    (SOUND.replace(b"\xff\xc3", b"\xff\xe3"), "no frame header"),
    (SOUND.replace(b"\xff\xc3\0\x11\x0c", b"\xff\xc3\0\x11\x11"), "precision of 17 bits"),
    (SOUND.replace(b"\xff\xc3\0\x11\x0c\0\5", b"\xff\xc3\0\x11\x0c\0\0"), "no lines or columns"),
    (SOUND.replace(b"\0\x09\3\x0a", b"\0\0\3\x0a"), "no lines or columns"),
    (SOUND.replace(b"\0\x09\3\x0a", b"\0\x09\5\x0a"), "5 components"),
    (SOUND.replace(b"\x0a\x11\0", b"\x0a\x21\0"), "subsampled"),
    (SOUND.replace(b"\x0a\x11\0\x0b\x11\0\x0c\x11\0", b"\x0a\x22\0\x0b\x22\0\x0c\x22\0"), "subsampled"),
    (SOUND.replace(b"\x0c\0\1\0\0", b"\x0c\0\x08\0\0"), "predictor 8"),
    (SOUND.replace(b"\x0c\0\1\0\0", b"\x0c\0\1\0\x0c"), "point transform 12"),
    (SOUND.replace(b"\xff\xda\0\x0c\3\x0a\0", b"\xff\xda\0\x0c\3\x0a\x10"), "not there"),
    (SOUND.replace(b"\xff\xda\0\x0c\3\x0a", b"\xff\xda\0\x0c\3\x0e"), "wrong components"),
    (SOUND.replace(b"\xff\xdd\0\4\0\x12", b"\xff\xdd\0\4\0\x11"), "restart interval of 17"),
    (SOUND.replace(b"\xff\xd1", b"\xff\xd3"), "restart marker is missing behind line 4"),
    (SOUND[:-4] + b"\xff\xd9", "ends? early|not in the Huffman table"),
    (SOUND.replace(b"\xff\xd0", b"\xff\xd9"), "restart marker is missing behind line 2"),
    (SOUND.replace(b"\xff\xd9", b"\xff\xc3\0\x0b\x08\0\1\0\1\1\1\x11\0\xff\xd9"), None),
]


@pytest.mark.parametrize(("data", "reason"), REFUSED)
def test_what_is_wrong_is_said(data: bytes, reason: str | None) -> None:
    out = bytearray(9 * 5 * 3 * 2)
    if reason is None:  # behind the last scan nothing matters
        jpegll.decode(data, out)
        return
    with pytest.raises(CodecError, match=reason):
        jpegll.decode(data, out)


def test_a_component_without_a_scan_is_missed() -> None:
    data = reference.encode(synthetic(9, 5, 3, 8, 1, 1), 8, Options(interleaved=False))
    for cut in (data.rindex(b"\xff\xda"), data.rindex(b"\xff\xc4")):
        for end in (b"", b"\xff\xd9"):
            with pytest.raises(CodecError, match="not all components have a scan"):
                jpegll.decode(data[:cut] + end, bytearray(9 * 5 * 3))


def test_a_table_of_too_many_codes_is_refused() -> None:
    data = reference.encode([[[1, 2, 3]]], 8)
    table = b"\xff\xc4\0\x16\0\3" + bytes(15) + b"\0\1\2"
    with pytest.raises(CodecError, match="more codes than there can be"):
        jpegll.decode(data.replace(b"\xff\xda", table + b"\xff\xda"), bytearray(3))


@pytest.mark.parametrize("size", [0, 269, 271])
def test_the_buffer_must_have_the_size_of_the_image(size: int) -> None:
    with pytest.raises(CodecError, match="9 x 5 samples of 3 components with 12 bits"):
        jpegll.decode(SOUND, bytearray(size))


def test_the_buffer_must_be_writable() -> None:
    with pytest.raises(BufferError):
        jpegll.decode(SOUND, bytes(270))


def test_lines_before_the_damage_are_there() -> None:
    image = synthetic(9, 50, 1, 8, 0, 1)
    data = reference.encode(image, 8, Options(restart_lines=10))
    out = bytearray(9 * 50)
    with pytest.raises(CodecError, match="behind line 30"):
        jpegll.decode(data.replace(b"\xff\xd2", b"\xff\xd9"), out)
    assert out[: 9 * 30] == pixels(image, 8)[: 9 * 30]


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((bytes(4), 0, 2, 1, 8), {}),
        ((bytes(4), 2, 2, 5, 8), {}),
        ((bytes(4), 2, 2, 1, 1), {}),
        ((bytes(4), 2, 2, 1, 17), {}),
        ((bytes(4), 2, 2, 1, 9), {}),
        ((bytes(5), 2, 2, 1, 8), {}),
        ((bytes(4), 70000, 1, 1, 8), {}),
        ((bytes(4), 2, 2, 1, 8), {"predictor": 0}),
        ((bytes(4), 2, 2, 1, 8), {"predictor": 8}),
        ((bytes(4), 2, 2, 1, 8), {"point_transform": 8}),
        ((bytes(4), 2, 2, 1, 8), {"restart_interval": 3}),
        ((bytes(4), 2, 2, 1, 8), {"restart_interval": -2}),
        ((bytes(4), 2, 2, 1, 8), {"restart_interval": 65536}),
        ((b"\0\0\0\x20", 2, 2, 1, 5), {}),
        ((b"\0\0\0\x20", 2, 1, 1, 13), {}),
    ],
)
def test_what_cannot_be_encoded(arguments: tuple[Any, ...], options: dict[str, int]) -> None:
    with pytest.raises(CodecError):
        jpegll.encode(*arguments, **options)


# ------------------------------------------------------------------------------------------------ damage

DAMAGED = [
    reference.encode(synthetic(7, 6, 3, 8, 0, 1), 8, Options(interleaved=False, restart_lines=2, separate_tables=True)),
    reference.encode(synthetic(7, 6, 1, 16, 2, 1), 16, Options(extra_bits=True, number_of_lines=True)),
    jpegll.encode(bytes(range(256)) * 64, 128, 128, 1, 8, predictor=7),
]


@pytest.mark.parametrize("data", DAMAGED)
def test_truncation_at_every_byte(data: bytes) -> None:
    width, height, components, bits = jpegll.header(data)[:4]
    out = bytearray(width * height * components * (2 if bits > 8 else 1))
    for end in range(len(data) - 3):
        with pytest.raises(CodecError):
            jpegll.decode(data[:end], out)


@pytest.mark.parametrize("data", DAMAGED)
def test_random_damage(data: bytes) -> None:
    draw = random.Random(7)
    out = bytearray(128 * 128)
    for _ in range(3000):
        damaged = bytearray(data)
        for _ in range(draw.randrange(1, 4)):
            damaged[draw.randrange(len(data))] = draw.choice((0, 0xFF, draw.randrange(256)))
        try:
            width, height, components, bits = jpegll.header(damaged)[:4]
            size = width * height * components * (2 if bits > 8 else 1)
            if size > 1 << 20:
                continue
            out = bytearray(size)
            jpegll.decode(damaged, out, planar=draw.random() < 0.5)
        except CodecError:
            pass


def test_threads_decode_at_the_same_time() -> None:
    image = pixels(synthetic(64, 64, 1, 12, 0, 5), 12)
    data = jpegll.encode(image, 64, 64, 1, 12)
    right: list[bool] = []

    def work() -> None:
        right.extend(decoded(data) == image and jpegll.encode(image, 64, 64, 1, 12) == data for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 200


# ------------------------------------------------------------------------------------------------ against peers


@given(images, st.integers(1, 7))
@settings(max_examples=150)
def test_libjpeg_turbo_reads_what_we_write(case: tuple[Image, int], predictor: int) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    image, bits = case
    if len(image) == 2:  # it knows none with two
        image = image[:1]
    data = jpegll.encode(pixels(image, bits), len(image[0][0]), len(image[0]), len(image), bits, predictor=predictor)
    assert (imagecodecs.jpeg8_decode(data) == to_array(image, bits)).all()
    if len(image) == 1 and len(image[0]) > 1 and len(data) > 64:  # it has trouble with single rows and the smallest
        assert (imagecodecs.ljpeg_decode(data) == to_array(image, bits)).all()


@given(images, st.integers(1, 7))
@settings(max_examples=150)
def test_we_read_what_libjpeg_turbo_writes(case: tuple[Image, int], predictor: int) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    image, bits = case
    data = imagecodecs.jpeg8_encode(to_array(image, bits), lossless=True, predictor=predictor, bitspersample=bits)
    assert decoded(data) == pixels(image, bits)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_liblj92_and_ours(bits: int) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    image = synthetic(32, 16, 1, bits, 1, bits)
    assert decoded(imagecodecs.ljpeg_encode(to_array(image, bits), bitspersample=bits)) == pixels(image, bits)


@pytest.mark.parametrize("predictor", range(1, 8))
def test_libjpeg_of_pylibjpeg_reads_what_we_write(predictor: int) -> None:
    libjpeg = pytest.importorskip("libjpeg")
    for bits, components in ((8, 1), (12, 1), (16, 1), (8, 3)):
        image = synthetic(24, 12, components, bits, 1, bits)
        data = jpegll.encode(pixels(image, bits), 24, 12, components, bits, predictor=predictor)
        assert (libjpeg.decode(data) == to_array(image, bits)).all()


def native(path: Path) -> bytes:
    pydicom = pytest.importorskip("pydicom")
    return bytes(pydicom.dcmread(path).PixelData)


DCMTK_CASES = [(8, 1), (8, 3), (12, 1), (16, 1), (16, 3)]


@pytest.mark.parametrize(("bits", "components"), DCMTK_CASES)
def test_we_read_what_dcmcjpeg_writes(peer: Callable[[str], str], tmp_path: Path, bits: int, components: int) -> None:
    command = peer("dcmcjpeg")
    image = synthetic(37, 22, components, bits, 0 if bits == 16 else 1, bits)
    write_file(tmp_path / "native.dcm", image, bits)
    for predictor in range(1, 8):
        options = ["+el", "+sv", str(predictor)]
        subprocess.run([command, *options, tmp_path / "native.dcm", tmp_path / "encoded.dcm"], check=True)
        data = frame_of(tmp_path / "encoded.dcm")
        assert jpegll.header(data)[4] == predictor
        assert decoded(data) == pixels(image, 8 if jpegll.header(data)[3] <= 8 else 16)


@pytest.mark.parametrize(("bits", "components"), DCMTK_CASES)
def test_dcmdjpeg_reads_what_we_write(peer: Callable[[str], str], tmp_path: Path, bits: int, components: int) -> None:
    command = peer("dcmdjpeg")
    image = synthetic(38, 22, components, bits, 0 if bits == 16 else 1, bits)
    for predictor in range(1, 8):
        data = jpegll.encode(
            pixels(image, bits), 38, 22, components, bits, predictor=predictor, restart_interval=38 * (predictor & 1)
        )
        write_file(tmp_path / "encoded.dcm", image, bits, data, PROCESS_14)
        subprocess.run([command, tmp_path / "encoded.dcm", tmp_path / "native.dcm"], check=True)
        assert native(tmp_path / "native.dcm") == pixels(image, bits)


@pytest.mark.parametrize(
    ("option", "quirk", "ours"),
    [
        ("+w6", Options(predictor=6, signed_prediction=True), {"signed_prediction": True}),
        ("+w6", Options(predictor=5, signed_prediction=True), {"signed_prediction": True}),
        ("+w6", Options(predictor=7, signed_prediction=True), {"signed_prediction": True}),
        ("+wc", Options(extra_bits=True), {"cornell": True}),
        ("+wc", Options(overflowing_table=True), {"cornell": True}),
    ],
)
def test_quirks_are_those_that_dcmdjpeg_works_around(
    peer: Callable[[str], str], tmp_path: Path, option: str, quirk: Options, ours: dict[str, bool]
) -> None:
    image = synthetic(38, 22, 1, 16, 2, 3)
    if option == "+wc":  # it fails where it has not 16 bits at hand: here it has them
        image = [[[0x8000 + x % 3 if x < 5 else 1 + x % 3 for x in range(44)]]]
    data = reference.encode(image, 16, quirk)
    write_file(tmp_path / "encoded.dcm", image, 16, data, PROCESS_14)
    command = [peer("dcmdjpeg"), "-q", option, tmp_path / "encoded.dcm", tmp_path / "native.dcm"]
    subprocess.run(command, check=True)
    assert native(tmp_path / "native.dcm") == decoded(data, **ours) == pixels(image, 16)


@pytest.mark.parametrize(("bits", "components"), [(8, 1), (8, 3), (12, 1), (16, 1)])
def test_gdcm_and_ours(tmp_path: Path, peer: Callable[[str], str], bits: int, components: int) -> None:
    command = peer("gdcmconv")
    image = synthetic(38, 22, components, bits, 1, bits)
    write_file(tmp_path / "native.dcm", image, bits)
    subprocess.run([command, "--jpeg", tmp_path / "native.dcm", tmp_path / "encoded.dcm"], check=True)
    assert decoded(frame_of(tmp_path / "encoded.dcm")) == pixels(image, bits)
    for predictor in (1, 4, 7):
        data = jpegll.encode(pixels(image, bits), 38, 22, components, bits, predictor=predictor)
        write_file(tmp_path / "encoded.dcm", image, bits, data, PROCESS_14)
        subprocess.run([command, "--raw", tmp_path / "encoded.dcm", tmp_path / "native2.dcm"], check=True)
        assert native(tmp_path / "native2.dcm") == pixels(image, bits)


def check_file(path: Path, other: Path) -> None:
    """Decode the frame of a file, and compare with another file of the same image."""
    assert decoded(frame_of(path)) == native(other)


@pytest.mark.parametrize("name", ["JPEG-LL.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm", "bad_sequence.dcm"])
def test_real_files(data_dir: Path, tmp_path: Path, peer: Callable[[str], str], name: str) -> None:
    path = data_dir / "pydicom-data" / name
    subprocess.run([peer("dcmdjpeg"), "-q", path, tmp_path / "native.dcm"], check=True)
    check_file(path, tmp_path / "native.dcm")


def test_file_of_gdcm(pydicom_files: list[Path], tmp_path: Path, peer: Callable[[str], str]) -> None:
    (path,) = (path for path in pydicom_files if path.name == "SC_rgb_jpeg_gdcm.dcm")
    subprocess.run([peer("dcmdjpeg"), path, tmp_path / "native.dcm"], check=True)
    check_file(path, tmp_path / "native.dcm")
