"""DICOM RLE (PS3.5 annex G), decoding and encoding of one frame.

The kernels are in C: `rle_decode.h` and `rle_encode.h`.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF
from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport calloc, free, malloc

from growing_bytes cimport grow, resize

from dicomkit.errors import CodecError


cdef extern from "rle_encode.h" nogil:
    ctypedef enum Status:
        RLE_OK, RLE_NO_MEMORY, RLE_TRUNCATED, RLE_COUNT, RLE_OFFSET, RLE_NUMBER, RLE_SHORT, RLE_SIZE, RLE_TOO_LONG

    enum:
        MOST_SEGMENTS

    ctypedef struct Layout:
        uint32_t rows, columns
        int samples, bytes
        bint planar, least_first, with_sign
        int stored

    ctypedef struct Decoder:
        Layout layout
        int failed, count

    ctypedef struct Encoder:
        Layout layout
        const uint8_t *samples
        uint8_t *(*grow)(void *holder, size_t capacity) noexcept nogil
        void *holder
        size_t size

    Status read_header(const uint8_t *data, size_t size, uint32_t *offsets, int *count)
    Status decode_frame(Decoder *decoder, const uint8_t *data, size_t size, uint8_t *out, size_t out_size)
    Status encode_frame(Encoder *encoder)
    void free_encoder(Encoder *encoder)


cdef dict REASONS = {
    RLE_TRUNCATED: "less than the 64 bytes of an RLE header",
    RLE_COUNT: "the RLE header says neither 1 to 15 segments nor anything else that can be",
    RLE_OFFSET: "an offset in the RLE header lies in the header or behind the end",
    RLE_NUMBER: "there are {count} segments, not one for each byte of a sample",
    RLE_SHORT: "segment {failed} of {count} ends early",
    RLE_SIZE: "the buffer has not the size of the frame",
    RLE_TOO_LONG: "the frame is too long for the offsets of an RLE header",
}


cdef object failure(Status status, int count, int failed):
    """The exception for a status."""
    return MemoryError() if status == RLE_NO_MEMORY else CodecError(REASONS[status].format(count=count, failed=failed))


cdef int set_layout(Layout *layout, rows, columns, samples, bytes_per_sample, bint planar) except -1:
    if not (0 < rows <= 0xFFFF and 0 < columns <= 0xFFFFFFFF and samples > 0 and bytes_per_sample > 0):
        raise CodecError(f"a frame of {rows} rows, {columns} columns and {samples} samples of {bytes_per_sample} bytes cannot be")
    if samples * bytes_per_sample > MOST_SEGMENTS:
        raise CodecError(f"{samples} samples of {bytes_per_sample} bytes need more than the {MOST_SEGMENTS} segments that RLE has")
    layout.rows = rows
    layout.columns = columns
    layout.samples = samples
    layout.bytes = bytes_per_sample
    layout.planar = planar
    layout.least_first = layout.with_sign = False
    layout.stored = 8 * layout.bytes
    return 0


# A large block is got from the system each time if it is given back smaller than it was: copying what is in it is faster, unless
# that is large too.
cdef enum:
    COPIED = 1 << 20


def header(data) -> tuple:
    """The offsets of the segments. See the stub."""
    cdef Py_buffer view
    cdef uint32_t offsets[15]
    cdef int count = 0, i
    cdef Status status
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        status = read_header(<const uint8_t *>view.buf, <size_t>view.len, offsets, &count)
    finally:
        PyBuffer_Release(&view)
    if status != RLE_OK:
        raise failure(status, 0, 0)
    return tuple([offsets[i] for i in range(count)])


def decode(
    data, out, *, rows, columns, samples, bytes_per_sample, bits_stored=None, bint signed=False, bint planar=False,
    bint least_significant_first=False
) -> None:
    """Decode a frame. See the stub."""
    cdef Py_buffer view, target
    cdef Decoder *decoder
    cdef Status status
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        PyObject_GetBuffer(out, &target, PyBUF_WRITABLE)
        try:
            decoder = <Decoder *>malloc(sizeof(Decoder))
            if decoder == NULL:
                raise MemoryError
            try:
                decoder.count = decoder.failed = 0
                set_layout(&decoder.layout, rows, columns, samples, bytes_per_sample, planar)
                decoder.layout.least_first = least_significant_first
                decoder.layout.with_sign = signed
                if bits_stored is not None:
                    if not 0 < bits_stored <= decoder.layout.stored:
                        raise CodecError(f"samples of {bytes_per_sample} bytes cannot have {bits_stored} bits")
                    decoder.layout.stored = bits_stored
                with nogil:
                    status = decode_frame(
                        decoder, <const uint8_t *>view.buf, <size_t>view.len, <uint8_t *>target.buf, <size_t>target.len
                    )
                if status != RLE_OK:
                    raise failure(status, decoder.count, decoder.failed)
            finally:
                free(decoder)
        finally:
            PyBuffer_Release(&target)
    finally:
        PyBuffer_Release(&view)


def encode(data, *, rows, columns, samples, bytes_per_sample, bint planar=False) -> bytes:
    """Encode a frame. See the stub."""
    cdef Py_buffer view
    cdef Encoder *encoder
    cdef PyObject *result = NULL
    cdef Status status
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        encoder = <Encoder *>calloc(1, sizeof(Encoder))
        if encoder == NULL:
            raise MemoryError
        try:
            set_layout(&encoder.layout, rows, columns, samples, bytes_per_sample, planar)
            if view.len != rows * columns * samples * bytes_per_sample:
                raise CodecError(
                    f"{view.len} bytes are not {rows} x {columns} pixels of {samples} samples of {bytes_per_sample} bytes"
                )
            encoder.samples = <const uint8_t *>view.buf
            encoder.grow = grow
            encoder.holder = &result
            with nogil:
                status = encode_frame(encoder)
            if status != RLE_OK:
                raise failure(status, 0, 0)
            if encoder.size < COPIED:
                return PyBytes_AS_STRING(<object>result)[:encoder.size]
            if resize(&result, <Py_ssize_t>encoder.size) < 0:
                raise MemoryError
            return <object>result
        finally:
            Py_XDECREF(result)
            free_encoder(encoder)
    finally:
        PyBuffer_Release(&view)
