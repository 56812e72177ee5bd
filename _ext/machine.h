/* What the loops of codecs ask of compiler and processor. */
#ifndef DICOMKIT_MACHINE_H
#define DICOMKIT_MACHINE_H

#include <stdint.h>
#include <string.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#define ALWAYS_INLINE static __forceinline
#define NEVER_INLINE static __declspec(noinline)
#define LIKELY(condition) (condition)
#define UNLIKELY(condition) (condition)

/* The number of zero bits before the first one; `value` is not 0. */
ALWAYS_INLINE int leading_zeros32(uint32_t value) {
    unsigned long bit;
    _BitScanReverse(&bit, value);
    return 31 - (int)bit;
}

/* The number of zero bits behind the last one; `value` is not 0. */
ALWAYS_INLINE int trailing_zeros32(uint32_t value) {
    unsigned long bit;
    _BitScanForward(&bit, value);
    return (int)bit;
}

ALWAYS_INLINE int trailing_zeros64(uint64_t value) {
    unsigned long bit;
#if defined(_M_X64) || defined(_M_ARM64)
    _BitScanForward64(&bit, value);
    return (int)bit;
#else
    if (_BitScanForward(&bit, (unsigned long)value))
        return (int)bit;
    _BitScanForward(&bit, (unsigned long)(value >> 32));
    return 32 + (int)bit;
#endif
}

ALWAYS_INLINE uint64_t swap64(uint64_t value) { return _byteswap_uint64(value); }
#else
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NEVER_INLINE static __attribute__((noinline))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* The number of zero bits before the first one; `value` is not 0. */
ALWAYS_INLINE int leading_zeros32(uint32_t value) { return __builtin_clz(value); }
/* The number of zero bits behind the last one; `value` is not 0. */
ALWAYS_INLINE int trailing_zeros32(uint32_t value) { return __builtin_ctz(value); }
ALWAYS_INLINE int trailing_zeros64(uint64_t value) { return __builtin_ctzll(value); }
ALWAYS_INLINE uint64_t swap64(uint64_t value) { return __builtin_bswap64(value); }
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BIG_ENDIAN_MACHINE 1
#else
#define BIG_ENDIAN_MACHINE 0
#endif

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define HAS_SSE2 1
#else
#define HAS_SSE2 0
#endif

/* Functions for processors with SSSE3: all but the first ones of x86-64. They are called if has_ssse3() says so. */
#if HAS_SSE2 && (defined(__GNUC__) || defined(__clang__)) && !defined(_MSC_VER)
#include <tmmintrin.h>
#define HAS_SSSE3 1
#define FOR_SSSE3 __attribute__((target("ssse3")))
ALWAYS_INLINE int has_ssse3(void) { return __builtin_cpu_supports("ssse3"); }
#else
#define HAS_SSSE3 0
#endif

/* Functions for processors with AVX2 and the bit operations that came with it (x86-64-v3), if has_v3() says so. */
#if HAS_SSSE3 && defined(__x86_64__)
#include <immintrin.h>
#define HAS_V3 1
#define FOR_V3 __attribute__((target("avx2,bmi,bmi2,popcnt")))
ALWAYS_INLINE int has_v3(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
}
#else
#define HAS_V3 0
#endif

/* Eight bytes, the first one in the highest bits. */
ALWAYS_INLINE uint64_t load_word(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return BIG_ENDIAN_MACHINE ? word : swap64(word);
}

ALWAYS_INLINE void store_word(uint8_t *bytes, uint64_t word) {
    word = BIG_ENDIAN_MACHINE ? word : swap64(word);
    memcpy(bytes, &word, 8);
}

/* Copy up to 16 bytes as far as none is 0xFF; returns how many. 16 bytes are read and written in any case. */
ALWAYS_INLINE int copy_to_ff(uint8_t *to, const uint8_t *from) {
#if HAS_SSE2
    __m128i bytes = _mm_loadu_si128((const __m128i *)from);
    uint32_t found = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(-1)));
    _mm_storeu_si128((__m128i *)to, bytes);
    return found ? trailing_zeros32(found) : 16;
#else
    uint64_t word, found;
    int i;
    for (i = 0; i < 16; i += 8) {
        memcpy(&word, from + i, 8);
        memcpy(to + i, &word, 8);
        found = word & ~(word + 0x0101010101010101u) & 0x8080808080808080u;
        if (found)
            break;
    }
    for (; i < 16 && from[i] != 0xFF; i++)
        ;
    return i;
#endif
}

#endif
