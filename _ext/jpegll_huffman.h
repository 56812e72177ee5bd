/* Huffman codes of differences (ITU-T T.81 H.1.2.2 and annex C): tables to decode with, and optimal ones to encode with.
 *
 * A difference has a code for its category SSSS, then as many bits as that says. A difference of category 16 is always 32768 and
 * has no bits.
 */
#ifndef DICOMKIT_JPEGLL_HUFFMAN_H
#define DICOMKIT_JPEGLL_HUFFMAN_H

#include <stdlib.h>

#include "jpegll_stream.h"

enum {
    CATEGORIES = 17,
    ONE_BITS = 11,          /* that `one` looks at: a code and the first one of its bits */
    GROUP_BITS = 12,        /* that `group` looks at, */
    MOST_IN_GROUP = 4,      /* and the differences they can be */
    LONGEST_CODE = 12,      /* of those we make: with its bits, two fit into a word together with what waits there */
};

/* `one_length` and `one` have, by the next ONE_BITS bits, what a code and the sign of its difference say: the difference is the
 * last of the so many bits, masked with the low half of `one`, less its high half. A length of 0 says that ONE_BITS bits are not
 * enough to know, or that the category is above 15.
 *
 * `group` has, by the next GROUP_BITS bits, the differences that are wholly in them: their length | their number << 8; and
 * `differences` what they are. `limit` and `offset` are for codes of each length, aligned to 16 bits. */
typedef struct {
    uint8_t one_length[1 << ONE_BITS];
    uint32_t one[1 << ONE_BITS];
    uint16_t group[1 << GROUP_BITS];
    uint64_t differences[1 << GROUP_BITS];
    uint32_t limit[17];
    int32_t offset[17];
    uint8_t symbols[MOST_SYMBOLS];
} DecodingTable;

/* The difference that `bits` begin with. The rotation brings the last of `length` bits to the end. */
ALWAYS_INLINE uint16_t one_difference(uint32_t one, uint64_t bits, uint32_t length) {
    return (uint16_t)(((uint32_t)(bits << length | bits >> (64 - length)) & one) - (one >> 16));
}

/* F.2.2.1, EXTEND: the difference of category `size` whose bits are the highest ones of `bits`. A first bit of 0 says that it is
 * negative, and then its bits are those of its absolute value, inverted. */
static int32_t extend(uint64_t bits, int size) {
    int32_t value = (int32_t)(bits >> 1 >> (63 - size));
    return bits >> 63 ? value : value - ((1 << size) - 1);
}

static void make_groups(DecodingTable *table) {
    uint32_t i;
    for (i = 0; i < 1u << GROUP_BITS; i++) {
        uint64_t bits = (uint64_t)i << (64 - GROUP_BITS), differences = 0;
        uint32_t used = 0, count = 0;
        while (count < MOST_IN_GROUP) {
            uint32_t index = (uint32_t)(bits >> (64 - ONE_BITS)), length = table->one_length[index];
            if (length == 0 || used + length > GROUP_BITS)
                break;
            differences |= (uint64_t)one_difference(table->one[index], bits, length) << (16 * count);
            bits <<= length;
            used += length;
            count++;
        }
        table->group[i] = (uint16_t)(used | count << 8);
        table->differences[i] = differences;
    }
}

/* Annex C. The code of all ones is let pass, since some encoders use it. */
static Status make_decoding_table(DecodingTable *table, const HuffmanTable *from) {
    uint32_t code = 0, i;
    int length, k = 0, n;
    memset(table->one_length, 0, sizeof(table->one_length));
    memcpy(table->symbols, from->symbols, sizeof(table->symbols));
    for (length = 1; length <= 16; length++) {
        table->offset[length] = k - (int32_t)code;
        if (code + from->lengths[length] > 1u << length)
            return LL_TABLE;
        for (n = from->lengths[length]; n; n--, k++, code++) {
            uint32_t size = from->symbols[k], mask = (1u << (size & 15)) - 1;
            if (length < ONE_BITS && size < 16)
                for (i = 0; i < 1u << (ONE_BITS - length); i++) {
                    uint32_t index = (code << (ONE_BITS - length)) + i;
                    table->one[index] = i >> (ONE_BITS - length - 1) ? mask : mask | mask << 16;
                    table->one_length[index] = (uint8_t)((uint32_t)length + size);
                }
        }
        table->limit[length] = code << (16 - length);
        code <<= 1;
    }
    return LL_OK;
}

/* One entry for each category. */
typedef struct {
    HuffmanTable table;
    /* The code, shifted by the category | the mask of its bits << 32 | the length of both << 48. */
    uint64_t codes[CATEGORIES];
} EncodingTable;

/* K.2, with lengths of at most LONGEST_CODE: the optimal code for categories that occur as often as `counts` says.
 * Categories that do not occur get no code. */
static void make_encoding_table(EncodingTable *made, const uint64_t counts[CATEGORIES]) {
    int length[CATEGORIES + 1] = {0}, other[CATEGORIES + 1], number[2 * CATEGORIES] = {0};
    uint64_t frequency[CATEGORIES + 1];
    HuffmanTable *table = &made->table;
    int i, k, first, second;
    uint32_t code = 0;
    memset(made, 0, sizeof(EncodingTable));
    for (i = 0; i <= CATEGORIES; i++) {
        frequency[i] = i < CATEGORIES ? counts[i] : 1;  /* the last one takes the code of all ones, which is not allowed */
        other[i] = -1;
    }
    for (;;) {
        for (i = 0, first = second = -1; i <= CATEGORIES; i++) {
            if (frequency[i] == 0)
                continue;
            if (first < 0 || frequency[i] <= frequency[first]) {
                second = first;
                first = i;
            } else if (second < 0 || frequency[i] <= frequency[second])
                second = i;
        }
        if (second < 0)
            break;
        frequency[second] += frequency[first];
        frequency[first] = 0;
        for (i = second; other[i] >= 0; i = other[i])
            length[i]++;
        length[i]++;
        other[i] = first;
        for (i = first; i >= 0; i = other[i])
            length[i]++;
    }
    for (i = 0; i <= CATEGORIES; i++)
        number[length[i]]++;
    number[0] = 0;
    for (i = 2 * CATEGORIES - 1; i > LONGEST_CODE; i--)     /* figure K.3 */
        while (number[i] > 0) {
            for (k = i - 2; number[k] == 0; k--)
                ;
            number[i] -= 2;
            number[i - 1]++;
            number[k + 1] += 2;
            number[k]--;
        }
    for (i = LONGEST_CODE; number[i] == 0; i--)
        ;
    number[i]--;
    /* Figure K.4: symbols by the length they have got, or would have if lengths were not limited. */
    for (i = 1, k = 0; i < 2 * CATEGORIES; i++)
        for (first = 0; first < CATEGORIES; first++)
            if (length[first] == i)
                table->symbols[k++] = (uint8_t)first;
    table->count = k;
    for (i = 1, k = 0; i <= LONGEST_CODE; i++, code <<= 1) {
        table->lengths[i] = (uint8_t)number[i];
        for (first = 0; first < number[i]; first++, k++, code++) {
            int size = table->symbols[k], bits = size < 16 ? size : 0;
            made->codes[size] = ((uint64_t)code << bits) | (((uint64_t)1 << bits) - 1) << 32 | (uint64_t)(i + bits) << 48;
        }
    }
}

/* The bits that differences of `counts` take. */
static uint64_t coded_length(const EncodingTable *table, const uint64_t counts[CATEGORIES]) {
    uint64_t total = 0;
    int i;
    for (i = 0; i < CATEGORIES; i++)
        total += counts[i] * (table->codes[i] >> 48);
    return total;
}

#endif
