"""Make the example files: small synthetic DICOM objects, the same bytes in every run.

    python make_examples.py [FOLDER]

Needs nothing but Python. FOLDER is where this script is, unless named.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ct import ct_image
from encoding import (
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    EXPLICIT_LITTLE_UNDEFINED,
    IMPLICIT_LITTLE,
    RLE_LOSSLESS,
    file_bytes,
)
from enhanced_ct import enhanced_ct
from report import report
from secondary_capture import japanese, rle
from structure_set import structure_set


def examples() -> dict[str, bytes]:
    """File name to content."""
    ct = ct_image()
    return {
        "ct.dcm": file_bytes(ct, EXPLICIT_LITTLE, "latin-1"),
        "ct_implicit.dcm": file_bytes(ct, IMPLICIT_LITTLE, "latin-1"),
        "ct_big_endian.dcm": file_bytes(ct, EXPLICIT_BIG, "latin-1"),
        "ct_deflated.dcm": file_bytes(ct, DEFLATED, "latin-1"),
        "enhanced.dcm": file_bytes(enhanced_ct(), EXPLICIT_LITTLE_UNDEFINED, "utf-8"),
        "japanese.dcm": file_bytes(japanese(), EXPLICIT_LITTLE),
        "report.dcm": file_bytes(report(), EXPLICIT_LITTLE, "utf-8"),
        "rle.dcm": file_bytes(rle(), RLE_LOSSLESS, "latin-1"),
        "rtstruct.dcm": file_bytes(structure_set(), EXPLICIT_LITTLE, "latin-1"),
    }


def main(folder: Path) -> None:
    """Write all files to a folder."""
    for name, content in examples().items():
        (folder / name).write_bytes(content)
        print(f"{len(content):7} {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
