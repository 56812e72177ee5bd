"""VRs as codes, and what PS3.5 6.2 says of each that decoding needs to know."""

from libc.stdint cimport uint16_t, uint32_t

# VR codes, first letter in the low byte.
cdef enum:
    AE = 0x4541
    AS = 0x5341
    AT = 0x5441
    CS = 0x5343
    DA = 0x4144
    DS = 0x5344
    DT = 0x5444
    FD = 0x4446
    FL = 0x4C46
    IS = 0x5349
    LO = 0x4F4C
    LT = 0x544C
    OB = 0x424F
    OD = 0x444F
    OF = 0x464F
    OL = 0x4C4F
    OV = 0x564F
    OW = 0x574F
    PN = 0x4E50
    SH = 0x4853
    SL = 0x4C53
    SQ = 0x5153
    SS = 0x5353
    ST = 0x5453
    SV = 0x5653
    TM = 0x4D54
    UC = 0x4355
    UI = 0x4955
    UL = 0x4C55
    UN = 0x4E55
    UR = 0x5255
    US = 0x5355
    UT = 0x5455
    UV = 0x5655

# What a value looks like: by the VM of the dictionary; of private and unknown elements by the number of values found. More
# values than a scalar can hold make a tuple all the same.
cdef enum Shape:
    TUPLE
    SCALAR
    BY_COUNT


cdef inline int number_size(uint16_t vr) noexcept nogil:
    """Bytes of one value of a binary number VR, 0 for the others."""
    if vr == US or vr == SS:
        return 2
    if vr == UL or vr == SL or vr == FL or vr == AT:
        return 4
    if vr == FD or vr == UV or vr == SV:
        return 8
    return 0


cdef inline bint trims_both_ends(uint16_t vr) noexcept nogil:
    """PS3.5 table 6.2-1: leading spaces mean nothing in these; in the others only trailing ones are padding."""
    return not (vr == PN or vr == LT or vr == ST or vr == UT or vr == UC or vr == UR)


cdef inline bint has_one_value(uint16_t vr) noexcept nogil:
    """VRs in which a backslash is a character (PS3.5 6.4)."""
    return vr == LT or vr == ST or vr == UT or vr == UR


cdef inline bint is_text(uint16_t vr) noexcept nogil:
    if vr == AE or vr == AS or vr == CS or vr == DA or vr == DS or vr == DT or vr == IS or vr == LO or vr == LT:
        return True
    return vr == PN or vr == SH or vr == ST or vr == TM or vr == UC or vr == UI or vr == UR or vr == UT


cdef inline bint uses_character_set(uint16_t vr) noexcept nogil:
    """PS3.5 6.1.2.2: the VRs that Specific Character Set governs."""
    return vr == LO or vr == LT or vr == PN or vr == SH or vr == ST or vr == UC or vr == UT


cdef inline uint32_t word_size(uint16_t vr) noexcept nogil:
    """Bytes of the words of a value whose order the byte order decides; 1 for text and bytes."""
    if vr == US or vr == SS or vr == OW or vr == AT:
        return 2
    if vr == UL or vr == SL or vr == FL or vr == OL or vr == OF:
        return 4
    if vr == FD or vr == SV or vr == UV or vr == OD or vr == OV:
        return 8
    return 1
