"""What storescp does with studies: folders for them, and what is done when one is complete."""

from __future__ import annotations

import os
from datetime import datetime
from time import monotonic

from dicomkit.net.modality_prefixes import modality_prefix
from dicomkit.net.storage_names import patient_folder, study_folder
from dicomkit.net.studies import Studies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from typing import Final

    from dicomkit.cli.event_commands import EventCommands
    from dicomkit.cli.log import Log
    from dicomkit.net.server.request import Peer, Request
    from dicomkit.net.studies import Study

__all__ = ["ReceivedStudies"]

_CHECKS: Final = 4  # of the time-out while it runs


class ReceivedStudies:
    """Sorts objects into folders by study, and knows when a study is complete.

    Args:
        folder: where the folders are.
        kind: "timestamp", "uid" or "patient": what the folders are named by.
        prefix: of their names, but for "patient".
        rename: whether the files of a complete study are renamed to CT000001 and so on.
        extension: of these names.
        command: what is run when a study is complete; "": nothing.
        timeout: seconds without an object after which a study is complete; None: only the next study ends it.
        commands: runs the command.
        log: where to say what happens.
    """

    def __init__(
        self,
        folder: str,
        kind: str,
        prefix: str,
        *,
        rename: bool,
        extension: str,
        command: str,
        timeout: float | None,
        commands: EventCommands,
        log: Log,
    ) -> None:
        self._folder = folder
        self._kind = kind
        self._prefix = prefix
        self._rename = rename
        self._extension = extension
        self._command = command
        self._timeout = timeout
        self._commands = commands
        self._log = log
        self._studies = Studies()
        self._peers: dict[str, Peer] = {}  # by study, who has sent the last object
        self._prefixes: dict[str, str] = {}  # by path, of what will be renamed
        self._arrivals: dict[int, tuple[Study, list[Study]]] = {}  # by request, from its end to that of its file

    def start(self, loop: AbstractEventLoop) -> None:
        """The server runs."""
        if self._timeout is not None:
            loop.call_later(self._timeout / _CHECKS, self._check, loop)

    def _check(self, loop: AbstractEventLoop) -> None:
        assert self._timeout is not None
        for study in self._studies.expired(monotonic() - self._timeout):
            loop.run_in_executor(None, self._complete, study)
        loop.call_later(self._timeout / _CHECKS, self._check, loop)

    def sort(self, request: Request) -> str:
        """The folder for an object (`sort` of StoreTo).

        Raises:
            ValueError: it is of no study.
        """
        dataset = request.dataset
        uid = str(dataset.get("StudyInstanceUID") or "")
        if not uid:
            raise ValueError("element StudyInstanceUID absent or empty in data set")

        def folder() -> str:
            now = datetime.now()
            if self._kind == "patient":
                name = patient_folder(str(dataset.get("PatientName") or ""), now)
            else:
                name = study_folder(self._prefix, now, uid if self._kind == "uid" else "")
            self._log.info(f"created new subdirectory for study: {os.path.join(self._folder, name)}")
            return name

        arrival = self._studies.arrived(request.peer, uid, monotonic(), folder)
        self._arrivals[id(request)] = arrival
        return arrival[0].folder

    def stored(self, request: Request) -> None:
        """An object has its file."""
        study, complete = self._arrivals.pop(id(request))
        study.files.append(request.path)
        self._peers[study.uid] = request.peer
        if self._rename:
            self._prefixes[request.path] = modality_prefix(request.sop_class, "UNKNOWN")
        for each in complete:
            self._complete(each)

    def association_ended(self, peer: Peer) -> None:
        """An association has ended."""
        self._studies.association_ended(peer)

    def _complete(self, study: Study) -> None:
        """Nothing more of a study will come."""
        peer = self._peers.pop(study.uid, None)
        if self._rename:
            for number, path in enumerate(dict.fromkeys(study.files), 1):
                self._give_number(path, number)
        if self._command and peer is not None:
            self._commands.run(self._command, os.path.join(self._folder, study.folder), None, peer)

    def _give_number(self, path: str, number: int) -> None:
        prefix = self._prefixes.pop(path, "UNKNOWN")
        folder = os.path.dirname(path)
        while True:
            target = os.path.join(folder, f"{prefix}{number:06}{self._extension}")
            if not os.path.lexists(target):  # of this study, received before
                break
            number += 1
        try:
            os.rename(path, target)
        except OSError as error:
            self._log.warn(f"cannot rename file '{path}' to '{target}': {error.strerror}")
