/* Edge coverage of the compiled modules, for gcc -fsanitize-coverage=trace-pc.
 *
 * Loaded with LD_PRELOAD by tests.fuzz --coverage. Each edge (where from, where to) has a counter; `coverage_news` says how
 * many edges, or edges taken in a new order of magnitude, an execution had that none had before it.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SIZE (1u << 16)

static uint8_t counters[SIZE];
static uint8_t seen[SIZE];
static uintptr_t before;

void __sanitizer_cov_trace_pc(void) {
    uintptr_t here = (uintptr_t)__builtin_return_address(0);
    uint32_t edge = (uint32_t)((here ^ (before * 31)) * 2654435761u) >> 16;
    before = here;
    counters[edge] += counters[edge] != 255;
}

static uint8_t magnitude(uint8_t count) {
    return count >= 128 ? 128 : count >= 32 ? 64 : count >= 16 ? 32 : count >= 8 ? 16 : count >= 4 ? 8 : count == 3 ? 4 : count;
}

/* New edges and magnitudes since the last call. */
int coverage_news(void) {
    int news = 0;
    for (size_t i = 0; i < SIZE; i += 8) {
        uint64_t any;
        memcpy(&any, counters + i, 8);
        if (any == 0)
            continue;
        for (size_t j = i; j < i + 8; j++) {
            uint8_t bit = magnitude(counters[j]);
            news += (bit & ~seen[j]) != 0;
            seen[j] |= bit;
        }
        memset(counters + i, 0, 8);
    }
    before = 0;
    return news;
}

int coverage_edges(void) {
    int edges = 0;
    for (size_t i = 0; i < SIZE; i++)
        edges += seen[i] != 0;
    return edges;
}
