"""Where dicomkit and pydicom read a file differently, and who is right.

File name -> path and what (see compare.Difference) -> the library that is right, and why. A difference that is not here
fails the test, and so does one that is here but is none any more.
"""

from __future__ import annotations

from typing import Final

DICOMKIT: Final = "dicomkit"
PYDICOM: Final = "pydicom"
BOTH: Final = "both"

Verdict = tuple[str, str]

_TRUNCATED: Verdict = (
    BOTH,
    "the file ends inside the value: dicomkit's length is that of the bytes that are there, pydicom's that of the header",
)

ACCEPTED: Final[dict[str, dict[tuple[str, str], Verdict]]] = {
    "MR_truncated.dcm": {("(7FE0,0010)", "length"): _TRUNCATED},
    "rtplan_truncated.dcm": {
        ("(300A,00B0)", "length"): _TRUNCATED,
        ("(300A,00B0)[0].(300A,0111)", "length"): _TRUNCATED,
        ("(300A,00B0)[0].(300A,0111)[0].(300A,012C)", "length"): _TRUNCATED,
    },
    "winter.dcm": {
        ("(0008,0018)", "offset"): (
            DICOMKIT,
            "the element stands there twice, which PS3.5 7.1 forbids; dicomkit takes the first one, as DCMTK does, and "
            "reports the second one; pydicom takes the last one. The values are the same",
        )
    },
    "badVR.dcm": {
        ("(0028,0008)", "value"): (
            DICOMKIT,
            "'1A' is no IS (PS3.5 table 6.2-1): dicomkit raises ValueDecodeError and keeps `raw`, pydicom gives the text",
        )
    },
    "priv_SQ.dcm": {
        ("(3F03,1001)", "VR"): (
            BOTH,
            "implicit VR and an unknown private element: nothing says that it is a sequence but its content, which is one "
            "(PS3.5 7.5); dicomkit looks, pydicom does so only where the length is undefined",
        )
    },
    "emri_small_jpeg_2k_lossless_too_short.dcm": {
        ("", "tags"): (
            DICOMKIT,
            "the sequence delimitation behind the fragments is missing (PS3.5 A.4); dicomkit reports that and keeps what "
            "was read, pydicom drops the whole data set",
        )
    },
}

# Files of pydicom that are no DICOM files, with the reason.
NOT_DICOM: Final[dict[str, str]] = {
    "no_meta.dcm": "a byte 20H stands before the first element, so nothing in it is where PS3.5 7.1 wants it; read with "
    "force=True, pydicom takes all of it for one element (0820,0500); DCMTK refuses it",
}
