/* Numbers as the text of DS and IS (PS3.5 6.2): a double in at most 16 characters, an integer in at most 20.
 *
 * A double is written as Python writes it (`repr`, without ".0" and "e+"), if that fits. Else as the text of at most 16
 * characters that is nearest to it, which may need a form that Python does not write: ".0123" and "123e-4" are numbers of
 * ANSI X3.9, which is what PS3.5 refers to. */
#ifndef DICOMKIT_DECIMAL_TEXT_H
#define DICOMKIT_DECIMAL_TEXT_H

#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { LONGEST_DECIMAL = 16, LONGEST_INTEGER = 20 };

static inline int write_integer(char *out, int64_t value) {
    char digits[20];
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int count = 0, length = 0;
    do
        digits[count++] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        out[length++] = '-';
    while (count)
        out[length++] = digits[--count];
    return length;
}

/* The number 0.DIGITS * 10^point, without zeros at the end of `digits`. */
typedef struct {
    char digits[24];
    int count;
    int point;
} Decimal;

static inline int exponent_length(int exponent) {
    int size = exponent < 0 ? -exponent : exponent;
    return 1 + (exponent < 0) + (size < 10 ? 1 : size < 100 ? 2 : 3);
}

/* 123, 12300, 1.23, 0.00123; or .00123 */
static inline int fixed_length(const Decimal *d, int zero) {
    if (d->point <= 0)
        return zero + 1 - d->point + d->count;
    return d->point >= d->count ? d->point : d->count + 1;
}

static inline int write_fixed(char *out, const Decimal *d, int zero) {
    char *p = out;
    int before = d->point < d->count ? d->point : d->count;
    if (d->point <= 0) {
        if (zero)
            *p++ = '0';
        *p++ = '.';
        memset(p, '0', (size_t)-d->point);
        p += -d->point;
        before = 0;
    }
    memcpy(p, d->digits, (size_t)before);
    p += before;
    if (d->point > 0 && d->point < d->count)
        *p++ = '.';
    memcpy(p, d->digits + before, (size_t)(d->count - before));
    p += d->count - before;
    if (d->point > d->count) {
        memset(p, '0', (size_t)(d->point - d->count));
        p += d->point - d->count;
    }
    return (int)(p - out);
}

/* 1.23e-4 (before: 1), 123e-6 (before: all) */
static inline int scientific_length(const Decimal *d, int before) {
    return d->count + (before < d->count) + exponent_length(d->point - before);
}

static inline int write_scientific(char *out, const Decimal *d, int before) {
    char *p = out;
    memcpy(p, d->digits, (size_t)before);
    p += before;
    if (before < d->count) {
        *p++ = '.';
        memcpy(p, d->digits + before, (size_t)(d->count - before));
        p += d->count - before;
    }
    *p++ = 'e';
    return (int)(p - out) + write_integer(p, d->point - before);
}

/* The usual form that has room, then the unusual ones; 0 if none has. */
static inline int write_digits(char *out, const Decimal *d, int room) {
    int plain = d->point > -4 && d->point <= 16; /* where Python's repr has no exponent */
    if (plain && fixed_length(d, 1) <= room)
        return write_fixed(out, d, 1);
    if (scientific_length(d, 1) <= room)
        return write_scientific(out, d, 1);
    if (fixed_length(d, 1) <= room)
        return write_fixed(out, d, 1);
    if (fixed_length(d, 0) <= room)
        return write_fixed(out, d, 0);
    if (scientific_length(d, d->count) <= room)
        return write_scientific(out, d, d->count);
    return 0;
}

/* Digits of a positive double: as many as tell it from all others (precision 0), or the nearest of `precision` digits. */
static inline int get_digits(double value, int precision, Decimal *d) {
    char *text = PyOS_double_to_string(value, precision ? 'e' : 'r', precision ? precision - 1 : 0, 0, NULL);
    const char *p = text;
    int leading = 0, exponent = 0;
    if (text == NULL)
        return -1;
    d->count = 0;
    d->point = 0;
    for (int seen = 0; *p && *p != 'e'; p++) {
        if (*p == '.')
            seen = 1;
        else {
            if (!seen)
                d->point++;
            if (*p == '0' && !d->count)
                leading++;
            else if (d->count < (int)sizeof d->digits)
                d->digits[d->count++] = *p;
        }
    }
    if (*p == 'e') {
        int negative = p[1] == '-';
        for (p += 2; *p; p++)
            exponent = 10 * exponent + (*p - '0');
        exponent = negative ? -exponent : exponent;
    }
    PyMem_Free(text);
    d->point += exponent - leading;
    while (d->count > 1 && d->digits[d->count - 1] == '0')
        d->count--;
    return 0;
}

/* Exact if value is a whole number of 10^-scale, scale up to 9, and has no more than 15 digits: `r / 10^scale` is rounded
 * correctly, and no two decimals of 15 digits are the same double. 0 sends the caller to the slow way. */
static inline int quick_digits(double value, Decimal *d) {
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (!(value >= 1e-4 && value < 1e15))
        return 0;
    for (int scale = 0; scale < 10; scale++) {
        double scaled = value * powers[scale], whole = rint(scaled);
        if (whole >= 1e15)
            return 0;
        if (whole / powers[scale] == value) {
            d->count = write_integer(d->digits, (int64_t)whole);
            d->point = d->count - scale;
            while (d->count > 1 && d->digits[d->count - 1] == '0')
                d->count--;
            return 1;
        }
    }
    return 0;
}

/* The text of a finite double; its length, or -1 with an exception set. */
static inline int write_decimal(char *out, double value) {
    int negative = signbit(value) != 0, room = LONGEST_DECIMAL - negative, length, precision;
    Decimal d;
    if (negative) {
        *out++ = '-';
        value = -value;
    }
    if (value == 0) {
        *out = '0';
        return negative + 1;
    }
    if (!quick_digits(value, &d) && get_digits(value, 0, &d) < 0)
        return -1;
    length = write_digits(out, &d, room);
    for (precision = 16; !length; precision--) {
        if (get_digits(value, precision, &d) < 0)
            return -1;
        length = write_digits(out, &d, room);
        if (length && value > 1.797e308) { /* the nearest may be beyond what a double holds */
            char text[LONGEST_DECIMAL + 1];
            memcpy(text, out, (size_t)length);
            text[length] = 0;
            if (isinf(PyOS_string_to_double(text, NULL, NULL))) {
                d.digits[d.count - 1]--;
                length = write_digits(out, &d, room);
            }
        }
    }
    return negative + length;
}

#endif
