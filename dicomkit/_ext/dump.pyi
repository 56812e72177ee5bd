from collections.abc import Callable, Mapping
from typing import Final

from dicomkit._ext.tagstream import Index

OPTIONS: Final[Mapping[str, int]]

def render(
    index: Index,
    write: Callable[[bytes], object],
    first: int = 0,
    stop: int | None = None,
    *,
    options: int = ...,
    level: int = 1,
    scope: int | None = None,
    load_limit: int | None = None,
    fetch: Callable[[int, int], bytes] | None = None,
    convert: Callable[[bytes, str, bytes], bytes | None] | None = None,
    write_pixels: Callable[[int, int, bool], bytes] | None = None,
) -> None: ...
def transfer_syntax_name(uid: str) -> str: ...
def unfragmented_pixel_data(index: Index, uid: str) -> int | None: ...
def bytes_in_memory(index: Index, offset: int, length: int) -> bytes | None: ...
def search(index: Index, tag: int) -> list[int]: ...
def children(index: Index, record: int | None = None) -> list[tuple[int, int]]: ...
