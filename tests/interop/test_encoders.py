"""What we encode, decoded by peers, and what peers encode, decoded by us: any size, bits, sign and samples that they know.

Peers in this process: pydicom with its plug-ins, that is pylibjpeg (libjpeg, OpenJPEG, its RLE) and CharLS. GDCM, which
aborts the process for what it does not know, and DCMTK are in test_encoder_tools.py. The kernels' own tests go into what a
data set cannot say: interleaving, restart intervals, presets, any predictor against libjpeg-turbo, CharLS and liblj92.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dicomkit

pydicom = pytest.importorskip("pydicom")

Image = tuple[dicomkit.Dataset, np.ndarray[Any, Any]]
NEEDS = {"pylibjpeg": "libjpeg", "pyjpegls": "jpeg_ls", "pydicom": "numpy"}


def make_image(shape: tuple[int, ...], bits: int, signed: bool, kind: int, seed: int) -> Image:
    """A native image of (frames, rows, columns[, 3]), and its samples: noise, a slope, or jumps between extremes."""
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    draw = np.random.default_rng(seed)
    if kind == 0:
        array = draw.integers(low, high, shape, endpoint=True)
    elif kind == 1:
        slope = np.add.outer(np.arange(shape[1]) * 3, np.arange(shape[2]) * 5)
        slope = slope.reshape(1, *slope.shape, *[1] * (len(shape) - 3)) + draw.integers(0, 3, shape)
        array = low + slope % (high - low + 1)
    else:
        array = draw.choice([low, high, (low + high) // 2], shape)
    allocated = 8 if bits <= 8 else 16
    array = array.astype(f"{'i' if signed else 'u'}{allocated // 8}")
    dataset = dicomkit.new("MultiFrameTrueColorSecondaryCaptureImageStorage")
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = shape[:3]
    dataset.SamplesPerPixel = 1 if len(shape) == 3 else shape[3]
    dataset.PhotometricInterpretation = "MONOCHROME2" if len(shape) == 3 else "RGB"
    if len(shape) == 4:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = allocated, bits, bits - 1
    dataset.PixelRepresentation = int(signed)
    data = array.tobytes()
    dataset.PixelData = data + bytes(len(data) % 2)
    return dataset, array


def images(
    least: int = 2, most: int = 16, side: int = 1, signs: tuple[bool, ...] = (False, True)
) -> st.SearchStrategy[Image]:
    """Images of `least` to `most` bits, at least so many pixels wide and high."""
    size = st.integers(side, 50)
    shape = st.tuples(st.integers(1, 2), size, size) | st.tuples(st.just(1), size, size, st.just(3))
    return st.builds(
        make_image, shape, st.integers(least, most), st.sampled_from(signs), st.integers(0, 2), st.integers(0, 1 << 16)
    )


def theirs(dataset: dicomkit.Dataset, plugin: str) -> Any:
    """What pydicom decodes with a plug-in, in our shape."""
    from pydicom.pixels import pixel_array

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array = pixel_array(io.BytesIO(dataset.to_bytes()), raw=True, decoding_plugin=plugin)
    return array.reshape(dataset.pixels.shape)


LOSSLESS = [
    ("RLELossless", "pydicom", {}),
    ("RLELossless", "pylibjpeg", {}),
    *[("JPEGLossless", "pylibjpeg", {"predictor": number}) for number in range(1, 8)],
    ("JPEGLosslessSV1", "pylibjpeg", {}),
    ("JPEGLSLossless", "pyjpegls", {}),
    ("JPEGLSLossless", "pylibjpeg", {}),
    ("JPEG2000Lossless", "pylibjpeg", {}),
    ("HTJ2KLossless", "pylibjpeg", {}),
    ("HTJ2KLosslessRPCL", "pylibjpeg", {}),
]


@pytest.mark.parametrize(("syntax", "plugin", "options"), LOSSLESS)
def test_peers_decode_what_we_encode(syntax: str, plugin: str, options: dict[str, Any]) -> None:
    pytest.importorskip(NEEDS[plugin])

    @settings(max_examples=15 if options else 50)
    @given(images())
    def check(image: Image) -> None:
        dataset, array = image
        dataset.compress(syntax, **options)
        assert np.array_equal(dataset.pixels.array(), array)
        assert np.array_equal(theirs(dataset, plugin), array)

    check()


@given(images(signs=(False,)), st.integers(0, 255))
@settings(max_examples=50)
def test_charls_decodes_what_we_encode_with_a_loss(image: Image, near: int) -> None:
    pytest.importorskip("jpeg_ls")
    dataset, array = image
    near = min(near, ((1 << dataset.BitsStored) - 1) // 2)
    dataset.compress("JPEGLSNearLossless", near=near)
    ours = dataset.pixels.array()
    assert np.array_equal(theirs(dataset, "pyjpegls"), ours)
    assert np.abs(ours.astype(int) - array).max() <= near


@pytest.mark.parametrize("syntax", ["JPEG2000", "HTJ2K"])
def test_openjpeg_decodes_what_we_encode_with_a_loss(syntax: str) -> None:
    pytest.importorskip("openjpeg")

    @settings(max_examples=20)
    @given(images(least=6, side=8))
    def check(image: Image) -> None:
        dataset, array = image
        dataset.compress(syntax)
        ours = dataset.pixels.array()
        assert np.abs(ours.astype(int) - theirs(dataset, "pylibjpeg")).max() <= 1  # versions of OpenJPEG round otherwise
        if syntax == "HTJ2K" and array.ndim == 3:
            assert np.abs(ours.astype(int) - array).max() <= 12  # a step of 2 in what the wavelet transform gives

    check()


@given(images(least=8, most=8, side=8, signs=(False,)), st.sampled_from(("444", "422", "420")), st.integers(1, 100))
@settings(max_examples=20)
def test_libjpeg_decodes_our_jpeg(image: Image, subsampling: str, quality: int) -> None:
    """To what libjpeg-turbo makes of it, but for the rounding of an inverse DCT, and the interpolation of chrominance."""
    pytest.importorskip("libjpeg")
    dataset, _ = image
    dataset.compress("JPEGBaseline8Bit", subsampling=subsampling, quality=quality)
    ours = dataset.pixels.array(color="raw").astype(int)
    assert np.abs(ours - theirs(dataset, "pylibjpeg")).mean() <= (0.1 if ours.ndim == 3 or subsampling == "444" else 8)


ENCODERS = [
    ("RLELossless", "pydicom"),
    ("RLELossless", "pylibjpeg"),
    ("JPEGLSLossless", "pyjpegls"),
    ("JPEG2000Lossless", "pylibjpeg"),
]


def encoded_by_pydicom(dataset: dicomkit.Dataset, syntax: str, plugin: str, **options: Any) -> dicomkit.Dataset:
    source = pydicom.dcmread(io.BytesIO(dataset.to_bytes()))
    source.compress(getattr(pydicom.uid, syntax), encoding_plugin=plugin, generate_instance_uid=False, **options)
    target = io.BytesIO()
    source.save_as(target)
    return dicomkit.read(target.getvalue())


@pytest.mark.parametrize(("syntax", "plugin"), ENCODERS)
def test_we_decode_what_peers_encode(syntax: str, plugin: str) -> None:
    pytest.importorskip(NEEDS[plugin])

    @settings(max_examples=50)
    @given(images(side=34))  # of the smallest they make nothing, or too little room for headers
    def check(image: Image) -> None:
        dataset, array = image
        if array.ndim == 4 and array.dtype.kind == "i":
            return  # no Photometric Interpretation has them (PS3.5 8.2)
        assert np.array_equal(encoded_by_pydicom(dataset, syntax, plugin).pixels.array(), array)

    check()


@given(images(side=20, signs=(False,)), st.integers(0, 255))
@settings(max_examples=50)
def test_we_decode_what_charls_encodes_with_a_loss(image: Image, near: int) -> None:
    pytest.importorskip("jpeg_ls")
    dataset, array = image
    near = min(near, ((1 << dataset.BitsStored) - 1) // 2)
    read = encoded_by_pydicom(dataset, "JPEGLSNearLossless", "pyjpegls", jls_error=near)
    assert np.array_equal(theirs(read, "pyjpegls"), read.pixels.array())
    assert np.abs(read.pixels.array().astype(int) - array).max() <= near
