"""`dicomkit transcode`: encode the pixel data of DICOM files in any transfer syntax; also of many files at once.

The exit code is the number of files that failed (at most 255), or 1 if the command line makes no sense.
"""

from __future__ import annotations

from dicomkit.cli.codec_options import encapsulation
from dicomkit.cli.many_files import run_many
from dicomkit.cli.options import UsageError
from dicomkit.cli.output_directory import named_jobs, single_job
from dicomkit.cli.pixel_conversion import PixelConversion, Refusal, has_pixels
from dicomkit.cli.transcode_options import CODEC_FIELDS, GROUPS, PARAMETERS, USAGE
from dicomkit.errors import DicomError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.standard.transfer_syntax import TransferSyntax

__all__ = ["GROUPS", "PARAMETERS", "USAGE", "run"]


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Transcode the files of a command line; one that fails does not stop the others.

    Raises:
        UsageError: the options do not go together.
    """
    target = _target(options)
    jobs = named_jobs(options, log, "") if "output_directory" in options else [single_job(options)]
    # One file has all processors for its frames, several have one each.
    work = _Transcoding(options, log, target, workers=None if len(jobs) == 1 else 1).work
    conversion = PixelConversion(options, out, log, work)
    return min(run_many(conversion.run, jobs, log), 255) if jobs else 1


def _target(options: Options) -> TransferSyntax:
    """The transfer syntax that is asked for, which has the codec options that are given."""
    from dicomkit.standard.transfer_syntax import TransferSyntax

    if "to" not in options:
        raise UsageError("Missing option --to")
    syntax = TransferSyntax.find(options["to"])
    if syntax is None:
        raise UsageError(f"Invalid value for option --to ({options['to']} is no transfer syntax)")
    given = {name: options[name] for name in CODEC_FIELDS if name in options}
    if given:
        from dicomkit.pixels.codecs import codec_for

        try:
            codec_for(syntax).merged(given)
        except (TypeError, DicomError) as error:
            raise UsageError(str(error)) from None
    return syntax


class _Transcoding:
    """What a command line wants to be done with each data set."""

    def __init__(self, options: Options, log: Log, target: TransferSyntax, workers: int | None) -> None:
        self.log = log
        self.target = target
        self.codec_options = {name: options[name] for name in CODEC_FIELDS if name in options}
        self.arguments: dict[str, Any] = {**encapsulation(options), "workers": workers}

    def work(self, dataset: Dataset, name: str) -> None:
        """Transcode a data set.

        Raises:
            Refusal: that is not possible.
        """
        from dicomkit.pixels.attributes import set_transfer_syntax
        from dicomkit.pixels.encapsulation import syntax_of

        if not has_pixels(dataset):
            self.log.info(f"no pixel data: {name}")
            plain = self.target if not self.target.encapsulated else syntax_of("ExplicitVRLittleEndian")
            set_transfer_syntax(dataset, plain)
            return
        try:
            dataset.compress(self.target.uid, **self.arguments, **self.codec_options)
        except (DicomError, ValueError, OSError) as error:
            raise Refusal(f"{error}: processing file: {name}") from None
