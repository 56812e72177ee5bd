/* How the values in a dump are read: hexadecimal digits, whole numbers, and the names of UIDs. */
#ifndef DICOMKIT_DUMP_PARSE_H
#define DICOMKIT_DUMP_PARSE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dump_names.h"

/* Value + 1 of a hexadecimal digit, 0 for anything else. */
static const uint8_t HEX_DIGIT[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static inline int is_blank(uint8_t c) { return c == ' ' || (c >= 9 && c <= 13); }

/* 1 to `most` hexadecimal digits; 0 if that is not all there is. */
static inline int parse_hex(const uint8_t *p, size_t n, size_t most, uint32_t *result) {
    uint32_t value = 0;
    if (n == 0 || n > most)
        return 0;
    for (; n; n--, p++) {
        if (!HEX_DIGIT[*p])
            return 0;
        value = value << 4 | (uint32_t)(HEX_DIGIT[*p] - 1);
    }
    *result = value;
    return 1;
}

/* "(gggg,eeee)" in exactly 11 bytes; 0 if it is written in another way. */
static inline int parse_tag(const uint8_t *p, size_t n, uint32_t *tag) {
    uint32_t group, element;
    if (n < 11 || p[0] != '(' || p[5] != ',' || p[10] != ')' || !parse_hex(p + 1, 4, 4, &group) ||
        !parse_hex(p + 6, 4, 4, &element))
        return 0;
    *tag = group << 16 | element;
    return 1;
}

/* Sign and decimal digits; 0 if that is not all there is, or if the magnitude takes more than 64 bits. */
static inline int parse_whole(const uint8_t *p, size_t n, int *negative, uint64_t *magnitude) {
    uint64_t value = 0;
    *negative = 0;
    if (n && (*p == '+' || *p == '-')) {
        *negative = *p == '-';
        p++;
        n--;
    }
    if (n == 0)
        return 0;
    for (; n; n--, p++) {
        const uint64_t digit = (uint64_t)(*p - '0');
        if (*p < '0' || *p > '9' || value > (UINT64_MAX - digit) / 10)
            return 0;
        value = 10 * value + digit;
    }
    *magnitude = value;
    return 1;
}

/* The UID that a dump calls so, without DUMP_UID_ROOT; NULL if it is none of the dump's own names. */
static inline const char *dump_uid_of(const uint8_t *name, size_t length) {
    for (size_t i = 0; i < sizeof(DUMP_UID_NAMES) / sizeof(DUMP_UID_NAMES[0]); i++)
        if (DUMP_UID_NAMES[i].name[0] == (char)name[0] && strlen(DUMP_UID_NAMES[i].name) == length &&
            memcmp(DUMP_UID_NAMES[i].name, name, length) == 0)
            return DUMP_UID_NAMES[i].uid;
    return NULL;
}

#endif
