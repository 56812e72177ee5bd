"""The names of dicomkit.standard."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dicomkit import standard


def test_all_names_are_there() -> None:
    assert sorted(standard._MODULES) == sorted(standard.__all__)
    for name in standard.__all__:
        assert getattr(standard, name) is not None
        assert name in dir(standard)


def test_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        standard.nothing  # noqa: B018


def test_import_loads_nothing_that_is_not_used() -> None:
    code = (
        "import sys; import dicomkit.standard; before = set(sys.modules);"
        "assert not any(name.startswith('dicomkit.standard.') for name in before), before;"
        "from dicomkit.standard import Tag; Tag('PatientName').name;"
        "new = set(sys.modules) - before;"
        "assert new <= {'importlib', 'dicomkit.standard.tag', 'dicomkit._ext', 'dicomkit._ext.standard'}"
        " | {n for n in new if n.startswith(('importlib', '_', 'warnings', 'cython'))}, new"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
