"""`dicomkit dcmdjpls`: decode a JPEG-LS compressed DICOM file, as DCMTK's dcmdjpls does. The exit code is 1 if it cannot."""

from __future__ import annotations

from dicomkit.cli.codec_options import DECODER_INSTANCE, DECODER_OUTPUT, INCOMPLETE, PARAMETERS, PLANAR_CONFIGURATION
from dicomkit.cli.input_options import FILE_FORMAT
from dicomkit.cli.options import GENERAL, Group, Option
from dicomkit.cli.output_directory import single_job
from dicomkit.cli.pixel_conversion import PixelConversion, decompress_pixels
from dicomkit.cli.planar_configuration import wants_planes

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
        (
            "planar configuration",
            (
                Option("+pr --planar-restore", "planar", "restore", "restore original planar configuration (default)"),
                *PLANAR_CONFIGURATION,
            ),
        ),
        DECODER_INSTANCE,
        ("workaround options for incorrect JPEG-LS encodings", (INCOMPLETE,)),
        (
            "other processing options",
            (Option("+io --ignore-offsettable", "offset_tables", False, "ignore offset table when decompressing"),),
        ),
    ),
    Group("output options", *DECODER_OUTPUT),
)


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Decode the file of a command line.

    Raises:
        UsageError: the options do not go together.
    """

    def work(dataset: Dataset, name: str) -> None:
        arguments = {
            "by_plane": wants_planes(dataset, options.get("planar", "restore")),
            "incomplete": options.get("incomplete", False),
            "offset_tables": options.get("offset_tables", True),
        }
        decompress_pixels(dataset, name, ("jpeg-ls",), log, options, arguments)

    return PixelConversion(options, out, log, work).run(single_job(options))
