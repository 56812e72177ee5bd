"""Coders of single frames: dicomkit's kernels, and the libraries that they are compared with.

Each is called as directly as its Python module allows, and decodes into an array that is there already if it can.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from benchmarks import UnavailableError
from benchmarks.images import Image, Pixels

Run: TypeAlias = Callable[[], Any]
"""What is timed."""


class Coder:
    """A library.

    Attributes:
        name: with its version.
    """

    name: str

    def decoding(self, image: Image, codestream: bytes) -> Run:
        """What decodes the codestream of an image."""
        raise NotImplementedError  # each rival has its own

    def encoding(self, image: Image) -> Run:
        """What encodes an image."""
        raise NotImplementedError  # each rival has its own

    def pixels(self, image: Image, decoded: Any) -> Pixels:
        """The pixels that came out of decoding."""
        return np.asarray(decoded)

    def codestream(self, encoded: Any) -> bytes:
        """The codestream that came out of encoding."""
        return bytes(encoded)


def library(name: str) -> Any:
    """A module.

    Raises:
        UnavailableError: it cannot be imported.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise UnavailableError(str(error)) from error


def version(name: str) -> str:
    """The version of an installed distribution."""
    from importlib.metadata import version

    return version(name)


class Dicomkit(Coder):
    """A kernel of dicomkit: a module of dicomkit._ext."""

    def __init__(self, kernel: str) -> None:
        self.kernel = import_module(f"dicomkit._ext.{kernel}")
        self.name = f"dicomkit {import_module('dicomkit').__version__}"

    def decoding(self, image: Image, codestream: bytes) -> Run:
        out = np.empty_like(image.pixels)

        def run() -> Pixels:
            self.kernel.decode(codestream, out.data)
            return out

        return run

    def encoding(self, image: Image) -> Run:
        width, height, samples, bits, data = image.columns, image.rows, image.samples, image.bits, image.pixels.data
        return lambda: self.kernel.encode(data, width, height, samples, bits)


class DicomkitRLE(Dicomkit):
    """Its RLE kernel, which has to be told more."""

    def __init__(self) -> None:
        super().__init__("rle")

    def decoding(self, image: Image, codestream: bytes) -> Run:
        out = np.empty_like(image.pixels)

        def run() -> Pixels:
            self.kernel.decode(codestream, out.data, **geometry(image))
            return out

        return run

    def encoding(self, image: Image) -> Run:
        return lambda: self.kernel.encode(image.pixels.data, **geometry(image))


def geometry(image: Image) -> dict[str, int]:
    """The geometry of an image, as the RLE kernel takes it."""
    width = image.pixels.itemsize
    return {"rows": image.rows, "columns": image.columns, "samples": image.samples, "bytes_per_sample": width}


class PylibjpegRLE(Coder):
    """pylibjpeg-rle: the functions in Rust. It decodes into planes, which are left so."""

    def __init__(self) -> None:
        self.module = library("rle.rle")
        self.name = f"pylibjpeg-rle {version('pylibjpeg-rle')}"

    def decoding(self, image: Image, codestream: bytes) -> Run:
        count, bits = image.rows * image.columns, image.pixels.itemsize * 8
        return lambda: self.module.decode_frame(codestream, count, bits, "<")

    def pixels(self, image: Image, decoded: Any) -> Pixels:
        planes = np.frombuffer(decoded, image.pixels.dtype).reshape(image.samples, image.rows, image.columns)
        return planes.transpose(1, 2, 0).reshape(image.pixels.shape)

    def encoding(self, image: Image) -> Run:
        data, bits = image.pixels.tobytes(), image.pixels.itemsize * 8
        return lambda: self.module.encode_frame(data, image.rows, image.columns, image.samples, bits, "<")


class GDCM(Coder):
    """GDCM: an image in memory is changed to another transfer syntax, all of it in C++."""

    def __init__(self) -> None:
        self.gdcm = gdcm = library("gdcm")
        self.name = f"GDCM {gdcm.Version.GetVersion()}"

    def changing(self, image: Image, value: Any, given: int, wanted: int) -> Run:
        """What changes an image, whose pixel data are in a DataElement, from one transfer syntax to another."""
        gdcm, width = self.gdcm, image.pixels.itemsize * 8
        source = gdcm.ImageWriter()  # which keeps the image alive
        ours = source.GetImage()
        ours.SetNumberOfDimensions(2)
        ours.SetDimensions((image.columns, image.rows, 1))
        kind = gdcm.PhotometricInterpretation.GetPIType(image.photometric_interpretation)
        ours.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
        ours.SetPixelFormat(gdcm.PixelFormat(image.samples, width, image.bits, image.bits - 1, 0))
        before, after = gdcm.TransferSyntax(given), gdcm.TransferSyntax(wanted)

        def run() -> Any:
            # the image itself has become what came out
            ours.SetTransferSyntax(before)
            if image.samples > 1:
                ours.SetPlanarConfiguration(0)
            ours.SetDataElement(value)
            change = gdcm.ImageChangeTransferSyntax()
            change.SetTransferSyntax(after)
            change.SetInput(source.GetImage())
            if not change.Change():
                raise UnavailableError("GDCM cannot do it")
            return change

        return run

    def decoding(self, image: Image, codestream: bytes) -> Run:
        gdcm = self.gdcm
        fragment = gdcm.Fragment()
        fragment.SetByteStringValue(codestream)
        fragments = gdcm.SequenceOfFragments.New()
        fragments.AddFragment(fragment)
        value = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
        value.SetValue(fragments.__ref__())
        return self.changing(image, value, gdcm.TransferSyntax.RLELossless, gdcm.TransferSyntax.ExplicitVRLittleEndian)

    def pixels(self, image: Image, decoded: Any) -> Pixels:
        data = raw_bytes(decoded.GetOutput().GetDataElement().GetByteValue())
        return np.frombuffer(data, image.pixels.dtype).reshape(image.pixels.shape)

    def encoding(self, image: Image) -> Run:
        gdcm = self.gdcm
        value = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
        value.SetByteStringValue(image.pixels.tobytes())
        return self.changing(image, value, gdcm.TransferSyntax.ExplicitVRLittleEndian, gdcm.TransferSyntax.RLELossless)

    def codestream(self, encoded: Any) -> bytes:
        fragments = encoded.GetOutput().GetDataElement().GetSequenceOfFragments()
        return raw_bytes(fragments.GetFragment(0).GetByteValue())


def raw_bytes(value: Any) -> bytes:
    """The bytes of a gdcm.ByteValue, which gives them as text."""
    made: bytes = value.GetBuffer().encode("utf-8", "surrogateescape")
    return made


class LibjpegTurbo(Coder):
    """libjpeg-turbo's lossless JPEG, through imagecodecs."""

    def __init__(self) -> None:
        self.module = module = library("imagecodecs")
        self.name = f"libjpeg-turbo {module.jpeg8_version().split('/')[0].split()[-1]}"

    def decoding(self, image: Image, codestream: bytes) -> Run:
        out = np.empty_like(image.pixels)
        return lambda: self.module.jpeg8_decode(codestream, out=out)

    def encoding(self, image: Image) -> Run:
        return lambda: self.module.jpeg8_encode(image.pixels, lossless=True, predictor=1, bitspersample=image.bits)


class CharLSOfImagecodecs(Coder):
    """CharLS through imagecodecs. It encodes samples of 9 bits and more as if they had 16."""

    def __init__(self) -> None:
        self.module = module = library("imagecodecs")
        self.name = f"CharLS {module.jpegls_version().split()[-1]}, imagecodecs"

    def decoding(self, image: Image, codestream: bytes) -> Run:
        out = np.empty_like(image.pixels)
        return lambda: self.module.jpegls_decode(codestream, out=out)

    def encoding(self, image: Image) -> Run:
        out = bytearray(2 * image.pixels.nbytes)  # what it makes itself is too small for noise
        return lambda: self.module.jpegls_encode(image.pixels, out=out)


class CharLSOfPyjpegls(Coder):
    """CharLS through pyjpegls."""

    def __init__(self) -> None:
        self.module = library("jpeg_ls")
        self.name = f"CharLS, pyjpegls {version('pyjpegls')}"

    def decoding(self, image: Image, codestream: bytes) -> Run:
        return lambda: self.module.decode_from_buffer(codestream)

    def pixels(self, image: Image, decoded: Any) -> Pixels:
        return np.frombuffer(decoded, image.pixels.dtype).reshape(image.pixels.shape)

    def encoding(self, image: Image) -> Run:
        data, by_pixel = image.pixels.tobytes(), 2
        return lambda: self.module.encode_buffer(data, image.rows, image.columns, image.samples, image.bits, 0, by_pixel)
