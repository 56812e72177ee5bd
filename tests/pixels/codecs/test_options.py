"""Options of codecs, to encode and to decode."""

from __future__ import annotations

import numpy as np
import pytest

import dicomkit
from dicomkit.errors import CodecError
from dicomkit.pixels import PixelData, encapsulate
from dicomkit.pixels.codecs import codec_for
from dicomkit.pixels.codecs.registry import HANDLING
from dicomkit.standard import TransferSyntax


def gray(array: np.ndarray) -> dicomkit.Dataset:
    dataset = dicomkit.new("SecondaryCaptureImageStorage")
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = *array.shape[:2], array.shape[2] if array.ndim > 2 else 1
    bits = 8 * array.itemsize
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = bits, bits, bits - 1, 0
    dataset.PhotometricInterpretation = "RGB" if array.ndim > 2 else "MONOCHROME2"
    if array.ndim > 2:
        dataset.PlanarConfiguration = 0
    dataset.PixelData = array.tobytes()
    return dataset


NOISE = np.random.default_rng(3).integers(0, 256, (64, 64), np.uint8)
COLOR = np.random.default_rng(3).integers(0, 256, (16, 16, 3), np.uint8)


def test_all_codecs_say_which_options_they_have() -> None:
    for uid, (kind, _) in HANDLING.items():
        if kind != "codec":
            continue
        codec = codec_for(TransferSyntax.assumed(uid))
        assert codec.decoding == codec.decode_defaults
        assert codec.with_decoding({}) is codec
        for name, value in codec.decode_defaults.items():
            assert codec.with_decoding({name: value}).decoding == codec.decode_defaults
        with pytest.raises(TypeError, match=r"'nonsense' is no option of .* to decode"):
            codec.with_decoding({"nonsense": 1})
        with pytest.raises(TypeError, match=r"'nonsense' is no option of .* to encode"):
            codec.merged({"nonsense": 1})


def test_options_reach_the_frames() -> None:
    dataset = gray(NOISE.astype("<u2") * 256)
    dataset.compress("RLELossless")
    assert PixelData(dataset, least_significant_first=True).frame(0).max() <= 255
    with pytest.raises(TypeError, match="incomplete"):
        PixelData(dataset, incomplete=True)
    other = dicomkit.read(dataset.to_bytes())
    other.decompress(least_significant_first=True)
    assert other.pixels.frame(0).max() <= 255
    other.decompress(least_significant_first=True)  # native already: nothing to be decoded


@pytest.mark.parametrize("syntax", ["JPEGLSLossless", "JPEGLossless", "JPEGBaseline8Bit"])
def test_incomplete_codestreams(syntax: str) -> None:
    """Of another codec than the transfer syntax says, too."""
    dataset = gray(np.kron(NOISE, np.ones((4, 4), np.uint8)))
    expected = dataset.pixels.frame(0)
    dataset.compress("JPEGLSLossless" if syntax == "JPEGLSLossless" else "JPEGLossless")
    data = bytes(dataset.pixels.encoded(0))
    encapsulate(dataset, [data[: len(data) * 2 // 3]], syntax)
    with pytest.raises(CodecError):
        dataset.pixels.frame(0)
    frame = PixelData(dataset, incomplete=True).frame(0)
    assert np.array_equal(frame[:64], expected[:64])
    assert not frame[-16:].any()


def test_color_space() -> None:
    dataset = gray(COLOR)
    dataset.compress("JPEGLossless")
    assert PixelData(dataset).color_space() == "RGB"
    pixels = PixelData(dataset, color_space="YBR_FULL")
    assert (pixels.color_space(), pixels.color_space(color="raw")) == ("RGB", "YBR_FULL")
    assert np.array_equal(pixels.frame(0, color="raw"), COLOR)
    assert not np.array_equal(pixels.frame(0), COLOR)


@pytest.mark.parametrize(
    ("syntax", "options", "message"),
    [
        ("JPEGLossless", {"point_transform": 8}, "point_transform is 0 to 7"),
        ("JPEGBaseline8Bit", {"color": "cmyk"}, "color is ybr or rgb"),
        ("JPEGBaseline8Bit", {"smoothing": 101}, "smoothing is 0 to 100"),
        ("JPEGLSLossless", {"interleave": "both"}, "interleave is one of"),
        ("JPEGLSLossless", {"pad": "space"}, "pad is zero or marker"),
        ("JPEGLSLossless", {"fragment_size": 3}, "fragment_size is an even number"),
    ],
)
def test_wrong_values(syntax: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gray(NOISE).compress(syntax, **options)


def test_impossible_parameters() -> None:
    with pytest.raises(CodecError):
        gray(NOISE).compress("JPEGLSLossless", thresholds=(200, 100, 50))


def test_point_transform() -> None:
    dataset = gray(NOISE)
    dataset.compress("JPEGLossless", point_transform=2)
    assert np.array_equal(dataset.pixels.frame(0), NOISE >> 2 << 2)
    assert (dataset.LossyImageCompression, dataset.LossyImageCompressionMethod) == ("01", ("ISO_10918_1",))


def test_an_old_loss_stays_noted() -> None:
    dataset = gray(NOISE)
    dataset.compress("JPEGBaseline8Bit")
    del dataset.LossyImageCompression
    again = dicomkit.read(dataset.to_bytes())
    again.compress("JPEGLSLossless")
    assert again.LossyImageCompression == "01"
    dataset.decompress()
    assert dataset.LossyImageCompression == "01"


def test_fragments() -> None:
    dataset = gray(NOISE)
    dataset.compress("JPEGLSLossless", fragment_size=100)
    read = dicomkit.read(dataset.to_bytes())
    assert np.array_equal(read.pixels.frame(0), NOISE)
    assert read["PixelData"].raw[8:12] == bytes(4)  # the offset of the first frame
    lengths = [int(length) for _, length in read.pixels._stored.items()[1:]]
    assert lengths[:-1] == [100] * (len(lengths) - 1)
    assert len(lengths) > 10
    dataset.decompress()
    dataset.compress("JPEGLSLossless", offset_table=False)
    assert dataset["PixelData"].raw[:8] == b"\xfe\xff\x00\xe0\0\0\0\0"


def test_only_the_fragments_change() -> None:
    """What is in the transfer syntax already is not encoded again: it would lose again."""
    dataset = gray(NOISE)
    dataset.compress("JPEGBaseline8Bit")
    data, ratio, uid = bytes(dataset.pixels.encoded(0)), dataset.LossyImageCompressionRatio, dataset.SOPInstanceUID
    dataset.compress("JPEGBaseline8Bit", fragment_size=64)
    assert bytes(dataset.pixels.encoded(0)) == data
    assert len(dataset.pixels._stored.items()) > 3
    assert (dataset.LossyImageCompressionRatio, dataset.SOPInstanceUID) == (ratio, uid)
    dataset.compress("JPEGBaseline8Bit", new_instance=True)
    assert dataset.SOPInstanceUID != uid
