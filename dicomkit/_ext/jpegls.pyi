from typing import Literal, TypeAlias

from typing_extensions import Buffer

_Interleave: TypeAlias = Literal["none", "line", "sample"]

# (MAXVAL, T1, T2, T3, RESET), T.87 C.2.4.1.1; 0 is the default
_Presets: TypeAlias = tuple[int, int, int, int, int]

# (width, height, components, bits, near, interleave, presets, restart_interval, colour_transform): what is said of the first
# scan, and the coding parameters that it is decoded with; how many lines there are between restart markers, 0 if there are
# none; HP's colour transform, 1 to 3, or 0
_Header: TypeAlias = tuple[int, int, int, int, int, _Interleave, _Presets, int, int]

def header(data: Buffer) -> _Header:
    """Read what a codestream says of itself, up to its first scan.

    Raises:
        CodecError: it is not JPEG-LS (SOF55), or its segments contradict each other.
    """

def decode(data: Buffer, out: Buffer, *, planar: bool = False) -> None:
    """Decode a frame. HP's colour transforms are undone where components are interleaved.

    Args:
        data: the codestream; what is behind its last scan does not matter.
        out: writable, contiguous, of exactly the size of the image: one byte a sample up to 8 bits, else two in the order of
            this machine. Where the codestream is damaged it holds the lines before that.
        planar: plane by plane, not pixel by pixel.

    Raises:
        CodecError: as `header`; the codestream is damaged or ends early; it has what is not decoded: subsampled components,
            mapping tables, point transforms, extensions (ISO/IEC 14495-2); `out` has another size.

    ITU-T T.87.
    """

def encode(
    samples: Buffer,
    width: int,
    height: int,
    components: int,
    bits: int,
    *,
    planar: bool = False,
    near: int = 0,
    interleave: _Interleave = "sample",
    presets: _Presets | None = None,
    restart_interval: int = 0,
) -> bytes:
    """Encode a frame.

    Args:
        samples: contiguous, in the layout that `decode` gives.
        bits: 2 to 16. No sample may have more, or be larger than MAXVAL.
        near: how much a decoded sample may differ, 0 to 255; 0 is lossless.
        interleave: of one scan with all components, at most 4; or "none", a scan for each.
        restart_interval: lines between restart markers, 0 for none.

    Raises:
        CodecError: there is no such image in JPEG-LS, or `samples` are not one.

    ITU-T T.87.
    """
