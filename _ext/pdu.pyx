"""PDUs of the upper layer (PS3.8 9.3), command sets (PS3.7 6.3.1) and what associations negotiate (PS3.7 annex D.3.3).

`pdu_stream.h` cuts what a peer sends. See the stub for what the functions are.
"""

cimport cython

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_FromStringAndSize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeLatin1
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove

from dicomkit.errors import EncodeError, ParseError, ProtocolError


cdef extern from "pdu_stream.h" nogil:
    enum:
        PDU_HEADER, PDV_HEADER, P_DATA_TF, COMMAND_FRAGMENT, LAST_FRAGMENT

    ctypedef enum StreamStatus:
        STREAM_NEED_MORE, STREAM_PIECE, STREAM_PDU
        STREAM_UNKNOWN_TYPE, STREAM_TLS, STREAM_P_DATA_TOO_LONG, STREAM_PDU_TOO_LONG
        STREAM_PDV_CUT, STREAM_PDV_TOO_SHORT, STREAM_PDV_TOO_LONG, STREAM_CONTEXT_ID

    ctypedef struct PduStream:
        uint64_t offset, pdus
        uint32_t max_pdu_length, max_association_length
        uint32_t pdu_left, pdv_left

    ctypedef struct StreamToken:
        const uint8_t *start
        size_t length, wanted
        uint8_t type, context_id, flags

    uint32_t big_endian_32(const uint8_t *bytes)
    StreamStatus next_token(PduStream *stream, const uint8_t **at, size_t size, StreamToken *token)
    void write_pdv_header(uint8_t *out, uint8_t context_id, uint8_t flags, uint32_t length)


cdef enum:
    FIRST_SIZE = 1 << 14  # of a reader's buffer
    JOINED = 1 << 14  # bytes of data up to which copying is cheaper than another buffer for a system call
    PDU_AT_MOST = 1 << 30
    HEADERS = 12  # PDU_HEADER + PDV_HEADER


cdef dict REASONS = {
    STREAM_UNKNOWN_TYPE: "there is no PDU type {first:#04x}",
    STREAM_TLS: "the peer speaks TLS, not DICOM",
    STREAM_P_DATA_TOO_LONG: "a P-DATA-TF PDU of {length} bytes is longer than the {max_pdu_length} that are accepted",
    STREAM_PDU_TOO_LONG:
        "a PDU of type {first:#04x} and {length} bytes is longer than the {max_association_length} that are accepted",
    STREAM_PDV_CUT: "a P-DATA-TF PDU ends inside the header of a presentation data value",
    STREAM_PDV_TOO_SHORT: "a presentation data value is too short for its header",
    STREAM_PDV_TOO_LONG: "a presentation data value is longer than its PDU",
    STREAM_CONTEXT_ID: "presentation context ID {context_id} is not odd",
}


cdef class PduReader:
    """What a peer sends, cut into PDUs as it arrives. See the stub."""
    cdef bytearray storage
    cdef object writable, readable  # views of the storage
    cdef Py_ssize_t size  # of the storage, at most, unless a PDU that has to be whole is longer
    cdef Py_ssize_t capacity  # of the storage
    cdef Py_ssize_t start, stop  # what is in it and not used yet
    cdef Py_ssize_t free  # bytes behind it that were offered and are not received yet
    cdef Py_ssize_t wanted  # capacity for the PDU that is being collected, or 0
    cdef bint full, failed
    cdef PduStream stream
    cdef readonly uint64_t octets

    def __cinit__(self, *, size=1 << 18, max_pdu_length=0, max_association_length=1 << 20):
        if not 16 <= size <= 1 << 30:
            raise ValueError(f"a buffer of {size} bytes: not 16 to 2**30")
        if not (0 <= max_pdu_length <= 0xFFFFFFFF and 0 <= max_association_length <= 1 << 30):
            raise ValueError("a limit is negative or too large")
        self.size = size
        self.stream.max_pdu_length = max_pdu_length
        self.stream.max_association_length = max_association_length
        self.start = self.stop = self.free = 0
        self.allocate(min(size, FIRST_SIZE))

    @property
    def pdus(self):
        return self.stream.pdus

    @property
    def is_incomplete(self):
        return bool(self.stream.pdu_left or self.stream.pdv_left or self.start != self.stop)

    cdef int allocate(self, Py_ssize_t capacity) except -1:
        """Change the storage. Views of the one before keep it, as long as they are there."""
        cdef bytearray storage = PyByteArray_FromStringAndSize(NULL, capacity)
        cdef Py_ssize_t left = self.stop - self.start
        if left:
            memcpy(PyByteArray_AS_STRING(storage), PyByteArray_AS_STRING(self.storage) + self.start, left)
        self.storage = storage
        self.writable = memoryview(storage)
        self.readable = self.writable.toreadonly()
        self.capacity = capacity
        self.start = 0
        self.stop = left
        self.full = False
        return 0

    def get_buffer(self):
        with cython.critical_section(self):
            return self.free_space()

    cdef object free_space(self):
        cdef char *bytes
        cdef Py_ssize_t left = self.stop - self.start
        if self.wanted > self.capacity and left == self.capacity:
            self.allocate(min(self.wanted, 2 * self.capacity))  # twice what the peer has sent, whatever it claims
        elif self.wanted == 0 and (self.capacity > self.size or self.full and self.capacity < self.size):
            self.allocate(min(self.size, 4 * self.capacity))
        elif self.start:
            if left:
                bytes = PyByteArray_AS_STRING(self.storage)
                memmove(bytes, bytes + self.start, left)
            self.start = 0
            self.stop = left
        self.free = self.capacity - self.stop
        return self.writable[self.stop:]

    def received(self, Py_ssize_t count):
        with cython.critical_section(self):
            if not 0 <= count <= self.free:
                raise ValueError(f"{count} bytes were received into a buffer of {self.free}")
            return self.events(count)

    cdef list events(self, Py_ssize_t count):
        cdef list events = []
        cdef const uint8_t *base = <const uint8_t *>PyByteArray_AS_STRING(self.storage)
        cdef const uint8_t *at
        cdef Py_ssize_t first
        cdef StreamToken token
        cdef StreamStatus status
        self.octets += count
        self.free -= count
        self.stop += count
        self.full = self.stop == self.capacity
        if self.failed:
            self.start = self.stop
            return events
        at = base + self.start
        while True:
            status = next_token(&self.stream, &at, base + self.stop - at, &token)
            if status == STREAM_PIECE:
                first = token.start - base
                piece = self.readable[first:first + <Py_ssize_t>token.length]
                events.append((P_DATA_TF, <long>token.context_id, <long>token.flags, piece))
            elif status == STREAM_PDU:
                events.append((<long>token.type, PyBytes_FromStringAndSize(<const char *>token.start, token.length)))
            else:
                break
        self.wanted = token.wanted
        if status != STREAM_NEED_MORE:
            events.append((-1, self.reason(status, at), self.stream.offset))
            self.failed = True
            at = base + self.stop
        self.start = at - base
        return events

    cdef str reason(self, StreamStatus status, const uint8_t *at):
        cdef Py_ssize_t left = self.stop - (at - <const uint8_t *>PyByteArray_AS_STRING(self.storage))
        return (<str>REASONS[status]).format(
            first=at[0] if left else 0,
            length=big_endian_32(at + 2) if left >= PDU_HEADER else 0,
            context_id=at[4] if left >= PDV_HEADER else 0,
            max_pdu_length=self.stream.max_pdu_length,
            max_association_length=self.stream.max_association_length,
        )


cdef int check_context_id(long context_id) except -1:
    if not 0 < context_id < 256 or context_id % 2 == 0:
        raise ValueError(f"{context_id} is no presentation context ID")
    return 0


def pdv_header(long context_id, long flags, Py_ssize_t length):
    cdef bytes header
    check_context_id(context_id)
    if not 0 <= length <= 0xFFFFFFFF - PDV_HEADER:
        raise ValueError(f"no presentation data value has {length} bytes")
    header = PyBytes_FromStringAndSize(NULL, HEADERS)
    write_pdv_header(<uint8_t *>PyBytes_AS_STRING(header), <uint8_t>context_id, <uint8_t>(flags & 3), <uint32_t>length)
    return header


def fragment(long context_id, bint command, data, Py_ssize_t max_pdu_length):
    cdef Py_buffer view
    cdef Py_ssize_t step, at = 0, length
    cdef long flags = COMMAND_FRAGMENT if command else 0
    cdef object source = None
    cdef bytes joined
    cdef char *out
    cdef list parts
    check_context_id(context_id)
    if max_pdu_length < 0 or 0 < max_pdu_length < PDV_HEADER + 2:
        raise ValueError(f"nothing can be sent in PDUs of {max_pdu_length} bytes")
    step = PDU_AT_MOST if max_pdu_length == 0 or max_pdu_length > PDU_AT_MOST else max_pdu_length
    step = (step - PDV_HEADER) & ~1
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        if view.len <= JOINED:
            joined = PyBytes_FromStringAndSize(NULL, view.len + HEADERS * max(1, (view.len + step - 1) // step))
            out = PyBytes_AS_STRING(joined)
            while True:
                length = min(step, view.len - at)
                if at + length == view.len:
                    flags |= LAST_FRAGMENT
                write_pdv_header(<uint8_t *>out, <uint8_t>context_id, <uint8_t>flags, <uint32_t>length)
                if length:
                    memcpy(out + HEADERS, <char *>view.buf + at, length)
                out += HEADERS + length
                at += length
                if at == view.len:
                    return [joined]
        source = memoryview(data)
        if source.ndim != 1 or source.format != "B":
            source = source.cast("B")
        parts = []
        while at < view.len:
            length = min(step, view.len - at)
            if at + length == view.len:
                flags |= LAST_FRAGMENT
            parts.append(pdv_header(context_id, flags, length))
            parts.append(source[at:at + length])
            at += length
        return parts
    finally:
        PyBuffer_Release(&view)


include "pdu_command.pxi"
include "pdu_associate.pxi"
