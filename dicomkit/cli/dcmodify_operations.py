"""The operations of `dicomkit dcmodify`: what its command line says, as calls of `dicomkit.dataset.edit`."""

from __future__ import annotations

from dicomkit.dataset import edit
from dicomkit.dataset.edit_path import parse_steps
from dicomkit.dataset.literal import Literal
from dicomkit.standard.uid import UID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from dicomkit.cli.options import Options
    from dicomkit.dataset.dataset import Dataset
    from dicomkit.standard.user_dictionary import Dictionary

__all__ = ["Operation"]

#: UID of the data set -> that of the File Meta Information which says the same.
META_UIDS: Final = {0x00080016: 0x00020002, 0x00080018: 0x00020003}


class Operation:
    """One operation of a command line.

    Args:
        kind: what it does, a key of KINDS.
        text: its argument, `path=value` or a path.
        options: how it does it.
        dictionary: the user's, to look keywords up in.
    """

    def __init__(self, kind: str, text: str, options: Options, dictionary: Dictionary | None = None) -> None:
        self.kind = kind
        self.path, _, self.value = text.partition("=")
        self.ignore_missing = options.get("ignore_missing", False) and kind in IGNORABLE
        self.skip_un = options.get("skip_un", False)
        self.check_creators = options.get("check_creators", True)
        self._dictionary = dictionary
        self._given: Any = None
        self._steps: Any = None

    def __str__(self) -> str:
        return f"{self.kind}|{self.path}|{self.value}"

    def run(self, dataset: Dataset) -> None:
        """Carry it out.

        Raises:
            ValueError: it cannot be; the message says why.
            KeyError: there is no such element.
            OSError: the file with the value cannot be read.
        """
        if self._steps is None and self.kind != "erase-private":
            if not self.path:
                raise ValueError("there is no tag path")
            self._steps = parse_steps(self.path, self._dictionary)
        if not KINDS[self.kind](self, dataset) and not self.ignore_missing:
            raise KeyError(self.path)

    @property
    def sets_meta_uid(self) -> bool:
        """Whether it may set a UID that the File Meta Information has too, other than with a new one."""
        return self.kind in VALUED and bool(self._steps) and self._steps[-1][0] in META_UIDS

    def _literal(self) -> Any:
        if self._given is None:
            self._given = Literal(self.value)
        return self._given

    def _contents(self) -> Any:
        """The value in a file, which is read once for all data sets."""
        if self._given is None:
            if not self.value:
                raise ValueError("there is no name of the file with the value")
            with open(self.value, "rb") as file:
                data = file.read()
            if len(data) % 2:
                raise ValueError(f"a value has an even number of bytes, and {self.value} has {len(data)}")
            self._given = edit.EncodedValue(data)
        return self._given

    def _insert(self, dataset: Dataset) -> int:
        value = self._literal()
        return edit.insert(dataset, self._steps, value, check_creators=self.check_creators, skip_un=self.skip_un)

    def _insert_from_file(self, dataset: Dataset) -> int:
        value = self._contents()
        return edit.insert(dataset, self._steps, value, check_creators=self.check_creators, skip_un=self.skip_un)

    def _modify(self, dataset: Dataset) -> int:
        return edit.modify(dataset, self._steps, self._literal(), skip_un=self.skip_un)

    def _modify_from_file(self, dataset: Dataset) -> int:
        return edit.modify(dataset, self._steps, self._contents(), skip_un=self.skip_un)

    def _modify_all(self, dataset: Dataset) -> int:
        return edit.modify_all(dataset, self._steps, self._literal(), skip_un=self.skip_un)

    def _erase(self, dataset: Dataset) -> int:
        return edit.erase(dataset, self._steps)

    def _erase_all(self, dataset: Dataset) -> int:
        return edit.erase_all(dataset, self._steps)

    def _erase_private(self, dataset: Dataset) -> int:
        edit.erase_private(dataset)
        return 1

    def _generate(self, dataset: Dataset) -> int:
        return edit.insert(dataset, self._steps, UID.generate())


KINDS: Final[dict[str, Callable[[Operation, Dataset], int]]] = {
    "insert": Operation._insert,
    "insert-from-file": Operation._insert_from_file,
    "modify": Operation._modify,
    "modify-from-file": Operation._modify_from_file,
    "modify-all": Operation._modify_all,
    "erase": Operation._erase,
    "erase-all": Operation._erase_all,
    "erase-private": Operation._erase_private,
    "generate": Operation._generate,
}

#: Those that may find nothing, which -imt takes for success.
IGNORABLE: Final = ("modify", "modify-from-file", "modify-all", "erase", "erase-all")
#: Those that set a value of the command line.
VALUED: Final = ("insert", "insert-from-file", "modify", "modify-from-file", "modify-all")
