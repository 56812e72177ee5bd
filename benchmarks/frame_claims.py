"""The claims on `ds.pixels`: threads, what it adds to the codec, one frame of a large file, memory of transcoding."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import dicomkit
from benchmarks import images
from benchmarks.claims import memory
from benchmarks.codec_rivals import Coder, Dicomkit, DicomkitRLE, Run
from benchmarks.frames import in_memory, large_file, large_native_file
from benchmarks.images import Image
from benchmarks.report import Row, Table
from benchmarks.runner import Effort, Timer, in_turn, repeated
from dicomkit.pixels.parallel import run_parallel

MANY, DISTINCT = 64, 16  # frames of a data set, and how many of them differ
LARGE = 2000  # frames of a file of 1 GB
PRESENT = 20  # of which so many are there
SCALING, ADDED_SECONDS, FRAME_SECONDS, TRANSCODING_BYTES = 1.7, 25e-6, 0.002, 200e6


class Kind(NamedTuple):
    """A transfer syntax with a kernel for it."""

    title: str
    keyword: str
    coder: Callable[[], Coder]


KINDS = [
    Kind("RLE", "RLELossless", DicomkitRLE),
    Kind("JPEG lossless", "JPEGLosslessSV1", partial(Dicomkit, "jpegll")),
    Kind("JPEG-LS", "JPEGLSLossless", partial(Dicomkit, "jpegls")),
]


@cache
def slices() -> list[Image]:
    """Different frames of the CT."""
    image = images.ct()
    return [image._replace(pixels=np.roll(image.pixels, 61 * number, axis=number % 2)) for number in range(DISTINCT)]


def codestreams(kind: Kind, frames: list[Image]) -> list[bytes]:
    """Frames encoded."""
    coder = kind.coder()
    return [coder.codestream(coder.encoding(image)()) for image in frames]


def differences(minuend: list[float], subtrahend: list[float]) -> list[float]:
    """What one thing took more than the other, round by round."""
    return [more - less for more, less in zip(minuend, subtrahend, strict=False)]


def workers(effort: Effort) -> Table:
    """All frames, with one thread and with two; and plain copying of them, which shows what the memory allows."""
    frames = np.stack([image.pixels for image in slices()] * (MANY // DISTINCT))
    copies = np.empty_like(frames)
    copy = partial(run_parallel, lambda at: np.copyto(copies[at], frames[at]), MANY)
    rows = in_threads("copying", copy, frames.nbytes, effort)
    for kind in KINDS:
        pixels = dicomkit.read(in_memory(slices()[0], codestreams(kind, slices()) * (MANY // DISTINCT), kind.keyword)).pixels
        out = np.empty(pixels.shape, pixels.dtype)
        if any(
            not np.array_equal(frame, slices()[at % DISTINCT].pixels) for at, frame in enumerate(pixels.array(workers=2))
        ):
            rows.append(Row(kind.title, note="NOT EQUAL"))
            continue
        rows += in_threads(kind.title, partial(decode, pixels, out), out.nbytes, effort, SCALING)
    return Table("workers", f"{MANY} CT frames with array(out=, workers=), MB of pixels a second", rows, "MB/s")


def decode(pixels: Any, out: NDArray[Any], count: int) -> None:
    """Decode all frames in so many threads."""
    pixels.array(out=out, workers=count)


def in_threads(
    title: str, work: Callable[[int], object], size: int, effort: Effort, at_least: float | None = None
) -> list[Row]:
    """What makes so many bytes in a number of threads: with one, and with two."""
    samples = in_turn({f"{count}": repeated(partial(work, count)) for count in (1, 2)}, effort)
    rates = {name: [size / 1e6 / seconds for seconds in taken] for name, taken in samples.items()}
    ratio = median(rates["2"]) / median(rates["1"])
    return [
        Row(f"{title}, 1 thread", rates["1"]),
        Row(f"{title}, 2 threads", rates["2"], ratio, at_least=at_least),
    ]


def overhead(effort: Effort) -> Table:
    """What a frame takes more than the kernel does: for pieces of a CT, since a difference of long times is all noise.

    One kernel is fast enough for all of it; what is done for each pixel is the same with the others.
    """
    rows = []
    pieces = [image._replace(pixels=np.ascontiguousarray(image.pixels[192:256, 192:256])) for image in slices()]
    for kind, frames in [*((kind, pieces) for kind in KINDS), (KINDS[0], slices())]:
        streams, image = codestreams(kind, frames), frames[0]
        pixels = dicomkit.read(in_memory(image, streams, kind.keyword)).pixels
        outs = [np.empty_like(image.pixels) for _ in streams]
        runs: dict[str, Run] = {
            "kernel": each([kind.coder().decoding(image, stream) for stream in streams]),
            "frame": each([partial(pixels.frame, number, out=out) for number, out in enumerate(outs)]),
        }
        timers = {name: repeated(run) for name, run in runs.items()}
        samples = in_turn(timers, effort._replace(rounds=effort.rounds * 20, most=DISTINCT))
        rows += [
            Row(kind.title, note=f"{image.columns} x {image.rows}, {image.bits} of 16 bits"),
            Row("  kernel alone", samples["kernel"]),
            Row("  frame(out=)", samples["frame"]),
            Row("  the frame's more", differences(samples["frame"], samples["kernel"]), at_most=ADDED_SECONDS),
        ]
    return Table("overhead", "what ds.pixels adds to the decoding of a frame, everything in memory", rows)


def each(runs: list[Run]) -> Run:
    """One of these after the other, over and over."""
    turns = cycle(runs)
    return lambda: next(turns)()


def one_frame(effort: Effort) -> Table:
    """One frame of a large file: of a new data set each time, and of one that is there."""
    image = images.noise()
    rle = DicomkitRLE()
    stream = rle.codestream(rle.encoding(image)())
    rows = []
    files = {
        "RLE, with offset table": large_file("frames-table.dcm", image, LARGE, "RLELossless", [stream] * PRESENT, True),
        "RLE, without": large_file("frames.dcm", image, LARGE, "RLELossless", [stream] * PRESENT, False),
        "native": large_native_file("frames-native.dcm", image, LARGE),
    }
    for name, path in files.items():
        timers = frame_timers(path, None if name == "native" else image)
        decoding = (lambda: None) if name == "native" else rle.decoding(image, stream)
        samples = in_turn({"decoding": repeated(decoding), **timers}, effort)
        rows += [
            Row(name, note=f"{path.stat().st_size / 1e6:,.0f} MB"),
            Row("  decoding alone", samples["decoding"]),
            Row("  open, read, find, decode", samples["first"]),
            Row("    besides decoding", differences(samples["first"], samples["decoding"]), at_most=FRAME_SECONDS),
            Row("  a further frame", samples["further"]),
            Row("    besides decoding", differences(samples["further"], samples["decoding"]), at_most=FRAME_SECONDS),
        ]
    return Table(
        "one_frame", f"one of {LARGE:,} frames of a file of 1 GB, with dicomkit.read(path).pixels.frame(number)", rows
    )


def frame_timers(path: Path, image: Image | None) -> dict[str, Timer]:
    """What reads one frame, each time another one that is there; and that is to be this image."""
    numbers = cycle([number * (LARGE // PRESENT) for number in reversed(range(PRESENT))])
    pixels = dicomkit.read(path).pixels
    if image is not None and not np.array_equal(pixels.frame(next(numbers)), image.pixels):
        raise AssertionError(f"{path}: not the pixels that were encoded")

    def first() -> Any:
        return dicomkit.read(path).pixels.frame(next(numbers))

    return {"first": repeated(first), "further": repeated(lambda: pixels.frame(next(numbers)))}


def transcoding(_: Effort) -> Table:
    """Memory of a process that transcodes a file of 2 GB and saves it."""
    image = images.ct()._replace(bits=16)
    frames = (2 << 30) // image.pixels.nbytes
    native = large_native_file("transcode-native.dcm", image, frames)
    zeros = bytes(image.pixels.nbytes)
    syntax = "EncapsulatedUncompressedExplicitVRLittleEndian"
    encapsulated = large_file("transcode-encapsulated.dcm", image, frames, syntax, [zeros], False)
    ways = [
        ("native to RLE", native, "RLELossless"),
        ("native to JPEG-LS", native, "JPEGLSLossless"),
        ("native to encapsulated", native, syntax),
        ("encapsulated to native", encapsulated, "ExplicitVRLittleEndian"),
        ("encapsulated to RLE", encapsulated, "RLELossless"),
    ]
    rows = []
    for name, path, target in ways:
        found = memory("transcode", path, target)
        note = f"{found['milliseconds'] / 1000:.1f} s"
        rows.append(Row(name, [found["bytes"] / 1e6], at_most=TRANSCODING_BYTES / 1e6, note=note))
    title = f"the most memory of a process that transcodes a file of {frames:,} frames, 2 GB, and saves it"
    return Table("transcode_memory", title, rows, "MB")


CLAIMS: dict[str, Callable[[Effort], Table]] = {
    "workers": workers,
    "overhead": overhead,
    "one_frame": one_frame,
    "transcode_memory": transcoding,
}
