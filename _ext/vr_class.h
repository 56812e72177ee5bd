/* How an explicit VR header goes on (PS3.5 7.1.2), by its two letters. */
#ifndef DICOMKIT_VR_CLASS_H
#define DICOMKIT_VR_CLASS_H

#include <stdint.h>

enum {
    NOT_A_VR,
    SHORT_LENGTH, /* a 16-bit length */
    LONG_LENGTH,  /* two reserved bytes and a 32-bit length */
    SEQUENCE_VR,  /* the same, and items follow */
    LOOK_CLOSER   /* the same, but a sequence or fragments may hide in the value: OB, OW, UN */
};

#define VR_SLOT(a, b) ((((a)&0x1F) << 5) | ((b)&0x1F))

static const uint8_t VR_CLASS[1024] = {
    [VR_SLOT('A', 'E')] = SHORT_LENGTH, [VR_SLOT('A', 'S')] = SHORT_LENGTH, [VR_SLOT('A', 'T')] = SHORT_LENGTH,
    [VR_SLOT('C', 'S')] = SHORT_LENGTH, [VR_SLOT('D', 'A')] = SHORT_LENGTH, [VR_SLOT('D', 'S')] = SHORT_LENGTH,
    [VR_SLOT('D', 'T')] = SHORT_LENGTH, [VR_SLOT('F', 'D')] = SHORT_LENGTH, [VR_SLOT('F', 'L')] = SHORT_LENGTH,
    [VR_SLOT('I', 'S')] = SHORT_LENGTH, [VR_SLOT('L', 'O')] = SHORT_LENGTH, [VR_SLOT('L', 'T')] = SHORT_LENGTH,
    [VR_SLOT('P', 'N')] = SHORT_LENGTH, [VR_SLOT('S', 'H')] = SHORT_LENGTH, [VR_SLOT('S', 'L')] = SHORT_LENGTH,
    [VR_SLOT('S', 'S')] = SHORT_LENGTH, [VR_SLOT('S', 'T')] = SHORT_LENGTH, [VR_SLOT('T', 'M')] = SHORT_LENGTH,
    [VR_SLOT('U', 'I')] = SHORT_LENGTH, [VR_SLOT('U', 'L')] = SHORT_LENGTH, [VR_SLOT('U', 'S')] = SHORT_LENGTH,
    [VR_SLOT('O', 'D')] = LONG_LENGTH,  [VR_SLOT('O', 'F')] = LONG_LENGTH,  [VR_SLOT('O', 'L')] = LONG_LENGTH,
    [VR_SLOT('O', 'V')] = LONG_LENGTH,  [VR_SLOT('S', 'V')] = LONG_LENGTH,  [VR_SLOT('U', 'C')] = LONG_LENGTH,
    [VR_SLOT('U', 'R')] = LONG_LENGTH,  [VR_SLOT('U', 'T')] = LONG_LENGTH,  [VR_SLOT('U', 'V')] = LONG_LENGTH,
    [VR_SLOT('S', 'Q')] = SEQUENCE_VR,  [VR_SLOT('O', 'B')] = LOOK_CLOSER,  [VR_SLOT('O', 'W')] = LOOK_CLOSER,
    [VR_SLOT('U', 'N')] = LOOK_CLOSER,
};

/* NOT_A_VR for anything but two capital letters that are a VR. */
static inline uint8_t vr_class(uint32_t first, uint32_t second) {
    if ((first & 0xE0) != 0x40 || (second & 0xE0) != 0x40)
        return NOT_A_VR;
    return VR_CLASS[VR_SLOT(first, second)];
}

#endif
