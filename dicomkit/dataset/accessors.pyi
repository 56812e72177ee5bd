from collections.abc import Callable
from typing import IO, Any, Literal, Unpack

import pydicom  # type: ignore[import-not-found, unused-ignore]  # an optional peer

from dicomkit.dataset.dataset import Dataset
from dicomkit.dataset.element import DataElement
from dicomkit.errors import ParseError
from dicomkit.media.writer import Options
from dicomkit.typing import BytesLike, StrPath

class Accessors:
    def save(self, target: StrPath | IO[bytes], *, fsync: bool = False, **options: Unpack[Options]) -> None: ...
    def to_bytes(self, **options: Unpack[Options]) -> bytes: ...
    def to_json(
        self,
        *,
        bulk_data: Callable[[DataElement], str | None] | None = None,
        bulk_threshold: int = 1024,
        encapsulated: Literal["error", "omit"] = "error",
        numbers: Literal["auto", "number", "string"] = "auto",
        nan: Literal["error", "null", "extended"] = "error",
        character_set: Literal["keep", "utf-8"] = "keep",
        meta: bool = False,
        indent: int | None = None,
    ) -> str: ...
    @staticmethod
    def from_json(
        source: str | BytesLike | IO[Any] | dict[str, Any] | list[Any],
        *,
        bulk_data: Callable[[str], bytes | None] | None = None,
        character_set: Literal["keep", "utf-8"] = "keep",
        on_error: Callable[[ParseError], object] | None = None,
    ) -> Dataset: ...
    def to_pydicom(self) -> pydicom.Dataset: ...
