"""The options of `dicomkit dcmcjpeg`, and which of them go together."""

from __future__ import annotations

from dicomkit.cli.codec_options import (
    COLOR_CONVERSION,
    ENCAPSULATION,
    ENCODER_INPUT,
    ENCODER_INSTANCE,
    ENCODER_OUTPUT,
    PARAMETERS,
    SOP_CLASS,
    WORKAROUNDS,
)
from dicomkit.cli.options import GENERAL, Group, Option, UsageError, integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from dicomkit.cli.options import Options

__all__ = ["GROUPS", "PARAMETERS", "check"]

_LARGEST: Final = 0x7FFFFFFF


def _named(convert: Callable[[Option, Any], object]) -> Callable[[Option, Any], object]:
    """A converter to a pair of the option's name and what `convert` makes."""
    return lambda option, value: (option.long, convert(option, value))


def _center_and_width(option: Option, texts: tuple[str, str]) -> object:
    try:
        center, width = map(float, texts)
    except ValueError:
        raise ValueError(f"Invalid value for option {option.long} ({' '.join(texts)})") from None
    if not width >= 1:
        raise ValueError(f"Invalid value for option {option.long} (underflow: {width:g})")
    return center, width


def _region(option: Option, texts: tuple[str, ...]) -> object:
    return (
        *[integer(0, _LARGEST)(option, text) for text in texts[:2]],
        *[integer(1, _LARGEST)(option, text) for text in texts[2:]],
    )


GROUPS: Final = (
    GENERAL,
    Group(
        "input options",
        *ENCODER_INPUT,
        (
            "compatibility (ignored by +tl)",
            (
                Option(
                    "+Ma --accept-acr-nema", "acr_nema", True, "accept ACR-NEMA images without photometric\ninterpretation"
                ),
                Option(
                    "+Mp --accept-palettes",
                    "palettes",
                    True,
                    "accept incorrect palette attribute tags\n(0028,111x) and (0028,121x)",
                ),
            ),
        ),
    ),
    Group(
        "JPEG encoding options",
        (
            "JPEG process",
            (
                Option("+e1 --encode-lossless-sv1", "process", "JPEGLosslessSV1", "encode lossless sv1 (default)"),
                Option("+el --encode-lossless", "process", "JPEGLossless", "encode lossless"),
                Option("+eb --encode-baseline", "process", "JPEGBaseline8Bit", "encode baseline"),
                Option("+ee --encode-extended", "process", "JPEGExtended12Bit", "encode extended sequential"),
                Option("+es --encode-spectral", "process", "spectral selection", "encode spectral selection (refused)"),
                Option("+ep --encode-progressive", "process", "progression", "encode progressive (refused)"),
            ),
        ),
        (
            "lossless JPEG codec selection",
            (
                Option("+tl --true-lossless", "true_lossless", True, "true lossless codec (default)"),
                Option("+pl --pseudo-lossless", "true_lossless", False, "old pseudo-lossless codec"),
            ),
        ),
        (
            "lossless JPEG representation",
            (
                Option(
                    "+sv --selection-value",
                    "predictor",
                    None,
                    "use selection value sv\nonly with --encode-lossless",
                    argument="[sv]: integer (1..7, default: 6)",
                    convert=integer(1, 7),
                    needs="--encode-lossless",
                ),
                Option(
                    "+pt --point-transform",
                    "point_transform",
                    None,
                    "use point transform pt",
                    argument="[pt]: integer (0..15, default: 0)",
                    convert=integer(0, 15),
                ),
            ),
        ),
        (
            "lossy JPEG representation",
            (
                Option(
                    "+q --quality",
                    "quality",
                    None,
                    "use quality factor q",
                    argument="[q]: integer (0..100, default: 90)",
                    convert=integer(0, 100),
                ),
                Option(
                    "+sm --smooth",
                    "smoothing",
                    None,
                    "use smoothing factor s",
                    argument="[s]: integer (0..100, default: 0)",
                    convert=integer(0, 100),
                ),
            ),
        ),
        (
            "other JPEG options",
            (
                Option("+ho --huffman-optimize", "optimize", True, "optimize huffman tables (default)"),
                Option("-ho --huffman-standard", "optimize", False, "use standard huffman tables if 8 bits/sample"),
            ),
        ),
        (
            "compressed bits per sample (always +ba with +tl)",
            (
                Option("+ba --bits-auto", "bits", 0, "choose bits/sample automatically (default)"),
                Option("+be --bits-force-8", "bits", 8, "force 8 bits/sample"),
                Option("+bt --bits-force-12", "bits", 12, "force 12 bits/sample (not with baseline)"),
                Option("+bs --bits-force-16", "bits", 16, "force 16 bits/sample (lossless only)"),
            ),
        ),
        (
            "compression color space conversion (overridden by +tl)",
            (
                Option("+cy --color-ybr", "color", "ybr", "use YCbCr for color images if lossy (default)"),
                Option("+cr --color-rgb", "color", "rgb", "use RGB for color images if lossy"),
                Option("+cm --monochrome", "color", "monochrome", "convert color images to monochrome"),
            ),
        ),
        ("decompr. color space conversion (if input is compressed; always +cn with +tl)", COLOR_CONVERSION),
        ("decompr. workaround options for incorrect encodings (if input is compressed)", WORKAROUNDS),
        (
            "YCbCr component subsampling (lossy JPEG only)",
            (
                Option(
                    "+s2 --sample-422", "sampling", ("422", "YBR_FULL_422"), "4:2:2 subsampling with YBR_FULL_422 (default)"
                ),
            ),
        ),
        (
            "non-standard YCbCr component subsampling (lossy JPEG only)",
            (
                Option("+s4 --nonstd-444", "sampling", ("444", "YBR_FULL"), "4:4:4 sampling with YBR_FULL"),
                Option("+n2 --nonstd-422-full", "sampling", ("422", "YBR_FULL"), "4:2:2 subsampling with YBR_FULL"),
                Option("+n1 --nonstd-411-full", "sampling", ("420", "YBR_FULL"), "4:1:1 subsampling with YBR_FULL"),
                Option("+np --nonstd-411", "sampling", ("420", "YBR_FULL_422"), "4:1:1 subsampling with YBR_FULL_422"),
            ),
        ),
    ),
    Group(
        "encapsulated pixel data encoding options",
        *ENCAPSULATION,
        (
            "VOI windowing for monochrome images (not with +tl)",
            (
                Option("-W --no-windowing", "window", None, "no VOI windowing (default)"),
                Option(
                    "+Wi --use-window",
                    "window",
                    None,
                    "use the n-th VOI window from image file",
                    argument="[n]umber: integer",
                    convert=_named(integer(1, _LARGEST)),
                ),
                Option(
                    "+Wl --use-voi-lut",
                    "window",
                    None,
                    "use the n-th VOI look up table from image file",
                    argument="[n]umber: integer",
                    convert=_named(integer(1, _LARGEST)),
                ),
                Option(
                    "+Wm --min-max-window", "window", ("--min-max-window", 0), "compute VOI window using min-max algorithm"
                ),
                Option(
                    "+Wn --min-max-window-n",
                    "window",
                    ("--min-max-window-n", 1),
                    "compute VOI window using min-max algorithm,\nignoring extreme values",
                ),
                Option(
                    "+Wr --roi-min-max-window",
                    "window",
                    None,
                    "compute ROI window using min-max algorithm,\nregion of interest is specified by l,t,w,h",
                    argument="[l]eft [t]op [w]idth [h]eight: integer",
                    convert=_named(_region),
                ),
                Option(
                    "+Wh --histogram-window",
                    "window",
                    None,
                    "compute VOI window using Histogram algorithm,\nignoring n percent",
                    argument="[n]umber: integer",
                    convert=_named(integer(0, 100)),
                ),
                Option(
                    "+Ww --set-window",
                    "window",
                    None,
                    "compute VOI window using center c and width w",
                    argument="[c]enter [w]idth: float",
                    convert=_named(_center_and_width),
                ),
            ),
        ),
        (
            "pixel scaling for monochrome images (-W; ignored by +tl)",
            (
                Option("+sp --scaling-pixel", "scaling", "pixel", "scale using min/max pixel value (default)"),
                Option("+sr --scaling-range", "scaling", "range", "scale using min/max range"),
            ),
        ),
        (
            "rescale slope/intercept encoding for monochrome (-W; ignored by +tl)",
            (
                Option(
                    "+ri --rescale-identity",
                    "rescale",
                    False,
                    "encode identity modality rescale (default)\nNever used for CT images",
                ),
                Option(
                    "+rm --rescale-map",
                    "rescale",
                    True,
                    "use modality rescale to scale pixel range\nNever used for XA/RF/XA Biplane images",
                ),
            ),
        ),
        SOP_CLASS,
        ENCODER_INSTANCE,
    ),
    Group("output options", *ENCODER_OUTPUT),
)

_LOSSLESS: Final = ("JPEGLosslessSV1", "JPEGLossless")
_WITHOUT_ENCODER: Final = ("spectral selection", "progression")
#: Field -> its values that true lossless encoding has no use for; None: all but None.
_OF_RENDERING: Final = {
    "smoothing": None,
    "bits": (8, 12, 16),
    "color": ("rgb", "monochrome"),
    "conversion": ("lossy", "guess", "guess-lossy", "always"),
    "sampling": None,
    "window": None,
}


def check(options: Options) -> None:
    """Refuse what does not go together.

    Raises:
        UsageError: there is something of that kind.
    """
    process = options.get("process", _LOSSLESS[0])
    if process in _WITHOUT_ENCODER:
        raise UsageError(f"{_chosen('process', options)} not supported: there is no encoder for JPEG with {process}")
    if process not in _LOSSLESS:
        if options.get("true_lossless"):
            raise UsageError("--true-lossless only allowed with --encode-lossless-sv1 or --encode-lossless")
        if "point_transform" in options:
            raise UsageError("--point-transform only allowed with lossless JPEG")
        bits = options.get("bits", 0)
        if bits == 16 or (bits == 12 and process == "JPEGBaseline8Bit"):
            raise UsageError(f"{_chosen('bits', options)} not allowed with {_chosen('process', options)}")
        return
    if "quality" in options:
        raise UsageError("--quality only allowed with lossy JPEG")
    codec = "--true-lossless" if options.get("true_lossless", True) else "--pseudo-lossless"
    fields = _OF_RENDERING if options.get("true_lossless", True) else {"sampling": None}
    for field, values in fields.items():
        value = options.get(field)
        if value is not None and (values is None or value in values):
            raise UsageError(f"{_chosen(field, options)} not allowed with {codec}")


def _chosen(field: str, options: Options) -> str:
    """The long name of the option that set a field."""
    value = options[field]
    if field == "window":
        name: str = value[0]
        return name
    found = [option for group in GROUPS for option in group if option.field == field]
    return next((option.long for option in found if option.argument or option.value == value), field)
