# Bodies of A-ASSOCIATE-RQ and A-ASSOCIATE-AC PDUs (PS3.8 9.3.2, 9.3.3 and annex D; PS3.7 annex D.3.3). Included by pdu.pyx.

cdef extern from * nogil:
    """
    enum {
        FIXED_PART = 68, TITLE = 16,
        APPLICATION_CONTEXT_ITEM = 0x10, REQUESTED_CONTEXT_ITEM = 0x20, CONTEXT_RESULT_ITEM = 0x21,
        ABSTRACT_SYNTAX_ITEM = 0x30, TRANSFER_SYNTAX_ITEM = 0x40, USER_INFORMATION_ITEM = 0x50,
        MAXIMUM_LENGTH_ITEM = 0x51, IMPLEMENTATION_CLASS_ITEM = 0x52, ASYNC_WINDOW_ITEM = 0x53, ROLE_SELECTION_ITEM = 0x54,
        IMPLEMENTATION_VERSION_ITEM = 0x55, EXTENDED_ITEM = 0x56, COMMON_EXTENDED_ITEM = 0x57, USER_IDENTITY_ITEM = 0x58,
        USER_IDENTITY_RESPONSE_ITEM = 0x59,
    };
    """
    enum:
        FIXED_PART, TITLE
        APPLICATION_CONTEXT_ITEM, REQUESTED_CONTEXT_ITEM, CONTEXT_RESULT_ITEM, USER_INFORMATION_ITEM
        ABSTRACT_SYNTAX_ITEM, TRANSFER_SYNTAX_ITEM
        MAXIMUM_LENGTH_ITEM, IMPLEMENTATION_CLASS_ITEM, ASYNC_WINDOW_ITEM, ROLE_SELECTION_ITEM, IMPLEMENTATION_VERSION_ITEM
        EXTENDED_ITEM, COMMON_EXTENDED_ITEM, USER_IDENTITY_ITEM, USER_IDENTITY_RESPONSE_ITEM


cdef struct Part:
    # a PDU, an item, or a field of one: what is still to be read
    const uint8_t *at
    const uint8_t *end
    const uint8_t *body  # where the body of the PDU begins


cdef object cut(Part *part):
    return ProtocolError("an item runs past the end of what it is in", part.at - part.body)


cdef const uint8_t *take(Part *part, Py_ssize_t length) except NULL:
    """The next bytes."""
    cdef const uint8_t *at = part.at
    if part.end - at < length:
        raise cut(part)
    part.at += length
    return at


cdef long number_16(Part *part) except -1:
    cdef const uint8_t *at = take(part, 2)
    return at[0] << 8 | at[1]


cdef int inside(Part *part, Py_ssize_t length, Part *inner) except -1:
    """The next bytes, to be read on their own."""
    inner.at = take(part, length)
    inner.end = part.at
    inner.body = part.body
    return 0


cdef int next_item(Part *part, Part *item) except -1:
    """The contents of the next item; returns its type."""
    cdef const uint8_t *header = take(part, 4)
    inside(part, header[2] << 8 | header[3], item)
    return header[0]


cdef bytes rest(Part *part):
    return PyBytes_FromStringAndSize(<const char *>part.at, part.end - part.at)


cdef bytes counted_bytes(Part *part):
    """Bytes with their number, of 16 bits, before them."""
    cdef Part inner
    inside(part, number_16(part), &inner)
    return rest(&inner)


cdef str text(const uint8_t *start, const uint8_t *end):
    """Without padding: UIDs with NUL or, wrongly, spaces; titles with spaces, also before, or, wrongly, NUL."""
    while start < end and ((end - 1)[0] == 0 or (end - 1)[0] == c" "):
        end -= 1
    while start < end and start[0] == c" ":
        start += 1
    return PyUnicode_DecodeLatin1(<const char *>start, end - start, NULL)


cdef str rest_text(Part *part):
    return text(part.at, part.end)


cdef str counted_text(Part *part):
    cdef Part inner
    inside(part, number_16(part), &inner)
    return rest_text(&inner)


def decode_associate(bint accept, bytes body not None):
    cdef Part part, item
    cdef const uint8_t *fixed
    cdef int kind
    cdef str application_context = ""
    cdef list contexts = []
    cdef set ids = set()
    cdef UserFields user = UserFields()
    part.body = part.at = <const uint8_t *>PyBytes_AS_STRING(body)
    part.end = part.at + PyBytes_GET_SIZE(body)
    fixed = take(&part, FIXED_PART)
    while part.at < part.end:
        kind = next_item(&part, &item)
        if kind == (CONTEXT_RESULT_ITEM if accept else REQUESTED_CONTEXT_ITEM):
            contexts.append(context_result(&item, ids) if accept else requested_context(&item, ids))
        elif kind == APPLICATION_CONTEXT_ITEM:
            application_context = rest_text(&item)
        elif kind == USER_INFORMATION_ITEM:
            user.read(&item)
    return (
        fixed[0] << 8 | fixed[1],
        text(fixed + 4, fixed + 4 + TITLE),
        text(fixed + 4 + TITLE, fixed + 4 + 2 * TITLE),
        application_context,
        tuple(contexts),
        user.as_tuple(),
    )


cdef object context_id(Part *item, set ids):
    cdef object number = <long>take(item, 4)[0]
    if number % 2 == 0:
        raise ProtocolError(f"presentation context ID {number} is not odd", item.at - item.body - 4)
    if number in ids:
        raise ProtocolError(f"there is more than one presentation context with ID {number}", item.at - item.body - 4)
    ids.add(number)
    return number


cdef tuple requested_context(Part *item, set ids):
    cdef Part syntax
    cdef int kind
    cdef object number = context_id(item, ids)
    cdef str abstract_syntax = ""
    cdef list transfer_syntaxes = []
    while item.at < item.end:
        kind = next_item(item, &syntax)
        if kind == ABSTRACT_SYNTAX_ITEM:
            abstract_syntax = rest_text(&syntax)
        elif kind == TRANSFER_SYNTAX_ITEM:
            transfer_syntaxes.append(rest_text(&syntax))
    return number, abstract_syntax, tuple(transfer_syntaxes)


cdef tuple context_result(Part *item, set ids):
    cdef Part syntax
    cdef object number = context_id(item, ids)
    cdef object result = <long>(item.at - 2)[0]
    cdef str transfer_syntax = ""
    while item.at < item.end:
        if next_item(item, &syntax) == TRANSFER_SYNTAX_ITEM:
            transfer_syntax = rest_text(&syntax)
    return number, result, transfer_syntax


@cython.final
@cython.internal
cdef class UserFields:
    # the user information, as far as it is read
    cdef object max_pdu_length, async_window, identity, identity_response
    cdef str class_uid, version_name
    cdef list roles, extended, common_extended, unknown

    def __cinit__(self):
        self.max_pdu_length = 0
        self.class_uid = self.version_name = ""
        self.roles = []
        self.extended = []
        self.common_extended = []
        self.unknown = []

    cdef tuple as_tuple(self):
        return (
            self.max_pdu_length,
            self.class_uid,
            self.version_name,
            self.async_window,
            tuple(self.roles),
            tuple(self.extended),
            tuple(self.common_extended),
            self.identity,
            self.identity_response,
            tuple(self.unknown),
        )

    cdef int read(self, Part *information) except -1:
        cdef Part item, names
        cdef int kind
        cdef const uint8_t *flags
        cdef str sop_class, service_class
        cdef list related
        cdef bytes primary
        while information.at < information.end:
            kind = next_item(information, &item)
            if kind == MAXIMUM_LENGTH_ITEM:
                self.max_pdu_length = big_endian_32(take(&item, 4))
            elif kind == IMPLEMENTATION_CLASS_ITEM:
                self.class_uid = rest_text(&item)
            elif kind == IMPLEMENTATION_VERSION_ITEM:
                self.version_name = rest_text(&item)
            elif kind == ASYNC_WINDOW_ITEM:
                self.async_window = (number_16(&item), number_16(&item))
            elif kind == ROLE_SELECTION_ITEM:
                sop_class = counted_text(&item)
                flags = take(&item, 2)
                self.roles.append((sop_class, flags[0] != 0, flags[1] != 0))
            elif kind == EXTENDED_ITEM:
                sop_class = counted_text(&item)
                self.extended.append((sop_class, rest(&item)))
            elif kind == COMMON_EXTENDED_ITEM:
                sop_class = counted_text(&item)
                service_class = counted_text(&item)
                inside(&item, number_16(&item), &names)
                related = []
                while names.at < names.end:
                    related.append(counted_text(&names))
                self.common_extended.append((sop_class, service_class, tuple(related)))
            elif kind == USER_IDENTITY_ITEM:
                flags = take(&item, 2)
                primary = counted_bytes(&item)
                self.identity = (<long>flags[0], primary, counted_bytes(&item), flags[1] != 0)
            elif kind == USER_IDENTITY_RESPONSE_ITEM:
                self.identity_response = counted_bytes(&item)
            else:
                self.unknown.append((<long>kind, rest(&item)))
        return 0


cdef bytes encoded_text(value):
    if not isinstance(value, str):  # a UID is one
        raise TypeError(f"a string is needed, not {type(value).__name__}")
    try:
        return value.encode("iso8859-1")
    except UnicodeEncodeError:
        raise EncodeError(f"{value!r} has characters that a name cannot have") from None


cdef bytes title(value):
    cdef bytes encoded = encoded_text(value)
    if len(encoded) > TITLE:
        raise EncodeError(f"AE title {value!r} is longer than {TITLE} characters")
    return encoded.ljust(TITLE)


cdef bytes unsigned(value, int size):
    if not isinstance(value, int) or value >> 8 * size != 0:
        raise EncodeError(f"{value!r} is no number of {size} bytes")
    return value.to_bytes(size, "big")


cdef bytes counted(bytes value):
    return unsigned(len(value), 2) + value


cdef bytes item_bytes(kind, bytes content):
    if len(content) > 0xFFFF:
        raise EncodeError(f"an item of type {kind:#04x} would have {len(content)} bytes, more than 65535")
    return unsigned(kind, 1) + b"\0" + counted(content)


cdef bytes text_item(kind, value):
    return item_bytes(kind, encoded_text(value))


def encode_associate(
    bint accept, protocol_version, called_ae_title, calling_ae_title, application_context_name,
    presentation_contexts, tuple user_information,
):
    cdef list parts = [
        unsigned(protocol_version, 2),
        b"\0\0",
        title(called_ae_title),
        title(calling_ae_title),
        bytes(32),
        text_item(APPLICATION_CONTEXT_ITEM, application_context_name),
    ]
    for context in presentation_contexts:
        if accept:
            number, result, transfer_syntax = context
            content = unsigned(number, 1) + b"\0" + unsigned(result, 1) + b"\0"
            parts.append(item_bytes(CONTEXT_RESULT_ITEM, content + text_item(TRANSFER_SYNTAX_ITEM, transfer_syntax)))
        else:
            number, abstract_syntax, transfer_syntaxes = context
            syntaxes = [text_item(TRANSFER_SYNTAX_ITEM, one) for one in transfer_syntaxes]
            content = unsigned(number, 1) + bytes(3) + text_item(ABSTRACT_SYNTAX_ITEM, abstract_syntax) + b"".join(syntaxes)
            parts.append(item_bytes(REQUESTED_CONTEXT_ITEM, content))
    parts.append(item_bytes(USER_INFORMATION_ITEM, user_items(user_information)))
    return b"".join(parts)


cdef bytes user_items(tuple fields):
    """The sub-items of the user information, in the order of their types."""
    cdef list items
    length, class_uid, version_name, window, roles, extended, common_extended, identity, response, unknown = fields
    items = [item_bytes(MAXIMUM_LENGTH_ITEM, unsigned(length, 4)), text_item(IMPLEMENTATION_CLASS_ITEM, class_uid)]
    if window is not None:
        items.append(item_bytes(ASYNC_WINDOW_ITEM, unsigned(window[0], 2) + unsigned(window[1], 2)))
    for sop_class, scu, scp in roles:
        items.append(item_bytes(ROLE_SELECTION_ITEM, counted(encoded_text(sop_class)) + bytes((bool(scu), bool(scp)))))
    if version_name:
        items.append(text_item(IMPLEMENTATION_VERSION_ITEM, version_name))
    for sop_class, information in extended:
        items.append(item_bytes(EXTENDED_ITEM, counted(encoded_text(sop_class)) + information))
    for sop_class, service_class, related in common_extended:
        names = b"".join([counted(encoded_text(one)) for one in related])
        content = counted(encoded_text(sop_class)) + counted(encoded_text(service_class)) + counted(names)
        items.append(item_bytes(COMMON_EXTENDED_ITEM, content))
    if identity is not None:
        kind, primary, secondary, response_requested = identity
        content = unsigned(kind, 1) + bytes((bool(response_requested),)) + counted(primary) + counted(secondary)
        items.append(item_bytes(USER_IDENTITY_ITEM, content))
    if response is not None:
        items.append(item_bytes(USER_IDENTITY_RESPONSE_ITEM, counted(response)))
    for kind, content in unknown:
        items.append(item_bytes(kind, content))
    return b"".join(items)
