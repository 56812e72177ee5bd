from typing import TypeAlias

from typing_extensions import Buffer

# (width, height, components, bits, predictor, point_transform, restart_interval, interleaved, adobe_transform,
# component_ids):
# the predictor and point transform of the first scan; how many pixels there are between restart markers, 0 if there
# are none;
# whether the first scan has all components; the colour transform of an Adobe segment (APP14), -1 if there is none
_Header: TypeAlias = tuple[int, int, int, int, int, int, int, bool, int, bytes]

def header(data: Buffer) -> _Header:
    """Read what a codestream says of itself, up to its first scan.

    Raises:
        CodecError: it is not lossless JPEG with Huffman coding (SOF3), or has what is not decoded: subsampled components,
            more than four of them, hierarchical or arithmetic coding.
    """

def decode(
    data: Buffer, out: Buffer, *, planar: bool = False, signed_prediction: bool = False, cornell: bool | None = None
) -> None:
    """Decode a frame.

    Samples are the sums of predictions and differences modulo 2^16, or of those the lower 8 bits. A stream whose
    encoder did not
    reduce differences to its precision may so have samples of more bits than that.

    Args:
        data: the codestream; what is before its SOI or behind its last scan does not matter.
        out: writable, contiguous, of exactly the size of the image: one byte a sample up to 8 bits, else two in the order of
            this machine. Where the codestream is damaged it holds the lines before that.
        planar: plane by plane, not pixel by pixel.
        signed_prediction: predictors 5 to 7 take samples as signed numbers of 16 bits, as a faulty encoder did
        (DCMTK's option
            --workaround-pred6).
        cornell: differences of 32768 are followed by 16 bits, and may have a code that is in no table, as Cornell
        University's
            encoder wrote them (DCMTK's option --workaround-cornell). None: if the stream cannot be decoded otherwise.

    Raises:
        CodecError: as `header`; the codestream is damaged or ends early; `out` has another size.

    ITU-T T.81 annex H.
    """

def encode(
    samples: Buffer,
    width: int,
    height: int,
    components: int,
    bits: int,
    *,
    planar: bool = False,
    predictor: int = 1,
    point_transform: int = 0,
    restart_interval: int = 0,
) -> bytes:
    """Encode a frame in one scan of all components, with Huffman tables that are optimal for it.

    Args:
        samples: contiguous, in the layout that `decode` gives.
        bits: 2 to 16. No sample may have more.
        predictor: 1 to 7; 1 is the one of transfer syntax 1.2.840.10008.1.2.4.70.
        point_transform: so many low bits of each sample are lost.
        restart_interval: pixels between restart markers, a multiple of `width`; 0 for none.

    Raises:
        CodecError: there is no such image in lossless JPEG, or `samples` are not one.

    ITU-T T.81 annex H.
    """
