/* The elements of group 0000 (PS3.6 chapter 7, PS3.7 annex E), retired ones too, and the bytes of a command set. */

#ifndef COMMAND_ELEMENTS_H
#define COMMAND_ELEMENTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint16_t element;
    char vr[3];
} CommandElement;

/* sorted */
static const CommandElement COMMAND_ELEMENTS[] = {
    {0x0000, "UL"}, {0x0001, "UL"}, {0x0002, "UI"}, {0x0003, "UI"}, {0x0010, "SH"}, {0x0100, "US"},
    {0x0110, "US"}, {0x0120, "US"}, {0x0200, "AE"}, {0x0300, "AE"}, {0x0400, "AE"}, {0x0600, "AE"},
    {0x0700, "US"}, {0x0800, "US"}, {0x0850, "US"}, {0x0860, "US"}, {0x0900, "US"}, {0x0901, "AT"},
    {0x0902, "LO"}, {0x0903, "US"}, {0x1000, "UI"}, {0x1001, "UI"}, {0x1002, "US"}, {0x1005, "AT"},
    {0x1008, "US"}, {0x1020, "US"}, {0x1021, "US"}, {0x1022, "US"}, {0x1023, "US"}, {0x1030, "AE"},
    {0x1031, "US"}, {0x4000, "LT"}, {0x4010, "LT"}, {0x5010, "SH"}, {0x5020, "SH"}, {0x5110, "LT"},
    {0x5120, "LT"}, {0x5130, "CS"}, {0x5140, "CS"}, {0x5150, "CS"}, {0x5160, "CS"}, {0x5170, "IS"},
    {0x5180, "CS"}, {0x5190, "CS"}, {0x51A0, "CS"}, {0x51B0, "US"},
};

enum { COMMAND_ELEMENT_COUNT = sizeof COMMAND_ELEMENTS / sizeof *COMMAND_ELEMENTS };

/* How a value is written: the size of its numbers, or a character that pads its text. */
typedef struct {
    uint8_t size; /* 2 or 4: numbers of so many bytes; 0: text; 1: no element that is known */
    uint8_t padding;
    uint8_t is_tag;
    uint8_t keeps_leading_spaces;
} CommandForm;

static CommandForm command_form(uint32_t tag) {
    size_t low = 0, high = COMMAND_ELEMENT_COUNT;
    CommandForm form = {1, 0, 0, 0};
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const CommandElement *row = &COMMAND_ELEMENTS[middle];
        if (row->element < tag) {
            low = middle + 1;
        } else if (row->element > tag) {
            high = middle;
        } else {
            form.is_tag = row->vr[0] == 'A' && row->vr[1] == 'T';
            form.size = form.is_tag ? 4 : row->vr[0] != 'U' || row->vr[1] == 'I' ? 0 : row->vr[1] == 'S' ? 2 : 4;
            form.padding = row->vr[0] == 'U' ? 0 : ' ';
            form.keeps_leading_spaces = row->vr[0] == 'L' && row->vr[1] == 'T';
            break;
        }
    }
    return form;
}

static inline uint32_t little_endian(const uint8_t *bytes, int size) {
    return size == 2 ? (uint32_t)(bytes[0] | bytes[1] << 8)
                     : bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Bytes that are being written; `first` saves the allocation for all but rare ones. */
typedef struct {
    uint8_t *bytes;
    size_t size, capacity;
    uint8_t first[512];
} CommandBytes;

static void begin_command(CommandBytes *out) {
    out->bytes = out->first;
    out->size = 0;
    out->capacity = sizeof out->first;
}

static void end_command(CommandBytes *out) {
    if (out->bytes != out->first)
        free(out->bytes);
}

/* Room for `size` more bytes, or NULL. */
static uint8_t *command_room(CommandBytes *out, size_t size) {
    if (out->capacity - out->size < size) {
        size_t capacity = out->capacity;
        uint8_t *bytes;
        while (capacity - out->size < size)
            capacity *= 2; /* a value is below 2**32 bytes, so this ends */
        bytes = (uint8_t *)(out->bytes == out->first ? malloc(capacity) : realloc(out->bytes, capacity));
        if (bytes == NULL)
            return NULL;
        if (out->bytes == out->first)
            memcpy(bytes, out->first, out->size);
        out->bytes = bytes;
        out->capacity = capacity;
    }
    out->size += size;
    return out->bytes + out->size - size;
}

static inline void put_number(uint8_t *at, uint32_t value, int size) {
    for (int i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static inline void put_tag(uint8_t *at, uint32_t tag) {
    put_number(at, tag >> 16, 2);
    put_number(at + 2, tag & 0xFFFF, 2);
}

#endif
