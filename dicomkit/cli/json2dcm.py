"""`dicomkit json2dcm`: convert a JSON document to a DICOM file, as DCMTK's json2dcm does.

Exit codes: 0 the file is written; 1 the command line makes no sense; 20 the document, or a file of bulk data, cannot be
read; 40 the file cannot be written; 65 the document is not the DICOM JSON Model; 66 a BulkDataURI is of a kind that is not
supported; 72 text cannot be written in its Specific Character Set.
"""

from __future__ import annotations

import sys

from dicomkit.cli.instance_uids import generate_uids
from dicomkit.cli.json2dcm_options import GROUPS, PARAMETERS, USAGE
from dicomkit.cli.options import UsageError
from dicomkit.cli.output_options import save
from dicomkit.errors import DicomError, EncodeError, ParseError
from dicomkit.formats.json_bulk import BulkFiles, ForbiddenFile, UnsupportedURI
from dicomkit.formats.json_reader import datasets, one_dataset, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset

__all__ = ["GROUPS", "PARAMETERS", "USAGE", "run"]

CANNOT_READ: Final = 20
CANNOT_WRITE: Final = 40
INVALID_JSON: Final = 65
UNSUPPORTED_URI: Final = 66
CANNOT_ENCODE_TEXT: Final = 72

LIST_CREATOR: Final = "JSON2DCM_LIST_OF_DATASETS"
LIST_CREATOR_TAG: Final = 0x00090010
LIST_TAG: Final = 0x00091000
SPECIFIC_CHARACTER_SET: Final = 0x00080005
UTF8: Final = "ISO_IR 192"


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Convert the document of a command line.

    Raises:
        UsageError: there are not two parameters, or one is empty.
        OSError: standard output cannot be written.
    """
    if len(options.parameters) != 2:
        raise UsageError("Missing parameter dcmfile-out" if len(options.parameters) < 2 else "Too many parameters")
    source, target = options.parameters
    if not source or not target:
        log.error(f"json2dcm: invalid {'input' if not source else 'output'} filename: <empty string>")
        return 1
    log.info(f"reading JSON input file: {source}")
    try:
        text = sys.stdin.buffer.read() if source == "-" else _content(source)
    except OSError as error:
        log.error(f"json2dcm: {error.strerror or error}: reading file: {source}")
        return CANNOT_READ
    try:
        dataset = _convert(parse(text, tolerant=True), options, log)
    except ParseError as error:
        log.error(f"json2dcm: {error}: {source}")
        codes = {UnsupportedURI: UNSUPPORTED_URI, ForbiddenFile: CANNOT_READ}
        return codes.get(type(error), INVALID_JSON)
    generate_uids(dataset, options, log)
    trouble = _unencodable(dataset)
    if trouble:
        log.error(f"json2dcm: {trouble}: {source}")
        return CANNOT_ENCODE_TEXT
    log.info(f"writing DICOM output file: {target}")
    options.setdefault("group_length", "remove")
    try:
        save(dataset, target, options, out)
    except (DicomError, OSError) as error:
        if target == "-" and isinstance(error, OSError) and not isinstance(error, DicomError):
            raise
        log.error(f"json2dcm: {error}: writing file: {target}")
        return CANNOT_WRITE
    return 0


def _content(name: str) -> bytes:
    with open(name, "rb") as file:
        return file.read()


def _convert(document: Any, options: Options, log: Log) -> Dataset:
    """The data set of a document, as the options want it."""
    files = BulkFiles(options.get("bulk_directories", ()))
    arguments: dict[str, Any] = {
        "bulk_data": files if options.get("bulk", True) else lambda uri: None,
        "character_set": options.get("character_set", "keep"),
        "on_error": (lambda error: log.error(f"json2dcm: {error}")) if options.get("ignore_errors") else None,
    }
    objects = document if isinstance(document, list) else [document]
    array = options.get("array", "reject")
    if not objects:
        raise ParseError("found empty JSON array instead of DICOM JSON dataset")
    if array == "sequence" and len(objects) > 1:
        dataset = _list_of(datasets(objects, **arguments))
    else:
        chosen = _choose(objects, array)
        dataset = one_dataset(chosen, **arguments)
        _tell_character_set(chosen, dataset, log)
    if not options.get("read_meta", True):
        dataset.file_meta = None
    return dataset


def _choose(objects: list[Any], array: str | int) -> Any:
    """The object of an array that is to be converted."""
    if len(objects) == 1:
        return objects[0]
    if isinstance(array, str):
        raise ParseError(f"found JSON array containing {len(objects)} DICOM datasets, rejecting conversion")
    if array > len(objects):
        raise ParseError(f"found JSON array containing {len(objects)} DICOM datasets, cannot store dataset no. {array}")
    return objects[array - 1]


def _tell_character_set(source: dict[str, Any], dataset: Dataset, log: Log) -> None:
    """Warn if another Specific Character Set is written than the document has."""
    if dataset.get(SPECIFIC_CHARACTER_SET) != (UTF8,):
        return
    given = source.get(f"{SPECIFIC_CHARACTER_SET:08X}", {}).get("Value")
    if not given:
        log.warn(f"the document does not specify a character set, it will be set to UTF-8 ('{UTF8}')")
    elif given != [UTF8]:
        log.warn(f"the document specifies a character set other than UTF-8, it will be set to UTF-8 ('{UTF8}')")


def _list_of(items: list[Dataset]) -> Dataset:
    """Data sets in a private sequence."""
    from dicomkit.dataset import DataElement, Dataset, Sequence

    dataset = Dataset()
    dataset.add(DataElement(LIST_CREATOR_TAG, "LO", LIST_CREATOR))
    dataset.add(DataElement(LIST_TAG, "SQ", Sequence(items)))
    return dataset


def _unencodable(dataset: Dataset) -> str:
    """What is wrong with the first text that cannot be written in its character set, "" if there is none."""
    from dicomkit.dataset.text import TEXT_VRS, character_sets

    pending = [(dataset, character_sets(), "")]
    while pending:
        one, sets, path = pending.pop()
        terms = one.get(SPECIFIC_CHARACTER_SET)
        sets = character_sets(terms) if terms else sets
        for element in one:
            where = f"{path}{element.tag}"
            if element.vr == "SQ":
                pending += [(item, sets, f"{where}[{number}].") for number, item in enumerate(element.value)]
            elif element.vr in TEXT_VRS:
                values = element.value if isinstance(element.value, tuple) else (element.value,)
                for value in values:
                    if isinstance(value, str) and not value.isascii():
                        try:
                            sets.encode(value, element.vr)
                        except EncodeError as error:
                            return f"{error} in {where}"
    return ""
