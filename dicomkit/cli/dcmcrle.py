"""`dicomkit dcmcrle`: encode a DICOM file to RLE, as DCMTK's dcmcrle does. The exit code is 1 if it cannot."""

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
from dicomkit.cli.options import GENERAL, Group, Option
from dicomkit.cli.output_directory import single_job
from dicomkit.cli.pixel_conversion import PixelConversion, Refusal, compress_pixels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset

__all__ = ["GROUPS", "PARAMETERS", "run"]

GROUPS: Final = (
    GENERAL,
    Group("input options", *ENCODER_INPUT),
    Group(
        "encapsulated pixel data encoding options",
        *ENCAPSULATION,
        SOP_CLASS,
        (
            ENCODER_INSTANCE[0],
            (
                Option("+un --uid-never", "new_instance", False, "never assign new UID (default)"),
                *[option for option in ENCODER_INSTANCE[1] if option.value is True],
            ),
        ),
    ),
    Group("output options", *ENCODER_OUTPUT),
)


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Encode the file of a command line.

    Raises:
        UsageError: the options do not go together.
    """

    def work(dataset: Dataset, name: str) -> None:
        from dicomkit.pixels.stored import transfer_syntax_of

        if transfer_syntax_of(dataset).encapsulated:
            raise Refusal("No conversion from compressed original to uncompressed transfer syntax possible!")
        if options.get("fragment_size"):
            log.warn("limiting the fragment size may result in non-standard conformant encoding")
        compress_pixels(dataset, "RLELossless", log, options, encapsulation(options))

    return PixelConversion(options, out, log, work).run(single_job(options))
