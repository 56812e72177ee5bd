"""Which studies are being received, and when one is complete, as `storescp` sees it (`--sort-...`, `--exec-on-eostudy`).

A study is complete when something of another study comes, or when nothing has come for a while. Several associations at
once are no problem: a study is not complete as long as one of them has it in hand.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Studies", "Study"]


class Study:
    """A study that is being received.

    Attributes:
        uid: Study Instance UID.
        folder: where its objects are put.
        files: names of their files, in the order in which they came.
        last: when the last one came.
        sources: the associations that have it in hand.
    """

    __slots__ = ("files", "folder", "last", "sources", "uid")

    def __init__(self, uid: str, folder: str) -> None:
        self.uid = uid
        self.folder = folder
        self.files: list[str] = []
        self.last = 0.0
        self.sources: set[Hashable] = set()


class Studies:
    """The studies that are being received. There is no clock inside: times are what the caller says."""

    def __init__(self) -> None:
        self._open: dict[str, Study] = {}

    def arrived(self, source: Hashable, uid: str, now: float, folder: Callable[[], str]) -> tuple[Study, list[Study]]:
        """An object has come.

        Args:
            source: the association that it came over.
            uid: its Study Instance UID.
            now: the time.
            folder: makes the folder, for the first object of a study.

        Returns:
            Its study, and the studies that are complete now.
        """
        study = self._open.get(uid)
        if study is None:
            study = self._open[uid] = Study(uid, folder())
        study.last = now
        study.sources.add(source)
        complete = []
        for other in list(self._open.values()):
            if other is not study:
                other.sources.discard(source)
                if not other.sources:
                    complete.append(self._open.pop(other.uid))
        return study, complete

    def association_ended(self, source: Hashable) -> None:
        """An association has ended. The next one may go on with its study, so that is complete only when another comes."""
        for study in self._open.values():
            study.sources.discard(source)

    def expired(self, before: float) -> list[Study]:
        """The studies that are complete because nothing has come since `before`."""
        late = [study for study in self._open.values() if study.last <= before]
        for study in late:
            del self._open[study.uid]
        return late

    def __len__(self) -> int:
        return len(self._open)
