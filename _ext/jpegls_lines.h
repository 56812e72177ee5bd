/* The lines that JPEG-LS is decoded into or encoded from. */
#ifndef DICOMKIT_JPEGLS_LINES_H
#define DICOMKIT_JPEGLS_LINES_H

#include "jpegls_lanes.h"
#include "jpegls_markers.h"

enum {
    MARGIN = 16, /* samples on either side of a line in memory */
    CHUNK = 96   /* samples of which cells or plan are made at a time: whole pixels; runs may pass those that follow */
};

/* A line and what is known of it, of one component, or of several whose samples take turns. Neighbours are `apart`. On either
 * side are the neighbours that T.87 A.2.1 gives to the ends. */
typedef struct {
    uint16_t *above;
    uint16_t *samples;
    union {
        Cell *cells;
        Plan *plan;
    } known;
    int32_t count;
    int32_t apart;
    int32_t run_index;
} Line;

/* Let the samples on either side of the lines be the neighbours of the ends. */
ALWAYS_INLINE void set_ends(Line *line, const int apart) {
    for (int i = 0; i < apart; i++) {
        line->above[line->count + i] = line->above[line->count + i - apart];
        line->samples[i - apart] = line->above[i];
    }
}

/* The line that is done is the one above the next one. */
static inline void next_line(Line *line) {
    uint16_t *above = line->above;
    line->above = line->samples;
    line->samples = above;
}

/* The lines of a scan: one of all its components, or one of each. `model` is where the model begins, contexts lie in front. */
typedef struct {
    uint8_t *model;
    uint8_t *memory;
    Line line[MOST_IN_SCAN];
    int count;
} Workspace;

static inline size_t line_memory(uint32_t width, size_t components) {
    return components * ((size_t)width + 2 * MARGIN) * (2 * sizeof(uint16_t) + sizeof(Cell));
}

/* Memory for a model of `model_size` and the lines of scans of up to so many components. */
static inline Status make_workspace(Workspace *w, size_t model_size, uint32_t width, int components) {
    const size_t most = (size_t)(components < MOST_IN_SCAN ? components : MOST_IN_SCAN);
    uint8_t *front = (uint8_t *)malloc(IN_FRONT + model_size);
    w->memory = (uint8_t *)malloc(line_memory(width, most));
    w->model = front == NULL ? NULL : front + IN_FRONT;
    return front == NULL || w->memory == NULL ? LS_NO_MEMORY : LS_OK;
}

static inline void free_workspace(Workspace *w) {
    if (w->model != NULL)
        free(w->model - IN_FRONT);
    free(w->memory);
}

/* The state at the start of a scan or restart interval: the line above is 0. */
static inline void start_lines(Workspace *w, const Scan *scan, uint32_t width) {
    const int apart = scan->interleave == SAMPLES ? scan->count : 1;
    const size_t padded = (size_t)width * (size_t)apart + 2 * MARGIN;
    uint8_t *memory = w->memory;
    w->count = scan->interleave == SAMPLES ? 1 : scan->count;
    memset(memory, 0, line_memory(width, (size_t)scan->count));
    for (int i = 0; i < w->count; i++) {
        Line *line = &w->line[i];
        line->known.cells = (Cell *)memory + MARGIN;
        memory += padded * sizeof(Cell);
        line->above = (uint16_t *)memory + MARGIN;
        line->samples = line->above + padded;
        memory += 2 * padded * sizeof(uint16_t);
        line->count = (int32_t)width * apart;
        line->apart = apart;
        line->run_index = 0;
    }
}

#endif
