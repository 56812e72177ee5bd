"""The options that the tools for compressed pixel data share, and what they are to `compress` and `decompress`."""

from __future__ import annotations

from dicomkit.cli.input_options import FILE_FORMAT, TRANSFER_SYNTAX
from dicomkit.cli.options import Option, integer
from dicomkit.cli.output_options import (
    GROUP_LENGTH,
    NEW_VRS,
    OUTPUT_FORMAT,
    OUTPUT_TRANSFER_SYNTAX,
    PADDING,
    PADDING_OF_FILES,
    SEQUENCE_LENGTH,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from dicomkit.cli.options import Options

    Subgroup = tuple[str, tuple[Option, ...]]

__all__ = [
    "COLOR_CONVERSION",
    "DECODER_INSTANCE",
    "DECODER_OUTPUT",
    "ENCAPSULATION",
    "ENCODER_INPUT",
    "ENCODER_INSTANCE",
    "ENCODER_OUTPUT",
    "INCOMPLETE",
    "PARAMETERS",
    "PLANAR_CONFIGURATION",
    "SOP_CLASS",
    "WORKAROUNDS",
    "encapsulation",
]

PARAMETERS: Final = (
    ("dcmfile-in", "DICOM input filename to be converted"),
    ("dcmfile-out", "DICOM output filename"),
)

ENCODER_INPUT: Final = (FILE_FORMAT, TRANSFER_SYNTAX)
ENCODER_OUTPUT: Final = (NEW_VRS, GROUP_LENGTH, SEQUENCE_LENGTH, PADDING_OF_FILES)

_DECODED: Final = ("ExplicitVRLittleEndian", "ExplicitVRBigEndian", "ImplicitVRLittleEndian")
DECODER_OUTPUT: Final = (
    OUTPUT_FORMAT,
    (OUTPUT_TRANSFER_SYNTAX[0], tuple([option for option in OUTPUT_TRANSFER_SYNTAX[1] if option.value in _DECODED])),
    NEW_VRS,
    GROUP_LENGTH,
    SEQUENCE_LENGTH,
    PADDING,
)

_LARGEST_FRAGMENT: Final = 4194302  # kbytes, so that it has a length of 32 bits

ENCAPSULATION: Final = (
    (
        "pixel data fragmentation",
        (
            Option("+ff --fragment-per-frame", "fragment_size", None, "encode each frame as one fragment (default)"),
            Option(
                "+fs --fragment-size",
                "fragment_size",
                None,
                "limit fragment size to s kbytes",
                argument="[s]ize: integer",
                convert=integer(1, _LARGEST_FRAGMENT),
            ),
        ),
    ),
    (
        "basic offset table encoding",
        (
            Option("+ot --offset-table-create", "offset_table", True, "create offset table (default)"),
            Option("-ot --offset-table-empty", "offset_table", False, "leave offset table empty"),
        ),
    ),
)

SOP_CLASS: Final = (
    "SOP Class UID",
    (
        Option("+cd --class-default", "secondary_capture", False, "keep SOP Class UID (default)"),
        Option(
            "+cs --class-sc",
            "secondary_capture",
            True,
            "convert to Secondary Capture Image\n(implies --uid-always)",
        ),
    ),
)

_ALWAYS: Final = Option("+ua --uid-always", "new_instance", True, "always assign new UID")
ENCODER_INSTANCE: Final = (
    "SOP Instance UID",
    (
        Option("+ud --uid-default", "new_instance", None, "assign new UID if lossy compression (default)"),
        _ALWAYS,
        Option("+un --uid-never", "new_instance", False, "never assign new UID"),
    ),
)
DECODER_INSTANCE: Final = (
    "SOP Instance UID",
    (Option("+ud --uid-default", "new_instance", False, "keep same SOP Instance UID (default)"), _ALWAYS),
)

PLANAR_CONFIGURATION: Final = (
    Option(
        "+pa --planar-auto",
        "planar",
        "auto",
        "automatically determine planar configuration\nfrom SOP class and color space",
    ),
    Option("+px --color-by-pixel", "planar", "pixel", "always store color-by-pixel"),
    Option("+pl --color-by-plane", "planar", "plane", "always store color-by-plane"),
)

COLOR_CONVERSION: Final = (
    Option("+cp --conv-photometric", "conversion", "photometric", "convert if YCbCr photometric interpr. (default)"),
    Option("+cl --conv-lossy", "conversion", "lossy", "convert YCbCr to RGB if lossy JPEG"),
    Option("+cg --conv-guess", "conversion", "guess", "convert to RGB if YCbCr is guessed by library"),
    Option(
        "+cgl --conv-guess-lossy",
        "conversion",
        "guess-lossy",
        "convert to RGB if lossy JPEG and YCbCr is\nguessed by the underlying JPEG library",
    ),
    Option("+ca --conv-always", "conversion", "always", "always convert YCbCr to RGB"),
    Option("+cn --conv-never", "conversion", "never", "never convert YCbCr to RGB"),
)

INCOMPLETE: Final = Option("+wi --workaround-incpl", "incomplete", True, "enable workaround for incomplete JPEG data")
WORKAROUNDS: Final = (
    Option(
        "+w6 --workaround-pred6",
        "signed_prediction",
        True,
        "enable workaround for JPEG lossless images\nwith overflow in predictor 6",
    ),
    INCOMPLETE,
    Option(
        "+wc --workaround-cornell",
        "cornell",
        True,
        "enable workaround for 16-bit JPEG lossless\nCornell images with Huffman table overflow",
    ),
)


def encapsulation(options: Options) -> dict[str, Any]:
    """The keyword arguments of `Dataset.compress` that do not depend on the codec."""
    kbytes = options.get("fragment_size")
    return {
        "fragment_size": None if kbytes is None else kbytes * 1024,
        "offset_table": options.get("offset_table", True),
        "new_instance": True if options.get("secondary_capture") else options.get("new_instance"),
    }
