/* One block of memory kept between parses, so that a loop over many files does not pay for fresh pages each time. */
#ifndef DICOMKIT_SPARE_H
#define DICOMKIT_SPARE_H

#include <stdlib.h>

#if defined(_MSC_VER)
#include <intrin.h>
#define exchange_pointer(place, value) _InterlockedExchangePointer((void *volatile *)(place), value)
#else
#define exchange_pointer(place, value) __atomic_exchange_n(place, value, __ATOMIC_ACQ_REL)
#endif

#define LARGEST_SPARE (4u << 20)

typedef struct {
    size_t size;
    double payload[1];
} SpareBlock;

static SpareBlock *spare_block = NULL;

/* A block of at least `size` bytes; *got is how many it has. */
static inline void *take_spare(size_t size, size_t *got) {
    SpareBlock *block = (SpareBlock *)exchange_pointer(&spare_block, NULL);
    if (block == NULL || block->size < size) {
        free(block);
        block = (SpareBlock *)malloc(offsetof(SpareBlock, payload) + size);
        if (block == NULL)
            return NULL;
        block->size = size;
    }
    *got = block->size;
    return block->payload;
}

static inline void *grow_spare(void *payload, size_t size) {
    SpareBlock *block = (SpareBlock *)((char *)payload - offsetof(SpareBlock, payload));
    block = (SpareBlock *)realloc(block, offsetof(SpareBlock, payload) + size);
    if (block == NULL)
        return NULL;
    block->size = size;
    return block->payload;
}

static inline void give_spare(void *payload) {
    SpareBlock *block;
    if (payload == NULL)
        return;
    block = (SpareBlock *)((char *)payload - offsetof(SpareBlock, payload));
    if (block->size <= LARGEST_SPARE)
        block = (SpareBlock *)exchange_pointer(&spare_block, block);
    free(block);
}

#endif
