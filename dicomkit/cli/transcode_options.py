"""The options of `dicomkit transcode`."""

from __future__ import annotations

from dicomkit.cli.codec_options import ENCAPSULATION, ENCODER_INSTANCE, ENCODER_OUTPUT
from dicomkit.cli.input_options import FILE_FORMAT, INPUT_FILES, PARSING, TRANSFER_SYNTAX
from dicomkit.cli.options import GENERAL, Group, Option, integer
from dicomkit.cli.output_options import OUTPUT_FILES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["CODEC_FIELDS", "GROUPS", "PARAMETERS", "USAGE"]

PARAMETERS: Final = (
    ("dcmfile-in", 'DICOM input filename to be converted ("-" for stdin)'),
    ("dcmfile-out", 'DICOM output filename ("-" for stdout)'),
)
USAGE: Final = (
    "--to syntax dcmfile-in dcmfile-out\n       transcode [options] --to syntax --output-directory directory dcmfile-in..."
)


def _decimal(option: Option, text: str) -> object:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"Invalid value for option {option.long} ({text})") from None


#: Their fields are names of options of the codecs: see the classes of dicomkit.pixels.codecs.
_CODEC: Final = (
    Option(
        "+q --quality",
        "quality",
        None,
        "JPEG: 1 to 100 (default 90);\nJPEG 2000: signal-to-noise ratio in dB (default 60)",
        argument="[q]uality: integer",
        convert=integer(1, 1000),
    ),
    Option(
        "--near",
        "near",
        None,
        "JPEG-LS near-lossless: how much a sample may differ",
        argument="[n]umber: integer (default: 2)",
        convert=integer(0, 255),
    ),
    Option(
        "--predictor",
        "predictor",
        None,
        "JPEG lossless: which predictor",
        argument="[n]umber: integer (1..7, default: 1)",
        convert=integer(1, 7),
    ),
    Option(
        "--subsampling",
        "subsampling",
        None,
        "JPEG: 444, 422 or 420",
        argument="[s]ampling: string (default: 422)",
    ),
    Option(
        "--step",
        "step",
        None,
        "HTJ2K: of quantisation",
        argument="[n]umber: float (default: 2)",
        convert=_decimal,
    ),
    Option(
        "--distance",
        "distance",
        None,
        "JPEG XL: from the original, up to 15",
        argument="[d]istance: float (default: 1)",
        convert=_decimal,
    ),
    Option(
        "--effort",
        "effort",
        None,
        "JPEG XL: 1 (fast) to 9 (small)",
        argument="[n]umber: integer",
        convert=integer(1, 9),
    ),
    Option(
        "--level",
        "level",
        None,
        "deflated frames: 0 (fast) to 9 (small)",
        argument="[n]umber: integer (default: 6)",
        convert=integer(0, 9),
    ),
)
CODEC_FIELDS: Final = tuple([option.field for option in _CODEC])

GROUPS: Final = (
    GENERAL,
    Group(
        "input options",
        FILE_FORMAT,
        TRANSFER_SYNTAX,
        (f"{INPUT_FILES[0]} (with --output-directory)", INPUT_FILES[1]),
        *PARSING,
    ),
    Group(
        "encoding options",
        (
            "transfer syntax",
            (
                Option(
                    "-t --to",
                    "to",
                    None,
                    "that the result is in: JPEGLSLossless,\n1.2.840.10008.1.2.4.80",
                    argument="[s]yntax: UID or keyword",
                ),
            ),
        ),
        ("options of its codec", _CODEC),
        *ENCAPSULATION,
        ENCODER_INSTANCE,
    ),
    Group(
        "output options",
        OUTPUT_FILES,
        *ENCODER_OUTPUT,
    ),
)
