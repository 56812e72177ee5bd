"""`dicomkit dcmsign`: verify, make and remove digital signatures, as DCMTK's dcmsign does.

The exit codes are those of `dcmsign_failure`.
"""

from __future__ import annotations

import sys

from dicomkit.cli.damage import find_damage
from dicomkit.cli.dcmsign_failure import (
    CANNOT_READ_INPUT_FILE,
    CANNOT_WRITE_OUTPUT_FILE,
    CREATION_FAILED,
    NO_INPUT_FILES,
    Failure,
)
from dicomkit.cli.dcmsign_options import GROUPS, PARAMETERS, USAGE
from dicomkit.cli.input_options import read_options, tolerated
from dicomkit.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Final

    from dicomkit.cli.dcmsign_sign import Signing
    from dicomkit.cli.log import Log
    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.standard.user_dictionary import Dictionary

__all__ = ["ALONE", "GROUPS", "PARAMETERS", "USAGE", "run"]

#: Options that need no parameter.
ALONE: Final = ("list_purposes",)

_MOST_PARAMETERS: Final = len(PARAMETERS)


def run(options: Options, out: IO[bytes], log: Log) -> int:
    """Do what a command line says.

    Raises:
        UsageError: the options do not go together.
    """
    if "list_purposes" in options:
        _list_purposes(out)
        return 0
    command, argument = options.get("command") or ("verify", None)
    source, target = _parameters(options, command)
    try:
        return _Run(options, out, log).run(command, argument, source, target)
    except Failure as failure:
        if failure.reason:
            log.write(failure.level, failure.reason)
        return failure.code


def _list_purposes(out: IO[bytes]) -> None:
    from dicomkit.security.signatures.purpose import PURPOSES

    lines = [f"  {number:2}: {meaning}\n" for number, meaning in PURPOSES.items()]
    out.write("".join(["Digital Signature Purpose Codes:\n", *lines]).encode())


def _parameters(options: Options, command: str) -> tuple[str, str]:
    """The input and the output; "" if there is none."""
    if len(options.parameters) > _MOST_PARAMETERS:
        raise UsageError("Too many parameters")
    source, target = [*options.parameters, ""][:2]
    if command == "verify" and target:
        raise UsageError("parameter dcmfile-out not allowed for --verify")
    if command != "verify" and not target:
        raise UsageError(f"parameter dcmfile-out required for --{command}")
    return source, target


class _Run:
    """One run of the command."""

    def __init__(self, options: Options, out: IO[bytes], log: Log) -> None:
        from dicomkit.cli.dictionary_path import user_dictionary

        self.options = options
        self.out = out
        self.log = log
        self.dictionary: Dictionary | None = user_dictionary(log)

    def run(self, command: str, argument: Any, source: str, target: str) -> int:  # Any: each command has its own
        """Do what a command says. Returns the exit code.

        Raises:
            Failure: it could not be done.
        """
        signing = self.signing(argument) if command in ("sign", "sign-item") else None
        dataset = self.read(source)
        if self.options.get("old_format"):
            self.check_old_format(dataset, command)
        if command == "verify":
            from dicomkit.cli.dcmsign_verify import verify_signatures

            self.log.info("verifying all signatures.")
            return verify_signatures(dataset, self.options, self.log)
        if signing is not None:
            signing.load_keys()
            self.log.info(f"create signature in {'sequence item' if command == 'sign-item' else 'main object'}.")
            signing.sign(dataset)
        elif command == "insert-timestamp":
            from dicomkit.cli.dcmsign_timestamp import insert_response

            self.log.info("inserting certified timestamp.")
            insert_response(dataset, *argument)
        elif command == "remove":
            from dicomkit.cli.dcmsign_remove import remove_one

            self.log.info("removing signature from sequence item.")
            remove_one(dataset, argument, self.log)
        else:
            from dicomkit.cli.dcmsign_remove import remove_all

            self.log.info("removing all signatures.")
            remove_all(dataset, self.log)
        self.write(dataset, target)
        return 0

    def signing(self, argument: tuple[str, ...]) -> Signing:
        """What is to be signed, and how."""
        from dicomkit.cli.dcmsign_sign import Signing

        return Signing(argument, self.options, self.dictionary, self.log)

    def read(self, name: str) -> Dataset:
        """The data set of the input."""
        from dicomkit.errors import DicomError
        from dicomkit.media.reader import read

        if not name:
            raise Failure(NO_INPUT_FILES, "invalid filename: <empty string>", "fatal")
        self.log.info(f"open input file {name}")
        source: Any = sys.stdin.buffer if name == "-" else name  # Any: the function takes more than these two
        try:
            dataset = read(source, **read_options(self.options), dictionary=self.dictionary)
            damage = find_damage(dataset, tolerated(self.options), self.log, name)
        except (DicomError, OSError) as error:
            raise Failure(CANNOT_READ_INPUT_FILE, f"{_reason(error)}: reading file: {name}", "fatal") from error
        if damage:
            raise Failure(CANNOT_READ_INPUT_FILE, f"{damage}: reading file: {name}", "fatal")
        return dataset

    def check_old_format(self, dataset: Dataset, command: str) -> None:
        """The signature format of DCMTK before 3.5.4 is another for compressed pixel data only, and not known here."""
        from dicomkit.standard.transfer_syntax import TransferSyntax

        syntax = TransferSyntax.find(dataset.transfer_syntax or "")
        if syntax is None or not syntax.encapsulated:
            return
        if command in ("sign", "sign-item"):
            raise Failure(
                CREATION_FAILED, "--format-old: signatures of compressed pixel data do not conform, and are not made"
            )
        self.log.warn("--format-old: signatures of compressed pixel data do not conform, and are not verified")

    def write(self, dataset: Dataset, name: str) -> None:
        """Write the output."""
        from dicomkit.cli.output_options import save
        from dicomkit.errors import DicomError, UnsupportedTransferSyntax

        self.log.info(f"create output file {name}")
        try:
            save(dataset, name, self.options, self.out)
        except UnsupportedTransferSyntax as error:
            from dicomkit._ext.dump import transfer_syntax_name
            from dicomkit.standard.transfer_syntax import TransferSyntax

            self.log.error(str(error))
            wanted = TransferSyntax.find(self.options.get("output_transfer_syntax") or dataset.transfer_syntax or "")
            called = "?" if wanted is None else transfer_syntax_name(wanted.uid)
            reason = f"No conversion to transfer syntax {called} possible!"
            raise Failure(CANNOT_WRITE_OUTPUT_FILE, reason, "fatal") from error
        except (DicomError, OSError) as error:
            raise Failure(CANNOT_WRITE_OUTPUT_FILE, f"{_reason(error)}: writing file: {name}", "fatal") from error


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
