"""The claims on codecs: the kernels against other libraries, each image by itself, decoding and encoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks import UnavailableError
from benchmarks.claims import with_ratios
from benchmarks.codec_rivals import (
    GDCM,
    CharLSOfImagecodecs,
    CharLSOfPyjpegls,
    Coder,
    Dicomkit,
    DicomkitRLE,
    LibjpegTurbo,
    PylibjpegRLE,
    Run,
)
from benchmarks.images import Image, images
from benchmarks.report import Row, Table
from benchmarks.runner import Effort, Timer, in_turn, repeated


class Codec(NamedTuple):
    """A codec.

    Attributes:
        title: its name.
        ours: makes dicomkit's coder.
        rivals: makers of others, with the ratios to reach in decoding and in encoding.
    """

    title: str
    ours: Callable[[], Coder]
    rivals: Sequence[tuple[Callable[[], Coder], float, float]]


CODECS = {
    "rle": Codec("RLE", DicomkitRLE, [(PylibjpegRLE, 2, 2), (GDCM, 5, 5)]),
    "jpeg_lossless": Codec("JPEG lossless", partial(Dicomkit, "jpegll"), [(LibjpegTurbo, 1.3, 4)]),
    "jpeg_ls": Codec(
        "JPEG-LS", partial(Dicomkit, "jpegls"), [(CharLSOfPyjpegls, 1.3, 1.3), (CharLSOfImagecodecs, 1.3, 1.3)]
    ),
}


def compare(codec: Codec, image: Image, encode: bool, effort: Effort) -> list[Row]:
    """All coders in turn with one image, once they agree on it. What is decoded is the codestream of the first rival."""
    rows: dict[str, Row] = {}
    coders: dict[str, Coder] = {}
    for number, (make, *targets) in enumerate([(codec.ours, None, None), *codec.rivals]):
        key = "dicomkit" if number == 0 else make.__name__
        rows[key] = Row(f"  {key}", at_least=targets[encode])
        try:
            coders[key] = make()
            rows[key] = rows[key]._replace(name=f"  {coders[key].name}")
        except UnavailableError as error:
            rows[key] = rows[key]._replace(note=f"not available: {error}")
    timers: dict[str, Timer] = {}
    streams = {key: coder.codestream(coder.encoding(image)()) for key, coder in coders.items()}
    wrong = differences(image, coders, streams)
    if wrong:
        rows["dicomkit"] = rows["dicomkit"]._replace(note=f"NOT EQUAL: {wrong}")
    else:
        given = list(streams)[:2][-1]
        for key, coder in coders.items():
            run: Run = coder.encoding(image) if encode else coder.decoding(image, streams[given])
            timers[key] = repeated(run)
    samples = in_turn(timers, effort)
    size = image.pixels.nbytes / 1e6
    head = Row(image.name, note=f"{described(image)}, compressed {image.pixels.nbytes / len(streams['dicomkit']):.3g} : 1")
    filled = [row._replace(samples=[size / seconds for seconds in row.samples]) for row in with_ratios(rows, samples)]
    return [head, *filled]


def described(image: Image) -> str:
    """Its geometry."""
    return f"{image.columns} x {image.rows}" + (" x 3" if image.samples == 3 else "") + f", {image.bits} bits"


def differences(image: Image, coders: dict[str, Coder], streams: dict[str, bytes]) -> str:
    """Whose codestream whose decoder does not make the image of, bit for bit; "" if there is nothing of that."""
    wrong = []
    for reader, coder in coders.items():
        for writer, stream in streams.items():
            found = coder.pixels(image, coder.decoding(image, stream)())
            if found.dtype != image.pixels.dtype or not np.array_equal(found, image.pixels):
                wrong.append(f"{reader} of {writer}'s")
    return ", ".join(wrong)


def claim(name: str, encode: bool) -> Callable[[Effort], Table]:
    """A codec, and whether it is to encode."""
    codec = CODECS[name]
    verb = "encode" if encode else "decode"

    def measure(effort: Effort) -> Table:
        rows = [row for image in images() for row in compare(codec, image, encode, effort)]
        return Table(f"{name}_{verb}", f"{verb} {codec.title}, MB of pixels a second", rows, "MB/s")

    return measure


CLAIMS: dict[str, Callable[[Effort], Table]] = {
    f"{name}_{'encode' if encode else 'decode'}": claim(name, encode) for name in CODECS for encode in (False, True)
}
