"""JPEG lossless (ITU-T T.81 annex H, process 14; PS3.5 8.2.1 and A.4.1), decoding and encoding of one frame.

The kernels are in C: `jpegll_stream.h` reads marker segments, `jpegll_huffman.h` makes tables, `jpegll_bits.h` unstuffs,
`jpegll_predict.h` predicts, `jpegll_decode.h` and `jpegll_encode.h` put them together.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF
from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport calloc, free

from growing_bytes cimport grow, resize

from dicomkit.errors import CodecError


cdef extern from "jpegll_decode.h" nogil:
    ctypedef enum Status:
        LL_OK, LL_NO_MEMORY, LL_NO_SOI, LL_TRUNCATED, LL_OTHER_PROCESS, LL_SEGMENT, LL_NO_FRAME, LL_SECOND_FRAME, LL_PRECISION
        LL_DIMENSIONS, LL_COMPONENTS, LL_SUBSAMPLED, LL_TABLE, LL_NO_TABLE, LL_SCAN, LL_PREDICTOR, LL_POINT_TRANSFORM
        LL_RESTART_INTERVAL, LL_RESTART, LL_MISSING_SCAN, LL_CODE, LL_ENDS_EARLY, LL_SIZE, LL_SAMPLE

    ctypedef struct Component:
        uint8_t id

    ctypedef struct Scan:
        int components, predictor, point_transform

    ctypedef struct Codestream:
        size_t at
        int marker, bits, components, adobe_transform
        uint32_t width, height, restart_interval
        Component *component
        Scan scan

    ctypedef struct Decoder:
        Codestream stream
        bint with_sign, planar
        uint8_t *out
        uint32_t row

    Status start_stream(Codestream *stream, const uint8_t *data, size_t size)
    Status next_scan(Codestream *stream)
    Status decode_frame(Decoder *decoder, const uint8_t *data, size_t size, size_t out_size, int long_category)
    Decoder *new_decoder()
    void free_decoder(Decoder *decoder)


cdef extern from "jpegll_encode.h" nogil:
    ctypedef struct Encoder:
        const uint8_t *samples
        uint32_t width, height, restart_lines
        int components, bits, planar, predictor, point_transform
        uint8_t *(*grow)(void *holder, size_t capacity) noexcept nogil
        void *holder
        size_t size

    Status encode_frame(Encoder *encoder)
    void free_encoder(Encoder *encoder)


cdef dict REASONS = {
    LL_NO_SOI: "no JPEG codestream begins here",
    LL_TRUNCATED: "the codestream ends at a marker segment",
    LL_OTHER_PROCESS: "this is another JPEG process, SOF{stream_process}, not lossless JPEG with Huffman coding (SOF3)",
    LL_SEGMENT: "a marker segment (0xFF{stream_marker}) has a wrong length or contents",
    LL_NO_FRAME: "there is no frame header (SOF3)",
    LL_SECOND_FRAME: "there is a second frame header",
    LL_PRECISION: "a precision of {bits} bits, not 2 to 16",
    LL_DIMENSIONS: "the image has no lines or columns",
    LL_COMPONENTS: "{components} components, not 1 to 4",
    LL_SUBSAMPLED: "components are subsampled",
    LL_TABLE: "a Huffman table has more codes than there can be",
    LL_NO_TABLE: "a scan refers to a Huffman table that is not there",
    LL_SCAN: "a scan header (SOS) has wrong components",
    LL_PREDICTOR: "a scan has predictor {predictor}, not 1 to 7",
    LL_POINT_TRANSFORM: "a scan has point transform {point_transform}, with {bits} bits",
    LL_RESTART_INTERVAL: "the restart interval of {restart_interval} is not a whole number of lines",
    LL_RESTART: "a restart marker is missing behind line {row}",
    LL_MISSING_SCAN: "not all components have a scan",
    LL_CODE: "a code that is not in the Huffman table, behind line {row}",
    LL_ENDS_EARLY: "the entropy-coded data end early, behind line {row}",
    LL_SIZE: "the buffer has not the size of {width} x {height} samples of {components} components with {bits} bits",
}


cdef object failure(Status status, const Codestream *stream, uint32_t row):
    """The exception for a status."""
    if status == LL_NO_MEMORY:
        return MemoryError()
    return CodecError(REASONS[status].format(
        stream_process=stream.marker - 0xC0, stream_marker=f"{stream.marker:02X}", bits=stream.bits, width=stream.width,
        height=stream.height, components=stream.components, predictor=stream.scan.predictor, row=row,
        point_transform=stream.scan.point_transform, restart_interval=stream.restart_interval,
    ))


def header(data) -> tuple:
    """What a codestream says of itself. See the stub."""
    cdef Py_buffer view
    cdef Codestream stream
    cdef Status status
    cdef int i
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        status = start_stream(&stream, <const uint8_t *>view.buf, <size_t>view.len)
        if status == LL_OK:
            status = next_scan(&stream)
        if status != LL_OK:
            raise failure(status, &stream, 0)
        return (
            stream.width, stream.height, stream.components, stream.bits, stream.scan.predictor, stream.scan.point_transform,
            stream.restart_interval, stream.scan.components == stream.components, stream.adobe_transform,
            bytes([stream.component[i].id for i in range(stream.components)]),
        )
    finally:
        PyBuffer_Release(&view)


def decode(data, out, *, bint planar=False, bint signed_prediction=False, cornell=None) -> None:
    """Decode a frame. See the stub."""
    cdef Py_buffer view, target
    cdef Decoder *decoder
    cdef Status status
    cdef int long_category = -1 if cornell is None else 1 if cornell else 0
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        PyObject_GetBuffer(out, &target, PyBUF_WRITABLE)
        try:
            decoder = new_decoder()
            if decoder == NULL:
                raise MemoryError
            try:
                decoder.out = <uint8_t *>target.buf
                decoder.planar = planar
                decoder.with_sign = signed_prediction
                with nogil:
                    status = decode_frame(
                        decoder, <const uint8_t *>view.buf, <size_t>view.len, <size_t>target.len, long_category
                    )
                if status != LL_OK:
                    raise failure(status, &decoder.stream, decoder.row)
            finally:
                free_decoder(decoder)
        finally:
            PyBuffer_Release(&target)
    finally:
        PyBuffer_Release(&view)


def encode(
    samples, width, height, components, bits, *, bint planar=False, predictor=1, point_transform=0, restart_interval=0
) -> bytes:
    """Encode a frame. See the stub."""
    cdef Py_buffer view
    cdef Encoder *encoder
    cdef PyObject *result = NULL
    cdef Status status
    if not (0 < width <= 0xFFFF and 0 < height <= 0xFFFF and 1 <= components <= 4 and 2 <= bits <= 16):
        raise CodecError(f"an image of {width} x {height} samples of {components} components with {bits} bits cannot be encoded")
    if not (1 <= predictor <= 7 and 0 <= point_transform < bits):
        raise CodecError(f"predictor {predictor} with point transform {point_transform} does not exist")
    if restart_interval % width or not 0 <= restart_interval <= 0xFFFF:
        raise CodecError(f"a restart interval of {restart_interval} is not a whole number of lines, or too long")
    PyObject_GetBuffer(samples, &view, PyBUF_SIMPLE)
    try:
        if view.len != width * height * components * (2 if bits > 8 else 1):
            raise CodecError(f"{view.len} bytes are not {width} x {height} samples of {components} components with {bits} bits")
        encoder = <Encoder *>calloc(1, sizeof(Encoder))
        if encoder == NULL:
            raise MemoryError
        try:
            encoder.samples = <const uint8_t *>view.buf
            encoder.width = width
            encoder.height = height
            encoder.components = components
            encoder.bits = bits
            encoder.planar = planar
            encoder.predictor = predictor
            encoder.point_transform = point_transform
            encoder.restart_lines = restart_interval // width
            encoder.grow = grow
            encoder.holder = &result
            with nogil:
                status = encode_frame(encoder)
            if status == LL_NO_MEMORY:
                raise MemoryError
            if status != LL_OK:
                raise CodecError(f"a sample has more than {bits} bits")
            if resize(&result, <Py_ssize_t>encoder.size) < 0:
                raise MemoryError
            return <object>result
        finally:
            Py_XDECREF(result)
            free_encoder(encoder)
    finally:
        PyBuffer_Release(&view)
