"""The JPEG-LS kernel against CharLS, DCMTK, GDCM, and on real files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference.image import Image, frame_of, pixels, to_array, write_file
from tests.reference.jpegls_kernel import INTERLEAVES, decoded, encoded, image_of, synthetic

LOSSLESS = "1.2.840.10008.1.2.4.80"
NEAR_LOSSLESS = "1.2.840.10008.1.2.4.81"


def charls(data: bytes) -> bytes:
    """What CharLS decodes, pixel by pixel."""
    jpeg_ls = pytest.importorskip("jpeg_ls")
    out, info = jpeg_ls.decode_buffer(bytearray(data))
    if info["components"] == 1 or info["interleave_mode"]:
        return bytes(out)
    bits = info["bits_per_sample"]
    size = len(out) // info["components"]
    planes = [bytes(out[at : at + size]) for at in range(0, len(out), size)]
    return pixels([image_of(plane, info["width"], info["height"], 1, bits)[0] for plane in planes], bits)


peer_cases = st.tuples(
    st.builds(
        synthetic,
        st.integers(1, 40),
        st.integers(1, 30),
        st.sampled_from((1, 1, 2, 3, 4)),
        st.integers(2, 16),
        st.integers(0, 3),
        st.integers(0, 1 << 16),
    ),
    st.integers(0, 2),
    st.just(0) | st.integers(0, 255),
)


def bits_of(image: Image) -> int:
    return max(2, max(sample for lines in image for line in lines for sample in line).bit_length())


@given(peer_cases, st.integers(0, 4))
@settings(max_examples=200)
def test_charls_reads_what_we_write(case: tuple[Image, int, int], restart_interval: int) -> None:
    image, interleave, near = case
    bits = bits_of(image)
    interleave = interleave if len(image) != 2 else 0  # it does not know two that are interleaved
    near = min(near, (1 << bits) // 2 - 1)
    data = encoded(image, bits, interleave=INTERLEAVES[interleave], near=near, restart_interval=restart_interval)
    result = charls(data)
    assert result == decoded(data)
    if near == 0:
        assert result == pixels(image, bits)


@given(peer_cases)
@settings(max_examples=200)
def test_we_read_what_charls_writes(case: tuple[Image, int, int]) -> None:
    jpeg_ls = pytest.importorskip("jpeg_ls")
    image, interleave, near = case
    bits = bits_of(image)
    interleave = interleave if len(image) > 2 else 0  # it does not interleave two
    near = min(near, (1 << bits) // 2 - 1)
    width, height = len(image[0][0]), len(image[0])
    if width * height < 200:  # it has too little room for the headers of the smallest
        image = [[(line * 20)[:20] for line in lines * 10][:10] for lines in image]
        width, height = 20, 10
    data = bytes(
        jpeg_ls.encode_buffer(pixels(image, bits, planar=interleave == 0), height, width, len(image), bits, near, interleave)
    )
    assert decoded(data) == charls(data)
    ours = encoded(image, bits, near=near, interleave=INTERLEAVES[interleave])
    assert ours[ours.index(b"\xff\xda") :] == data[data.index(b"\xff\xda") :]


@pytest.mark.parametrize("transform", [1, 2, 3])
@pytest.mark.parametrize("interleave", [0, 1, 2])
def test_colour_transforms_of_hp_as_in_charls(transform: int, interleave: int) -> None:
    image = synthetic(31, 17, 3, 8, 0, transform)
    data = encoded(image, 8, interleave=INTERLEAVES[interleave])
    data = data.replace(b"\xff\xf7", b"\xff\xe8\0\7mrfx" + bytes((transform,)) + b"\xff\xf7")
    assert charls(data) == decoded(data)


def test_imagecodecs_and_ours() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    for components, bits in ((1, 8), (1, 16), (3, 8)):
        image = synthetic(60, 40, components, bits, 1, bits)
        image[0][0][0] = (1 << bits) - 1
        array = to_array(image, bits)
        assert decoded(imagecodecs.jpegls_encode(array)) == pixels(image, bits)
        assert (imagecodecs.jpegls_decode(encoded(image, bits)) == array).all()


def native(path: Path, bits: int, components: int) -> bytes:
    """The samples of a native file, pixel by pixel."""
    pydicom = pytest.importorskip("pydicom")
    dataset = pydicom.dcmread(path)
    size = dataset.Rows * dataset.Columns * components * (2 if bits > 8 else 1)
    data = bytes(dataset.PixelData[:size])
    if components == 1 or dataset.PlanarConfiguration == 0:
        return data
    planes = [data[at : at + size // components] for at in range(0, size, size // components)]
    return pixels([image_of(plane, dataset.Columns, dataset.Rows, 1, bits)[0] for plane in planes], bits)


PEER_IMAGES = [(8, 1), (8, 3), (12, 1), (16, 1), (16, 3)]
DCMTK_OPTIONS = [
    [],
    ["+is"],
    ["+in"],
    ["+en"],
    ["+en", "+md", "7", "+is"],
    ["+rs", "31"],
    ["+t1", "5", "+t2", "9", "+t3", "30"],
]


@pytest.mark.parametrize(("bits", "components"), PEER_IMAGES)
def test_we_read_what_dcmcjpls_writes(peer: Callable[[str], str], tmp_path: Path, bits: int, components: int) -> None:
    image = synthetic(37, 22, components, bits, 0 if bits == 16 else 3, bits)
    write_file(tmp_path / "native.dcm", image, bits)
    for options in DCMTK_OPTIONS:
        command = [peer("dcmcjpls"), "-q", *options, tmp_path / "native.dcm", tmp_path / "encoded.dcm"]
        subprocess.run(command, check=True)
        data = frame_of(tmp_path / "encoded.dcm")
        result = decoded(data)
        if "+en" not in options:
            assert result == pixels(image, bits)
        if (bits, components, options) == (16, 3, ["+in"]):  # which DCMTK 3.6.7 does not read itself
            assert result == charls(data)
            continue
        subprocess.run([peer("dcmdjpls"), "-q", tmp_path / "encoded.dcm", tmp_path / "decoded.dcm"], check=True)
        assert result == native(tmp_path / "decoded.dcm", bits, components)


@pytest.mark.parametrize(("bits", "components"), PEER_IMAGES)
def test_dcmdjpls_reads_what_we_write(peer: Callable[[str], str], tmp_path: Path, bits: int, components: int) -> None:
    image = synthetic(38, 22, components, bits, 0 if bits == 16 else 3, bits)
    for interleave in INTERLEAVES[: components + 1]:
        for near in (0, 3):
            data = encoded(image, bits, interleave=interleave, near=near)
            write_file(tmp_path / "encoded.dcm", image, bits, data, NEAR_LOSSLESS if near else LOSSLESS)
            subprocess.run([peer("dcmdjpls"), "-q", tmp_path / "encoded.dcm", tmp_path / "decoded.dcm"], check=True)
            assert native(tmp_path / "decoded.dcm", bits, components) == decoded(data)


@pytest.mark.parametrize(("bits", "components"), [(8, 1), (8, 3), (12, 1), (16, 1)])
def test_gdcm_and_ours(tmp_path: Path, peer: Callable[[str], str], bits: int, components: int) -> None:
    command = peer("gdcmconv")
    image = synthetic(38, 22, components, bits, 3, bits)
    write_file(tmp_path / "native.dcm", image, bits)
    subprocess.run([command, "--jpegls", tmp_path / "native.dcm", tmp_path / "encoded.dcm"], check=True)
    assert decoded(frame_of(tmp_path / "encoded.dcm")) == pixels(image, bits)
    data = encoded(image, bits)
    write_file(tmp_path / "encoded.dcm", image, bits, data, LOSSLESS)
    subprocess.run([command, "--raw", tmp_path / "encoded.dcm", tmp_path / "decoded.dcm"], check=True)
    assert native(tmp_path / "decoded.dcm", bits, components) == pixels(image, bits)


@pytest.mark.parametrize(
    ("name", "bits", "components"),
    [
        ("JLSL_08_07_0_1F.dcm", 7, 1),
        ("JLSL_16_15_1_1F.dcm", 15, 1),
        ("JLSL_RGB_ILV0.dcm", 8, 3),
        ("JLSL_RGB_ILV1.dcm", 8, 3),
        ("JLSL_RGB_ILV2.dcm", 8, 3),
        ("JLSN_RGB_ILV0.dcm", 8, 3),
        ("emri_small_jpeg_ls_lossless.dcm", 12, 1),
    ],
)
def test_real_files(
    data_dir: Path, tmp_path: Path, peer: Callable[[str], str], name: str, bits: int, components: int
) -> None:
    path = data_dir / "pydicom-data" / name
    pydicom = pytest.importorskip("pydicom")
    dataset = pydicom.dcmread(path, force=True)
    data = bytes(pydicom.encaps.get_frame(dataset.PixelData, 0, number_of_frames=int(dataset.get("NumberOfFrames", 1))))
    assert decoded(data) == charls(data)
    if bits == 7:  # which DCMTK 3.6.7 does not read
        return
    subprocess.run([peer("dcmdjpls"), "-q", path, tmp_path / "decoded.dcm"], check=True)
    assert decoded(data) == native(tmp_path / "decoded.dcm", bits, components)
