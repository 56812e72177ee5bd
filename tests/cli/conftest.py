"""What the tests of the commands need: data sets to order, and a command run without a process."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import dicomkit
from dicomkit.cli import run

if TYPE_CHECKING:
    from tests.security.pki import Pki

LONG_HEADER = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
UNDEFINED = 0xFFFFFFFF


class Build:
    """Encodes data sets (PS3.5 section 7)."""

    @staticmethod
    def element(tag: int, vr: str, value: bytes = b"", length: int | None = None, order: str = "<") -> bytes:
        """An element with explicit VR; `length` is what its header says."""
        if length is None:
            length = len(value)
        header = struct.pack(order + "HH", tag >> 16, tag & 0xFFFF) + vr.encode()
        if vr in LONG_HEADER:
            return header + b"\0\0" + struct.pack(order + "I", length) + value
        return header + struct.pack(order + "H", length) + value

    @staticmethod
    def implicit(tag: int, value: bytes = b"", length: int | None = None) -> bytes:
        """An element with implicit VR."""
        return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value) if length is None else length) + value

    @staticmethod
    def item(content: bytes = b"", undefined: bool = False) -> bytes:
        """An item, or a fragment."""
        start = struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED if undefined else len(content))
        return start + content + (struct.pack("<HHI", 0xFFFE, 0xE00D, 0) if undefined else b"")

    def sequence(self, tag: int, *items: bytes, undefined: bool = False, vr: str = "SQ") -> bytes:
        """A sequence of items, or encapsulated pixel data."""
        content = b"".join(items)
        if not undefined:
            return self.element(tag, vr, content)
        return self.element(tag, vr, content + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0), UNDEFINED)

    def file(self, *elements: bytes, transfer_syntax: str = "1.2.840.10008.1.2.1") -> bytes:
        """A file of PS3.10 around a data set."""
        uid = transfer_syntax.encode()
        meta = self.element(0x00020010, "UI", uid + b"\0" * (len(uid) % 2))
        length = self.element(0x00020000, "UL", struct.pack("<I", len(meta)))
        return bytes(128) + b"DICM" + length + meta + b"".join(elements)


@pytest.fixture(scope="session")
def build() -> Build:
    return Build()


@dataclass
class Result:
    """What a command did."""

    code: int
    out: bytes
    err: str

    @property
    def dataset(self) -> list[str]:
        """The lines of the data set in a dump."""
        return self.out.decode("latin-1").split("# Used TransferSyntax: ")[-1].splitlines()[1:]


@pytest.fixture
def tool() -> Callable[..., Result]:
    """Run a command of `dicomkit`."""

    def call(*arguments: str) -> Result:
        out, err = io.BytesIO(), io.StringIO()
        code = run(arguments, out, err)
        return Result(code, out.getvalue(), err.getvalue())

    return call


@pytest.fixture(scope="session")
def fragments() -> Callable[[str], list[bytes]]:
    """The items of the pixel data of a file, the Basic Offset Table first (PS3.5 A.4)."""

    def split(name: str) -> list[bytes]:
        data, at, found = dicomkit.read(name)["PixelData"].raw, 0, []
        while data[at : at + 4] == b"\xfe\xff\x00\xe0":
            (length,) = struct.unpack_from("<I", data, at + 4)
            found.append(data[at + 8 : at + 8 + length])
            at += 8 + length
        return found

    return split


@pytest.fixture(scope="session")
def small_files(pydicom_files: list[Path], examples_dir: Path) -> list[Path]:
    """Real files, and the examples, of a size that tests can afford."""
    files = [*pydicom_files, *sorted(examples_dir.glob("*.dcm"))]
    return [path for path in files if path.stat().st_size <= 300_000 and path.name != "README"]


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Keys, certificates and revocation lists for signatures; each is made when it is first asked for."""
    from tests.security.pki import Pki  # cryptography: not for the tests of all other commands

    return Pki(tmp_path_factory.mktemp("pki"))
