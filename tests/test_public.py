"""The public names: one table, loaded when they are used, and cheap to import."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import dicomkit

PACKAGE = Path(dicomkit.__file__).parent
ROOT = Path(__file__).parents[1]

# What programs rely on
NAMES = {
    "AssociationAborted", "AssociationRejected", "CodecError", "ConnectError", "DataElement", "Dataset", "Date",
    "DateTime", "DicomError", "Dictionary", "Difference", "DimseError", "EncodeError", "NetworkError",
    "NoPresentationContext", "ParseError", "PersonName", "Problem", "ProtocolError", "Sequence", "Server",
    "SignatureError", "SourceChanged", "Tag", "Time", "Timeout", "TrustStore", "UID", "UnsupportedTransferSyntax",
    "ValueDecodeError", "aio", "associate", "diff", "from_pydicom", "new", "read", "send", "sign", "verify",
    "write_stream",
}  # fmt: skip

# What a program that only reads must not pay for
HEAVY = {
    "numpy",
    "re",
    "enum",
    "dataclasses",
    "typing",
    "pathlib",
    "argparse",
    "logging",
    "inspect",
    "asyncio",
    "zlib",
    "fsspec",
}


def python(code: str, *arguments: str) -> str:
    """Run code in a bare interpreter that has nothing but dicomkit."""
    command = [sys.executable, "-P", "-S", "-c", code, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def type_checking_imports() -> dict[str, str]:
    """Name -> module of the imports that only type checkers see."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name)]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def test_one_table_of_names() -> None:
    assert set(dicomkit.__all__) == set(dicomkit._HOMES) == set(type_checking_imports()) == NAMES
    assert type_checking_imports() == dicomkit._HOMES
    assert len(dicomkit.__all__) == len(NAMES)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_name_is_what_its_home_has(name: str) -> None:
    home = __import__(dicomkit._HOMES[name], fromlist=[name])
    assert getattr(dicomkit, name) is getattr(home, name)
    assert name in home.__all__
    assert name in dir(dicomkit)
    assert getattr(dicomkit, name).__doc__


def test_no_other_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'dcmread'"):
        getattr(dicomkit, "dcmread")  # noqa: B009  # no type checker would let it pass
    namespace: dict[str, object] = {}
    exec("from dicomkit import *", namespace)
    assert set(namespace) - {"__builtins__"} == NAMES


def test_importing_loads_nothing_that_is_not_used() -> None:
    loaded = python("import sys; before = set(sys.modules); import dicomkit; print(*sorted(set(sys.modules) - before))")
    assert set(loaded.split()) <= {"dicomkit", "__future__"}


def test_reading_and_looking_load_nothing_heavy(examples_dir: Path) -> None:
    code = """
import sys, dicomkit
ds = dicomkit.read(sys.argv[1])
ds.PatientName.family_name, ds.StudyDate, ds.PixelData, str(ds), [element.name for element in ds.walk()]
print(*sorted(sys.modules))
"""
    loaded = python(code, str(examples_dir / "ct.dcm")).split()
    assert HEAVY.intersection(loaded) == set()
    assert len([name for name in loaded if name.startswith("dicomkit")]) < 40


def test_version() -> None:
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert dicomkit.__version__ == project["version"]


def test_typed() -> None:
    assert (PACKAGE / "py.typed").exists()
    assert (PACKAGE / "dataset" / "_keywords.pyi").exists()
