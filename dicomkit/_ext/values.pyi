from collections.abc import Callable
from typing import Any

API: Any  # PyCapsule, see values.h

def bind(
    *,
    tag: type[int],
    uid: type[str],
    person_name: type[str],
    date: type[str],
    time: type[str],
    date_time: type[str],
    decode_text: Callable[..., tuple[str, ...]],
) -> None: ...
