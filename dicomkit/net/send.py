"""Many objects to one peer: `dicomkit.send`.

It looks at the objects, proposes what they need, shares them out among associations, and tries again what a broken
association has left behind.
"""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic, sleep

from dicomkit.errors import AssociationRejected, DicomError, NetworkError, NoPresentationContext, ProtocolError
from dicomkit.net.association import associate
from dicomkit.net.outgoing import Outgoing
from dicomkit.net.send_files import Candidate, candidates
from dicomkit.net.send_plan import plan
from dicomkit.net.send_report import Report, Sent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from ssl import SSLContext
    from typing import Any, Final, TypeAlias

    from dicomkit.net.association import Association
    from dicomkit.net.items import UserIdentity
    from dicomkit.net.outgoing import Storable
    from dicomkit.net.results import Stored
    from dicomkit.net.send_plan import Batch
    from dicomkit.net.transcoding import Transcode

    Progress: TypeAlias = Callable[[Sent, int, int], object]

__all__ = ["peer_address", "send"]

PORT: Final = 11112
REJECTED_TRANSIENT: Final = 2  # PS3.8 table 9-21
LONGEST_PAUSE: Final = 30.0


def send(
    files: Iterable[Storable] | Storable,
    peer: str | tuple[str, int],
    *,
    called: str | None = None,
    calling: str = "DICOMKIT",
    transcode: Transcode = "lossless",
    associations: int = 1,
    outstanding: int = 8,
    retries: int = 2,
    retry_delay: float = 1.0,
    priority: str = "medium",
    progress: Progress | None = None,
    user_identity: UserIdentity | None = None,
    max_pdu_length: int = 1 << 20,
    max_send_pdu_length: int = 0,
    tls: SSLContext | None = None,
    server_hostname: str | None = None,
    source_address: tuple[str, int] | None = None,
    connect_timeout: float | None = 30,
    acse_timeout: float | None = 30,
    dimse_timeout: float | None = 300,
    idle_timeout: float | None = 60,
) -> Report:
    """Send objects to a peer (C-STORE).

        report = dicomkit.send("study/", "ARCHIVE@192.0.2.7:11112")
        for each in report.failed:
            print(each.source, each.error or each.status)

    A file whose transfer syntax the peer accepts is sent as it is, byte for byte. That one object cannot be sent does not
    keep the others back.

    Args:
        files: paths of files and folders, DICOM files in memory, open files, data sets: one, or many. Folders stand for
            all DICOM files in them and below.
        peer: "host:port", "[IPv6 address]:port" or "title@host:port"; or (host, port).
        called: AE title of the peer, if it is not said there; None: "ANY-SCP".
        calling: AE title of this side.
        transcode: what may be done to an object whose transfer syntax the peer does not accept: "never" anything;
            "lossless": what loses nothing; "lossy": also decompressing what was compressed with loss.
        associations: most that are open at a time. More than one is quicker where the peer takes its time, but a peer may
            not allow it, and objects come in another order.
        outstanding: most objects that are sent on an association before the first is answered, if the peer agrees
            (asynchronous operations window, PS3.7 D.3.3.3); 1 does not ask.
        retries: how often to try again to open an association, and to send an object whose association was broken.
        retry_delay: seconds before that; each time twice as many.
        priority: "low", "medium" or "high".
        progress: called for each object with its `Sent`, the number of those that are done, and of all. Never twice at a
            time, but not always in the same thread. What it raises ends the sending, and is raised here.
        user_identity, max_pdu_length, max_send_pdu_length, tls, server_hostname, source_address, connect_timeout,
        acse_timeout, dimse_timeout, idle_timeout: see `dicomkit.associate`.

    Returns:
        What became of each. Nothing is raised for what a peer, a network or a file does wrong: that is in there.

    Raises:
        ValueError: an argument is none.
    """
    title, host, port = peer_address(peer)
    if transcode not in ("never", "lossless", "lossy"):
        raise ValueError(f"transcode is never, lossless or lossy, not {transcode!r}")
    if associations < 1 or outstanding < 1 or retries < 0 or retry_delay < 0:
        raise ValueError("associations and outstanding are at least 1, retries and retry_delay at least 0")
    connection: dict[str, Any] = {
        "called": called or title or "ANY-SCP",
        "calling": calling,
        "user_identity": user_identity,
        "async_window": (outstanding, 1) if outstanding > 1 else None,
        "max_pdu_length": max_pdu_length,
        "max_send_pdu_length": max_send_pdu_length,
        "tls": tls,
        "server_hostname": server_hostname,
        "source_address": source_address,
        "connect_timeout": connect_timeout,
        "acse_timeout": acse_timeout,
        "dimse_timeout": dimse_timeout,
        "idle_timeout": idle_timeout,
    }
    started = monotonic()
    results: list[Sent] = []
    skipped: list[str] = []
    found: dict[int, Sent] = {}
    objects: list[Candidate] = []
    for source, what in candidates(files):
        if isinstance(what, Candidate):
            one = Sent(source, what.sop_class_uid, what.sop_instance_uid, what.transfer_syntax, what.size)
            found[id(what)] = one
            objects.append(what)
            results.append(one)
        elif what is None:
            skipped.append(str(source))
        else:
            results.append(Sent(source, error=what))
    sending = _Sending(found, len(results), transcode, priority, retries, retry_delay, progress)
    for each in results:
        if each.error is not None:
            sending.done(each)
    for batch in plan(objects, transcode):
        sending.run(batch, {**connection, "host": host, "port": port, "contexts": batch.contexts}, associations)
    return Report(results, skipped, sending.associations, monotonic() - started)


def peer_address(peer: str | tuple[str, int]) -> tuple[str | None, str, int]:
    """AE title, host and port of "title@host:port" or (host, port).

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(peer, str):
        host, port = peer
        return None, host, port
    title, _, place = peer.rpartition("@")
    host, colon, number = place.rpartition(":")
    if not colon or ("]" in number):
        host, number = place, str(PORT)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{peer!r}: an IPv6 address stands in brackets")
    if not host or not (number.isascii() and number.isdecimal() and 0 < int(number) < 65536):
        raise ValueError(f"{peer!r} is not of the form host:port")
    return title or None, host, int(number)


class _Sending:
    """What the associations have in common.

    Attributes:
        associations: how many were opened.
    """

    def __init__(
        self,
        found: dict[int, Sent],
        total: int,
        transcode: Transcode,
        priority: str,
        retries: int,
        delay: float,
        progress: Progress | None,
    ) -> None:
        self.associations = 0
        self.retries = retries
        self.delay = delay
        self.stopped: BaseException | None = None
        self._found = found
        self._total = total
        self._done = 0
        self._transcode = transcode
        self._priority = priority
        self._progress = progress
        self._lock = threading.Lock()
        self._queue: deque[Candidate] = deque()

    def run(self, batch: Batch, connection: dict[str, Any], associations: int) -> None:
        """Send a batch."""
        self._queue.extend(batch.candidates)
        workers = [_Worker(self, connection) for _ in range(min(associations, len(batch.candidates)))]
        threads = [threading.Thread(target=worker.run, name="dicomkit-send", daemon=True) for worker in workers[1:]]
        for thread in threads:
            thread.start()
        try:
            workers[0].run()
            for thread in threads:
                thread.join()
        except BaseException as error:
            self.stopped = error
        if self.stopped is not None:
            raise self.stopped
        reason = next((worker.error for worker in workers if worker.error is not None), None)
        while self._queue:  # no association could be opened any more
            one = self._found[id(self._queue.popleft())]
            one.error = reason
            self.done(one)

    def done(self, one: Sent) -> None:
        """Nothing more happens to an object."""
        with self._lock:
            self._done += 1
            if self._progress is not None and self.stopped is None:
                self._progress(one, self._done, self._total)

    def opened(self) -> int:
        """The number of an association that was opened."""
        with self._lock:
            self.associations += 1
            return self.associations

    def has_more(self) -> bool:
        return bool(self._queue) and self.stopped is None

    def next(self) -> tuple[Candidate, Sent] | None:
        """An object to be sent; None: there are no more."""
        try:
            each = self._queue.popleft()
        except IndexError:
            return None
        return (each, self._found[id(each)]) if self.stopped is None else None

    def again(self, each: Candidate, one: Sent, error: Exception) -> None:
        """The association was broken while an object was sent."""
        if one.attempts > self.retries or self.stopped is not None:
            one.error = error
            self.done(one)
        else:
            self._queue.appendleft(each)

    def store(self, association: Association, sources: Iterator[Outgoing]) -> Iterator[Stored]:
        return association.store_many(sources, transcode=self._transcode, priority=self._priority)


class _Worker:
    """Sends over one association at a time, as long as there is something to be sent."""

    def __init__(self, sending: _Sending, connection: dict[str, Any]) -> None:
        self.error: Exception | None = None
        self._sending = sending
        self._connection = connection
        self._under_way: dict[Outgoing, tuple[Candidate, Sent]] = {}
        self._number = 0

    def run(self) -> None:
        try:
            failures = 0
            while self._sending.has_more() and failures <= self._sending.retries:
                if failures:
                    sleep(min(self._sending.delay * 2 ** (failures - 1), LONGEST_PAUSE))
                try:
                    association = associate(**self._connection)
                except NetworkError as error:
                    self.error = error
                    if not _may_pass(error):
                        return
                    failures += 1
                    continue
                failures = 0 if self._use(association) else failures + 1
        except BaseException as error:  # of the program's progress; the one that has called `send` raises it
            self._sending.stopped = error

    def _use(self, association: Association) -> bool:
        """Send what there is over an association. Returns whether that has got on."""
        self._number = self._sending.opened()
        got_on = False
        try:
            with association:
                for stored in self._sending.store(association, self._sources()):
                    self._finished(stored)
                    got_on = True
        except NetworkError as error:
            self.error = error
            left, self._under_way = self._under_way, {}
            for outgoing, (each, one) in reversed(left.items()):
                if not outgoing.message_id:
                    one.attempts -= 1  # it was only read ahead
                self._sending.again(each, one, error)
        return got_on

    def _sources(self) -> Iterator[Outgoing]:
        while (found := self._sending.next()) is not None:
            each, one = found
            try:
                outgoing = Outgoing(each.source)
            except (DicomError, OSError, ValueError) as error:  # it was good a moment ago
                one.error = error
                self._sending.done(one)
                continue
            one.attempts += 1
            self._under_way[outgoing] = found
            yield outgoing

    def _finished(self, stored: Stored) -> None:
        assert isinstance(stored.source, Outgoing)  # all are
        _, one = self._under_way.pop(stored.source)
        one.status, one.error = stored.status, stored.error
        if stored.context is not None:
            one.association, one.context_id = self._number, stored.context.id
            one.sent_as = stored.context.transfer_syntax
        self._sending.done(one)


def _may_pass(error: NetworkError) -> bool:
    """Whether it makes sense to try again."""
    if isinstance(error, AssociationRejected):
        return error.result == REJECTED_TRANSIENT
    return not isinstance(error, (ProtocolError, NoPresentationContext))
