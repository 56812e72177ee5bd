"""`dicomkit dcmdrle`: decode an RLE-compressed DICOM file, as DCMTK's dcmdrle does. The exit code is 1 if it cannot."""

from __future__ import annotations

from dicomkit.cli.codec_options import DECODER_INSTANCE, DECODER_OUTPUT, PARAMETERS
from dicomkit.cli.input_options import FILE_FORMAT
from dicomkit.cli.options import GENERAL, Group, Option
from dicomkit.cli.output_directory import single_job
from dicomkit.cli.pixel_conversion import PixelConversion, decompress_pixels

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
        DECODER_INSTANCE,
        (
            "RLE byte segment order",
            (
                Option("+bd --byte-order-default", "least_first", False, "most significant byte first (default)"),
                Option("+br --byte-order-reverse", "least_first", True, "least significant byte first"),
            ),
        ),
    ),
    Group("output options", *DECODER_OUTPUT),
)


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Decode the file of a command line.

    Raises:
        UsageError: the options do not go together.
    """
    arguments = {"least_significant_first": options.get("least_first", False)}

    def work(dataset: Dataset, name: str) -> None:
        decompress_pixels(dataset, name, ("rle",), log, options, arguments)

    return PixelConversion(options, out, log, work).run(single_job(options))
