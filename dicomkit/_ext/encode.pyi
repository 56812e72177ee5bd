from typing import Any

API: Any  # PyCapsule, see encode.h

def encode_value(vr: str, value: Any, character_sets: Any, big_endian: bool) -> bytes: ...
