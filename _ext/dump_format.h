/* The output buffer of a dump and how values are spelled in it. */
#ifndef DICOMKIT_DUMP_FORMAT_H
#define DICOMKIT_DUMP_FORMAT_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char *bytes;
    size_t length;
    size_t capacity;
    int failed; /* no memory: what is put after that is dropped */
} Out;

static inline int out_reserve(Out *out, size_t more) {
    size_t capacity = out->capacity;
    char *bytes;
    if (out->failed || more > SIZE_MAX / 4 - out->length)
        return 0;
    if (out->length + more <= capacity)
        return 1;
    while (capacity < out->length + more)
        capacity = capacity ? 2 * capacity : 4096;
    bytes = (char *)realloc(out->bytes, capacity);
    if (bytes == NULL) {
        out->failed = 1;
        return 0;
    }
    out->bytes = bytes;
    out->capacity = capacity;
    return 1;
}

static inline void out_put(Out *out, const char *text, size_t length) {
    if (length && out_reserve(out, length)) {
        memcpy(out->bytes + out->length, text, length);
        out->length += length;
    }
}

static inline void out_text(Out *out, const char *text) { out_put(out, text, strlen(text)); }

static inline void out_byte(Out *out, char c) { out_put(out, &c, 1); }

static inline void out_fill(Out *out, char c, size_t count) {
    if (count && out_reserve(out, count)) {
        memset(out->bytes + out->length, c, count);
        out->length += count;
    }
}

/* Colours (SGR sequences) of the parts of a line. */
#define RESET "\033[0m"
#define COLOR_TAG "\033[22m\033[32m"
#define COLOR_VR "\033[22m\033[31m"
#define COLOR_VALUE "\033[1m\033[37m"
#define COLOR_INFO "\033[1m\033[30m"
#define COLOR_LENGTH "\033[22m\033[36m"
#define COLOR_VM "\033[22m\033[35m"
#define COLOR_NAME "\033[22m\033[33m"
#define COLOR_TOP_NAME "\033[1m\033[33m"
#define COLOR_SEQUENCE "\033[22m\033[32m"
#define COLOR_TOP_SEQUENCE "\033[1m\033[32m"

/* How the values of a VR are spelled (PS3.5 table 6.2-1). Besides the VRs of the standard there are those that only a dump
 * shows: "up" an offset in a directory, "xs", "lt" and "ox" one of several VRs, "pi" a fragment, "??" no VR.
 */
enum { TEXT, LONG_TEXT, UID_TEXT, BYTES, WORDS, TAGS, UNSIGNED, SIGNED, FLOAT };

typedef struct {
    uint16_t vr;
    uint8_t spelling;
    uint8_t size; /* bytes of a value */
    uint8_t one;  /* other values (OB, OW ...): VM is 1 */
} VRForm;

#define FORM(a, b, spelling, size, one) {(uint16_t)((a) | ((b) << 8)), spelling, size, one}

static const VRForm VR_FORMS[] = {
    FORM('U', 'I', UID_TEXT, 1, 0), FORM('C', 'S', TEXT, 1, 0), FORM('L', 'O', TEXT, 1, 0), FORM('S', 'H', TEXT, 1, 0),
    FORM('D', 'S', TEXT, 1, 0), FORM('I', 'S', TEXT, 1, 0), FORM('U', 'S', UNSIGNED, 2, 0), FORM('D', 'A', TEXT, 1, 0),
    FORM('T', 'M', TEXT, 1, 0), FORM('P', 'N', TEXT, 1, 0), FORM('A', 'E', TEXT, 1, 0), FORM('A', 'S', TEXT, 1, 0),
    FORM('D', 'T', TEXT, 1, 0), FORM('U', 'C', TEXT, 1, 0), FORM('L', 'T', LONG_TEXT, 1, 0),
    FORM('S', 'T', LONG_TEXT, 1, 0), FORM('U', 'T', LONG_TEXT, 1, 0), FORM('U', 'R', LONG_TEXT, 1, 0),
    FORM('F', 'D', FLOAT, 8, 0), FORM('F', 'L', FLOAT, 4, 0), FORM('S', 'S', SIGNED, 2, 0), FORM('S', 'L', SIGNED, 4, 0),
    FORM('U', 'L', UNSIGNED, 4, 0), FORM('A', 'T', TAGS, 4, 0), FORM('O', 'B', BYTES, 1, 1), FORM('O', 'W', WORDS, 2, 1),
    FORM('U', 'N', BYTES, 1, 1), FORM('S', 'Q', BYTES, 1, 1), FORM('O', 'F', FLOAT, 4, 1), FORM('O', 'D', FLOAT, 8, 1),
    FORM('O', 'L', UNSIGNED, 4, 1), FORM('O', 'V', UNSIGNED, 8, 1), FORM('U', 'V', UNSIGNED, 8, 0),
    FORM('S', 'V', SIGNED, 8, 0), FORM('p', 'i', BYTES, 1, 1), FORM('u', 'p', UNSIGNED, 4, 0),
    FORM('x', 's', UNSIGNED, 2, 0), FORM('l', 't', WORDS, 2, 1), FORM('o', 'x', BYTES, 1, 1), FORM('?', '?', BYTES, 1, 1),
};

static inline const VRForm *form_of(uint16_t vr) {
    const VRForm *form = VR_FORMS, *unknown = VR_FORMS + sizeof(VR_FORMS) / sizeof(VR_FORMS[0]) - 1;
    while (form < unknown && form->vr != vr)
        form++;
    return form;
}

/* Decimal digits of a number into `text` (at least 24 bytes); returns how many. */
static inline size_t format_unsigned(uint64_t value, char *text) {
    char digits[24];
    size_t count = 0, i;
    do
        digits[count++] = (char)('0' + value % 10);
    while (value /= 10);
    for (i = 0; i < count; i++)
        text[i] = digits[count - 1 - i];
    return count;
}

static inline size_t format_signed(int64_t value, char *text) {
    if (value >= 0)
        return format_unsigned((uint64_t)value, text);
    text[0] = '-';
    return 1 + format_unsigned(0 - (uint64_t)value, text + 1);
}

/* A number right-aligned in `width` columns. */
static inline void out_number(Out *out, uint64_t value, size_t width) {
    char text[24];
    size_t length = format_unsigned(value, text);
    if (length < width)
        out_fill(out, ' ', width - length);
    out_put(out, text, length);
}

static inline void format_hex(uint32_t value, size_t digits, char *text) {
    while (digits--) {
        text[digits] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
}

/* "(gggg,eeee)" into 11 bytes. */
static inline void format_tag(uint32_t tag, char *text) {
    text[0] = '(';
    format_hex(tag >> 16, 4, text + 1);
    text[5] = ',';
    format_hex(tag & 0xFFFF, 4, text + 6);
    text[10] = ')';
}

/* One more at the last digit of `text`; returns 1 if all were nines (the number is a power of ten higher). */
static inline int round_up(char *text, size_t length) {
    while (length--) {
        if (text[length] == '.')
            continue;
        if (text[length] != '9') {
            text[length]++;
            return 0;
        }
        text[length] = '0';
    }
    return 1;
}

/* A floating point number as dcmdump prints it, into `text` (at least 64 bytes); returns its length.
 *
 * The form is that of %g, but the digits come from repeated multiplication of the fraction by ten, not from an exact
 * conversion, and zeros directly after the point are not counted as digits, so "%.17g" gives other text for one value in
 * two. A dump that is compared with one of dcmdump must not differ by that, hence the same arithmetic here. The printed
 * number is within a few units in the last place of the exact one.
 */
static inline size_t format_float(double value, int precision, char *text) {
    char digits[320]; /* of the integer part, last one first */
    double integer, fraction, digit;
    size_t length = 0, count = 0, sign = 0;
    int exponent = 0, scientific, leading = 1;
    if (isnan(value)) {
        memcpy(text, "nan", 3);
        return 3;
    }
    if (value < 0) {
        *text++ = '-';
        sign = 1;
        value = -value;
    }
    if (isinf(value)) {
        memcpy(text, "inf", 3);
        return sign + 3;
    }
    fraction = modf(value, &integer);
    while (integer != 0 && count < sizeof(digits)) {
        digit = modf(integer / 10, &integer);
        digits[count++] = (char)('0' + (int)((digit + .01) * 10));
    }
    scientific = (int)count > precision || (count == 0 && fraction != 0 && fraction < .0001);
    if (scientific) {
        precision--;
        if (count) {
            exponent = (int)count - 1;
            text[length++] = digits[--count];
            text[length++] = '.';
            for (; precision > 0 && count; precision--)
                text[length++] = digits[--count];
            if (count) {
                fraction = 0;
                if (digits[count - 1] > '4' && round_up(text, length)) {
                    text[0] = '1'; /* 9.99 became 0.00 */
                    exponent++;
                }
            }
        } else {
            do {
                fraction = modf(fraction * 10, &digit);
                exponent--;
            } while (digit == 0);
            text[length++] = (char)('0' + (int)digit);
            text[length++] = '.';
        }
        leading = 0;
    } else {
        precision -= (int)count;
        if (count == 0)
            text[length++] = '0';
        while (count)
            text[length++] = digits[--count];
        if (precision > 0)
            text[length++] = '.';
    }
    while (precision > 0 && fraction != 0 && length < 56) {
        fraction = modf(fraction * 10, &digit);
        text[length++] = (char)('0' + (int)digit);
        if (digit != 0)
            leading = 0;
        if (!leading)
            precision--;
    }
    if (fraction != 0) {
        modf(fraction * 10, &digit);
        if (digit > 4 && round_up(text, length)) {
            if (scientific) {
                text[0] = '1';
                exponent++;
            } else {
                memmove(text + 1, text, length);
                text[0] = '1';
                length++;
            }
        }
    }
    if (memchr(text, '.', length)) {
        while (text[length - 1] == '0')
            length--;
        if (text[length - 1] == '.')
            length--;
    }
    if (scientific) {
        text[length++] = 'e';
        text[length++] = exponent < 0 ? '-' : '+';
        if (exponent < 0)
            exponent = -exponent;
        if (exponent < 10)
            text[length++] = '0';
        length += format_unsigned((uint64_t)exponent, text + length);
    }
    return sign + length;
}

enum { QUOTE_NONE, QUOTE_XML, QUOTE_OCTAL };

/* Text with bytes outside printable ASCII as references (&#233;) or octal numbers (\351). Stops once `limit` bytes came
 * out (0: never), as more would not be printed.
 */
static inline void out_quoted(Out *out, const uint8_t *text, size_t length, int quoting, size_t limit) {
    const size_t start = out->length;
    size_t i;
    for (i = 0; i < length && (limit == 0 || out->length - start < limit); i++) {
        const uint8_t c = text[i];
        if (quoting == QUOTE_XML) {
            switch (c) {
            case '<': out_put(out, "&lt;", 4); continue;
            case '>': out_put(out, "&gt;", 4); continue;
            case '&': out_put(out, "&amp;", 5); continue;
            case '"': out_put(out, "&quot;", 6); continue;
            case '\'': out_put(out, "&apos;", 6); continue;
            }
            if (c < 32 || c > 126) {
                out_put(out, "&#", 2);
                out_number(out, c, 0);
                out_byte(out, ';');
                continue;
            }
        } else if (c < 32 || c > 126) {
            char octal[4] = {'\\', (char)('0' + (c >> 6)), (char)('0' + (c >> 3 & 7)), (char)('0' + (c & 7))};
            out_put(out, octal, 4);
            continue;
        }
        out_byte(out, (char)c);
        if (out->failed)
            return;
    }
}

#endif
