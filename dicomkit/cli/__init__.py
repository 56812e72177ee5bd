"""The command `dicomkit <tool>`: options and exit codes of DCMTK's tools over the functions of this package.

Starting a tool must not cost more than starting DCMTK's does, so nothing is imported here before it is needed.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO, Final, NoReturn, TextIO

__all__ = ["main", "run"]

#: Tool -> what it does. The tool is the module of that name in this package.
TOOLS: Final = {
    "dcm2xml": "Convert DICOM file and data set to XML",
    "dcm2json": "Convert DICOM file and data set to JSON",
    "dcmcjpeg": "Encode DICOM file to JPEG transfer syntax",
    "dcmcjpls": "Encode DICOM file to JPEG-LS transfer syntax",
    "dcmconv": "Convert DICOM file encoding",
    "dcmcrle": "Encode DICOM file to RLE transfer syntax",
    "dcmdjpeg": "Decode JPEG-compressed DICOM file",
    "dcmdjpls": "Decode JPEG-LS compressed DICOM file",
    "dcmdrle": "Decode RLE-compressed DICOM file",
    "dcmdump": "Dump DICOM file and data set",
    "dcmftest": "Test if file uses DICOM part 10 format",
    "dcmodify": "Modify DICOM files",
    "dcmrecv": "Simple DICOM storage SCP (receiver)",
    "dcmsend": "Simple DICOM storage SCU (sender)",
    "dcmsign": "Sign and Verify DICOM Files",
    "dump2dcm": "Convert ASCII dump to DICOM file",
    "echoscu": "DICOM verification (C-ECHO) SCU",
    "findscu": "DICOM query (C-FIND) SCU",
    "getscu": "DICOM retrieve (C-GET) SCU",
    "json2dcm": "Convert JSON document to DICOM file or data set",
    "movescu": "DICOM retrieve (C-MOVE) SCU",
    "storescp": "DICOM storage (C-STORE) SCP",
    "storescu": "DICOM storage (C-STORE) SCU",
    "termscu": "DICOM termination SCU",
    "transcode": "Encode the pixel data of DICOM files in another transfer syntax",
    "xml2dcm": "Convert XML document to DICOM file or data set",
}

USAGE_ERROR: Final = 1


def run(arguments: Sequence[str], out: IO[bytes], err: TextIO) -> int:
    """Run a tool.

    Args:
        arguments: the name of the tool and its arguments.
        out: where its output goes.
        err: where its log goes.

    Returns:
        The exit code.
    """
    tool, *rest = arguments or ["--help"]
    if tool in ("-h", "--help", "help"):
        tools = "".join([f"  {name:<14}{summary}\n" for name, summary in TOOLS.items()])
        usage = "usage: dicomkit <tool> [options] ...\n\ntools (--help after a tool tells its options):\n"
        out.write(f"{usage}{tools}".encode())
        return 0
    if tool == "--version":
        out.write(f"dicomkit {_version()}\n".encode())
        return 0
    if tool not in TOOLS:
        err.write(f"dicomkit: there is no tool {tool!r}; 'dicomkit --help' lists them\n")
        return USAGE_ERROR
    return _run_tool(tool, rest, out, err)


def _run_tool(tool: str, arguments: Sequence[str], out: IO[bytes], err: TextIO) -> int:
    from dicomkit.cli.log import Log
    from dicomkit.cli.options import UsageError, expand, help_text, parse

    module = __import__(f"dicomkit.cli.{tool}", fromlist=["run"])
    banner = f"$dicomkit: {tool} v{_version()} $\n\n{tool}: {TOOLS[tool]}\n"
    try:
        words = expand(arguments)
        options = parse(module.GROUPS, words)
        if not words or options.get("help"):
            parameters = getattr(module, "USAGE", None) or " ".join([f"{name}..." for name, _ in module.PARAMETERS])
            usage = f"usage: {tool} [options] {parameters}\n\n"
            out.write((banner + usage + help_text(module.GROUPS, module.PARAMETERS)).encode())
            return 0
        if options.get("version"):
            out.write((banner + f"\nPython {sys.version}\n").encode())
            return 0
        log = Log.from_options(options, err)
        if options.get("arguments"):
            quoted = " ".join([f"'{word}'" for word in words])
            err.write(f"I: calling '{tool}' with {len(words)} arguments: {quoted} \nI: \n")
        if not options.parameters and not any(field in options for field in getattr(module, "ALONE", ())):
            raise UsageError(f"Missing parameter {module.PARAMETERS[0][0]}")
        log.debug(f"$dicomkit: {tool} v{_version()} $")
        return int(module.run(options, out, log))
    except UsageError as error:
        err.write(f"{banner}error: {error}\n")
        return USAGE_ERROR


def _version() -> str:
    from dicomkit import __version__

    return __version__


def main() -> NoReturn:
    """The console script. Ends the process."""
    import os

    out = sys.stdout.buffer
    try:
        code = run(sys.argv[1:], out, sys.stderr)
        out.flush()
    except BrokenPipeError:
        # The reader of the output has gone, as `dicomkit dcmdump file | head` does: not an error. What is still
        # buffered must not be written when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 0
    except OSError as error:
        sys.stderr.write(f"F: the output cannot be written: {error.strerror or error}\n")
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.stderr.flush()
    # All is written and nothing is left open; taking the interpreter apart would be a sixth of a short run's time.
    os._exit(code)
