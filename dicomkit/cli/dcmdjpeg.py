"""`dicomkit dcmdjpeg`: decode a JPEG-compressed DICOM file, as DCMTK's dcmdjpeg does. The exit code is 1 if it cannot."""

from __future__ import annotations

from dicomkit.cli.codec_options import (
    COLOR_CONVERSION,
    DECODER_INSTANCE,
    DECODER_OUTPUT,
    PARAMETERS,
    PLANAR_CONFIGURATION,
    WORKAROUNDS,
)
from dicomkit.cli.input_options import FILE_FORMAT
from dicomkit.cli.jpeg_decoding import FAMILIES, decoding
from dicomkit.cli.options import GENERAL, Group
from dicomkit.cli.output_directory import single_job
from dicomkit.cli.pixel_conversion import PixelConversion, Refusal, decompress_pixels
from dicomkit.cli.planar_configuration import wants_planes
from dicomkit.errors import DicomError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset

__all__ = ["GROUPS", "PARAMETERS", "run"]

GROUPS: Final = (
    GENERAL,
    Group("input options", FILE_FORMAT),
    Group(
        "processing options",
        ("color space conversion", COLOR_CONVERSION),
        ("planar configuration", PLANAR_CONFIGURATION),
        DECODER_INSTANCE,
        ("workaround options for incorrect JPEG encodings", WORKAROUNDS),
    ),
    Group("output options", *DECODER_OUTPUT),
)


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Decode the file of a command line.

    Raises:
        UsageError: the options do not go together.
    """

    def work(dataset: Dataset, name: str) -> None:
        try:
            arguments, space = decoding(dataset, options)
        except DicomError as error:
            raise Refusal(f"{error}: decompressing file: {name}") from None
        arguments["by_plane"] = wants_planes(dataset, options.get("planar", "auto"), space)
        decompress_pixels(dataset, name, FAMILIES, log, options, arguments)

    return PixelConversion(options, out, log, work).run(single_job(options))
