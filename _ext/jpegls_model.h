/* The model of JPEG-LS (ITU-T T.87 annex A): coding parameters, and contexts that learn what the samples are like.
 *
 * Everything here is the same in encoder and decoder. Functions take `mode` as a constant: no test of it is left in the code.
 */
#ifndef DICOMKIT_JPEGLS_MODEL_H
#define DICOMKIT_JPEGLS_MODEL_H

#include <stdlib.h>

#include "jpegls_status.h"

enum { MOST_COMPONENTS = 255, MOST_IN_SCAN = 4, CONTEXTS = 365, REGIONS = 1 << 16 };

/* Bits of `mode`. */
enum {
    LOSSLESS = 1, /* NEAR = 0 and MAXVAL = 2^bits - 1: most of the arithmetic falls away */
    LANES = 2,    /* numbers of the model fit into 16 bits, see has_lanes */
    WIDE = 4      /* samples do so only without a sign */
};

/* T.87 C.2.4.1.1; 0 stands for the default. */
typedef struct {
    uint32_t maxval;
    uint32_t t1;
    uint32_t t2;
    uint32_t t3;
    uint32_t reset;
} Presets;

/* T.87 A.1 and A.2.1, in its names, and what follows from them. */
typedef struct {
    intptr_t maxval;
    intptr_t near;
    intptr_t step; /* 2 * NEAR + 1 */
    intptr_t range;
    intptr_t half; /* of MAXVAL + 1 */
    uint32_t inverse; /* 2^32 / step, rounded up */
    uint32_t reset;
    int t1;
    int t2;
    int t3;
    int qbpp;
    int limit;
    int escape;         /* zeros that announce a value in plain binary, A.5.3 */
    uint32_t largest;   /* no mapped error is larger */
    uint32_t zeros[40]; /* with fewer zeros and a Golomb parameter of the index, none is more than twice as large */
} Parameters;

/* A regular context: Golomb parameter, A, C, -B and N of A.2.1; `top` is the largest C.
 *
 * Contexts of opposite gradients are one, but for the sign of C. Their number 81 * Q1 + 9 * Q2 + Q3 has a sign too. The one with
 * the positive number has everything, the one with the negative number copies of k and C, so that finding these takes no look
 * at the sign. */
typedef struct {
    uint32_t k;
    uint32_t a;
    int16_t c;
    uint16_t bias;
    int16_t top;
    uint16_t n;
} Context;

typedef char context_is_16_bytes[sizeof(Context) == 16 ? 1 : -1];

/* A, N and Nn of A.7.2 */
typedef struct {
    uint32_t a;
    uint32_t n;
    uint32_t negative;
} RunContext;

/* The 364 contexts with a negative number lie in front of this in memory. `regions` has 16 times the region of each gradient,
 * plus 64. */
typedef struct {
    Context contexts[CONTEXTS];
    RunContext run_contexts[2];
    Parameters p;
    uint8_t regions[2 * REGIONS];
    int16_t above[4][8]; /* a gradient belongs to another region where it is above these, or below those: in lanes */
    int16_t below[4][8];
} Model;

enum { IN_FRONT = (CONTEXTS - 1) * 16 };

/* J of A.2.1, the order of run lengths. */
static const uint8_t RUN_ORDER[32] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,  2,  3,  3,  3,  3,
                                      4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* The samples of a run that takes the order from 0 to the index. */
static const uint16_t RUN_SUM[32] = {0,  1,  2,  3,   4,   6,   8,   10,  12,  16,  20,   24,   28,   36,   44,    52,
                                     60, 76, 92, 124, 156, 220, 284, 412, 540, 796, 1308, 2332, 4380, 8476, 16668, 33052};

/* The context at a signed distance in bytes. */
ALWAYS_INLINE Context *context_at(Model *m, intptr_t distance) { return (Context *)((uint8_t *)m + distance); }

static inline int bits_of(uint32_t value) { return value ? 1 + (int)highest_bit(value) : 0; }

/* C.2.4.1.1: a default that is out of its bounds is the lower one. */
static inline int bounded(intptr_t value, intptr_t low, intptr_t high) {
    return (int)(value > high || value < low ? low : value);
}

static inline void set_thresholds(Parameters *p) {
    intptr_t factor;
    if (p->maxval >= 128) {
        factor = (least(p->maxval, 4095) + 128) >> 8;
        p->t1 = bounded(factor * (3 - 2) + 2 + 3 * p->near, p->near + 1, p->maxval);
        p->t2 = bounded(factor * (7 - 3) + 3 + 5 * p->near, p->t1, p->maxval);
        p->t3 = bounded(factor * (21 - 4) + 4 + 7 * p->near, p->t2, p->maxval);
    } else {
        factor = 256 / (p->maxval + 1);
        p->t1 = bounded(most(2, 3 / factor + 3 * p->near), p->near + 1, p->maxval);
        p->t2 = bounded(most(3, 7 / factor + 5 * p->near), p->t1, p->maxval);
        p->t3 = bounded(most(4, 21 / factor + 7 * p->near), p->t2, p->maxval);
    }
}

/* The parameters that follow from bits, NEAR and presets: A.2.1, C.2.4.1.1. */
static inline Status set_parameters(Parameters *p, int bits, const Presets *presets, uint32_t near) {
    uint32_t full = (1u << bits) - 1;
    int bpp;
    if (presets->maxval > full)
        return LS_PRESETS;
    p->maxval = (intptr_t)(presets->maxval ? presets->maxval : full);
    p->near = (intptr_t)near;
    if (p->near > least(255, p->maxval / 2))
        return LS_NEAR;
    set_thresholds(p);
    p->t1 = presets->t1 ? (int)presets->t1 : p->t1;
    p->t2 = presets->t2 ? (int)presets->t2 : p->t2;
    p->t3 = presets->t3 ? (int)presets->t3 : p->t3;
    p->reset = presets->reset ? presets->reset : 64;
    if (p->t1 <= p->near || p->t2 < p->t1 || p->t3 < p->t2 || p->t3 > p->maxval)
        return LS_PRESETS;
    if (p->reset < 3 || p->reset > most(p->maxval, 255))
        return LS_PRESETS;
    bpp = bits_of((uint32_t)p->maxval) > 2 ? bits_of((uint32_t)p->maxval) : 2;
    p->step = 2 * p->near + 1;
    p->half = (p->maxval + 1) / 2;
    p->inverse = (uint32_t)(0xFFFFFFFFu / (uint32_t)p->step + 1);
    p->range = (p->maxval + 2 * p->near) / p->step + 1;
    p->qbpp = bits_of((uint32_t)p->range - 1);
    p->limit = 2 * (bpp + (bpp > 8 ? bpp : 8));
    p->escape = p->limit - p->qbpp - 1;
    p->largest = (uint32_t)p->range + 1;
    for (int k = 0; k < 40; k++) {
        uint32_t zeros = k < 32 ? (p->largest >> k) + 1 : 1;
        p->zeros[k] = zeros < (uint32_t)p->escape ? zeros : (uint32_t)p->escape;
    }
    return LS_OK;
}

/* The fastest mode for the parameters. In lanes of 16 bits, errors, gradients and B must be numbers with a sign. */
static inline int mode_of(const Parameters *p) {
    int lossless = p->near == 0 && (p->maxval & (p->maxval + 1)) == 0 ? LOSSLESS : 0;
    if (p->reset > 16383 || p->t3 > 32767)
        return 0;
    return lossless | LANES | (p->maxval > 32767 ? WIDE : 0);
}

/* The regions of gradients, A.3.3. */
static inline void make_regions(Model *m) {
    const Parameters *p = &m->p;
    const intptr_t bounds[5] = {p->near + 1, p->t1, p->t2, p->t3, p->maxval + 1};
    uint8_t *middle = m->regions + REGIONS;
    memset(middle - p->near, 64, (size_t)p->step);
    for (int region = 1; region <= 4; region++) {
        size_t count = (size_t)(bounds[region] - bounds[region - 1]);
        memset(middle + bounds[region - 1], 64 + 16 * region, count);
        memset(middle - bounds[region] + 1, 64 - 16 * region, count);
        for (int lane = 0; lane < 8; lane++) {
            m->above[region - 1][lane] = (int16_t)(bounds[region - 1] - 1);
            m->below[region - 1][lane] = (int16_t)(1 - bounds[region - 1]);
        }
    }
}

/* What the model knows at the start of a scan and behind a restart marker, A.2.1. */
static inline void forget(Model *m) {
    uint32_t a = (uint32_t)most(2, (m->p.range + 32) / 64);
    Context context = {(uint32_t)bits_of(a - 1), a, 0, 0, 127, 1};
    RunContext run = {a, 1, 0};
    for (int i = 1 - CONTEXTS; i < CONTEXTS; i++)
        *context_at(m, 16 * i) = context;
    m->run_contexts[0] = m->run_contexts[1] = run;
}

/* The smallest k for which N << k is not below A, A.5.1. */
ALWAYS_INLINE uintptr_t golomb_parameter(uint64_t a, uint64_t n) {
    uintptr_t k = highest_bit(a | n) - highest_bit(n);
    return k + (n << k < a);
}

/* 0 if errors are mapped inverted, else -1; A.5.2. */
ALWAYS_INLINE intptr_t straight(const Model *m, const Context *context, const int mode) {
    intptr_t excess = 2 * (intptr_t)context->bias - context->n - ((intptr_t)context->k << 20);
    return excess >> 31 | (mode & LOSSLESS ? 0 : -(m->p.near != 0));
}

/* Learn from an error and its magnitude: A.6.1, A.6.2. `opposite` is the context with the other sign. */
ALWAYS_INLINE void learn_plainly(const Model *m, Context *context, Context *opposite, intptr_t error, intptr_t magnitude) {
    uint32_t a = context->a + (uint32_t)magnitude;
    intptr_t bias = context->bias - error * m->p.step, n = context->n, c = context->c;
    if (UNLIKELY(n == (intptr_t)m->p.reset)) {
        a >>= 1;
        bias = (bias + 1) >> 1;
        n >>= 1;
    }
    n++;
    if (bias >= n) {
        bias = least(bias - n, n - 1);
        c = most(c - 1, -128);
    } else if (bias < 0) {
        bias = most(bias + n, 0);
        c = least(c + 1, 127);
    }
    context->a = a;
    context->bias = (uint16_t)bias;
    context->n = (uint16_t)n;
    opposite->c = (int16_t)-c; /* first: the two may be one */
    context->c = (int16_t)c;
    opposite->k = context->k = (uint32_t)golomb_parameter(a, (uint64_t)n);
}

/* An error modulo the range, A.4.5. */
ALWAYS_INLINE intptr_t reduced(const Model *m, intptr_t error, const int mode) {
    if (mode & LOSSLESS)
        return ((error + m->p.half) & m->p.maxval) - m->p.half;
    if (UNLIKELY((uintptr_t)(error + m->p.range / 2) >= (uintptr_t)m->p.range))
        error += error < 0 ? m->p.range : -m->p.range;
    return error;
}

/* An error in steps, to the nearest one: A.4.4. */
ALWAYS_INLINE intptr_t quantized(const Model *m, intptr_t error) {
    intptr_t size = error < 0 ? -error : error;
    if (m->p.near)
        size = (intptr_t)((uint64_t)(size + m->p.near) * m->p.inverse >> 32);
    return error < 0 ? -size : size;
}

/* The value that decoder and encoder reconstruct from a prediction and a quantised error, A.4.4, A.4.5. */
ALWAYS_INLINE intptr_t reconstructed(const Model *m, intptr_t prediction, intptr_t error, const int mode) {
    intptr_t value;
    if (mode & LOSSLESS)
        return (prediction + error) & m->p.maxval;
    value = prediction + error * m->p.step;
    if (UNLIKELY((uintptr_t)(value + m->p.near) > (uintptr_t)(m->p.maxval + 2 * m->p.near)))
        value += value < 0 ? m->p.range * m->p.step : -m->p.range * m->p.step;
    return within(value, 0, m->p.maxval);
}

/* The Golomb parameter of a run interruption, A.7.2.1; `type` is RItype. */
ALWAYS_INLINE int interruption_parameter(const RunContext *context, uint32_t type) {
    return (int)golomb_parameter(context->a + (type ? context->n >> 1 : 0), context->n);
}

/* Whether odd numbers stand for negative errors, and even ones for positive: A.7.2.2. */
ALWAYS_INLINE int odd_is_negative(const RunContext *context, int k) { return k != 0 || 2 * context->negative >= context->n; }

static inline void learn_interruption(const Model *m, RunContext *context, intptr_t error, uint32_t mapped, uint32_t type) {
    context->negative += error < 0;
    context->a += (mapped + 1 - type) >> 1;
    if (context->n == m->p.reset) {
        context->a >>= 1;
        context->n >>= 1;
        context->negative >>= 1;
    }
    context->n++;
}

#endif
