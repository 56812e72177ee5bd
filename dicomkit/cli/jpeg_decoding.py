"""What options of dcmdjpeg and dcmcjpeg for compressed input are to `Dataset.decompress`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset

__all__ = ["FAMILIES", "decoding"]

#: Of codecs: what these tools decode.
FAMILIES: Final = ("jpeg", "jpeg-lossless")


def decoding(dataset: Dataset, options: Options, conversion: str | None = None) -> tuple[dict[str, Any], str]:
    """The keyword arguments of `Dataset.decompress`, and the colour space that frames will be in; {} if it is not JPEG.

    Args:
        dataset: the data set.
        options: the command line.
        conversion: of colour, whatever the command line says.

    Raises:
        CodecError: the first frame is not one.
    """
    from dicomkit.pixels.stored import transfer_syntax_of

    syntax = transfer_syntax_of(dataset)
    if syntax.family not in FAMILIES or "PixelData" not in dataset:
        return {}, ""
    workarounds = {name: options[name] for name in ("incomplete", "signed_prediction", "cornell") if name in options}
    from dicomkit.pixels import PixelData

    # Those that speak of what the library guesses, and of conversion in any case, overrule what is said of the colour space.
    conversion = conversion or options.get("conversion", "photometric")
    overrules = conversion not in ("photometric", "never")
    if conversion.startswith("guess"):
        overrules = _guessed(PixelData(dataset)) == "YBR_FULL"
    if conversion.endswith("lossy"):
        overrules = overrules and not syntax.lossless
    arguments = {
        **workarounds,
        "color": "rgb" if overrules or conversion == "photometric" else "raw",
        "color_space": "YBR_FULL" if overrules else None,
    }
    pixels = PixelData(dataset, color_space=arguments["color_space"])
    return arguments, pixels.color_space(color=arguments["color"])


def _guessed(pixels: Any) -> str | None:
    """What libjpeg takes a codestream of three components for: without a mark, for YCbCr."""
    from dicomkit.pixels.codecs.jpeg_stream import read_header

    header = read_header(pixels.encoded(0))
    return header.color or "YBR_FULL" if len(header.identifiers) == 3 else None
