/* The shape of a data dictionary in memory: the standard's (static, see standard_tables.h) and a user's (allocated).
 *
 * No table holds a pointer: strings are offsets into one pool of NUL-terminated UTF-8, offset 0 is "". So the static tables
 * need no relocation when the module is loaded, and only the pages that a program touches are ever read.
 *
 * `rows` has the public elements first, then each private creator's, sorted by tag (in the standard's, the rows for group
 * lengths and private creators are in between). The tag of a private row is its key: the
 * group, and the element without the block digits (00EE), or all of it (EEEE) for an element that is not relocated by the
 * private creator. A row that stands for many tags has its first one, and a Range that says which.
 *
 * Hash tables have 2^n slots and are probed in a row until an empty one.
 */
#ifndef DICOMKIT_DICTIONARY_H
#define DICOMKIT_DICTIONARY_H

#include "standard.h"

#define NO_ROW 0xFFFF     /* also: most rows that a dictionary can have */
#define NO_CREATOR 0xFFFF /* the Range is one of public elements */

enum { ROW_RETIRED = 1, ROW_WITHOUT_SS = 2 /* the VR "lt" means US or OW, not US or SS or OW */ };

typedef struct {
    uint32_t tag, keyword, name;
    uint16_t vr;
    uint8_t vm_min, vm_max, vm_step, flags;
} Row;

/* Hashed by tag; empty: NO_TAG, 0, NO_ROW. */
typedef struct {
    uint32_t tag;
    uint16_t vr, row;
} Slot;

/* Group and element each: first to last in steps of a power of two. */
typedef struct {
    uint16_t row, creator;
    uint16_t group, group_last, group_step;
    uint16_t element, element_last, element_step;
} Range;

typedef struct {
    uint32_t name;
    uint16_t row, count;
} Creator;

typedef struct {
    uint32_t uid, keyword, name, type, family;
    uint16_t properties; /* TS_ bits and those below */
    uint8_t kind, retired;
} UIDRow;

enum { TS_REFERENCED = 32, TS_STREAM = 64, TS_FRAGMENTABLE = 128, TS_LOSSLESS = 256, TS_LOSSY = 512 };

typedef struct UserDictionary Tables;

struct UserDictionary {
    const char *strings;
    const Row *rows;
    const Slot *slots;
    const uint16_t *keyword_slots; /* of rows */
    const Creator *creators;
    const uint16_t *creator_slots; /* of creators */
    const Range *ranges;
    uint32_t public_count; /* rows of public elements */
    uint32_t range_count, creator_count;
    uint32_t slot_shift; /* 32 - n */
    uint32_t keyword_mask, creator_mask;
};

/* Fibonacci hashing: neighbouring tags spread over the table. */
static inline uint32_t tag_hash(uint32_t tag, uint32_t shift) { return (uint32_t)(tag * 0x9E3779B1u) >> shift; }

/* FNV-1a. */
static inline uint32_t text_hash(const char *text, size_t length) {
    uint32_t hash = 0x811C9DC5u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)text[i]) * 0x01000193u;
    return hash;
}

#endif
