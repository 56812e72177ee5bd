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
    options: int,
    convert: Callable[[bytes, str, bytes | None], bytes],
    load_limit: int | None = None,
    fetch: Callable[[int, int], bytes] | None = None,
    refer: Callable[[int, str, int], bytes | None] | None = None,
    characters: bytes | None = None,
    inserted: bytes | None = None,
) -> int: ...
def has_extended_text(index: Index, fetch: Callable[[int, int], bytes] | None = None, *, all_vrs: bool = False) -> bool: ...
