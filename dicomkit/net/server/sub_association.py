"""The association that a C-MOVE stores over (PS3.4 C.4.2)."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Final

from dicomkit.errors import DicomError, DimseError, NetworkError, NoPresentationContext
from dicomkit.net.association import associate
from dicomkit.net.negotiation import DEFAULT_TRANSFER_SYNTAXES
from dicomkit.net.outgoing import Outgoing

if TYPE_CHECKING:
    from dicomkit.net.association import Association
    from dicomkit.net.outgoing import Storable
    from dicomkit.net.server.destinations import Destination
    from dicomkit.net.transcoding import Transcode

__all__ = ["SubAssociation"]

MOST_CONTEXTS: Final = 128


class SubAssociation:
    """Stores objects at a destination.

    Which ones they are shows one by one: when there is one of a kind that the destination was not asked for, the association
    is replaced by another that has all kinds so far. Everything here blocks: it is for threads.

    Args:
        destination: where.
        called, calling: AE titles.
        originator: AE title and message ID of the C-MOVE.
        transcode: see `Move`.
        timeout: seconds to wait for each answer; None: no limit.
    """

    def __init__(
        self,
        destination: Destination,
        called: str,
        calling: str,
        originator: tuple[str, int],
        transcode: Transcode,
        timeout: float | None,
    ) -> None:
        self._destination = destination
        self._called = called
        self._calling = calling
        self._originator = originator
        self._transcode: Transcode = transcode
        self._timeout = timeout
        self._kinds: dict[tuple[str, str], None] = {}  # (SOP class, transfer syntax) that were asked for, in order
        self._association: Association | None = None
        self._lock = Lock()  # between the thread that stores and whoever ends it
        self._closed = False

    def store(self, source: Storable) -> tuple[str, int | None]:
        """Store an object. Returns its SOP instance, and the status; None if it could not be sent.

        Raises:
            NetworkError: the destination cannot be reached, or not any more.
        """
        instance = ""
        try:
            outgoing = Outgoing(source)
            outgoing.close()
            instance = outgoing.sop_instance_uid
            with self._lock:
                association = self._open((outgoing.sop_class_uid, outgoing.transfer_syntax))
                status = association.store(source, transcode=self._transcode, move_originator=self._originator)
            return instance, status.code
        except DimseError as error:
            return instance, error.status
        except NoPresentationContext:
            return instance, None
        except NetworkError:
            raise
        except (DicomError, OSError, ValueError, TypeError):  # of the object
            return instance, None

    def _open(self, kind: tuple[str, str]) -> Association:
        """An association that has asked for a kind of objects."""
        if self._closed:
            raise NetworkError("nothing more is to be stored")
        if kind not in self._kinds:
            self._release()
            if (len(self._kinds) + 1) * 2 > MOST_CONTEXTS:
                self._kinds.clear()
            self._kinds[kind] = None
        if self._association is None:
            host, port, *rest = self._destination
            contexts: list[tuple[str, tuple[str, ...]]] = []
            for sop_class, syntax in self._kinds:
                contexts.append((sop_class, (syntax,)))
                others = tuple(other for other in DEFAULT_TRANSFER_SYNTAXES if other != syntax)
                if (sop_class, others) not in contexts:
                    contexts.append((sop_class, others))
            self._association = associate(
                host,
                port,
                contexts=contexts,
                called=self._called,
                calling=self._calling,
                tls=rest[0] if rest else None,
                connect_timeout=self._timeout,
                acse_timeout=self._timeout,
                dimse_timeout=self._timeout,
            )
        return self._association

    def close(self) -> None:
        """Release the association, after what is being stored. Nothing is stored any more."""
        with self._lock:
            self._closed = True
            self._release()

    def _release(self) -> None:
        association, self._association = self._association, None
        if association is not None:
            try:
                association.release()
            except NetworkError:
                association.abort()  # everything that was stored was answered
