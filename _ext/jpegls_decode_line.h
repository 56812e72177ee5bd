/* Decoding of lines of JPEG-LS (T.87 annex A).
 *
 */
#ifndef DICOMKIT_JPEGLS_DECODE_LINE_H
#define DICOMKIT_JPEGLS_DECODE_LINE_H

#include "jpegls_lines.h"
#include "jpegls_reader.h"

/* The model must be the first member. */
typedef struct {
    Model model;
    Reader reader;
    Status status;
} Decoder;

/* A mapped error that takes long, or is wrong: then the position is beyond all limits. A.5.3 */
NEVER_INLINE uint64_t long_code(Decoder *d, size_t *position, int k, int escape) {
    const uint64_t bits = bits_at(d->reader.window, *position);
    const int zeros = (int)leading_zeros(bits | 1), qbpp = d->model.p.qbpp;
    uint64_t mapped = UINT64_MAX;
    if (zeros < escape && zeros + k < 63) {
        mapped = ((uint64_t)zeros << k) + (bits >> (63 - zeros - k)) - ((uint64_t)1 << k);
        *position += (size_t)(zeros + 1 + k);
    } else if (zeros == escape) {
        mapped = (bits_at(d->reader.window, *position + (size_t)escape + 1) >> (64 - qbpp)) + 1;
        *position += (size_t)(escape + 1 + qbpp);
    }
    if (mapped <= d->model.p.largest)
        return mapped;
    d->status = LS_CODE;
    *position = SIZE_MAX;
    return 0;
}

/* Go on behind the limit of the reader. */
NEVER_INLINE Status pass_limit(Decoder *d, size_t position) {
    d->reader.position = position;
    if (d->status == LS_OK)
        d->status = refill(&d->reader);
    return d->status;
}

/* One sample in regular mode. `distance` is that of its context, `before` the cell of what is at its left. What this leaves
 * in *position must be compared with the limit. */
ALWAYS_INLINE intptr_t decode_sample(Decoder *d, size_t *position, intptr_t distance, const Cell *cell, const Cell *before,
                                     intptr_t a, const int mode) {
    Model *m = &d->model;
    const uintptr_t k = context_at(m, distance)->k;
    const uint64_t bits = bits_at(d->reader.window, *position);
    const uintptr_t zeros = leading_zeros(bits | 1), length = zeros + k;
    uint64_t mapped = (uint64_t)(zeros - 1) << k;
    intptr_t sign, prediction, half, even, turn, value;
    Context *context;
    if (LIKELY((uint32_t)zeros < m->p.zeros[k])) {
        mapped += bits >> (~length & 63);
        *position += length + 1;
    } else {
        size_t behind = *position;
        mapped = long_code(d, &behind, (int)k, m->p.escape);
        *position = behind;
    }
    IN_ORDER(mapped, distance);
    sign = distance >> 31;
    prediction = prediction_at(cell, before, a, mode) + context_at(m, distance)->c;
    prediction = within(prediction, 0, m->p.maxval) - (mode & LOSSLESS ? sign : 0);
    context = context_at(m, distance < 0 ? -distance : distance);
    turn = straight(m, context, mode);
    half = (intptr_t)(mapped >> 1);
    even = (intptr_t)(mapped & 1) - 1;
    value = half ^ turn ^ sign;
    HIDDEN(value);
    value = reconstructed(m, prediction, (value ^ even) - (mode & LOSSLESS ? 0 : sign), mode);
    IN_ORDER(value, context);
    turn ^= even;
    learn(m, context, half ^ turn, half - turn, mode);
    return value;
}

/* The sample behind a run, A.7.2: predicted from `base`; `type` is RItype, `sign` 0 or -1. Or -1. */
static inline intptr_t decode_interruption(Decoder *d, int order, intptr_t base, intptr_t sign, uint32_t type) {
    Model *m = &d->model;
    RunContext *context = &m->run_contexts[type];
    const int k = interruption_parameter(context, type);
    const uint32_t mapped = (uint32_t)long_code(d, &d->reader.position, k, m->p.escape - order - 1);
    intptr_t error = (intptr_t)((mapped + type + 1) >> 1);
    if (odd_is_negative(context, k) == (int)((mapped + type) & 1))
        error = -error;
    learn_interruption(m, context, error, mapped, type);
    if (UNLIKELY(d->reader.position > d->reader.limit) && pass_limit(d, d->reader.position) != LS_OK)
        return -1;
    return reconstructed(m, base, (error ^ sign) - sign, 0);
}

/* The length of a run of at most `left` pixels, A.7.1. Or -1. */
static inline int32_t decode_run_length(Decoder *d, int32_t left, int32_t *run_index) {
    Reader *r = &d->reader;
    int32_t index = *run_index, count = 0;
    int ended = 0;
    while (!ended) {
        const uint64_t bits = bits_at(r->window, r->position);
        int ones = (int)leading_zeros(~bits | 1);
        if (LIKELY(index + ones < 32 && count + RUN_SUM[index + ones] - RUN_SUM[index] < left)) {
            const int order = RUN_ORDER[index + ones];
            count += RUN_SUM[index + ones] - RUN_SUM[index] + (int32_t)(bits << ones >> (63 - order));
            index += ones;
            r->position += (size_t)(ones + 1 + order);
            ended = 1;
        } else
            for (ones = ones < 32 ? ones : 32; ones && !ended; ones--) {
                const int32_t block = (int32_t)1 << RUN_ORDER[index];
                index += block <= left - count && index < 31;
                count = block <= left - count ? count + block : left;
                ended = count == left;
                r->position++;
            }
        if (UNLIKELY(r->position > r->limit) && pass_limit(d, r->position) != LS_OK)
            return -1;
    }
    *run_index = index;
    if (count <= left)
        return count;
    d->status = LS_RUN;
    return -1;
}

/* Repeat the pixel in front of `at`. Some samples behind the run may be overwritten, which are not decoded yet. */
ALWAYS_INLINE void repeat_pixel(uint16_t *at, intptr_t pixels, const int apart) {
#if HAS_SSE2
    if (apart == 1) {
        const __m128i eight = _mm_set1_epi16((int16_t)at[-1]);
        for (intptr_t i = 0; i < pixels; i += 8)
            _mm_storeu_si128((__m128i *)(at + i), eight);
        return;
    }
#endif
    for (int component = 0; component < apart; component++) {
        const uint16_t a = at[component - apart];
        for (intptr_t i = component; i < pixels * apart; i += apart)
            at[i] = a;
    }
}

/* A run and the pixel that interrupts it, from sample `i` of the line on. Returns where to go on, or -1. A run of several
 * components is one of all; RItype is 0 at its end. */
ALWAYS_INLINE intptr_t decode_run_of(Decoder *d, Line *line, intptr_t i, const int apart) {
    uint16_t *at = line->samples + i;
    const int32_t count = decode_run_length(d, (int32_t)(line->count - i) / apart, &line->run_index);
    if (count < 0)
        return -1;
    repeat_pixel(at, count, apart);
    i += (intptr_t)count * apart;
    if (i >= line->count)
        return i;
    at = line->samples + i;
    for (int component = 0; component < apart; component++) {
        const intptr_t a = at[component - apart], b = line->above[i + component];
        const int level = apart == 1 && most(a - b, b - a) <= d->model.p.near;
        const intptr_t sign = !level && a > b ? -1 : 0;
        intptr_t value = decode_interruption(d, RUN_ORDER[line->run_index], level ? a : b, sign, (uint32_t)level);
        if (value < 0)
            return -1;
        at[component] = (uint16_t)value;
    }
    line->run_index -= line->run_index > 0;
    return i + apart;
}

NEVER_INLINE intptr_t decode_run(Decoder *d, Line *line, intptr_t i) { return decode_run_of(d, line, i, 1); }
NEVER_INLINE intptr_t decode_run_of_pixels(Decoder *d, Line *line, intptr_t i) {
    return decode_run_of(d, line, i, line->apart);
}

ALWAYS_INLINE Status decode_line(Decoder *d, Line *line, const int apart, const int mode) {
    const uint8_t *regions = d->model.regions + REGIONS;
    const Cell *cell = line->known.cells;
    uint16_t *at = line->samples, *stop = at;
    size_t position = d->reader.position;
    intptr_t left[MOST_IN_SCAN];
    set_ends(line, apart);
    for (int i = 0; i < apart; i++)
        left[i] = line->above[i];
    HIDDEN(regions);
    for (;;) {
        intptr_t distance[MOST_IN_SCAN], any = 0;
        if (UNLIKELY(at >= stop)) {
            const intptr_t done = at - line->samples, count = least(line->count - done, CHUNK);
            if (count <= 0)
                break;
            fill_cells(&d->model, line->above + done, line->known.cells, count, apart, mode);
            cell = line->known.cells;
            stop = at + count;
        }
        for (int i = 0; i < apart; i++) {
            distance[i] = cell[i].distance + (intptr_t)regions[cell[i - apart].above - left[i]];
            any |= distance[i];
        }
        if (any == 0) {
            intptr_t next;
            d->reader.position = position;
            next = apart == 1 ? decode_run(d, line, at - line->samples) : decode_run_of_pixels(d, line, at - line->samples);
            position = d->reader.position;
            if (next < 0)
                return d->status;
            cell += line->samples + next - at;
            at = line->samples + next;
            for (int i = 0; i < apart; i++)
                left[i] = at[i - apart];
            continue;
        }
        UNROLLED
        for (int i = 0; i < apart; i++) {
            left[i] = decode_sample(d, &position, distance[i], cell + i, cell + i - apart, left[i], mode);
            at[i] = (uint16_t)left[i];
            if (UNLIKELY(position > d->reader.limit)) {
                if (pass_limit(d, position) != LS_OK)
                    return d->status;
                position = d->reader.position;
            }
        }
        at += apart;
        cell += apart;
    }
    d->reader.position = position;
    return LS_OK;
}

/* The modes and numbers of components that are worth code of their own, and one for the rest. */
NEVER_INLINE Status decode_line_lossless(Decoder *d, Line *line) { return decode_line(d, line, 1, LOSSLESS | LANES); }
NEVER_INLINE Status decode_line_wide(Decoder *d, Line *line) { return decode_line(d, line, 1, LOSSLESS | LANES | WIDE); }
NEVER_INLINE Status decode_line_near(Decoder *d, Line *line) { return decode_line(d, line, 1, LANES); }
NEVER_INLINE Status decode_line_near_wide(Decoder *d, Line *line) { return decode_line(d, line, 1, LANES | WIDE); }
NEVER_INLINE Status decode_line_triples(Decoder *d, Line *line) { return decode_line(d, line, 3, LOSSLESS | LANES); }
NEVER_INLINE Status decode_line_near_triples(Decoder *d, Line *line) { return decode_line(d, line, 3, LANES); }
NEVER_INLINE Status decode_line_slowly(Decoder *d, Line *line) { return decode_line(d, line, line->apart, 0); }

typedef Status (*LineDecoder)(Decoder *d, Line *line);

static inline LineDecoder line_decoder(const Parameters *p, int apart) {
    const int mode = mode_of(p);
    if (apart == 1 && mode & LANES)
        return mode & LOSSLESS ? mode & WIDE ? decode_line_wide : decode_line_lossless
                               : mode & WIDE ? decode_line_near_wide : decode_line_near;
    if (apart == 3 && mode & LANES && !(mode & WIDE))
        return mode & LOSSLESS ? decode_line_triples : decode_line_near_triples;
    return decode_line_slowly;
}

#endif
