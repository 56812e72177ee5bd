/* How a call of the JPEG-LS kernel can end. */
#ifndef DICOMKIT_JPEGLS_STATUS_H
#define DICOMKIT_JPEGLS_STATUS_H

#include "jpegls_machine.h"

typedef enum {
    LS_OK,
    LS_NO_MEMORY,
    LS_SIZE,
    LS_SAMPLE,
    LS_NO_SOI,
    LS_NO_MARKER,
    LS_TRUNCATED, /* at a marker segment */
    LS_OTHER_PROCESS,
    LS_SEGMENT,
    LS_NO_FRAME,
    LS_SECOND_FRAME,
    LS_PRECISION,
    LS_DIMENSIONS,
    LS_COMPONENTS,
    LS_SUBSAMPLED,
    LS_SCAN,
    LS_MISSING_SCAN,
    LS_INTERLEAVE,
    LS_NEAR,
    LS_PRESETS,
    LS_POINT_TRANSFORM,
    LS_MAPPED,
    LS_EXTENSION,
    LS_COLOUR,
    LS_RESTART,
    LS_ENDS_EARLY, /* in entropy-coded data */
    LS_CODE,
    LS_RUN
} Status;

#endif
