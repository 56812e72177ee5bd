"""Where dicomkit and a peer have different pixels of a file, and who is right.

File name -> peer -> (who is right, largest difference of a sample or None where the peer has no pixels, why). What is not
here and differs fails the test. Peers: pydicom (native pixel data, and RLE by itself), its plug-ins gdcm, pylibjpeg and
pyjpegls, DCMTK's dcmdjpeg, dcmdjpls and dcmdrle, and gdcmconv.
"""

from __future__ import annotations

from typing import Final

DICOMKIT: Final = "dicomkit"
BOTH: Final = "both"

Verdict = tuple[str, int | None, str]

_IDCT: Final = (
    "the inverse DCT of libjpeg (pylibjpeg) rounds 1.0 to 1.4 % of the samples otherwise than one in double precision, that "
    "of libjpeg-turbo 0 to 0.7 %; T.83 allows both. What DCMTK and GDCM give is what we give"
)
_IDCT_1: Final = {"pylibjpeg": (DICOMKIT, 1, _IDCT)}
_IDCT_COLOR: Final = {"pylibjpeg": (DICOMKIT, 3, f"{_IDCT}; where chrominance is interpolated, differences add up")}

_NO_TWELVE_BITS: Final[Verdict] = (DICOMKIT, None, "GDCM decodes lossy JPEG of 8 bits only")
_NO_SINGLE_BITS: Final[Verdict] = (DICOMKIT, None, "it does not know RLE of single bits, packed as they are natively")
_NO_DEFLATED: Final[Verdict] = (DICOMKIT, None, "it does not know Deflated Image Frame Compression (PS3.5 8.2.16)")
_NO_HTJ2K: Final[Verdict] = (DICOMKIT, None, "GDCM 3.0 does not know HTJ2K")
_RLE_COLOR: Final = (
    "gdcmconv takes the segments of 16 and 32 bits in another order when it writes; its plug-in for pydicom does not"
)
_ALL: Final = ("pydicom", "gdcm", "pylibjpeg", "gdcmconv")
_RLE_BITS: Final = dict.fromkeys((*_ALL, "dcmdrle"), _NO_SINGLE_BITS)
_DAMAGED: Final = dict.fromkeys(_ALL, (BOTH, None, "damaged on purpose: nobody decodes it"))
_UNDELIMITED: Final[Verdict] = (
    DICOMKIT,
    None,
    "the last fragments and the sequence delimitation are missing (PS3.5 A.4): we give the frames that are there",
)

VERDICTS: Final[dict[str, dict[str, Verdict]]] = {
    "JPGExtended.dcm": {**_IDCT_1, "gdcm": _NO_TWELVE_BITS},
    "SC_jpeg_no_color_transform.dcm": _IDCT_1,
    "SC_jpeg_no_color_transform_2.dcm": _IDCT_1,
    "SC_rgb_dcmtk_+eb+cr.dcm": _IDCT_1,
    "SC_rgb_dcmtk_+eb+cy+n1.dcm": _IDCT_1,
    "SC_rgb_dcmtk_+eb+cy+np.dcm": _IDCT_1,
    "SC_rgb_jpeg_lossy_gdcm.dcm": _IDCT_1,
    "color3d_jpeg_baseline.dcm": _IDCT_COLOR,
    "examples_ybr_color.dcm": _IDCT_COLOR,
    "SC_rgb_jpeg.dcm": {
        **_IDCT_1,
        "dcmdjpeg": (
            DICOMKIT,
            None,
            "the data set is in implicit VR, which its transfer syntax does not have: DCMTK cannot read it",
        ),
    },
    "JPEG-lossy.dcm": {
        "gdcm": _NO_TWELVE_BITS,
        "pylibjpeg": (
            DICOMKIT,
            None,
            "a quantisation table behind the frame header, as T.81 B.2.4 allows, is misplaced for libjpeg",
        ),
    },
    "JLSL_08_07_0_1F.dcm": {
        "gdcm": (DICOMKIT, None, "GDCM refuses a precision of 7 bits, which T.87 has"),
        "dcmdjpls": (
            DICOMKIT,
            None,
            "DCMTK 3.6.7 refuses a precision of 7 bits, which T.87 has; CharLS decodes it as we do",
        ),
        "gdcmconv": (DICOMKIT, None, "GDCM 3.2 refuses a precision of 7 bits, which T.87 has; GDCM 3.0 decodes it as we do"),
    },
    "SC_rgb_rle_16bit.dcm": {"gdcmconv": (DICOMKIT, 0xFFFF, _RLE_COLOR)},
    "SC_rgb_rle_32bit.dcm": {"gdcmconv": (DICOMKIT, 0xFFFFFFFF, _RLE_COLOR)},
    "SC_rgb_rle_16bit_2frame.dcm": {"gdcmconv": (DICOMKIT, None, "gdcmconv fails in writing it")},
    "SC_rgb_rle_32bit_2frame.dcm": {"gdcmconv": (DICOMKIT, None, "gdcmconv fails in writing it")},
    "liver_rle.dcm": _RLE_BITS,
    "liver_nonbyte_aligned_rle.dcm": _RLE_BITS,
    "liver_deflate.dcm": {"pydicom": _NO_DEFLATED, "gdcmconv": _NO_DEFLATED},
    "liver_nonbyte_aligned_deflate.dcm": {"pydicom": _NO_DEFLATED, "gdcmconv": _NO_DEFLATED},
    "HTJ2KLossless_08_RGB.dcm": {"gdcmconv": _NO_HTJ2K},
    "HTJ2K_08_RGB.dcm": {"gdcmconv": _NO_HTJ2K},
    # Native
    "OT-PAL-8-face.dcm": {
        "pydicom": (DICOMKIT, None, "no file meta information: pydicom wants one for pixels, we see implicit VR")
    },
    "badVR.dcm": {"pydicom": (DICOMKIT, None, "NumberOfFrames is '1A': pydicom raises, we count the frames that are there")},
    # Damaged
    "emri_small_jpeg_2k_lossless_too_short.dcm": dict.fromkeys(_ALL, _UNDELIMITED),
    "JPEG2000-embedded-sequence-delimiter.dcm": _DAMAGED,
    "MR_truncated.dcm": {"pydicom": (BOTH, None, "the last bytes of the only frame are missing: both raise")},
    "meta_missing_tsyntax.dcm": {"pydicom": (BOTH, None, "it has no Rows")},
    "nested_priv_SQ.dcm": {"pydicom": (BOTH, None, "it has no Rows")},
}
