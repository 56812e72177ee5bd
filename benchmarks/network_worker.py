"""A peer that is a program around a library: `python -m benchmarks.network_worker NAME [ARGUMENT]...`

dicomkit TOOL ARGUMENT...       a tool of dicomkit, whose log says when its association begins and ends, and its memory
pynetdicom-scu PORT FILE...     stores files, and says the same
pynetdicom-scp PORT [FOLDER]    takes objects, and discards them or writes what was sent to files
dicomkit-loop, pynetdicom-loop  a rival that answers `OPERATION COUNT PORT` lines (see worker.py) with the nanoseconds that
                                COUNT runs take at the median: `echo` in one association, or `associate` and release
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter_ns

from benchmarks.network_peers import ENDED, HOST, STARTED, pynetdicom_version

CT, VERIFICATION, EXPLICIT_LITTLE = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.1", "1.2.840.10008.1.2.1"


def say(text: str) -> None:
    """A line of the log."""
    print(text, file=sys.stderr, flush=True)


# -- dicomkit


def dicomkit_tool(tool: str, *arguments: str) -> None:
    """A tool with a log of its own."""
    from importlib import import_module

    from benchmarks.memory import resident
    from dicomkit.cli.log import Log
    from dicomkit.cli.options import parse

    class Ends(Log):
        """Says when an association begins and ends."""

        def write(self, level: str, text: str) -> None:
            if text.startswith(STARTED):
                say(STARTED)
            elif text.startswith(ENDED):
                say(ENDED)
            elif level in ("error", "fatal"):
                say(text)

    module = import_module(f"dicomkit.cli.{tool}")
    code = module.run(parse(module.GROUPS, list(arguments)), sys.stdout.buffer, Ends())
    say(str(resident("VmHWM")))
    sys.exit(code)


def dicomkit_echo(port: int, count: int) -> float:
    """Round trips of C-ECHO."""
    import dicomkit

    times = []
    with dicomkit.associate(HOST, port) as association:
        for _ in range(count):
            start = perf_counter_ns()
            association.echo()
            times.append(perf_counter_ns() - start)
    return median(times)


def dicomkit_associate(port: int, count: int) -> float:
    """Associations with one presentation context."""
    import dicomkit

    times = []
    for _ in range(count):
        start = perf_counter_ns()
        dicomkit.associate(HOST, port).release()
        times.append(perf_counter_ns() - start)
    return median(times)


# -- pynetdicom


def pynetdicom_scu(port: str, *files: str) -> None:
    """Stores files."""
    from pynetdicom import AE

    ae = AE()
    ae.add_requested_context(CT, EXPLICIT_LITTLE)
    association = ae.associate(HOST, int(port))
    if not association.is_established:
        sys.exit("no association")
    say(STARTED)
    for file in files:
        if association.send_c_store(file).get("Status") != 0:
            sys.exit("not stored")
    say(ENDED)
    association.release()


def pynetdicom_scp(port: str, folder: str | None = None) -> None:
    """Takes objects."""
    from pathlib import Path

    from pynetdicom import AE, evt

    def store(event: evt.Event) -> int:
        if folder is not None:
            path = Path(folder, f"CT.{event.file_meta.MediaStorageSOPInstanceUID}")
            path.write_bytes(event.encoded_dataset())
        return 0

    ae = AE()
    ae.maximum_associations = 2000
    ae.add_supported_context(CT, EXPLICIT_LITTLE)
    ae.add_supported_context(VERIFICATION)
    ae.start_server((HOST, int(port)), evt_handlers=[(evt.EVT_C_STORE, store)])


def pynetdicom_echo(port: int, count: int) -> float:
    """Round trips of C-ECHO."""
    from pynetdicom import AE

    ae = AE()
    ae.add_requested_context(VERIFICATION)
    association = ae.associate(HOST, port)
    times = []
    for _ in range(count):
        start = perf_counter_ns()
        association.send_c_echo()
        times.append(perf_counter_ns() - start)
    association.release()
    return median(times)


def pynetdicom_associate(port: int, count: int) -> float:
    """Associations with one presentation context."""
    from pynetdicom import AE

    ae = AE()
    ae.add_requested_context(VERIFICATION)
    times = []
    for _ in range(count):
        start = perf_counter_ns()
        ae.associate(HOST, port).release()
        times.append(perf_counter_ns() - start)
    return median(times)


def loop(version: str, operations: dict[str, Callable[[int, int], float]]) -> None:
    """Answer until standard input ends."""
    print("ready", version, flush=True)
    for line in sys.stdin:
        operation, count, port = line.split()
        try:
            print(int(operations[operation](int(port), int(count)) * int(count)), flush=True)
        except Exception as error:
            print("error", " ".join(repr(error).split()), flush=True)


def dicomkit_loop() -> None:
    """dicomkit's."""
    import dicomkit

    loop(dicomkit.__version__, {"echo": dicomkit_echo, "associate": dicomkit_associate})


def pynetdicom_loop() -> None:
    """pynetdicom's."""
    loop(pynetdicom_version(), {"echo": pynetdicom_echo, "associate": pynetdicom_associate})


PROGRAMS: dict[str, Callable[..., None]] = {
    "dicomkit": dicomkit_tool,
    "dicomkit-loop": dicomkit_loop,
    "pynetdicom-scu": pynetdicom_scu,
    "pynetdicom-scp": pynetdicom_scp,
    "pynetdicom-loop": pynetdicom_loop,
}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
