"""The options with which all tools of DCMTK's kind write files, and what they are to `Dataset.save`.

A tool composes its groups from these subgroups; a row that only some tools have is a constant of its own.
"""

from __future__ import annotations

from dicomkit.cli.options import Option, integer, integers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Final

    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset

__all__ = [
    "COMPRESSION_LEVEL",
    "DEFLATED",
    "GROUP_LENGTH",
    "NEW_VRS",
    "OUTPUT_FILES",
    "OUTPUT_FORMAT",
    "OUTPUT_TRANSFER_SYNTAX",
    "PADDING",
    "PADDING_OF_FILES",
    "SEQUENCE_LENGTH",
    "WRITE_DATASET",
    "save",
    "sequence_length",
    "write_options",
]

WRITE_DATASET: Final = Option("-F --write-dataset", "meta", "none", "write data set without file meta information")

OUTPUT_FILES: Final = (
    "output files",
    (
        Option(
            "-od --output-directory",
            "output_directory",
            None,
            "write a file for each input file to directory d,\nwhich is created if it does not exist",
            argument="[d]irectory: string",
        ),
    ),
)

OUTPUT_FORMAT: Final = (
    "output file format",
    (
        Option("+F --write-file", "meta", "keep", "write file format (default)"),
        WRITE_DATASET,
    ),
)

OUTPUT_TRANSFER_SYNTAX: Final = (
    "output transfer syntax",
    (
        Option("+t= --write-xfer-same", "output_transfer_syntax", None, "write with same TS as input (default)"),
        Option(
            "+te --write-xfer-little",
            "output_transfer_syntax",
            "ExplicitVRLittleEndian",
            "write with explicit VR little endian TS",
        ),
        Option(
            "+tb --write-xfer-big",
            "output_transfer_syntax",
            "ExplicitVRBigEndian",
            "write with explicit VR big endian TS",
        ),
        Option(
            "+ti --write-xfer-implicit",
            "output_transfer_syntax",
            "ImplicitVRLittleEndian",
            "write with implicit VR little endian TS",
        ),
    ),
)

#: For tools that offer it: `("output transfer syntax", (*OUTPUT_TRANSFER_SYNTAX[1], DEFLATED))`.
DEFLATED: Final = Option(
    "+td --write-xfer-deflated",
    "output_transfer_syntax",
    "DeflatedExplicitVRLittleEndian",
    "write with deflated explicit VR little endian TS",
)

NEW_VRS: Final = (
    "post-1993 value representations",
    (
        Option("+u --enable-new-vr", "new_vrs", True, "enable support for new VRs (UN/UT) (default)"),
        Option("-u --disable-new-vr", "new_vrs", False, "disable support for new VRs, convert to OB"),
    ),
)

GROUP_LENGTH: Final = (
    "group length encoding",
    (
        Option("+g= --group-length-recalc", "group_length", "recalculate", "recalculate group lengths if present (default)"),
        Option("+g --group-length-create", "group_length", "create", "always write with group length elements"),
        Option("-g --group-length-remove", "group_length", "remove", "always write without group length elements"),
    ),
)


def sequence_length(explicit: str, undefined: str) -> tuple[str, tuple[Option, ...]]:
    """The subgroup for lengths of sequences, with these short names."""
    return (
        "length encoding in sequences and items",
        (
            Option(f"{explicit} --length-explicit", "sequence_length", "explicit", "write with explicit lengths (default)"),
            Option(f"{undefined} --length-undefined", "sequence_length", "undefined", "write with undefined lengths"),
        ),
    )


SEQUENCE_LENGTH: Final = sequence_length("+e", "-e")


def _padding(title: str, retain: str, off: str, conflicts: str) -> tuple[str, tuple[Option, ...]]:
    return (
        title,
        (
            Option("-p= --padding-retain", "padding", None, retain, conflicts=conflicts),
            Option("-p --padding-off", "padding", (0, 0), off),
            Option(
                "+p --padding-create",
                "padding",
                None,
                "align file on multiple of f bytes\nand items on multiple of i bytes",
                argument="[f]ile-pad [i]tem-pad: integer",
                convert=integers(0, 0xFFFFFFFF),
                conflicts=conflicts,
            ),
        ),
    )


PADDING: Final = _padding(
    "data set trailing padding (not with --write-dataset)",
    "do not change padding\n(default if not --write-dataset)",
    "no padding (implicit if --write-dataset)",
    "--write-dataset",
)
#: Of tools that only write files.
PADDING_OF_FILES: Final = _padding("data set trailing padding", "do not change padding (default)", "no padding", "")

COMPRESSION_LEVEL: Final = (
    "deflate compression level (only with --write-xfer-deflated)",
    (
        Option(
            "+cl --compression-level",
            "deflate_level",
            None,
            "0=uncompressed, 1=fastest, 9=best compression",
            argument="[l]evel: integer (default: 6)",
            convert=integer(0, 9),
            needs="--write-xfer-deflated",
        ),
    ),
)


def write_options(options: Options) -> dict[str, Any]:
    """The keyword arguments of `Dataset.save` that a command line asks for, with DCMTK's defaults."""
    meta = options.get("meta", "keep")
    return {
        "transfer_syntax": options.get("output_transfer_syntax"),
        "meta": meta,
        "sequence_length": options.get("sequence_length", "explicit"),
        "group_length": options.get("group_length", "recalculate"),
        "padding": (0, 0) if meta == "none" else options.get("padding"),
        "deflate_level": options.get("deflate_level", 6),
        "old_vrs": not options.get("new_vrs", True),
    }


def save(dataset: Dataset, name: str, options: Options, out: IO[bytes]) -> None:
    """Write a data set as a command line asks for, to the file of a name or, if that is "-", to `out`.

    Raises:
        EncodeError: the data set cannot be written.
        UnsupportedTransferSyntax: not in this transfer syntax.
        OSError: the file cannot be written.
    """
    dataset.save(out if name == "-" else name, **write_options(options))
