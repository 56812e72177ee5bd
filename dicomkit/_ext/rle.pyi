from typing_extensions import Buffer

def header(data: Buffer) -> tuple[int, ...]:
    """The offsets of the segments, as the RLE header has them.

    Raises:
        CodecError: it is no RLE header, or an offset lies outside of the data.
    """

def decode(
    data: Buffer,
    out: Buffer,
    *,
    rows: int,
    columns: int,
    samples: int,
    bytes_per_sample: int,
    bits_stored: int | None = None,
    signed: bool = False,
    planar: bool = False,
    least_significant_first: bool = False,
) -> None:
    """Decode a frame.

    Segments may stand in any order, and be longer than what they are for. Where less than a row is missing at the
    end of one, and
    not more than a quarter of it, its bytes are 0.

    Args:
        data: the RLE header and the segments.
        out: writable, contiguous, of exactly the size of the frame; samples in the order of bytes of this machine.
        rows, columns, samples, bytes_per_sample: what the frame has. There are samples * bytes_per_sample segments.
        Frames of
            single bits are one row of the bytes that they are packed in.
        bits_stored: how many low bits of the bytes are the sample; None: all. The others may hold anything.
        signed: they become the sample's sign, not 0.
        planar: plane by plane, not pixel by pixel.
        least_significant_first: segments begin with the least significant byte of a sample, as a faulty encoder wrote them
            (DCMTK's option --byte-order-reverse).

    Raises:
        CodecError: as `header`; segments are missing or end early; `out` has another size; samples have no such bits.

    PS3.5 annex G.
    """

def encode(data: Buffer, *, rows: int, columns: int, samples: int, bytes_per_sample: int, planar: bool = False) -> bytes:
    """Encode a frame: the RLE header, and for each byte of a sample a segment, with each row by itself.

    Raises:
        CodecError: `data` has not the size of such a frame, or needs more than 15 segments.

    PS3.5 annex G.
    """
