"""The writer: a data set as the bytes of an encoding (PS3.5 7, Annex A).

What is pristine is put out as the bytes it was read from wherever the encoding allows it, or encoded anew from its records,
both in C (`writer_records.pxd`). Data sets that were edited are merged with their overlay here. Lengths are patched when what
they count is complete. Large values are not copied but referred to: in memory, or where their source has them.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem
from cpython.memoryview cimport PyMemoryView_FromMemory
from cpython.buffer cimport PyBUF_READ, PyBUF_SIMPLE, PyBuffer_FillInfo, PyBuffer_Release, PyObject_GetBuffer
from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_Import
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy, memset

from byte_order cimport turn
from element cimport BIG_ENDIAN_VALUE, CONTAINER, IMPLICIT_VR, LONG_HEADER, UNDEFINED_LENGTH, Element, IndexView, element_start, element_stop
from encode cimport ENCODE_CAPSULE, EncodeAPI
from vr cimport *
from writer_headers cimport *
from writer_mac cimport *
from writer_output cimport *
from writer_records cimport *

from dicomkit._ext import encode as _encode  # makes the capsule
from dicomkit._ext.tagstream import PROBLEMS
from dicomkit.errors import EncodeError, SignatureError, UnsupportedTransferSyntax

cdef enum:
    NO_RECORD = 0xFFFFFFFF
    MAX_DEPTH = 128
    SPECIFIC_CHARACTER_SET = 0x00080005

cdef const EncodeAPI *ENCODE = <const EncodeAPI *>PyCapsule_Import(ENCODE_CAPSULE, 0)

# Problems of a record whose bytes, put out as they are, would still be what they were: the rest is encoded anew.
_HARMLESS = frozenset((
    "odd-length", "unknown-vr", "undefined-length", "sequence-in-other-vr", "out-of-order", "duplicate-element",
))
cdef frozenset HARMLESS = frozenset([number for number, (code, _) in enumerate(PROBLEMS) if code in _HARMLESS])
cdef int ODD = [code for code, _ in PROBLEMS].index("odd-length")
cdef int UNKNOWN = [code for code, _ in PROBLEMS].index("unknown-vr")
cdef int TOO_MANY = [code for code, _ in PROBLEMS].index("too-many-problems")

cdef dict LENGTHS = {
    "keep": KEEP, "explicit": EXPLICIT_LENGTH, "undefined": UNDEFINED_LENGTHS, "recalculate": RECALCULATE, "create": CREATE,
    "remove": REMOVE,
}


cdef object choice(str name, str value, tuple allowed):
    if value not in allowed:
        raise ValueError(f"{name} is one of {', '.join(allowed)}, not {value!r}")
    return LENGTHS[value]


include "writer_place.pxi"
include "writer_encoded.pxi"
include "writer_mac.pxi"


cdef inline uint16_t vr_code(str vr):
    return <uint16_t>(<uint32_t>ord(vr[0]) | <uint32_t>ord(vr[1]) << 8)


cdef bint needs_recoding(object element) except -1:
    """Whether the bytes of an element that was read mean something else in another character set."""
    cdef uint16_t vr = vr_code(element.vr)
    cdef bytes raw
    if not is_text(vr) or not uses_character_set(vr):
        return False
    raw = element.raw
    return not raw.isascii() or b"\x1b" in raw


cdef list in_order(list entries):
    """Entries (tag, record or assigned) by tag: the first of several records; with a record, what replaces it."""
    cdef dict found = {}
    for tag, content in entries:
        if tag not in found:
            found[tag] = content
        elif type(content) is not int:
            found[tag] = (found[tag], content)
    return sorted(found.items(), key=_tag_of)


def _tag_of(tuple entry) -> int:
    return entry[0]


cdef bint is_item_stream(const uint8_t *p, uint64_t length) noexcept nogil:
    """Whether these are items behind each other, as in encapsulated pixel data (PS3.5 A.4)."""
    cdef uint64_t at = 0
    while length - at >= 8 and memcmp(p + at, b"\xfe\xff\x00\xe0", 4) == 0:
        at += 8 + <uint64_t>load_u32(p + at + 4, False)
        if at > length:
            return False
    return at > 0 and (at == length or length - at == 8 and memcmp(p + at, b"\xfe\xff\xdd\xe0\0\0\0\0", 8) == 0)


def encode_dataset(
    dataset, *, character_sets, bint implicit_vr=False, bint big_endian=False, bint encapsulated=False,
    str sequence_length="keep", str group_length="keep", tuple padding=None, uint64_t before=0, bint old_vrs=False,
    bint turn_pixels=False,
) -> Encoded:
    """Encode a data set.

    Args:
        dataset: a DatasetView.
        character_sets: makes the character sets of a tuple of terms.
        implicit_vr, big_endian: the encoding.
        encapsulated: whether its pixel data may be encapsulated.
        sequence_length, group_length, padding: see dicomkit.media.writer.save.
        before: bytes that stand before the data set in the file, for padding.
        old_vrs: write VRs that came after 1993 as OB.
        turn_pixels: the words of Pixel Data get the other byte order.

    Raises:
        EncodeError: something in it cannot be written.
    """
    cdef Encoded encoded = Encoded.__new__(Encoded)
    cdef Target *t = &encoded._t
    cdef uint64_t file_padding = 0
    cdef Output *out = &encoded._out
    memset(t, 0, sizeof(Target))
    t.implicit = implicit_vr
    t.big = big_endian
    t.encapsulated = encapsulated
    t.old_vrs = old_vrs
    t.sequence_length = choice("sequence_length", sequence_length, ("keep", "explicit", "undefined"))
    t.group_length = choice("group_length", group_length, ("keep", "recalculate", "create", "remove"))
    if padding is not None:
        file_padding, t.item_padding = padding
        if file_padding % 2 or t.item_padding % 2:
            raise ValueError("data sets are padded to an even number of bytes (PS3.5 7.1.1)")
        t.remove_padding = True
    encoded._turn_pixels = turn_pixels
    encoded._character_sets = character_sets
    encoded._dataset(dataset, None, 0)
    if file_padding:
        encoded._check(pad(out, t, <uint64_t>0 - before, file_padding), 0)
    encoded._check(close_run(out), 0)
    return encoded


def turned(data, uint32_t unit) -> bytes:
    """Bytes with the byte order of their words, of `unit` bytes, turned around."""
    cdef Py_buffer given
    cdef bytes made
    PyObject_GetBuffer(data, &given, PyBUF_SIMPLE)
    try:
        made = PyBytes_FromStringAndSize(NULL, given.len)
        turn(<uint8_t *>PyBytes_AS_STRING(made), <const uint8_t *>given.buf, given.len, unit)
    finally:
        PyBuffer_Release(&given)
    return made
