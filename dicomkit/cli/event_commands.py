"""The commands that storescp runs when something has come (`--exec-on-reception`, `--exec-on-eostudy`).

What peers have said goes into them through `dicomkit.net.storage_names.command_line` only, which makes it harmless.
"""

from __future__ import annotations

import threading

from dicomkit.net.storage_names import command_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import Final

    from dicomkit.cli.log import Log
    from dicomkit.net.server.request import Peer

__all__ = ["EventCommands"]

MOST: Final = 64  # commands that run at a time; a peer that is quicker waits


class EventCommands:
    """Runs commands in the shell.

    Args:
        wait: wait for the end of each before anything else is done (`--exec-sync`).
        names: whether addresses of peers are replaced by their host names.
        log: where it is said that one cannot be run.
    """

    def __init__(self, *, wait: bool, names: bool, log: Log) -> None:
        self._wait = wait
        self._names = names
        self._log = log
        self._lock = threading.Lock()
        self._children: list[subprocess.Popen[bytes]] = []

    def run(self, template: str, folder: str, file: str | None, peer: Peer) -> None:
        """Run a command with its placeholders filled in. `file` is None where there is no such placeholder."""
        import subprocess

        values = {"#p": folder, "#a": peer.ae_title, "#c": peer.called_ae_title, "#r": self._name(peer.address)}
        if file is not None:
            values["#f"] = file
        line = command_line(template, values)
        self._log.debug(f"executing command: {line}")
        with self._lock:
            try:
                child = subprocess.Popen(line, shell=True, stdin=subprocess.DEVNULL)
            except (OSError, ValueError) as error:
                self._log.error(f"cannot execute command '{line}': {error}")
                return
            if self._wait:
                child.wait()
                return
            self._children = [each for each in self._children if each.poll() is None]
            self._children.append(child)
            if len(self._children) > MOST:
                self._children.pop(0).wait()

    def _name(self, address: str) -> str:
        if not self._names:
            return address
        import socket

        try:
            return socket.gethostbyaddr(address)[0]
        except OSError:
            return address
