from collections.abc import Callable
from typing import Any, Final

from typing_extensions import Buffer

FAULTS: Final[tuple[tuple[str, str], ...]]

def parse(
    text: Buffer,
    *,
    encoding: tuple[bool, bool] | None = None,
    meta: bool = True,
    strict: bool = True,
    escapes: bool = False,
    load: Callable[[bytes, bool, bool], bytes | None] | None = None,
    dictionary: Any = None,
) -> tuple[bytes, bytes, bool, bool, list[tuple[int, int, int, str]]]: ...
