"""The options with which all tools of DCMTK's kind read files, and what they are to `dicomkit.read`."""

from __future__ import annotations

from dicomkit.cli.options import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from dicomkit.cli.options import Options

__all__ = [
    "AUTO_CORRECTION",
    "BITSTREAM",
    "FILE_FORMAT",
    "INPUT_FILES",
    "PARSING",
    "TRANSFER_SYNTAX",
    "read_options",
    "tolerated",
]

FILE_FORMAT: Final = (
    "input file format",
    (
        Option("+f --read-file", "input_format", "auto", "read file format or data set (default)"),
        Option("+fo --read-file-only", "input_format", "file-only", "read file format only"),
        Option("-f --read-dataset", "input_format", "data-set-only", "read data set without file meta information"),
    ),
)

TRANSFER_SYNTAX: Final = (
    "input transfer syntax",
    (
        Option("-t= --read-xfer-auto", "transfer_syntax", None, "use TS recognition (default)"),
        Option("-td --read-xfer-detect", "transfer_syntax", "detect", "ignore TS specified in the file meta header"),
        Option(
            "-te --read-xfer-little",
            "transfer_syntax",
            "ExplicitVRLittleEndian",
            "read with explicit VR little endian TS",
            needs="--read-dataset",
        ),
        Option(
            "-tb --read-xfer-big",
            "transfer_syntax",
            "ExplicitVRBigEndian",
            "read with explicit VR big endian TS",
            needs="--read-dataset",
        ),
        Option(
            "-ti --read-xfer-implicit",
            "transfer_syntax",
            "ImplicitVRLittleEndian",
            "read with implicit VR little endian TS",
            needs="--read-dataset",
        ),
    ),
)

INPUT_FILES: Final = (
    "input files",
    (
        Option("+sd --scan-directories", "scan", True, "scan directories for input files (dcmfile-in)"),
        Option(
            "+sp --scan-pattern",
            "pattern",
            None,
            "pattern for filename matching (wildcards)",
            argument="[p]attern: string (only with --scan-directories)",
            needs="--scan-directories",
        ),
        Option("-r --no-recurse", "recurse", False, "do not recurse within directories (default)"),
        Option(
            "+r --recurse",
            "recurse",
            True,
            "recurse within specified directories",
            needs="--scan-directories",
        ),
    ),
)

#: Each subgroup sets one field to a quirk of `dicomkit.read`, or to "" for what `dicomkit.read` does anyway.
PARSING: Final = (
    (
        "parsing of file meta information",
        (
            Option("+ml --use-meta-length", "ml", "", "use file meta information group length (default)"),
            Option("-ml --ignore-meta-length", "ml", "ignore-meta-length", "ignore file meta information group length"),
        ),
    ),
    (
        "parsing of odd-length attributes",
        (
            Option("+ao --accept-odd-length", "ao", "", "accept odd length attributes (default)"),
            Option("+ae --assume-even-length", "ao", "assume-even-length", "assume real length is one byte larger"),
        ),
    ),
    (
        "handling of explicit VR",
        (
            Option("+ev --use-explicit-vr", "ev", "", "use explicit VR from dataset (default)"),
            Option("-ev --ignore-explicit-vr", "ev", "ignore-explicit-vr", "ignore explicit VR (prefer data dictionary)"),
        ),
    ),
    (
        "handling of non-standard VR",
        (
            Option("+vr --treat-as-unknown", "vr", "", "treat non-standard VR as unknown (default)"),
            Option("-vr --assume-implicit", "vr", "assume-implicit", "try to read with implicit VR little endian TS"),
        ),
    ),
    (
        "handling of undefined length UN elements",
        (
            Option("+ui --enable-cp246", "ui", "", "read undefined len UN as implicit VR (default)"),
            Option("-ui --disable-cp246", "ui", "undefined-un-explicit", "read undefined len UN as explicit VR"),
        ),
    ),
    (
        "handling of defined length UN elements",
        (
            Option("-uc --retain-un", "uc", "", "retain elements as UN (default)"),
            Option("+uc --convert-un", "uc", "convert-un", "convert to real VR if known"),
        ),
    ),
    (
        "handling of private max-length elements (implicit VR)",
        (
            Option("-sq --maxlength-dict", "sq", "", "read as defined in dictionary (default)"),
            Option(
                "+sq --maxlength-seq",
                "sq",
                "private-undefined-as-sequence",
                "read as sequence with undefined length",
            ),
        ),
    ),
    (
        "handling of wrong delimitation items",
        (
            Option("-rd --use-delim-items", "rd", False, "use delimitation items from dataset (default)"),
            Option("+rd --replace-wrong-delim", "rd", True, "replace wrong sequence/item delimitation items"),
        ),
    ),
    (
        "handling of illegal undefined length OB/OW elements",
        (
            Option("-oi --illegal-obow-rej", "oi", False, "reject dataset with illegal element (default)"),
            Option("+oi --illegal-obow-conv", "oi", True, "convert undefined length OB/OW element to SQ"),
        ),
    ),
    (
        "handling of VOI LUT Sequence with OW VR and explicit length",
        (
            Option("-vi --illegal-voi-rej", "vi", False, "reject dataset with illegal VOI LUT (default)"),
            Option("+vi --illegal-voi-conv", "vi", True, "convert illegal VOI LUT to SQ"),
        ),
    ),
    (
        "handling of explicit length pixel data for encaps. transfer syntaxes",
        (
            Option("-pe --abort-expl-pixdata", "pe", False, "abort on explicit length pixel data (default)"),
            Option("+pe --use-expl-pixdata", "pe", True, "use explicit length pixel data"),
        ),
    ),
    (
        "general handling of parser errors",
        (
            Option("+Ep --ignore-parse-errors", "Ep", True, "try to recover from parse errors"),
            Option(
                "-Ep --handle-parse-errors",
                "Ep",
                False,
                "handle parse errors and stop parsing (default)",
            ),
        ),
    ),
)

AUTO_CORRECTION: Final = (
    "automatic data correction",
    (
        Option("+dc --enable-correction", "correct", True, "enable automatic data correction (default)"),
        Option("-dc --disable-correction", "correct", False, "disable automatic data correction"),
    ),
)

BITSTREAM: Final = (
    "bitstream format of deflated input",
    (
        Option("+bd --bitstream-deflated", "bz", "", "expect deflated bitstream (default)"),
        Option("+bz --bitstream-zlib", "bz", "zlib", "expect deflated zlib bitstream"),
    ),
)

_QUIRKS: Final = ("ml", "ao", "ev", "vr", "ui", "uc", "sq", "bz")

#: Field -> the kinds of damage (dicomkit.formats.dump.DAMAGE) that are none when it is set.
_TOLERATED: Final = {
    "rd": ("missing-delimiter", "stray-delimiter"),
    "oi": ("sequence-in-other-vr", "undefined-length"),
    "vi": ("sequence-in-other-vr",),
    "pe": ("unfragmented-pixel-data",),
    "Ep": (
        "length-past-container",
        "missing-delimiter",
        "sequence-in-other-vr",
        "stray-delimiter",
        "undefined-length",
    ),
}


def read_options(options: Options) -> dict[str, Any]:
    """The keyword arguments of `dicomkit.read` that a command line asks for."""
    quirks = [options[field] for field in _QUIRKS if options.get(field)]
    if options.get("input_format", "auto") != "auto":
        quirks.append(options["input_format"])
    return {"transfer_syntax": options.get("transfer_syntax"), "quirks": tuple(quirks)}


def tolerated(options: Options) -> set[str]:
    """The kinds of damage that a command line wants to see accepted."""
    return {code for field, codes in _TOLERATED.items() if options.get(field) for code in codes}
