# What a MAC is calculated from (PS3.3 C.12.1.1.3.1): the elements of one level that are signed. Part of writer.pyx.

NEVER_SIGNED_TEXT = "no signature covers elements with this tag (PS3.3 C.12.1.1.3.1.1)"
cdef tuple REASONS = (  # in the order of Unsignable
    None,
    NEVER_SIGNED_TEXT,
    "its VR is UN (PS3.3 C.12.1.1.3.1.1)",
    "an element in it has the VR UN (PS3.3 C.12.1.1.3.1.1)",
    "its VR, or that of an element in it, is none of the standard",
    "its length, or that of an element in it, is odd (PS3.5 7.1.1)",
    "it is damaged: what it says is a guess",
    "its value, or one in it, is too long for its VR, which becomes UN (PS3.5 6.2.2)",
    "its tag, or that of an element in it, occurs more than once",
)


cdef str tag_text(uint32_t tag):
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


cdef int refuse(object dataset, uint32_t tag, int reason) except -1:
    raise SignatureError(REASONS[reason], dataset._item_path() + tag_text(tag))


cdef int take_tags(Encoded encoded, object tags) except -1:
    """Note which elements are signed: `tags`, or None for all that can be."""
    cdef Signed *signed_ = &encoded._signed
    cdef tuple given
    if tags is None:
        signed_.all = True
        return 0
    given = tuple(tags)  # what says its length may not keep to it
    signed_.tags = <uint32_t *>malloc((len(given) or 1) * sizeof(uint32_t))
    if signed_.tags == NULL:
        raise MemoryError
    for tag in given:
        signed_.tags[signed_.count] = tag
        signed_.count += 1
    sort_tags(signed_)
    return 0


cdef int put_read(Encoded encoded, object dataset, Place place, uint32_t first, uint32_t stop) except -1:
    """Put out what is signed of a data set that was read and not changed."""
    cdef uint32_t refused = NO_RECORD
    cdef int status
    with nogil:
        status = put_signed(&encoded._out, &place.origin, &encoded._t, encoded._levels, first, stop, &encoded._signed, &refused)
    if refused != <uint32_t>NO_RECORD:
        refuse(dataset, place.origin.view.records[refused].tag, why_not_signable(&place.origin, refused))
    return encoded._check(status, PIXEL_DATA if first == stop or status == NOT_ENCAPSULATED else place.origin.view.records[first].tag)


cdef list elements_of(object dataset, Place place, uint32_t first, uint32_t stop, const Signed *wanted):
    """Pairs of tag and record, or of tag and assigned element (None if it was deleted), in order; of equal tags the first.

    Not those that are not wanted.
    """
    cdef list entries = []
    cdef uint32_t i = first, tag
    while i < stop:
        tag = place.origin.view.records[i].tag
        if is_signed(wanted, tag):
            entries.append((tag, i))
        i = place.origin.view.records[i].next
    if dataset._overlay:
        entries.extend([(key, element) for key, element in dataset._overlay.items() if is_signed(wanted, key)])
    return [(key, content[1] if type(content) is tuple else content) for key, content in in_order(entries)]


cdef int put_merged(
    Encoded encoded, object dataset, Place place, uint32_t first, uint32_t stop, dict changed, object sets, object read_sets,
) except -1:
    """Put out what is signed of a data set that was changed, or is out of order."""
    cdef GroupState group
    cdef int reason
    cdef bint recode = place is not None and read_sets != sets
    no_group(&group)
    for tag, content in elements_of(dataset, place, first, stop, &encoded._signed):
        if content is None:
            continue
        reason = why_not_element(encoded, place, tag, content, changed.get(tag), 0)
        if reason != SIGNABLE:
            if not encoded._signed.all:
                refuse(dataset, tag, reason)
        elif type(content) is int:
            encoded._record(dataset, place, content, changed.get(tag), sets, recode, &group, 0)
        else:
            encoded._assigned(content, sets, &group, 0)
    return 0


cdef int why_not_element(Encoded encoded, Place place, uint32_t tag, object content, object changed, int depth) except -1:
    """Why an element cannot be signed: `content` is its record, or the element that was assigned."""
    cdef Place other
    cdef uint32_t i
    cdef int reason
    cdef uint16_t vr
    if is_never_signed(tag):
        return NEVER_SIGNED
    if type(content) is int:
        i = content
        if changed is None:
            return why_not_signable(&place.origin, i)
        reason = IS_UNKNOWN if place.origin.view.records[i].vr == UN else why_none(&place.origin, i, i + 1)
        return why_no_items(encoded, tag, changed, depth) if reason == SIGNABLE else reason
    place_of = content._place()
    if place_of is not None:
        owner, record = place_of
        other = encoded._place(owner._index, owner._state()[1])
        return why_not_signable(&other.origin, record)
    vr = vr_code(content.vr)
    if vr == SQ:
        return why_no_items(encoded, tag, content.value, depth)
    if vr == UN:
        return IS_UNKNOWN
    if vr_class(vr & 0xFF, vr >> 8) == NOT_A_VR:
        return NO_SUCH_VR
    return BECOMES_UNKNOWN if is_too_long(encoded, content.value, vr) else SIGNABLE


cdef bint is_too_long(Encoded encoded, object value, uint16_t vr) except -1:
    """Whether an assigned value is too long for its VR: where that is explicit it becomes UN (PS3.5 6.2.2 note 2)."""
    if encoded._t.implicit or has_long_header(vr) or not isinstance(value, (str, tuple)):
        return False
    if len(value) < 1024:  # characters or values, of less than 64 bytes each
        return False
    return len(ENCODE.encode(value, vr, encoded._character_sets(("ISO_IR 192",)), False)) > LONGEST_SHORT


cdef int why_no_items(Encoded encoded, uint32_t tag, object sequence, int depth) except -1:
    """Why a sequence cannot be signed because of what is in it."""
    cdef int reason
    if depth >= MAX_DEPTH:
        encoded._check(TOO_DEEP, tag)
    for item in sequence._items():
        reason = why_no_item(encoded, item, depth + 1)
        if reason != SIGNABLE:
            return HOLDS_UNKNOWN if reason == IS_UNKNOWN else reason
    return SIGNABLE


cdef int why_no_item(Encoded encoded, object item, int depth) except -1:
    cdef Place place = None
    cdef uint32_t first = 0, stop = 0
    cdef int reason
    cdef dict changed = {}
    cdef Signed everything
    everything.all = True
    if item._index is not None:
        state = item._state()
        place = encoded._place(state[0], state[1])
        first, stop = state[2], state[3]
        changed = {tag: sequence for tag, sequence in item._touched_sequences().items() if sequence.is_changed()}
        if not item._overlay and not changed:
            return why_none(&place.origin, first, stop)
    for tag, content in elements_of(item, place, first, stop, &everything):
        if content is None:
            continue
        reason = why_not_element(encoded, place, tag, content, changed.get(tag), depth)
        if reason == NEVER_SIGNED:  # nor here, but what is around it can be
            reason = why_nothing(encoded, place, tag, content)
        if reason != SIGNABLE:
            return reason
    return SIGNABLE


cdef int why_nothing(Encoded encoded, Place place, uint32_t tag, object content) except -1:
    """Why a sequence cannot be signed because of an element in it that is left out of the MAC."""
    if tag >> 16 == 0xFFFE:
        return IS_DAMAGED
    if type(content) is int:
        return why_none(&place.origin, content, place.origin.view.records[<uint32_t>content].next)
    return HOLDS_UNKNOWN if content.vr == "UN" else SIGNABLE


cdef int put_bare_fragments(Encoded encoded, bytes data) except -1:
    """Encapsulated pixel data that was assigned as it stands in a file."""
    cdef const uint8_t *p = <const uint8_t *>PyBytes_AS_STRING(data)
    cdef uint64_t at = 0, length = PyBytes_GET_SIZE(data), size
    cdef Output *out = &encoded._out
    cdef int status = put_bare_header(out, &encoded._t, PIXEL_DATA, OB)
    encoded._held.append(data)
    while status == DONE and length - at >= 8 and load_u32(p + at, False) == <uint32_t>0xE000FFFE:
        size = load_u32(p + at + 4, False)
        at += 8
        status = put_bare_header(out, &encoded._t, ITEM, 0)
        if status == DONE:
            if size < REFERENCED:
                status = put(out, p + at, size)
            else:
                status = refer(out, IN_MEMORY, <uint64_t>(p + at), size, 0, 1)
        if status == DONE:
            status = put_zeros(out, size & 1)
        at += size
    if status == DONE:
        status = put_bare_header(out, &encoded._t, SEQUENCE_DELIMITATION_ITEM, 0)
    return encoded._check(status, PIXEL_DATA)


def signable(dataset, *, character_sets, tags=None, bint implicit_vr=False) -> list:
    """Which elements of a data set can be signed.

    Args:
        dataset: a DatasetView.
        character_sets: makes the character sets of a tuple of terms.
        tags: those that are asked for; None for all.
        implicit_vr: whether the MAC Calculation Transfer Syntax has implicit VR.

    Returns:
        Pairs of a tag, in ascending order, and why the element cannot be signed, None if it can.
    """
    cdef Encoded encoded = new_mac(character_sets, implicit_vr, False, True, tags)
    cdef Place place = None
    cdef uint32_t first = 0, stop = 0
    cdef dict changed = {}
    cdef list found = []
    if dataset._index is not None:
        state = dataset._state()
        place = encoded._place(state[0], state[1])
        first, stop = state[2], state[3]
        changed = {tag: sequence for tag, sequence in dataset._touched_sequences().items() if sequence.is_changed()}
    for tag, content in elements_of(dataset, place, first, stop, &encoded._signed):
        if content is not None:
            found.append((int(tag), REASONS[why_not_element(encoded, place, tag, content, changed.get(tag), 0)]))
    return found


def tags_to_sign(dataset, skipped) -> list:
    """The tags of the elements of a data set that a signature may cover, in ascending order, but for those to be skipped."""
    cdef Encoded encoded = new_mac(None, False, False, True, None)
    cdef Place place = None
    cdef const Element *records
    cdef uint32_t first = 0, stop = 0
    cdef list found = []
    index = dataset._index
    if index is not None:
        state = dataset._state()
        place = encoded._place(index, state[1])
        first, stop = state[2], state[3]
        if not dataset._overlay and not index.unordered:
            records = place.origin.view.records
            while first < stop:
                if not is_never_signed(records[first].tag) and records[first].tag not in skipped:
                    found.append(records[first].tag)
                first = records[first].next
            return found
    return [
        tag for tag, content in elements_of(dataset, place, first, stop, &encoded._signed)
        if content is not None and not is_never_signed(tag) and tag not in skipped
    ]


def believed_fragments(Encoded encoded) -> list:
    """Where the fragments are that an offset table led to: pairs of their source, and of offsets and lengths (native, 64 bits)."""
    cdef Place place
    cdef const Element *records
    cdef uint32_t i, k, stop
    cdef bytes made
    cdef uint64_t *pair
    found = []
    for place in encoded._places:
        if not place.index.believed:
            continue
        records = place.origin.view.records
        i = 0
        while i < place.origin.view.count:
            stop = records[i].next
            if is_fragments(&records[i]):
                made = PyBytes_FromStringAndSize(NULL, 2 * sizeof(uint64_t) * (stop - i - 1))
                pair = <uint64_t *>PyBytes_AS_STRING(made)
                for k in range(i + 1, stop):
                    pair[0] = records[k].offset
                    pair[1] = records[k].length
                    pair += 2
                found.append((place.source, made))
            i = stop
    return found


cdef Encoded new_mac(object character_sets, bint implicit_vr, bint big_endian, bint encapsulated, object tags):
    cdef Encoded encoded = Encoded.__new__(Encoded)
    memset(&encoded._t, 0, sizeof(Target))
    encoded._t.implicit = implicit_vr
    encoded._t.big = big_endian
    encoded._t.encapsulated = encapsulated
    encoded._t.mac = True
    encoded._t.sequence_length = encoded._t.group_length = KEEP
    encoded._character_sets = character_sets
    take_tags(encoded, tags)
    return encoded


def encode_mac(
    dataset, *, character_sets, tags=None, bint implicit_vr=False, bint big_endian=False, bint encapsulated=False,
    bint turn_pixels=False, around=None,
) -> Encoded:
    """Encode what a MAC is calculated from: elements of a data set, or of an item of a sequence (PS3.3 C.12.1.1.3.1).

    Args:
        dataset: a DatasetView.
        character_sets: makes the character sets of a tuple of terms.
        tags: of the elements that are signed; None for all that can be.
        implicit_vr, big_endian, encapsulated: the MAC Calculation Transfer Syntax.
        turn_pixels: the words of Pixel Data get the other byte order.
        around: the character sets that hold around an item, if they are not those that it was read in.

    Raises:
        SignatureError: one of the tags is that of an element that cannot be signed.
        EncodeError: something in it cannot be encoded.
    """
    cdef Encoded encoded = new_mac(character_sets, implicit_vr, big_endian, encapsulated, tags)
    encoded._turn_pixels = turn_pixels
    encoded._dataset(dataset, around, 0)
    encoded._check(close_run(&encoded._out), 0)
    return encoded
