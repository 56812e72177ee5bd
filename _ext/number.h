/* Decimal and integer strings (PS3.5 6.2, DS and IS) where a quick way is exact; 0 sends the caller to the slow way. */
#ifndef DICOMKIT_NUMBER_H
#define DICOMKIT_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Sign and at most 18 digits: fits 64 bits. */
static inline int parse_integer(const uint8_t *p, ptrdiff_t n, int64_t *result) {
    int negative = 0;
    int64_t value = 0;
    if (n && (*p == '+' || *p == '-')) {
        negative = *p == '-';
        p++;
        n--;
    }
    if (n < 1 || n > 18)
        return 0;
    for (; n; n--, p++) {
        if (*p < '0' || *p > '9')
            return 0;
        value = 10 * value + (*p - '0');
    }
    *result = negative ? -value : value;
    return 1;
}

/* Exact by Clinger's observation: a mantissa below 2^53 and a power of ten up to 10^22 are doubles, and one multiplication
 * or division of doubles is rounded correctly. */
static inline int parse_decimal(const uint8_t *p, ptrdiff_t n, double *result) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const uint8_t *end = p + n;
    uint64_t mantissa = 0;
    int negative = 0, digits = 0, scale = 0, exponent = 0, exponent_negative = 0;
    double value;
    if (p < end && (*p == '+' || *p == '-'))
        negative = *p++ == '-';
    for (; p < end && *p >= '0' && *p <= '9'; p++, digits++) {
        if (digits >= 18)
            return 0;
        mantissa = 10 * mantissa + (uint64_t)(*p - '0');
    }
    if (p < end && *p == '.')
        for (p++; p < end && *p >= '0' && *p <= '9'; p++, digits++, scale--) {
            if (digits >= 18)
                return 0;
            mantissa = 10 * mantissa + (uint64_t)(*p - '0');
        }
    if (!digits)
        return 0;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            exponent_negative = *p++ == '-';
        if (p == end || end - p > 4)
            return 0;
        for (; p < end && *p >= '0' && *p <= '9'; p++)
            exponent = 10 * exponent + (*p - '0');
        scale += exponent_negative ? -exponent : exponent;
    }
    if (p != end || mantissa >> 53 || scale < -22 || scale > 22)
        return 0;
    value = (double)mantissa;
    value = scale < 0 ? value / powers[-scale] : value * powers[scale];
    *result = negative ? -value : value;
    return 1;
}

#endif
