"""Where all peers are promised, they are there: a test that skips for want of one says nothing."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest

MODULES = ("fsspec", "gdcm", "imagecodecs", "jpeg_ls", "libjpeg", "numpy", "openjpeg", "pydicom", "pylibjpeg", "rle")
COMMANDS = ("dcmdump", "dcmcjpeg", "dcmdjpls", "dcmsign", "gdcmconv", "dciodvfy", "openssl")

pytestmark = pytest.mark.skipif(os.environ.get("DICOMKIT_REQUIRE_PEERS") != "1", reason="DICOMKIT_REQUIRE_PEERS is not 1")


@pytest.mark.parametrize("name", MODULES)
def test_a_package_is_installed(name: str) -> None:
    assert importlib.util.find_spec(name) is not None


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_installed(name: str) -> None:
    assert shutil.which(name) is not None
