"""What a server has done: counters, as an object and as Prometheus text."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, fields
from typing import Final

__all__ = ["Board", "Counters"]


def _counter(meaning: str) -> int:
    """A number that only grows."""
    return field(default=0, metadata={"kind": "counter", "meaning": meaning})


def _gauge(meaning: str) -> int:
    """A number of what is there now."""
    return field(default=0, metadata={"kind": "gauge", "meaning": meaning})


@dataclass(slots=True)
class Counters:
    """What a server has done since it was started. Those of a running server change as you look.

    Two of them can be added, as those of the processes of one server are.
    """

    connections: int = _counter("Transport connections taken")
    connections_refused: int = _counter("Transport connections closed at once, for the address or for a limit")
    handshakes_failed: int = _counter("Transport connections that ended in the TLS handshake")
    associations: int = _counter("Associations accepted")
    associations_rejected: int = _counter("Associations rejected")
    associations_released: int = _counter("Associations that ended in good order")
    associations_aborted: int = _counter("Associations that the peer aborted")
    associations_lost: int = _counter("Associations whose transport connection went away")
    protocol_errors: int = _counter("Connections ended because the peer broke the rules")
    timeouts: int = _counter("Connections ended because the peer was silent for too long")
    messages: int = _counter("DIMSE requests received")
    objects: int = _counter("Objects received and answered with success or a warning")
    objects_failed: int = _counter("Objects received and answered with a failure")
    objects_sent: int = _counter("Objects sent by C-GET and C-MOVE, answered with success or a warning")
    objects_not_sent: int = _counter("Objects that C-GET and C-MOVE could not deliver")
    requests_failed: int = _counter("DIMSE requests answered with a failure, storage included")
    handler_errors: int = _counter("Exceptions raised by handlers")
    octets_received: int = _counter("Octets received, of all PDUs")
    octets_sent: int = _counter("Octets sent, of all PDUs")
    open_connections: int = _gauge("Transport connections that are open")
    open_associations: int = _gauge("Associations that are open")
    operations: int = _gauge("Operations that are being performed")

    def __add__(self, other: Counters) -> Counters:
        return Counters(*(getattr(self, name) + getattr(other, name) for name in _NAMES))

    def as_dict(self) -> dict[str, int]:
        """The numbers by name."""
        return {name: getattr(self, name) for name in _NAMES}

    def prometheus(self, prefix: str = "dicomkit_") -> str:
        """The numbers in Prometheus' text format: serve it as `text/plain; version=0.0.4`."""
        lines = []
        for row in fields(self):
            kind, meaning = row.metadata["kind"], row.metadata["meaning"]
            name = f"{prefix}{row.name}_total" if kind == "counter" else f"{prefix}{row.name}"
            lines += [f"# HELP {name} {meaning}.", f"# TYPE {name} {kind}", f"{name} {getattr(self, row.name)}"]
        return "\n".join([*lines, ""])


_NAMES: Final = tuple(row.name for row in fields(Counters))
_LAYOUT: Final = struct.Struct(f"<{len(_NAMES)}Q")


class Board:
    """The counters of the worker processes of a server, in memory that they share.

    Args:
        memory: shared, of `size` bytes.
        slot: of this process; the others are read.
    """

    def __init__(self, memory: memoryview, slot: int = -1) -> None:
        self._memory = memory
        self._slot = slot
        self._slots = len(memory) // _LAYOUT.size

    @staticmethod
    def size(processes: int) -> int:
        """Bytes for the counters of so many processes."""
        return _LAYOUT.size * processes

    def publish(self, counters: Counters) -> None:
        """Put those of this process in its slot."""
        _LAYOUT.pack_into(self._memory, self._slot * _LAYOUT.size, *(getattr(counters, name) for name in _NAMES))

    def of(self, slot: int) -> Counters:
        """Those of a slot."""
        return Counters(*_LAYOUT.unpack_from(self._memory, slot * _LAYOUT.size))

    def clear(self, slot: int) -> None:
        """Forget those of a slot."""
        _LAYOUT.pack_into(self._memory, slot * _LAYOUT.size, *(0 for _ in _NAMES))

    def total(self) -> Counters:
        """Those of all processes."""
        return sum(map(self.of, range(self._slots)), Counters())

    def others(self, name: str) -> int:
        """A number, of all other processes together."""
        return sum(getattr(self.of(slot), name) for slot in range(self._slots) if slot != self._slot)
