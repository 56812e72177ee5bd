/* Memory for records. The last large block that was given back is kept for the next parse: a loop over many files would else
 * pay for fresh pages each time, which takes longer than the parse. Small blocks come and go by malloc.
 */
#ifndef DICOMKIT_SPARE_H
#define DICOMKIT_SPARE_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(_MSC_VER)
#include <intrin.h>
#define exchange_pointer(place, value) _InterlockedExchangePointer((void *volatile *)(place), value)
#else
#define exchange_pointer(place, value) __atomic_exchange_n(place, value, __ATOMIC_ACQ_REL)
#endif

#ifdef __linux__
#include <sys/mman.h>
#endif

#define LARGE_PAGE ((size_t)2 << 20)
#define LARGE_BLOCK ((size_t)16 << 20)
#define SMALLEST_SPARE ((size_t)64 << 10)
#define LARGEST_SPARE ((size_t)8 << 20)

typedef struct {
    size_t size;
    double payload[1];
} Block;

static Block *spare_block = NULL;

static inline Block *block_of(void *payload) { return (Block *)((char *)payload - offsetof(Block, payload)); }

static inline size_t block_size(void *payload) { return block_of(payload)->size; }

/* A block like malloc's, or NULL. The system is asked for large pages under a large one: with small ones, making them would
 * take three times as long as filling them. */
static inline void *new_block(size_t size) {
    size_t whole = offsetof(Block, payload) + size;
    Block *block = NULL;
#ifdef __linux__
    if (size >= LARGE_BLOCK) {
        whole = (whole + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
        if (posix_memalign((void **)&block, LARGE_PAGE, whole) != 0)
            return NULL;
        madvise(block, whole, MADV_HUGEPAGE);
    }
#endif
    if (block == NULL)
        block = (Block *)malloc(whole);
    if (block == NULL)
        return NULL;
    block->size = size;
    return block->payload;
}

/* The end of a block. */
static inline void give_back(void *payload) {
    Block *block;
    if (payload == NULL)
        return;
    block = block_of(payload);
    if (block->size >= SMALLEST_SPARE && block->size <= LARGEST_SPARE)
        block = (Block *)exchange_pointer(&spare_block, block);
    free(block);
}

/* A block of at least `least` bytes, `wanted` if it must be made, that begins with the first `used` bytes of `payload`,
 * which is given back; NULL leaves everything as it was. */
static inline void *larger_block(void *payload, size_t used, size_t least, size_t wanted) {
    Block *block = wanted < SMALLEST_SPARE ? NULL : (Block *)exchange_pointer(&spare_block, NULL);
    void *larger;
    if (block != NULL && block->size < least) {
        free(block);
        block = NULL;
    }
    larger = block != NULL ? block->payload : new_block(wanted);
    if (larger == NULL)
        return NULL;
    memcpy(larger, payload, used);
    give_back(payload);
    return larger;
}

/* The block with no more than `used` bytes, if there is much to save. */
static inline void *fitting_block(void *payload, size_t used) {
    Block *block = block_of(payload);
    if (block->size <= used + used / 8 + 256)
        return payload;
    block = (Block *)realloc(block, offsetof(Block, payload) + used);
    if (block == NULL)
        return payload;
    block->size = used;
    return block->payload;
}

#endif
