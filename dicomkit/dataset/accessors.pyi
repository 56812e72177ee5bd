from collections.abc import Callable
from typing import IO, Any, Literal, Unpack

import pydicom  # type: ignore[import-not-found, unused-ignore]  # an optional peer

from dicomkit.dataset.dataset import Dataset
from dicomkit.errors import ParseError
from dicomkit.formats import json, xml
from dicomkit.media import writer
from dicomkit.pixels.pixel_data import PixelData
from dicomkit.typing import BytesLike, StrPath

class Accessors:
    def save(
        self,
        target: StrPath | IO[bytes],
        *,
        fsync: bool = False,
        flush: bool = True,
        **options: Unpack[writer.Options],
    ) -> None: ...
    def to_bytes(self, **options: Unpack[writer.Options]) -> bytes: ...
    def to_json(self, **options: Unpack[json.Options]) -> str: ...
    @staticmethod
    def from_json(
        source: str | BytesLike | IO[Any] | dict[str, Any] | list[Any],
        *,
        bulk_data: Callable[[str], bytes | None] | None = None,
        character_set: Literal["keep", "utf-8"] = "keep",
        on_error: Callable[[ParseError], object] | None = None,
    ) -> Dataset: ...
    def to_xml(self, **options: Unpack[xml.Options]) -> bytes: ...
    @staticmethod
    def from_xml(
        source: str | bytes | IO[bytes],
        *,
        bulk_data: Callable[[str], bytes | None] | None = None,
        on_error: Callable[[ParseError], object] | None = None,
    ) -> Dataset: ...
    def to_pydicom(self) -> pydicom.Dataset: ...
    @property
    def pixels(self) -> PixelData: ...
    def compress(
        self,
        transfer_syntax: str,
        *,
        new_instance: bool | None = None,
        fragment_size: int | None = None,
        offset_table: bool = True,
        original_size: float | None = None,
        workers: int | None = None,
        **options: Any,
    ) -> None: ...
    def decompress(
        self,
        transfer_syntax: str = "ExplicitVRLittleEndian",
        *,
        color: Literal["rgb", "raw"] | None = None,
        by_plane: bool = False,
        offset_tables: bool = True,
        workers: int | None = None,
        **options: Any,
    ) -> None: ...
