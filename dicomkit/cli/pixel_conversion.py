"""One file whose pixel data are to be encoded otherwise: read, worked on, written; with the messages of DCMTK's tools."""

from __future__ import annotations

import sys

from dicomkit.cli.damage import find_damage
from dicomkit.cli.dictionary_path import user_dictionary
from dicomkit.cli.input_options import read_options, tolerated
from dicomkit.cli.output_options import save
from dicomkit.errors import DicomError
from dicomkit.media.reader import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.cli.output_directory import Job
    from dicomkit.dataset.dataset import Dataset

__all__ = ["PixelConversion", "Refusal", "compress_pixels", "decompress_pixels", "has_pixels", "no_conversion"]


class Refusal(Exception):
    """A file cannot be converted; `args` are the lines that say so."""


class PixelConversion:
    """What a command line wants to be done with each file.

    Args:
        options: the command line.
        out: the standard output.
        log: for messages.
        work: changes a data set; raises Refusal. Its second argument is the name of the file.
    """

    def __init__(self, options: Options, out: IO[bytes], log: Log, work: Callable[[Dataset, str], None]) -> None:
        self.options = options
        self.out = out
        self.log = log
        self.work = work
        self.reading = {**read_options(options), "dictionary": user_dictionary(log)}
        self.tolerated = tolerated(options)

    def run(self, job: Job) -> int:
        """Convert one file. Returns whether it failed."""
        self.log.info(f"reading input file {job.source}")
        source: Any = sys.stdin.buffer if job.source == "-" else job.source
        try:
            dataset = read(source, **self.reading)
            damage = find_damage(dataset, self.tolerated, self.log, job.source)
        except (DicomError, OSError) as error:
            return self.failed(f"{_reason(error)}: reading file: {job.source}")
        if damage:
            return self.failed(f"{damage}: reading file: {job.source}")
        try:
            self.work(dataset, job.source)
        except Refusal as refusal:
            return self.failed(*refusal.args)
        self.log.info(f"creating output file {job.target}")
        try:
            save(dataset, job.target, self.options, self.out)
        except (DicomError, OSError) as error:
            return self.failed(f"{_reason(error)}: writing file: {job.target}")
        self.log.info("conversion successful")
        return 0

    def failed(self, *lines: str) -> int:
        """Say that a file failed."""
        for line in lines:
            self.log.fatal(line)
        return 1


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def has_pixels(dataset: Dataset) -> bool:
    """Whether a data set has pixel data."""
    return any(tag in dataset for tag in (0x7FE00010, 0x7FE00008, 0x7FE00009))


def compress_pixels(dataset: Dataset, transfer_syntax: str, log: Log, options: Options, arguments: dict[str, Any]) -> None:
    """Encode the pixel data of a data set, if it has any, and make it Secondary Capture if that is asked for.

    Raises:
        Refusal: they have no place in the transfer syntax, or cannot be decoded.
    """
    from dicomkit.pixels.attributes import set_transfer_syntax
    from dicomkit.pixels.encapsulation import syntax_of

    syntax = syntax_of(transfer_syntax)
    if not has_pixels(dataset):
        log.warn("DcmDataset: No pixel data present, nothing to compress")
        set_transfer_syntax(dataset, syntax)
        return
    log.info("converting DICOM file to compressed transfer syntax")
    try:
        dataset.compress(transfer_syntax, **arguments)
        if options.get("secondary_capture"):
            from dicomkit.cli.secondary_capture import make_secondary_capture

            make_secondary_capture(dataset)
    except (DicomError, ValueError, OSError) as error:
        raise no_conversion(error, transfer_syntax, log) from None


def no_conversion(error: Exception, transfer_syntax: str, log: Log) -> Refusal:
    """What to raise where a data set cannot be encoded; why is logged."""
    from dicomkit.pixels.encapsulation import syntax_of

    log.error(_reason(error))
    return Refusal(f"no conversion to transfer syntax {syntax_of(transfer_syntax).name} possible!")


def decompress_pixels(
    dataset: Dataset, name: str, families: tuple[str, ...], log: Log, options: Options, arguments: dict[str, Any]
) -> None:
    """Decode the pixel data of a data set, if they are of one of these families of codecs.

    Raises:
        Refusal: they are not, or cannot be decoded.
    """
    from dicomkit.pixels.attributes import set_transfer_syntax
    from dicomkit.pixels.encapsulation import syntax_of
    from dicomkit.pixels.stored import transfer_syntax_of

    target = options.get("output_transfer_syntax", "ExplicitVRLittleEndian")
    source = transfer_syntax_of(dataset)
    log.info("decompressing file")
    if not has_pixels(dataset):
        set_transfer_syntax(dataset, syntax_of(target))
        return
    if source.encapsulated and source.family not in families:
        raise Refusal(
            f"Pixel representation cannot be changed: decompressing file: {name}",
            f"input transfer syntax {source.name} not supported",
        )
    try:
        dataset.decompress(target, **(arguments if source.encapsulated else {}))
    except (DicomError, ValueError, OSError) as error:
        raise Refusal(f"{_reason(error)}: decompressing file: {name}") from None
    if options.get("new_instance"):
        from dicomkit.standard.uid import UID

        dataset.SOPInstanceUID = UID.generate()
