"""Pixel data and fragments as numbered files."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

    from dicomkit.formats.dump import Subject

__all__ = ["PixelFiles"]


class PixelFiles:
    """Writes what a dump would print of pixel data.

    Args:
        stem: the files are `<stem>.0.raw`, `<stem>.1.raw` ...
        subject: where the bytes are.

    Attributes:
        skipped: files that were not written, because they are there already or cannot be written.
    """

    def __init__(self, stem: str, subject: Subject) -> None:
        self.stem = stem
        self.subject = subject
        self.count = 0
        self.skipped: list[str] = []

    def write(self, offset: int, length: int, swap: bool) -> bytes:
        name = f"{self.stem}.{self.count}.raw"
        self.count += 1
        try:
            with open(name, "xb") as file:
                self.copy(file, offset, length, swap)
        except OSError:
            self.skipped.append(name)
        return b"=" + os.fsencode(name)

    def copy(self, file: IO[bytes], offset: int, length: int, swap: bool) -> None:
        step = 1 << 20
        for start in range(offset, offset + length, step):
            block = self.subject.read(start, min(step, offset + length - start))
            if swap:
                swapped = bytearray(block)
                even = len(block) & ~1
                swapped[0:even:2], swapped[1:even:2] = block[1:even:2], block[0:even:2]
                block = bytes(swapped)
            file.write(block)
