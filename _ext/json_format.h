/* How values are spelled in the DICOM JSON Model (PS3.18 F.2.3): strings, numbers, base64. */
#ifndef DICOMKIT_JSON_FORMAT_H
#define DICOMKIT_JSON_FORMAT_H

#include <math.h>

#include "dump_format.h" /* the output buffer and decimal digits */
#include "element.h"
#include "vr_class.h"

/* What the values of a VR are in JSON. */
enum {
    JSON_BASE64, /* OB and its like, UN: one InlineBinary */
    JSON_ITEMS,
    JSON_TEXT,     /* strings */
    JSON_ONE_TEXT, /* a string in which a backslash is a character */
    JSON_NAME,     /* objects of component groups */
    JSON_INTEGER_TEXT,
    JSON_DECIMAL_TEXT,
    JSON_TAG,
    JSON_UNSIGNED,
    JSON_SIGNED,
    JSON_FLOAT
};

enum { LEADING_SPACE_KEPT = 1, MAY_BE_BULK = 2 /* F.2.2: BulkDataURI is allowed */ };

typedef struct {
    uint8_t kind;
    uint8_t size; /* bytes of a number, or of the unit that is swapped */
    uint8_t flags;
} JsonForm;

/* By VR_SLOT. */
static const JsonForm JSON_FORMS[1024] = {
    [VR_SLOT('A', 'E')] = {JSON_TEXT, 1, 0},
    [VR_SLOT('A', 'S')] = {JSON_TEXT, 1, 0},
    [VR_SLOT('A', 'T')] = {JSON_TAG, 4, 0},
    [VR_SLOT('C', 'S')] = {JSON_TEXT, 1, 0},
    [VR_SLOT('D', 'A')] = {JSON_TEXT, 1, 0},
    [VR_SLOT('D', 'S')] = {JSON_DECIMAL_TEXT, 1, MAY_BE_BULK},
    [VR_SLOT('D', 'T')] = {JSON_TEXT, 1, 0},
    [VR_SLOT('F', 'D')] = {JSON_FLOAT, 8, MAY_BE_BULK},
    [VR_SLOT('F', 'L')] = {JSON_FLOAT, 4, MAY_BE_BULK},
    [VR_SLOT('I', 'S')] = {JSON_INTEGER_TEXT, 1, MAY_BE_BULK},
    [VR_SLOT('L', 'O')] = {JSON_TEXT, 1, 0},
    [VR_SLOT('L', 'T')] = {JSON_ONE_TEXT, 1, LEADING_SPACE_KEPT | MAY_BE_BULK},
    [VR_SLOT('O', 'B')] = {JSON_BASE64, 1, MAY_BE_BULK},
    [VR_SLOT('O', 'D')] = {JSON_BASE64, 8, MAY_BE_BULK},
    [VR_SLOT('O', 'F')] = {JSON_BASE64, 4, MAY_BE_BULK},
    [VR_SLOT('O', 'L')] = {JSON_BASE64, 4, MAY_BE_BULK},
    [VR_SLOT('O', 'V')] = {JSON_BASE64, 8, MAY_BE_BULK},
    [VR_SLOT('O', 'W')] = {JSON_BASE64, 2, MAY_BE_BULK},
    [VR_SLOT('P', 'N')] = {JSON_NAME, 1, LEADING_SPACE_KEPT},
    [VR_SLOT('S', 'H')] = {JSON_TEXT, 1, 0},
    [VR_SLOT('S', 'L')] = {JSON_SIGNED, 4, MAY_BE_BULK},
    [VR_SLOT('S', 'Q')] = {JSON_ITEMS, 1, 0},
    [VR_SLOT('S', 'S')] = {JSON_SIGNED, 2, MAY_BE_BULK},
    [VR_SLOT('S', 'T')] = {JSON_ONE_TEXT, 1, LEADING_SPACE_KEPT | MAY_BE_BULK},
    [VR_SLOT('S', 'V')] = {JSON_SIGNED, 8, MAY_BE_BULK},
    [VR_SLOT('T', 'M')] = {JSON_TEXT, 1, 0},
    [VR_SLOT('U', 'C')] = {JSON_TEXT, 1, LEADING_SPACE_KEPT | MAY_BE_BULK},
    [VR_SLOT('U', 'I')] = {JSON_TEXT, 1, 0},
    [VR_SLOT('U', 'L')] = {JSON_UNSIGNED, 4, MAY_BE_BULK},
    [VR_SLOT('U', 'N')] = {JSON_BASE64, 1, MAY_BE_BULK},
    [VR_SLOT('U', 'R')] = {JSON_ONE_TEXT, 1, LEADING_SPACE_KEPT},
    [VR_SLOT('U', 'S')] = {JSON_UNSIGNED, 2, MAY_BE_BULK},
    [VR_SLOT('U', 'T')] = {JSON_ONE_TEXT, 1, LEADING_SPACE_KEPT | MAY_BE_BULK},
    [VR_SLOT('U', 'V')] = {JSON_UNSIGNED, 8, MAY_BE_BULK},
};

static inline const JsonForm *json_form(uint16_t vr) { return &JSON_FORMS[VR_SLOT(vr & 0xFF, vr >> 8)]; }

/* A tag as eight capital hexadecimal digits. */
static inline void json_tag(uint32_t tag, char *text) {
    for (int i = 7; i >= 0; i--, tag >>= 4)
        text[i] = "0123456789ABCDEF"[tag & 15];
}

enum { MEMBER_START = 21 };

/* The start of an attribute object in compact form: MEMBER_START bytes. */
static inline void json_member_start(uint32_t tag, uint16_t vr, char *text) {
    memcpy(text, "\"00000000\":{\"vr\":\"UN\"", MEMBER_START);
    json_tag(tag, text + 1);
    text[18] = (char)(vr & 0xFF);
    text[19] = (char)(vr >> 8);
}

/* ---------------------------------------------------------------------------------------------- text */

#define BYTES_OF(c) (0x0101010101010101u * (uint64_t)(uint8_t)(c))
/* The top bit of each byte that is zero is set in what comes out (others above it may be, too). */
#define ZERO_BYTES(w) (((w) - BYTES_OF(1)) & ~(w) & BYTES_OF(0x80))

/* Whether text has a byte above 7F or ESC: then its character set matters. */
static inline int needs_decoding(const uint8_t *p, size_t n) {
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        if ((word & BYTES_OF(0x80)) | ZERO_BYTES(word ^ BYTES_OF(0x1B)))
            return 1;
    }
    for (; n; p++, n--)
        if (*p >= 0x80 || *p == 0x1B)
            return 1;
    return 0;
}

static inline int is_escaped(uint8_t c) { return c < 0x20 || c == '"' || c == '\\'; }

/* A JSON string of UTF-8 text. Only what must be escaped is. */
static inline void json_string(Out *out, const uint8_t *p, size_t n) {
    const uint8_t *end = p + n;
    char *to;
    out_byte(out, '"');
    while (p < end) {
        size_t run = (size_t)(end - p) < 4096 ? (size_t)(end - p) : 4096;
        const uint8_t *stop = p + run;
        if (!out_reserve(out, 6 * run + 8))
            return;
        to = out->bytes + out->length;
        while (p < stop) {
            uint64_t word;
            if (stop - p >= 8) {
                memcpy(&word, p, 8);
                if (!(ZERO_BYTES(word ^ BYTES_OF('"')) | ZERO_BYTES(word ^ BYTES_OF('\\')) | ZERO_BYTES(word & BYTES_OF(0xE0)))) {
                    memcpy(to, p, 8);
                    to += 8;
                    p += 8;
                    continue;
                }
            }
            if (!is_escaped(*p)) {
                *to++ = (char)*p++;
                continue;
            }
            *to++ = '\\';
            switch (*p) {
            case '\b': *to++ = 'b'; break;
            case '\t': *to++ = 't'; break;
            case '\n': *to++ = 'n'; break;
            case '\f': *to++ = 'f'; break;
            case '\r': *to++ = 'r'; break;
            case '"':
            case '\\': *to++ = (char)*p; break;
            default:
                memcpy(to, "u00", 3);
                to[3] = (char)('0' + (*p >> 4));
                to[4] = "0123456789abcdef"[*p & 15];
                to += 5;
            }
            p++;
        }
        out->length = (size_t)(to - out->bytes);
    }
    out_byte(out, '"');
}

/* ---------------------------------------------------------------------------------------------- numbers */

#define LARGEST_EXACT INT64_C(9007199254740991) /* 2^53 - 1: up to here, doubles hold every integer */

static inline int is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

/* Where the digits from `p` on end. */
static inline const uint8_t *after_digits(const uint8_t *p, const uint8_t *end) {
    while (p < end && is_digit(*p))
        p++;
    return p;
}

/* The text of a decimal (or integer) string as a JSON number: without a plus sign and leading zeros, with a digit on both sides of
 * the point, and else as it is, so that no digit is lost. Puts nothing and returns 0 if it is no number. */
static inline int json_number_text(Out *out, const uint8_t *p, size_t n, int decimal) {
    const uint8_t *end = p + n, *whole, *point, *fraction;
    int negative = 0;
    if (p < end && (*p == '+' || *p == '-'))
        negative = *p++ == '-';
    whole = p;
    point = p = fraction = after_digits(p, end);
    if (decimal && p < end && *p == '.') {
        fraction = p + 1;
        p = after_digits(fraction, end);
    }
    if (point == whole && p == fraction)
        return 0; /* no digit at all */
    if (decimal && p < end && (*p == 'e' || *p == 'E')) {
        const uint8_t *exponent = p + 1;
        if (exponent < end && (*exponent == '+' || *exponent == '-'))
            exponent++;
        p = after_digits(exponent, end);
        if (p == exponent)
            return 0;
    }
    if (p != end || !out_reserve(out, n + 4))
        return 0;
    while (point - whole > 1 && *whole == '0')
        whole++;
    if (negative)
        out_byte(out, '-');
    if (whole == point)
        out_byte(out, '0');
    out_put(out, (const char *)whole, (size_t)(point - whole));
    if (fraction > point) { /* there is a point */
        out_byte(out, '.');
        if (fraction == end || !is_digit(*fraction))
            out_byte(out, '0');
    }
    out_put(out, (const char *)fraction, (size_t)(end - fraction));
    return 1;
}

static const double POWERS_OF_TEN[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The shortest decimal number that is this double, into `text` (at least 32 bytes), if it has at most 15 digits and is neither
 * very large nor very small; else 0.
 *
 * 15 digits scaled to an integer, and powers of ten up to 22, are doubles, so the division is rounded correctly: if it gives
 * the double back, these digits mean it. Of 15 digits there is only one such number. */
static inline size_t json_short_double(double value, char *text) {
    char digits[24];
    size_t count, length = 0, i, scale;
    double magnitude = fabs(value), scaled;
    uint64_t integer;
    if (!(magnitude < 1e15))
        return 0;
    if (magnitude == floor(magnitude)) {
        if (magnitude == 0 && signbit(value)) {
            memcpy(text, "-0.0", 4); /* "-0" is an integer to most readers, which has no sign */
            return 4;
        }
        return format_signed((int64_t)value, text);
    }
    if (magnitude < 1e-4)
        return 0;
    for (i = 0; magnitude >= POWERS_OF_TEN[i]; i++)
        ;
    scale = 15 - i; /* i digits before the point */
    while (magnitude * POWERS_OF_TEN[scale] < 1e14) /* below 1; up to 18 */
        scale++;
    scaled = rint(magnitude * POWERS_OF_TEN[scale]);
    if (scaled > (double)LARGEST_EXACT || scaled / POWERS_OF_TEN[scale] != magnitude)
        return 0;
    for (integer = (uint64_t)scaled; integer % 10 == 0; scale--)
        integer /= 10;
    count = format_unsigned(integer, digits);
    if (value < 0)
        text[length++] = '-';
    if (count > scale) {
        memcpy(text + length, digits, count - scale);
        length += count - scale;
        text[length++] = '.';
        memcpy(text + length, digits + (count - scale), scale);
        return length + scale;
    }
    memcpy(text + length, "0.", 2);
    length += 2;
    for (i = count; i < scale; i++)
        text[length++] = '0';
    memcpy(text + length, digits, count);
    return length + count;
}

/* ---------------------------------------------------------------------------------------------- base64 (RFC 4648 section 4) */

static char BASE64_PAIRS[4096][2]; /* the two characters of each 12 bits */

static inline void make_base64_pairs(void) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 4096; i++) {
        BASE64_PAIRS[i][0] = alphabet[i >> 6];
        BASE64_PAIRS[i][1] = alphabet[i & 63];
    }
}

/* Bytes as base64. What another piece follows must have a multiple of three bytes. */
static inline void put_base64(Out *out, const uint8_t *p, size_t n) {
    char *to;
    if (!out_reserve(out, n / 3 * 4 + 4))
        return;
    to = out->bytes + out->length;
    for (; n >= 3; p += 3, n -= 3, to += 4) {
        uint32_t bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        memcpy(to, BASE64_PAIRS[bits >> 12], 2);
        memcpy(to + 2, BASE64_PAIRS[bits & 0xFFF], 2);
    }
    if (n) {
        uint32_t bits = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);
        memcpy(to, BASE64_PAIRS[bits >> 12], 2);
        memcpy(to + 2, BASE64_PAIRS[bits & 0xFFF], 2);
        to[3] = '=';
        if (n == 1)
            to[2] = '=';
        to += 4;
    }
    out->length = (size_t)(to - out->bytes);
}

/* Units of 2, 4 or 8 bytes with their bytes turned around; what is left over stays. */
static inline void swap_units(const uint8_t *from, uint8_t *to, size_t n, size_t size) {
    size_t i, j;
    for (i = 0; i + size <= n; i += size)
        for (j = 0; j < size; j++)
            to[i + j] = from[i + size - 1 - j];
    memcpy(to + i, from + i, n - i);
}

#endif
