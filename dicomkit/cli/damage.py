"""Which faults of a file make a command refuse it, as DCMTK's tools do, although they could be read over."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from dicomkit.cli.log import Log
    from dicomkit.dataset.dataset import Dataset

__all__ = ["find_damage"]


def find_damage(dataset: Dataset, tolerate: Collection[str], log: Log, name: str) -> str:
    """What a data set is refused for, as a sentence; "" if nothing. All other problems are logged as warnings.

    Args:
        dataset: the data set, as it was read.
        tolerate: kinds of damage (dicomkit.formats.dump.DAMAGE) that are none.
        log: for the warnings.
        name: of the file.
    """
    meta = dataset.file_meta
    indexes = (dataset._index, None if meta is None else meta._index)
    if not dataset._file_problems and not any(index is not None and index.faults for index in indexes):
        return ""  # as of nearly all files; making problems takes longer than reading a small one
    from dicomkit.formats.dump import DAMAGE, DAMAGE_NOT_OF_ITEMS

    damage = ""
    for problem in dataset.problems:
        of_item = problem.path.endswith("]") and problem.code in DAMAGE_NOT_OF_ITEMS
        if problem.code in DAMAGE and problem.code not in tolerate and not of_item:
            damage = damage or str(problem)
        else:
            log.warn(f"{problem}: {name}")
    return damage
