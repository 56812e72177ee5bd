"""JPEG-LS (ITU-T T.87 | ISO/IEC 14495-1; PS3.5 8.2.3), decoding and encoding of one frame.

The kernels are in C: `jpegls_markers.h` reads marker segments, `jpegls_model.h` and `jpegls_lanes.h` have the contexts,
`jpegls_decode_line.h` and `jpegls_encode_line.h` the loops over samples, `jpegls_reader.h` and `jpegls_writer.h` the bits.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport free
from libc.string cimport memset

from dicomkit.errors import CodecError


cdef extern from "jpegls_decode.h" nogil:
    ctypedef enum Status:
        LS_OK, LS_NO_MEMORY, LS_SIZE, LS_SAMPLE, LS_NO_SOI, LS_NO_MARKER, LS_TRUNCATED, LS_OTHER_PROCESS, LS_SEGMENT
        LS_NO_FRAME, LS_SECOND_FRAME, LS_PRECISION, LS_DIMENSIONS, LS_COMPONENTS, LS_SUBSAMPLED, LS_SCAN, LS_MISSING_SCAN
        LS_INTERLEAVE, LS_NEAR, LS_PRESETS, LS_POINT_TRANSFORM, LS_MAPPED, LS_EXTENSION, LS_COLOUR, LS_RESTART, LS_ENDS_EARLY
        LS_CODE, LS_RUN

    ctypedef enum Interleave:
        PLANES, LINES, SAMPLES

    ctypedef struct Presets:
        uint32_t maxval, t1, t2, t3, reset

    ctypedef struct Parameters:
        int maxval, t1, t2, t3, reset

    ctypedef struct Scan:
        uint32_t near
        Interleave interleave

    ctypedef struct Codestream:
        uint32_t width, height, restart_interval, row
        int components, bits, transform, marker
        Presets presets
        Scan scan

    ctypedef struct Image:
        uint8_t *bytes
        uint32_t width, height
        int components, bits
        bint planar

    Status open_codestream(Codestream *s, const uint8_t *data, size_t size)
    Status set_parameters(Parameters *p, int bits, const Presets *presets, uint32_t near)
    Status decode_frame(Codestream *s, const Image *image)
    bint fits(const Image *image, size_t size)


cdef extern from "jpegls_encode.h" nogil:
    ctypedef struct Encoding:
        Image image
        uint32_t near, restart_interval
        Interleave interleave
        Presets presets
        uint8_t *bytes
        size_t size

    Status encode_frame(Encoding *encoding)


cdef tuple INTERLEAVES = ("none", "line", "sample")  # by ILV


cdef dict REASONS = {
    LS_SIZE: "the image has {width} x {height} samples of {components} components with {bits} bits, "
             "which is not the size of the buffer",
    LS_NO_SOI: "no JPEG codestream begins here",
    LS_NO_MARKER: "there is no marker segment where one must be",
    LS_TRUNCATED: "the codestream ends at a marker segment",
    LS_OTHER_PROCESS: "this is another JPEG process, SOF{process}, not JPEG-LS (SOF55)",
    LS_SEGMENT: "a marker segment (0xFF{marker:02X}) has a wrong length",
    LS_NO_FRAME: "a scan comes before the frame header (SOF55)",
    LS_SECOND_FRAME: "there is a second frame header",
    LS_PRECISION: "a precision of {bits} bits, not 2 to 16",
    LS_DIMENSIONS: "the image has no lines or columns, or too many",
    LS_COMPONENTS: "the frame has no components, or two with the same identifier",
    LS_SUBSAMPLED: "components are subsampled",
    LS_SCAN: "a scan header (SOS) has wrong components",
    LS_MISSING_SCAN: "not all components have a scan",
    LS_INTERLEAVE: "a scan header has an interleave mode that does not exist, or none for several components",
    LS_NEAR: "a scan has NEAR {near}, too much for samples of {bits} bits",
    LS_PRESETS: "the preset coding parameters contradict each other",
    LS_POINT_TRANSFORM: "a scan has a point transform",
    LS_MAPPED: "samples are indices into a mapping table",
    LS_EXTENSION: "this is JPEG-LS with extensions (ISO/IEC 14495-2)",
    LS_COLOUR: "the colour transform {transform} does not exist, or not for {components} components of {bits} bits",
    LS_RESTART: "a restart marker is missing behind line {row}",
    LS_ENDS_EARLY: "the entropy-coded data end early, in line {row}",
    LS_CODE: "a code that does not exist, in line {row}",
    LS_RUN: "a run is longer than its line, line {row}",
}


cdef object failure(Status status, const Codestream *stream):
    """The exception for a status."""
    if status == LS_NO_MEMORY:
        return MemoryError()
    return CodecError(REASONS[status].format(
        width=stream.width, height=stream.height, components=stream.components, bits=stream.bits, marker=stream.marker,
        process=stream.marker - 0xC0, near=stream.scan.near, transform=stream.transform, row=stream.row,
    ))


def header(data) -> tuple:
    """What the codestream says of itself. See the stub."""
    cdef Py_buffer view
    cdef Codestream stream
    cdef Parameters p
    cdef Status status
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        status = open_codestream(&stream, <const uint8_t *>view.buf, <size_t>view.len)
        if status == LS_OK:
            status = set_parameters(&p, stream.bits, &stream.presets, stream.scan.near)
    finally:
        PyBuffer_Release(&view)
    if status != LS_OK:
        raise failure(status, &stream)
    return (
        stream.width, stream.height, stream.components, stream.bits, stream.scan.near, INTERLEAVES[stream.scan.interleave],
        (p.maxval, p.t1, p.t2, p.t3, p.reset), stream.restart_interval, stream.transform,
    )


def decode(data, out, *, bint planar=False) -> None:
    """Decode a frame. See the stub."""
    cdef Py_buffer view, target
    cdef Codestream stream
    cdef Image image
    cdef Status status
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        PyObject_GetBuffer(out, &target, PyBUF_WRITABLE)
        try:
            with nogil:
                status = open_codestream(&stream, <const uint8_t *>view.buf, <size_t>view.len)
                if status == LS_OK:
                    image = Image(<uint8_t *>target.buf, stream.width, stream.height, stream.components, stream.bits, planar)
                    status = decode_frame(&stream, &image) if fits(&image, <size_t>target.len) else LS_SIZE
            if status != LS_OK:
                raise failure(status, &stream)
        finally:
            PyBuffer_Release(&target)
    finally:
        PyBuffer_Release(&view)


def encode(
    samples, width, height, components, bits, *, bint planar=False, near=0, interleave="sample", presets=None,
    restart_interval=0
) -> bytes:
    """Encode a frame. See the stub."""
    cdef Py_buffer view
    cdef Encoding encoding
    cdef Status status
    memset(&encoding, 0, sizeof(Encoding))
    if not (0 < width < 1 << 29 and 0 < height < 1 << 32 and 1 <= components <= 255 and 2 <= bits <= 16):
        raise CodecError(
            f"an image of {width} x {height} samples of {components} components with {bits} bits cannot be encoded"
        )
    if interleave not in INTERLEAVES or (interleave != "none" and components > 4):
        raise CodecError(f"{components} components cannot be interleaved by {interleave!r}")
    if not (0 <= near <= 255 and 0 <= restart_interval < 1 << 32):
        raise CodecError(f"NEAR {near} or restart interval {restart_interval} does not exist")
    if presets is not None:
        if len(presets) != 5 or not all(0 <= preset <= 0xFFFF for preset in presets):
            raise CodecError(f"{presets} are not preset coding parameters")
        encoding.presets = Presets(presets[0], presets[1], presets[2], presets[3], presets[4])
    encoding.near = near
    encoding.interleave = <Interleave><int>INTERLEAVES.index(interleave if components > 1 else "none")
    encoding.restart_interval = restart_interval
    PyObject_GetBuffer(samples, &view, PyBUF_SIMPLE)
    try:
        encoding.image = Image(<uint8_t *>view.buf, width, height, components, bits, planar)
        if not fits(&encoding.image, <size_t>view.len):
            raise CodecError(
                f"{view.len} bytes are not {width} x {height} samples of {components} components with {bits} bits"
            )
        with nogil:
            status = encode_frame(&encoding)
        if status == LS_NO_MEMORY:
            raise MemoryError
        if status == LS_SAMPLE:
            raise CodecError(f"a sample is larger than {presets[0] if presets and presets[0] else (1 << bits) - 1}")
        if status != LS_OK:
            raise CodecError(f"NEAR {near} or the preset coding parameters {presets} are not for {bits} bits")
        return PyBytes_FromStringAndSize(<char *>encoding.bytes, <Py_ssize_t>encoding.size)
    finally:
        free(encoding.bytes)
        PyBuffer_Release(&view)
