/* What a peer sends, cut into PDUs and presentation data values (PS3.8 9.3), whatever pieces it arrives in. */

#ifndef PDU_STREAM_H
#define PDU_STREAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    PDU_HEADER = 6, /* type, reserved, length of what follows in 4 bytes */
    PDV_HEADER = 6, /* length of what follows in 4 bytes, context ID, message control header */
    P_DATA_TF = 4,
    LAST_PDU_TYPE = 7,
    COMMAND_FRAGMENT = 1,
    LAST_FRAGMENT = 2,
};

typedef enum {
    STREAM_NEED_MORE, /* nothing is complete; `wanted` bytes from here would be, if it is not 0 */
    STREAM_PIECE,     /* a piece of a presentation data value */
    STREAM_PDU,       /* a whole PDU that is not P-DATA-TF */
    /* what is wrong: */
    STREAM_UNKNOWN_TYPE,
    STREAM_TLS,
    STREAM_P_DATA_TOO_LONG,
    STREAM_PDU_TOO_LONG,
    STREAM_PDV_CUT,
    STREAM_PDV_TOO_SHORT,
    STREAM_PDV_TOO_LONG,
    STREAM_CONTEXT_ID,
} StreamStatus;

typedef struct {
    uint64_t offset; /* in all that was received, of what comes next */
    uint64_t pdus;
    uint32_t max_pdu_length, max_association_length;
    uint32_t pdu_left; /* of a P-DATA-TF PDU: bytes that come, without those of the presentation data value being read */
    uint32_t pdv_left; /* of a presentation data value: bytes of data that come next */
    uint8_t context_id, flags;
} PduStream;

typedef struct {
    const uint8_t *start;
    size_t length, wanted;
    uint8_t type, context_id, flags;
} StreamToken;

static inline uint32_t big_endian_32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline StreamStatus stream_piece(PduStream *stream, StreamToken *token, const uint8_t *start, size_t length) {
    token->start = start;
    token->length = length;
    token->context_id = stream->context_id;
    stream->pdv_left -= (uint32_t)length;
    stream->offset += length;
    token->flags = stream->pdv_left ? stream->flags & COMMAND_FRAGMENT : stream->flags;
    return STREAM_PIECE;
}

/* What comes first in `size` bytes. Moves `*at` behind what needs not be seen again; on an error to what is wrong. */
static StreamStatus next_token(PduStream *stream, const uint8_t **at, size_t size, StreamToken *token) {
    const uint8_t *const end = *at + size;
    uint32_t length;
    token->wanted = 0;
    for (;;) {
        const uint8_t *const bytes = *at;
        size = (size_t)(end - bytes);
        if (stream->pdv_left) {
            length = size < stream->pdv_left ? (uint32_t)size : stream->pdv_left;
            if (length == 0)
                return STREAM_NEED_MORE;
            *at += length;
            return stream_piece(stream, token, bytes, length);
        }
        if (stream->pdu_left) {
            if (stream->pdu_left < PDV_HEADER)
                return STREAM_PDV_CUT;
            if (size < PDV_HEADER)
                return STREAM_NEED_MORE;
            length = big_endian_32(bytes);
            if (length < PDV_HEADER - 4)
                return STREAM_PDV_TOO_SHORT;
            if (length > stream->pdu_left - 4)
                return STREAM_PDV_TOO_LONG;
            if (bytes[4] % 2 == 0)
                return STREAM_CONTEXT_ID;
            stream->context_id = bytes[4];
            stream->flags = bytes[5] & (COMMAND_FRAGMENT | LAST_FRAGMENT);
            stream->pdu_left -= 4 + length;
            stream->pdv_left = length - (PDV_HEADER - 4);
            stream->offset += PDV_HEADER;
            *at += PDV_HEADER;
            if (stream->pdv_left == 0 && stream->flags & LAST_FRAGMENT)
                return stream_piece(stream, token, *at, 0);
            continue;
        }
        if (size == 0)
            return STREAM_NEED_MORE;
        if (bytes[0] == 0 || bytes[0] > LAST_PDU_TYPE)
            return bytes[0] == 0x15 || bytes[0] == 0x16 ? STREAM_TLS : STREAM_UNKNOWN_TYPE;
        if (size < PDU_HEADER)
            return STREAM_NEED_MORE;
        length = big_endian_32(bytes + 2);
        if (bytes[0] == P_DATA_TF) {
            if (stream->max_pdu_length && length > stream->max_pdu_length)
                return STREAM_P_DATA_TOO_LONG;
            stream->pdu_left = length;
            stream->pdus++;
            stream->offset += PDU_HEADER;
            *at += PDU_HEADER;
            continue;
        }
        if (length > stream->max_association_length)
            return STREAM_PDU_TOO_LONG;
        if (size - PDU_HEADER < length) {
            token->wanted = (size_t)PDU_HEADER + length;
            return STREAM_NEED_MORE;
        }
        token->type = bytes[0];
        token->start = bytes + PDU_HEADER;
        token->length = length;
        stream->pdus++;
        stream->offset += (uint64_t)PDU_HEADER + length;
        *at += (size_t)PDU_HEADER + length;
        return STREAM_PDU;
    }
}

/* The headers of a P-DATA-TF PDU with one presentation data value of `length` bytes. */
static void write_pdv_header(uint8_t *out, uint8_t context_id, uint8_t flags, uint32_t length) {
    const uint32_t item = length + PDV_HEADER - 4, pdu = item + 4;
    const uint8_t header[PDU_HEADER + PDV_HEADER] = {
        P_DATA_TF, 0, (uint8_t)(pdu >> 24), (uint8_t)(pdu >> 16), (uint8_t)(pdu >> 8), (uint8_t)pdu,
        (uint8_t)(item >> 24), (uint8_t)(item >> 16), (uint8_t)(item >> 8), (uint8_t)item, context_id, flags,
    };
    for (int i = 0; i < PDU_HEADER + PDV_HEADER; i++)
        out[i] = header[i];
}

#endif
