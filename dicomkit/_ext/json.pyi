from collections.abc import Callable, Iterable, Mapping
from typing import Final

from dicomkit._ext.tagstream import Index

OPTIONS: Final[Mapping[str, int]]

def render(
    parts: Iterable[
        tuple[
            Index,
            int,
            int | None,
            Callable[[int, int], bytes] | None,
            Callable[[bytes, str, bytes | None], bytes],
            Callable[[int], str | None] | None,
        ]
    ],
    write: Callable[[bytes], object] | None = None,
    *,
    options: int = 0,
    indent: int = 2,
    bulk_threshold: int = 0,
) -> str | None: ...
