"""`dicomkit dcm2xml`: write DICOM files as XML, as DCMTK's dcm2xml does; also many files at once.

The exit code is a row of `CODES`, as in DCMTK; with --output-directory it is the number of files that failed (at most 255).
"""

from __future__ import annotations

import os
import sys

from dicomkit._ext.dump import children, search
from dicomkit._ext.xml import OPTIONS, has_extended_text
from dicomkit.cli.dcm2xml_options import GROUPS, PARAMETERS, USAGE
from dicomkit.cli.dictionary_path import user_dictionary
from dicomkit.cli.input_options import read_options
from dicomkit.cli.options import UsageError
from dicomkit.errors import DicomError
from dicomkit.formats.dump import open_subject
from dicomkit.formats.xml import Page, reference, write_document
from dicomkit.formats.xml_encoding import ENCODINGS, TERMS, characters_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Final

    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.cli.output_directory import Job
    from dicomkit.formats.dump import Subject

__all__ = ["CODES", "GROUPS", "PARAMETERS", "USAGE", "run"]

#: Exit codes.
CODES: Final = {
    "not created": 1,
    "not written": 2,
    "not written to the standard output": 3,
    "unknown character set": 4,
    "not read": 5,
    "no name": 6,
    "no character set": 7,
}

SPECIFIC_CHARACTER_SET: Final = 0x00080005
MEDIA_STORAGE_SOP_CLASS_UID: Final = 0x00020002
DIRECTORY: Final = b"1.2.840.10008.1.3.10"
BAD_UTF8: Final = "using option --convert-to-utf8 is strongly recommended"


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Convert the files of a command line.

    Raises:
        UsageError: the options do not go together.
        OSError: the standard output cannot be written.
    """
    conversion = _Conversion(options, out, log)
    if "output_directory" in options:
        from dicomkit.cli.many_files import run_many
        from dicomkit.cli.output_directory import named_jobs

        jobs = named_jobs(options, log, ".xml")
        return min(run_many(conversion.failed, jobs, log), 255) if jobs else 1
    if len(options.parameters) > 2:
        raise UsageError("Too many parameters")
    source, target = (*options.parameters, "-")[:2]
    if not source:
        log.error("dcm2xml: invalid filename: <empty string>")
        return CODES["no name"]
    return conversion.convert(source, target)


class _Conversion:
    """What a command line wants to be done with each file."""

    def __init__(self, options: Options, out: IO[bytes], log: Log) -> None:
        self.options = options
        self.out = out
        self.log = log
        self.native: bool = options.get("native", False)
        if options.get("binary") == "base64" and not self.native and not options.get("write_binary"):
            raise UsageError("--encode-base64 only allowed with --write-binary-data")
        self.reading = read_options(options)
        self.reading["dictionary"] = user_dictionary(log)
        self.doctype = self._doctype()

    def failed(self, job: Job) -> int:
        """Convert one of many files. Returns whether it failed."""
        return self.convert(job.source, job.target) != 0

    def convert(self, source: str, target: str) -> int:
        """Convert one file. Returns the exit code."""
        try:
            stream: Any = sys.stdin.buffer if source == "-" else source
            subject = open_subject(stream, **self.reading)
        except (DicomError, OSError) as error:
            return self._not_read(error, source)
        if self.log.shows("warn"):
            for problem in subject.problems():
                self.log.warn(f"{problem}: {source}")
        if subject.damage:
            return self._not_read(subject.damage, source)
        subject.heading = self.options.get("input_format") != "data-set-only"
        page, code = self._page(subject, source)
        if page is None:
            return code
        if target == "-":
            return self._write(subject, page, self.out, source, "")
        try:
            if os.path.exists(target) and source != "-" and os.path.samefile(source, target):
                self.log.error(f"dcm2xml: input and output are the same file: {source}")
                return CODES["not created"]
            file = open(target, "wb")  # noqa: SIM115  # what fails here has a code of its own
        except OSError as error:
            self.log.error(f"dcm2xml: error ({_text(error)}) creating file: {target}")
            return CODES["not created"]
        try:
            return self._write(subject, page, file, source, target)
        finally:
            try:  # noqa: SIM105  # contextlib takes longer to load than a small file to convert
                file.close()
            except OSError:
                pass  # what could not be flushed was told by then

    def _write(self, subject: Subject, page: Page, file: IO[bytes], source: str, target: str) -> int:
        output = _Output(file)
        try:
            replaced = write_document(subject, output.write, page)
            if target:
                output.flush()
        except (DicomError, OSError) as error:
            if output.failed and not target:
                raise
            where = f"writing file: {target}" if target else "writing to standard output"
            self.log.error(f"dcm2xml: error ({_text(error)}) {where}")
            return CODES["not written" if target else "not written to the standard output"]
        if replaced:
            self.log.warn(f"{replaced} characters that XML does not have were replaced by question marks: {source}")
        return 0

    def _not_read(self, error: Exception | str, source: str) -> int:
        self.log.error(f"dcm2xml: error ({_text(error)}) reading file: {source}")
        return CODES["not read"]

    def _doctype(self) -> str | None:
        """What the document type declaration has behind the name of the root."""
        kind = self.options.get("dtd")
        if kind == "embed":
            name = self.options.get("dtd_file")
            if name is None:
                from dicomkit.formats.xml_dtd import dtd

                return f" [\n{dtd()}]"
            try:
                with open(name, encoding="utf-8") as file:
                    return f" [\n{file.read()}]"
            except (OSError, ValueError):
                self.log.warn(f'dcm2xml: DTD file "{name}" does not exist ... adding reference instead')
                kind = "reference"
        return None if kind is None else ' SYSTEM "dcm2xml.dtd"'

    def _page(self, subject: Subject, source: str) -> tuple[Page | None, int]:
        """How the document of a file is written; or None, and the exit code."""
        options = self.options
        binary = options.get("binary", "hex") if options.get("write_binary") or self.native else "hidden"
        page = Page(
            native=self.native, namespace=options.get("namespace", False), names=options.get("names", True), binary=binary
        )
        page.doctype = self.doctype
        page.options |= OPTIONS["as-dcm2xml"]
        if self.native and binary != "base64":
            page.refer = _by_uuid
        if not options.get("load") and subject.fetch is not None:
            page.load_limit = 1024 * options.get("max_read_length", 4)
        charset = _charset_of(subject)
        directory = _is_directory(subject)
        if charset is not None:
            self._declare(page, charset)
        elif has_extended_text(subject.index, subject.fetch, all_vrs=options.get("check_all", False)):
            if not options.get("charset"):
                self.log.error(
                    "dcm2xml: SpecificCharacterSet (0008,0005) element absent (on the main data set level) "
                    f"but extended characters used in file: {source}"
                )
                return None, CODES["no character set"]
            if not self._assume(page, options["charset"], directory):
                return None, CODES["no character set"]
        if options.get("utf8"):
            self.log.info("converting all element values that are affected by SpecificCharacterSet (0008,0005) to UTF-8")
            page.encoding, page.characters = "UTF-8", None
            page.options |= OPTIONS["unicode"] | OPTIONS["utf-8"]
            page.inserted = b"ISO_IR 192"
        elif directory and _has_charset(subject):
            self.log.warn(
                "dcm2xml: this is a DICOMDIR file, which can contain more than one SpecificCharacterSet (0008,0005) "
                f"element ... {BAD_UTF8}"
            )
        return page, 0

    def _declare(self, page: Page, charset: bytes) -> None:
        """The encoding of a document by the Specific Character Set of its data set."""
        term = charset.decode("latin-1").strip(" \0")
        page.encoding = ENCODINGS.get(term, "")
        if page.encoding:
            page.characters = characters_of(page.encoding)
            return
        # XML has no name for it: text becomes UTF-8, which needs none.
        page.options |= OPTIONS["unicode"]
        if term:
            self.log.info(f"SpecificCharacterSet (0008,0005) value '{term}' has no name in XML; text is written in UTF-8")

    def _assume(self, page: Page, name: str, directory: bool) -> bool:
        """The same by the character set that the command line assumes. Returns whether it is known."""
        from dicomkit.dataset.text import character_sets

        term = TERMS.get(name, name)
        if term not in ENCODINGS:
            self.log.fatal(f"dcm2xml: Character set '{name}' specified with option --charset-assume not supported")
            return False
        page.encoding = ENCODINGS[term]
        page.characters = characters_of(page.encoding)
        page.default_sets = character_sets(term)
        page.inserted = None if directory else term.encode()
        return True


class _Output:
    """Knows whether it was the output that failed."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.failed = False

    def write(self, data: bytes) -> None:
        try:
            self.file.write(data)
        except OSError:
            self.failed = True
            raise

    def flush(self) -> None:
        try:
            self.file.flush()
        except OSError:
            self.failed = True
            raise


def _text(error: Exception | str) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _by_uuid(record: int, vr: str, length: int) -> bytes | None:
    """A reference to nothing, as dcm2xml makes it: a random UUID (RFC 9562 5.4)."""
    bits = bytearray(os.urandom(16))
    bits[6] = bits[6] & 0x0F | 0x40
    bits[8] = bits[8] & 0x3F | 0x80
    digits = bits.hex()
    return reference(f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}")


def _is_directory(subject: Subject) -> bool:
    """Whether a file is a DICOMDIR (PS3.3 F)."""
    meta = subject.meta
    return meta is not None and (meta.value(MEDIA_STORAGE_SOP_CLASS_UID) or b"").rstrip(b"\0 ") == DIRECTORY


def _charset_of(subject: Subject) -> bytes | None:
    """The Specific Character Set of a data set; b"" if it is empty, None if there is none."""
    index = subject.index
    charset = index.value(SPECIFIC_CHARACTER_SET)
    if charset is None and any(tag == SPECIFIC_CHARACTER_SET for _, tag in children(index)):
        return b""
    return charset


def _has_charset(subject: Subject) -> bool:
    return any(subject.index.record(record)[4] for record in search(subject.index, SPECIFIC_CHARACTER_SET))
