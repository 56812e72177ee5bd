"""What a writer puts out: small things copied one behind the other, large ones by reference."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memset

cdef enum:
    DONE
    NO_MEMORY
    NO_SOURCE           # a deferred value, and nowhere to read it from
    NOT_ENCAPSULATED    # encapsulated pixel data in a transfer syntax that has none
    TOO_DEEP
    TOO_LONG            # a value of 4 GiB

cdef enum:
    REFERENCED = 16384  # bytes from which on a run is referred to, not copied

cdef enum PieceKind:
    COPIED              # start: offset in `copied`
    IN_MEMORY           # start: address
    IN_SOURCE           # start: offset in the source

cdef struct Piece:
    uint64_t start
    uint64_t length
    uint32_t kind
    uint32_t source     # number of what it is in: an index, and where its deferred values come from
    uint32_t unit       # bytes of the words whose order is turned; 1: none

cdef struct Output:
    uint8_t *copied
    uint64_t size
    uint64_t capacity
    uint64_t run        # where in `copied` the piece begins that is not closed yet
    uint64_t elsewhere  # bytes of the pieces that are not copied
    Piece *pieces
    uint32_t count
    uint32_t pieces_capacity


cdef inline uint64_t position(const Output *out) noexcept nogil:
    """Bytes that were put out."""
    return out.size + out.elsewhere


cdef inline uint8_t *reserve(Output *out, uint64_t length) noexcept nogil:
    """Room for `length` bytes at the end, NULL without memory; `size` is for the caller to advance."""
    cdef uint64_t capacity
    cdef uint8_t *grown
    if length > out.capacity - out.size:
        capacity = max(out.capacity + (out.capacity >> 1), out.size + length + 1024)
        grown = <uint8_t *>realloc(out.copied, capacity)
        if grown == NULL:
            return NULL
        out.copied = grown
        out.capacity = capacity
    return out.copied + out.size


cdef inline int put(Output *out, const uint8_t *bytes, uint64_t length) noexcept nogil:
    cdef uint8_t *at = reserve(out, length)
    if at == NULL:
        return NO_MEMORY
    memcpy(at, bytes, length)
    out.size += length
    return DONE


cdef inline int put_zeros(Output *out, uint64_t length) noexcept nogil:
    cdef uint8_t *at = reserve(out, length)
    if at == NULL:
        return NO_MEMORY
    memset(at, 0, length)
    out.size += length
    return DONE


cdef inline int add_piece(Output *out, uint32_t kind, uint64_t start, uint64_t length, uint32_t source, uint32_t unit) noexcept nogil:
    cdef Piece *grown
    if out.count == out.pieces_capacity:
        grown = <Piece *>realloc(out.pieces, (2 * out.pieces_capacity + 8) * sizeof(Piece))
        if grown == NULL:
            return NO_MEMORY
        out.pieces = grown
        out.pieces_capacity = 2 * out.pieces_capacity + 8
    out.pieces[out.count] = Piece(start, length, kind, source, unit)
    out.count += 1
    return DONE


cdef inline int close_run(Output *out) noexcept nogil:
    """Make a piece of what was copied since the last one."""
    cdef int status = DONE
    if out.size > out.run:
        status = add_piece(out, COPIED, out.run, out.size - out.run, 0, 1)
        out.run = out.size
    return status


cdef inline int refer(Output *out, uint32_t kind, uint64_t start, uint64_t length, uint32_t source, uint32_t unit) noexcept nogil:
    """Put out bytes that stay where they are."""
    cdef Piece *last
    cdef int status = close_run(out)
    if status != DONE:
        return status
    out.elsewhere += length
    if out.count:
        last = &out.pieces[out.count - 1]
        if last.kind == kind and last.source == source and last.unit == unit == 1 and last.start + last.length == start:
            last.length += length
            return DONE
    return add_piece(out, kind, start, length, source, unit)


cdef inline void release(Output *out) noexcept nogil:
    free(out.copied)
    free(out.pieces)
    out.copied = NULL
    out.pieces = NULL
