/* Text and binary values as XML character data (XML 1.0 section 2.2). Out is in dump_format.h. */
#ifndef DICOMKIT_XML_MARKUP_H
#define DICOMKIT_XML_MARKUP_H

#include "dump_format.h"

/* How characters beyond ASCII are written. */
enum {
    ONE_BYTE,  /* text in the document's own character set, one byte a character: as it is */
    UTF_8,     /* UTF-8 text in a UTF-8 document: as it is */
    REFERENCES /* UTF-8 text in another document: as numbers, &#233; */
};

enum { PLAIN, SPECIAL, CONTROL, NUL_BYTE, LEAD_EF };

static const uint8_t MARKUP[256] = {
    [0] = NUL_BYTE, [1] = CONTROL,  [2] = CONTROL,  [3] = CONTROL,  [4] = CONTROL,  [5] = CONTROL,  [6] = CONTROL,
    [7] = CONTROL,  [8] = CONTROL,  [10] = SPECIAL, [11] = CONTROL, [12] = CONTROL, [13] = SPECIAL, [14] = CONTROL,
    [15] = CONTROL, [16] = CONTROL, [17] = CONTROL, [18] = CONTROL, [19] = CONTROL, [20] = CONTROL, [21] = CONTROL,
    [22] = CONTROL, [23] = CONTROL, [24] = CONTROL, [25] = CONTROL, [26] = CONTROL, [27] = CONTROL, [28] = CONTROL,
    [29] = CONTROL, [30] = CONTROL, [31] = CONTROL, ['"'] = SPECIAL, ['&'] = SPECIAL, ['\''] = SPECIAL, ['<'] = SPECIAL,
    ['>'] = SPECIAL, [0xEF] = LEAD_EF,
};

/* PS3.5 6.2.1.1: the component groups of a person name, and the components of each. */
static const char *const NAME_GROUPS[3] = {"Alphabetic", "Ideographic", "Phonetic"};
static const char *const NAME_COMPONENTS[5] = {"FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"};

/* The two characters of the Basic Multilingual Plane that XML does not have, in UTF-8: EF BF BE and EF BF BF. */
static inline int is_no_character(const uint8_t *p, size_t length) {
    return length >= 3 && p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE;
}

/* Whether UTF-8 text has characters that no XML document can hold. NULs do not count: they are never written. */
static inline int has_no_markup(const uint8_t *p, size_t length) {
    size_t i;
    for (i = 0; i < length; i++)
        if (MARKUP[p[i]] == CONTROL || (MARKUP[p[i]] == LEAD_EF && is_no_character(p + i, length - i)))
            return 1;
    return 0;
}

/* Length of the UTF-8 character at `p`, 0 if there is none (Unicode table 3-7). */
static inline size_t utf8_length(const uint8_t *p, size_t length) {
    size_t count = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0, i;
    if (count > length)
        return 0;
    for (i = 1; i < count; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
        (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return count;
}

static inline int is_utf8(const uint8_t *p, size_t length) {
    while (length) {
        size_t count = utf8_length(p, length);
        if (count == 0)
            return 0;
        p += count;
        length -= count;
    }
    return 1;
}

static inline void out_reference(Out *out, uint32_t character) {
    out_put(out, "&#", 2);
    out_number(out, character, 0);
    out_byte(out, ';');
}

/* The UTF-8 character at `p` as a number; returns its length. */
static inline size_t out_character(Out *out, const uint8_t *p, size_t length) {
    size_t count = utf8_length(p, length), i;
    uint32_t character;
    if (count == 0) {
        out_byte(out, '?');
        return 1;
    }
    character = p[0] & (count == 2 ? 0x1F : count == 3 ? 0x0F : 0x07);
    for (i = 1; i < count; i++)
        character = character << 6 | (p[i] & 0x3F);
    out_reference(out, character);
    return count;
}

/* Text as character data, or as the value of an attribute in double quotes. Returns how many characters became "?" because
 * XML does not have them. */
static inline size_t out_markup(Out *out, const uint8_t *p, size_t length, int beyond) {
    size_t start = 0, i = 0, replaced = 0;
    for (;;) {
        while (i < length && MARKUP[p[i]] == PLAIN && (p[i] < 0x80 || beyond != REFERENCES))
            i++;
        out_put(out, (const char *)p + start, i - start);
        if (i == length)
            return replaced;
        switch (MARKUP[p[i]]) {
        case SPECIAL:
            out_text(out, p[i] == '<'   ? "&lt;"
                          : p[i] == '>' ? "&gt;"
                          : p[i] == '&' ? "&amp;"
                          : p[i] == '"' ? "&quot;"
                          : p[i] == 10  ? "&#10;"
                          : p[i] == 13  ? "&#13;"
                                        : "&apos;");
            i++;
            break;
        case CONTROL:
            out_byte(out, '?');
            replaced++;
            i++;
            break;
        case NUL_BYTE:
            i++;
            break;
        default:
            if (beyond != ONE_BYTE && is_no_character(p + i, length - i)) {
                out_byte(out, '?');
                replaced++;
                i += 3;
            } else if (beyond == REFERENCES) {
                i += out_character(out, p + i, length - i);
            } else {
                out_byte(out, (char)p[i]);
                i++;
            }
        }
        start = i;
    }
}

/* Bytes, or 16-bit numbers, in hexadecimal with backslashes between them; `first`: without one before the first. */
static inline void out_hex(Out *out, const uint8_t *p, size_t count, int words, int big, int first) {
    size_t digits = words ? 4 : 2;
    char *to;
    if (!out_reserve(out, count * (digits + 1)))
        return;
    to = out->bytes + out->length;
    for (; count; count--) {
        if (!first)
            *to++ = '\\';
        first = 0;
        if (words) {
            uint32_t value = big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
            format_hex(value, 4, to);
        } else {
            to[0] = "0123456789abcdef"[*p >> 4];
            to[1] = "0123456789abcdef"[*p & 15];
        }
        p += words ? 2 : 1;
        to += digits;
    }
    out->length = (size_t)(to - out->bytes);
}

static inline void out_base64(Out *out, const uint8_t *p, size_t length) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *to;
    if (!out_reserve(out, length / 3 * 4 + 4))
        return;
    to = out->bytes + out->length;
    for (; length >= 3; length -= 3, p += 3, to += 4) {
        uint32_t bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        to[0] = digits[bits >> 18];
        to[1] = digits[bits >> 12 & 63];
        to[2] = digits[bits >> 6 & 63];
        to[3] = digits[bits & 63];
    }
    if (length) {
        uint32_t bits = (uint32_t)p[0] << 16 | (length > 1 ? (uint32_t)p[1] << 8 : 0);
        to[0] = digits[bits >> 18];
        to[1] = digits[bits >> 12 & 63];
        to[2] = length > 1 ? digits[bits >> 6 & 63] : '=';
        to[3] = '=';
        to += 4;
    }
    out->length = (size_t)(to - out->bytes);
}

/* The whole numbers of `size` bytes in `p` with their bytes the other way round; what is left over stays. */
static inline void swap_numbers(uint8_t *to, const uint8_t *p, size_t length, size_t size) {
    size_t i, j;
    for (i = 0; i + size <= length; i += size)
        for (j = 0; j < size; j++)
            to[i + j] = p[i + size - 1 - j];
    memcpy(to + i, p + i, length - i);
}

#endif
