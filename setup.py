"""Builds the compiled kernels of `_ext/` as `dicomkit._ext`.

DICOMKIT_SANITIZE=1 builds them with AddressSanitizer, UBSan and Cython's bounds checks.
"""

import os
import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

sys.path.insert(0, str(Path(__file__).parent))
from tools.standard_tables import write_tables

SANITIZE = os.environ.get("DICOMKIT_SANITIZE") == "1"
MSVC = sys.platform == "win32"

COMPILE: list[str]
LINK: list[str]
if MSVC:
    COMPILE, LINK = ["/O2", "/std:c11"], []
elif SANITIZE:
    COMPILE = ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined"]
    LINK = ["-fsanitize=address,undefined"]
else:
    COMPILE, LINK = ["-O3", "-fvisibility=hidden"], []

write_tables(Path("facts"), Path("_ext/standard_tables.h"))

# `depends` puts the .pyx, .pxd and .h files into the sdist; cythonize has replaced them by build/*.c in `sources`.
SOURCES = [path.as_posix() for path in sorted(Path("_ext").iterdir())]

# The script that installers make imports `re`, which takes as long as the whole of a small dump; on Windows there must be
# an .exe all the same.
COMMAND: dict[str, object]
if MSVC:
    COMMAND = {"entry_points": {"console_scripts": ["dicomkit = dicomkit.cli:main"]}}
else:
    COMMAND = {"scripts": ["bin/dicomkit"]}

setup(
    **COMMAND,
    ext_modules=cythonize(
        [
            Extension(
                f"dicomkit._ext.{Path(source).stem}",
                [source],
                depends=SOURCES,
                include_dirs=["_ext"],
                extra_compile_args=COMPILE,
                extra_link_args=LINK,
            )
            for source in SOURCES
            if source.endswith(".pyx") and not (MSVC and "posix" in source)
        ],
        include_path=["_ext"],
        build_dir="build",
        compiler_directives={
            "language_level": 3,
            "boundscheck": SANITIZE,
            "wraparound": False,
            "cdivision": True,
            "freethreading_compatible": True,
            "autotestdict": False,
        },
    ),
)
