/* Encoding of lines of JPEG-LS (T.87 annex A).
 *
 * A lossless encoder knows all neighbours beforehand: contexts and predictions of many samples are computed at once. A
 * near-lossless one must take the samples that the decoder will have, and puts them in the place of those it was given.
 */
#ifndef DICOMKIT_JPEGLS_ENCODE_LINE_H
#define DICOMKIT_JPEGLS_ENCODE_LINE_H

#include "jpegls_lines.h"
#include "jpegls_writer.h"

/* The model must be the first member. */
typedef struct {
    Model model;
    Writer writer;
} Encoder;

/* A mapped error as Golomb code, or in plain binary if that would be longer; A.5.3. */
ALWAYS_INLINE void write_mapped(Pen *pen, const Parameters *p, uint64_t mapped, uint64_t k, uint64_t escape) {
    const uint64_t zeros = mapped >> k;
    if (LIKELY(zeros < escape))
        write_code(pen, mapped - ((zeros - 1) << k), zeros + 1 + k);
    else {
        write_code(pen, 1, escape + 1);
        write_code(pen, mapped - 1, (uint64_t)p->qbpp);
    }
}

/* One sample in regular mode. `distance` is that of its context. Returns what the decoder reconstructs. */
ALWAYS_INLINE intptr_t encode_sample(Encoder *e, Pen *pen, intptr_t distance, intptr_t prediction, intptr_t sample,
                                     const int mode) {
    Model *m = &e->model;
    const intptr_t sign = distance >> 31;
    const uint64_t k = context_at(m, distance)->k;
    Context *context = context_at(m, distance < 0 ? -distance : distance);
    intptr_t error;
    uint64_t mapped;
    prediction = within(prediction + context_at(m, distance)->c, 0, m->p.maxval);
    error = sample - prediction;
    if (!(mode & LOSSLESS)) {
        error = quantized(m, error);
        sample = reconstructed(m, prediction, error, mode);
    }
    error = reduced(m, (error ^ sign) - sign, mode);
    mapped = (uint64_t)((error * 2) ^ (error >> 31) ^ (straight(m, context, mode) + 1));
    write_mapped(pen, &m->p, mapped, k, (uint64_t)m->p.escape);
    learn(m, context, error, error < 0 ? -error : error, mode);
    return sample;
}

/* The sample behind a run, A.7.2: predicted from `base`; `type` is RItype, `sign` 0 or -1. Returns what the decoder
 * reconstructs. */
static inline intptr_t encode_interruption(Encoder *e, int order, intptr_t base, intptr_t sign, uint32_t type,
                                           intptr_t sample) {
    Model *m = &e->model;
    RunContext *context = &m->run_contexts[type];
    const int k = interruption_parameter(context, type);
    const intptr_t error = reduced(m, (quantized(m, sample - base) ^ sign) - sign, 0);
    const int odd = error != 0 && (error < 0) == odd_is_negative(context, k);
    const uint32_t mapped = (uint32_t)(2 * (error < 0 ? -error : error)) - type - (uint32_t)odd;
    write_mapped(&e->writer.pen, &m->p, mapped, (uint64_t)k, (uint64_t)(m->p.escape - order - 1));
    learn_interruption(m, context, error, mapped, type);
    return reconstructed(m, base, (error ^ sign) - sign, 0);
}

/* The length of a run, A.7.1; `ends` is whether it ends at the end of the line. */
static inline Status encode_run_length(Encoder *e, int32_t length, int ends, int32_t *run_index) {
    Writer *w = &e->writer;
    int32_t index = *run_index;
    uint64_t ones = 0;
    while (length >= (int32_t)1 << RUN_ORDER[index]) {
        length -= (int32_t)1 << RUN_ORDER[index];
        index += index < 31;
        if (++ones == 32) {
            write_code(&w->pen, 0xFFFFFFFF, ones);
            ones = 0;
            if (is_full(w, w->pen.at) && empty_window(w) != LS_OK)
                return w->status;
        }
    }
    *run_index = index;
    if (ends && length)
        ones++;
    if (ones)
        write_code(&w->pen, ((uint64_t)1 << ones) - 1, ones);
    if (!ends)
        write_code(&w->pen, (uint64_t)length, (uint64_t)RUN_ORDER[index] + 1);
    return LS_OK;
}

/* How many pixels at `at` are as near as may be to the one in front of the first, of `left` samples. */
ALWAYS_INLINE intptr_t level_pixels(const uint16_t *at, intptr_t left, const int apart, intptr_t near) {
    intptr_t i = 0;
#if HAS_SSE2
    if (apart == 1) {
        const __m128i a = _mm_set1_epi16((int16_t)at[-1]), most_apart = _mm_set1_epi16((int16_t)near);
        for (; left - i >= 8; i += 8) {
            const __m128i x = _mm_loadu_si128((const __m128i *)(at + i));
            const __m128i difference = _mm_or_si128(_mm_subs_epu16(x, a), _mm_subs_epu16(a, x));
            const __m128i level = _mm_cmpeq_epi16(_mm_subs_epu16(difference, most_apart), _mm_setzero_si128());
            const int levels = _mm_movemask_epi8(level);
            if (levels != 0xFFFF)
                return i + trailing_zeros32(~(uint32_t)levels) / 2;
        }
    }
#endif
    for (; i < left; i += apart)
        for (int component = 0; component < apart; component++) {
            const intptr_t a = at[component - apart], x = at[i + component];
            if (most(a - x, x - a) > near)
                return i / apart;
        }
    return left / apart;
}

/* A run and the pixel that interrupts it, from sample `i` of the line on. Returns where to go on, or -1. A run of several
 * components is one of all; RItype is 0 at its end. */
ALWAYS_INLINE intptr_t encode_run_of(Encoder *e, Line *line, intptr_t i, const int apart) {
    const intptr_t near = e->model.p.near, pixels = level_pixels(line->samples + i, line->count - i, apart, near);
    const intptr_t count = pixels * apart;
    uint16_t *at = line->samples + i;
    if (encode_run_length(e, (int32_t)pixels, i + count == line->count, &line->run_index) != LS_OK)
        return -1;
    if (near)
        for (intptr_t j = 0; j < count; j++)
            at[j] = at[j - apart];
    i += count;
    if (i == line->count)
        return i;
    at += count;
    for (int component = 0; component < apart; component++) {
        const intptr_t a = at[component - apart], b = line->above[i + component];
        const int level = apart == 1 && most(a - b, b - a) <= near;
        at[component] = (uint16_t)encode_interruption(e, RUN_ORDER[line->run_index], level ? a : b, !level && a > b ? -1 : 0,
                                                      (uint32_t)level, at[component]);
    }
    line->run_index -= line->run_index > 0;
    return i + apart;
}

NEVER_INLINE intptr_t encode_run(Encoder *e, Line *line, intptr_t i) { return encode_run_of(e, line, i, 1); }
NEVER_INLINE intptr_t encode_run_of_pixels(Encoder *e, Line *line, intptr_t i) {
    return encode_run_of(e, line, i, line->apart);
}

ALWAYS_INLINE Status encode_line(Encoder *e, Line *line, const int apart, const int mode) {
    const uint8_t *regions = e->model.regions + REGIONS;
    const Plan *plan = line->known.plan;
    const Cell *cell = line->known.cells;
    const uint8_t *const full = e->writer.window + WRITE_WINDOW;
    uint16_t *at = line->samples, *stop = at;
    intptr_t left[MOST_IN_SCAN]; /* to a near-lossless encoder, as `cell` */
    Pen pen = e->writer.pen;
    set_ends(line, apart);
    for (int i = 0; i < apart; i++)
        left[i] = line->above[i];
    for (;;) {
        intptr_t distance[MOST_IN_SCAN], any = 0;
        if (UNLIKELY(at >= stop)) {
            const intptr_t done = at - line->samples, count = least(line->count - done, CHUNK);
            if (count <= 0)
                break;
            if (mode & LOSSLESS)
                make_plan(&e->model, line->above + done, at, line->known.plan, count, apart, mode);
            else
                fill_cells(&e->model, line->above + done, line->known.cells, count, apart, mode);
            plan = line->known.plan;
            cell = line->known.cells;
            stop = at + count;
        }
        for (int i = 0; i < apart; i++) {
            distance[i] = mode & LOSSLESS ? plan[i].distance
                                          : cell[i].distance + (intptr_t)regions[cell[i - apart].above - left[i]];
            any |= distance[i];
        }
        if (any == 0) {
            intptr_t next;
            e->writer.pen = pen;
            next = apart == 1 ? encode_run(e, line, at - line->samples) : encode_run_of_pixels(e, line, at - line->samples);
            pen = e->writer.pen;
            if (next < 0)
                return e->writer.status;
            plan += line->samples + next - at;
            cell += line->samples + next - at;
            at = line->samples + next;
            for (int i = 0; i < apart; i++)
                left[i] = at[i - apart];
        } else {
            UNROLLED
            for (int i = 0; i < apart; i++) {
                const intptr_t prediction =
                    mode & LOSSLESS ? plan[i].prediction : prediction_at(cell + i, cell + i - apart, left[i], mode);
                left[i] = encode_sample(e, &pen, distance[i], prediction, at[i], mode);
                if (!(mode & LOSSLESS))
                    at[i] = (uint16_t)left[i];
            }
            at += apart;
            plan += apart;
            cell += apart;
        }
        if (UNLIKELY(pen.at >= full)) {
            e->writer.pen = pen;
            if (empty_window(&e->writer) != LS_OK)
                return e->writer.status;
            pen = e->writer.pen;
        }
    }
    e->writer.pen = pen;
    return LS_OK;
}

/* The modes and numbers of components that are worth code of their own, and one for the rest. */
NEVER_INLINE Status encode_line_lossless(Encoder *e, Line *line) { return encode_line(e, line, 1, LOSSLESS | LANES); }
NEVER_INLINE Status encode_line_wide(Encoder *e, Line *line) { return encode_line(e, line, 1, LOSSLESS | LANES | WIDE); }
NEVER_INLINE Status encode_line_near(Encoder *e, Line *line) { return encode_line(e, line, 1, LANES); }
NEVER_INLINE Status encode_line_near_wide(Encoder *e, Line *line) { return encode_line(e, line, 1, LANES | WIDE); }
NEVER_INLINE Status encode_line_triples(Encoder *e, Line *line) { return encode_line(e, line, 3, LOSSLESS | LANES); }
NEVER_INLINE Status encode_line_near_triples(Encoder *e, Line *line) { return encode_line(e, line, 3, LANES); }
NEVER_INLINE Status encode_line_slowly(Encoder *e, Line *line) { return encode_line(e, line, line->apart, 0); }

typedef Status (*LineEncoder)(Encoder *e, Line *line);

static inline LineEncoder line_encoder(const Parameters *p, int apart) {
    const int mode = mode_of(p);
    if (apart == 1 && mode & LANES)
        return mode & LOSSLESS ? mode & WIDE ? encode_line_wide : encode_line_lossless
                               : mode & WIDE ? encode_line_near_wide : encode_line_near;
    if (apart == 3 && mode & LANES && !(mode & WIDE))
        return mode & LOSSLESS ? encode_line_triples : encode_line_near_triples;
    return encode_line_slowly;
}

#endif
