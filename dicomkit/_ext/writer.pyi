from collections.abc import Callable, Collection
from typing import Any

from typing_extensions import Buffer

from dicomkit._ext.view import DatasetView

NEVER_SIGNED_TEXT: str

class Encoded:
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def parts(self) -> list[bytes | bytearray | memoryview | tuple[Any, Any, int, int]]: ...
    def in_memory(self) -> bool: ...
    def joined(self, before: bytes = b"") -> bytes: ...

def encode_dataset(
    dataset: DatasetView,
    *,
    character_sets: Callable[[Any], Any],
    implicit_vr: bool = False,
    big_endian: bool = False,
    encapsulated: bool = False,
    sequence_length: str = "keep",
    group_length: str = "keep",
    padding: tuple[int, int] | None = None,
    before: int = 0,
    old_vrs: bool = False,
    turn_pixels: bool = False,
) -> Encoded: ...
def encode_mac(
    dataset: DatasetView,
    *,
    character_sets: Callable[[Any], Any],
    tags: Collection[int] | None = None,
    implicit_vr: bool = False,
    big_endian: bool = False,
    encapsulated: bool = False,
    turn_pixels: bool = False,
    around: Any = None,
) -> Encoded: ...
def tags_to_sign(dataset: DatasetView, skipped: Collection[int]) -> list[int]: ...
def believed_fragments(encoded: Encoded) -> list[tuple[Any, bytes]]: ...
def signable(
    dataset: DatasetView,
    *,
    character_sets: Callable[[Any], Any],
    tags: Collection[int] | None = None,
    implicit_vr: bool = False,
) -> list[tuple[int, str | None]]: ...
def turned(data: Buffer, unit: int) -> bytes: ...
