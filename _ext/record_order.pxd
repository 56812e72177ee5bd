"""The records of a level in the order of their tags, for renderers of data sets that are not in order."""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport qsort

from element cimport IndexView


cdef inline int ascending(const void *a, const void *b) noexcept nogil:
    cdef uint64_t first = (<const uint64_t *>a)[0], second = (<const uint64_t *>b)[0]
    return -1 if first < second else 1 if first > second else 0


cdef inline uint32_t order_records(const IndexView *view, uint32_t first, uint32_t stop, uint64_t *order) noexcept nogil:
    """Fill `order`, which has room for all, with tag << 32 | record; of equal tags the first counts. Returns how many."""
    cdef uint32_t i = first, found = 0, count = 0
    while i < stop:
        order[found] = <uint64_t>view.records[i].tag << 32 | i
        found += 1
        i = view.records[i].next
    qsort(order, found, sizeof(uint64_t), ascending)
    for i in range(found):
        if count == 0 or order[count - 1] >> 32 != order[i] >> 32:
            order[count] = order[i]
            count += 1
    return count
