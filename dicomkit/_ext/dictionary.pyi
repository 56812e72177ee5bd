from collections.abc import Iterable
from typing import Any, Self, TypeAlias

from typing_extensions import disjoint_base

# groups, elements, VRs, VM, keyword, name, retired, creator
DictionaryRow: TypeAlias = tuple[
    tuple[int, int, int], tuple[int, int, int], tuple[str, ...], str, str, str, bool, str | None
]

@disjoint_base
class Dictionary:
    def __new__(cls, rows: Iterable[DictionaryRow] = ...) -> Self: ...
    @property
    def rows(self) -> tuple[DictionaryRow, ...]: ...
    @property
    def capsule(self) -> Any: ...  # "dicomkit.UserDictionary", see standard.h; valid as long as the Dictionary
    def __len__(self) -> int: ...
    def __reduce__(self) -> tuple[object, ...]: ...
