/* What the loops of JPEG-LS ask of compiler and processor, besides machine.h. */
#ifndef DICOMKIT_JPEGLS_MACHINE_H
#define DICOMKIT_JPEGLS_MACHINE_H

#include <stddef.h>

#include "machine.h"

#if defined(_MSC_VER) && !defined(__clang__)
#define IN_ORDER(first, second)
#define HIDDEN(value)
#define STORED()
#define UNROLLED

/* The number of zero bits in front of the first one; `value` is not 0. */
ALWAYS_INLINE uintptr_t leading_zeros(uint64_t value) {
    unsigned long bit;
#if defined(_M_X64) || defined(_M_ARM64)
    _BitScanReverse64(&bit, value);
    return 63 - bit;
#else
    if (_BitScanReverse(&bit, (unsigned long)(value >> 32)))
        return 31 - bit;
    _BitScanReverse(&bit, (unsigned long)value);
    return 63 - bit;
#endif
}
#else
/* What comes of `second` is computed behind `first` in the order of the program. The processor has its own order; the compiler
 * would else begin all at once, and run out of registers. */
#define IN_ORDER(first, second) __asm__("" : "+r"(first), "+r"(second))

/* The compiler is not to see where the value comes from. */
#define HIDDEN(value) __asm__("" : "+r"(value))

/* What was stored so far is not to be stored together with what comes. */
#define STORED() __asm__ volatile("" : : : "memory")

/* In front of a loop over components. */
#define UNROLLED _Pragma("GCC unroll 4")

/* The number of zero bits in front of the first one; `value` is not 0. */
ALWAYS_INLINE uintptr_t leading_zeros(uint64_t value) { return (uintptr_t)__builtin_clzll(value); }
#endif

/* The number of the highest bit that is set; `value` is not 0. */
ALWAYS_INLINE uintptr_t highest_bit(uint64_t value) { return 63 ^ leading_zeros(value); }

/* Not 0 if one of the eight bytes is 0xFF. */
ALWAYS_INLINE uint64_t has_ff(uint64_t word) { return word & ~(word + 0x0101010101010101u) & 0x8080808080808080u; }

ALWAYS_INLINE intptr_t least(intptr_t a, intptr_t b) { return a < b ? a : b; }
ALWAYS_INLINE intptr_t most(intptr_t a, intptr_t b) { return a > b ? a : b; }
ALWAYS_INLINE intptr_t within(intptr_t value, intptr_t low, intptr_t high) { return least(most(value, low), high); }

#endif
