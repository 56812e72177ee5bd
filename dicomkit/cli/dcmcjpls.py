"""`dicomkit dcmcjpls`: encode a DICOM file to JPEG-LS, as DCMTK's dcmcjpls does. The exit code is 1 if it cannot."""

from __future__ import annotations

from dicomkit.cli.codec_options import (
    ENCAPSULATION,
    ENCODER_INPUT,
    ENCODER_INSTANCE,
    ENCODER_OUTPUT,
    PARAMETERS,
    SOP_CLASS,
    encapsulation,
)
from dicomkit.cli.options import GENERAL, Group, Option, integer
from dicomkit.cli.output_directory import single_job
from dicomkit.cli.pixel_conversion import PixelConversion, Refusal, compress_pixels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset

__all__ = ["GROUPS", "PARAMETERS", "run"]


def _parameter(names: str, field: str, help: str, argument: str) -> Option:
    return Option(
        names, field, None, f"set JPEG-LS encoding parameter {help}", argument=argument, convert=integer(1, 0xFFFF)
    )


GROUPS: Final = (
    GENERAL,
    Group("input options", *ENCODER_INPUT),
    Group(
        "JPEG-LS encoding options",
        (
            "JPEG-LS process",
            (
                Option("+el --encode-lossless", "syntax", "JPEGLSLossless", "encode JPEG-LS lossless (default)"),
                Option(
                    "+en --encode-nearlossless",
                    "syntax",
                    "JPEGLSNearLossless",
                    "encode JPEG-LS TS near-lossless (NEAR: 2)",
                ),
            ),
        ),
        (
            "JPEG-LS bit rate (near-lossless only)",
            (
                Option(
                    "+md --max-deviation",
                    "near",
                    None,
                    "defines maximum deviation for an encoded pixel",
                    argument="[d]eviation: integer (default: 2)",
                    convert=integer(0, 0xFFFF),
                ),
            ),
        ),
        (
            "lossless compression",
            (
                Option("+pr --prefer-raw", "cooked", False, "prefer raw encoder mode (default)"),
                Option("+pc --prefer-cooked", "cooked", True, "prefer cooked encoder mode"),
            ),
        ),
        (
            "JPEG-LS compression",
            (
                _parameter("+t1 --threshold1", "t1", "threshold 1", "[t]hreshhold: integer (default for 8 bpp: 3)"),
                _parameter("+t2 --threshold2", "t2", "threshold 2", "[t]hreshhold: integer (default for 8 bpp: 7)"),
                _parameter("+t3 --threshold3", "t3", "threshold 3", "[t]hreshhold: integer (default for 8 bpp: 21)"),
                _parameter("+rs --reset", "reset", "reset", "[r]eset: integer (default: 64)"),
            ),
        ),
        (
            "JPEG-LS interleave",
            (
                Option("+il --interleave-line", "interleave", "line", "force line-interleaved JPEG-LS images (default)"),
                Option("+is --interleave-sample", "interleave", "sample", "force sample-interleaved JPEG-LS images"),
                Option("+in --interleave-none", "interleave", "none", "force uninterleaved JPEG-LS images"),
                Option("+iv --interleave-default", "interleave", "default", "use the fastest possible interleave mode"),
            ),
        ),
        (
            "JPEG-LS padding of odd-length bitstreams",
            (
                Option("+ps --padding-standard", "pad", "marker", "pad with extended EOI marker (default)"),
                Option("+pz --padding-zero", "pad", "zero", "pad with zero byte (non-standard)"),
            ),
        ),
    ),
    Group("encapsulated pixel data encoding options", *ENCAPSULATION, SOP_CLASS, ENCODER_INSTANCE),
    Group("output options", *ENCODER_OUTPUT),
)


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Encode the file of a command line.

    Raises:
        UsageError: the options do not go together.
    """
    syntax = options.get("syntax", "JPEGLSLossless")
    if "near" in options and syntax == "JPEGLSLossless":
        from dicomkit.cli.options import UsageError

        raise UsageError("--max-deviation not allowed with --encode-lossless")
    interleave = options.get("interleave", "line")
    arguments = {
        **encapsulation(options),
        "near": options.get("near"),
        "thresholds": tuple([options.get(name, 0) for name in ("t1", "t2", "t3")]),
        "reset": options.get("reset", 0),
        "interleave": "sample" if interleave == "default" else interleave,
        "pad": options.get("pad", "marker"),
    }

    def work(dataset: Dataset, name: str) -> None:
        from dicomkit.pixels.stored import transfer_syntax_of

        if transfer_syntax_of(dataset).encapsulated:
            raise Refusal("no conversion from compressed original to uncompressed transfer syntax possible")
        compress_pixels(dataset, syntax, log, options, arguments)

    return PixelConversion(options, out, log, work).run(single_job(options))
