/*
 * Records as one run of bytes, deflated, and back: what a row of the spool holds. A record is its
 * own bytes as the segment has them, so a chunk outlives a change of protocol or receiver.
 *
 * What comes from disk is not trusted: it is bounded, and each record is checked like a worker's.
 */
#ifndef OTEL_AGENT_SPOOL_CHUNK_H
#define OTEL_AGENT_SPOOL_CHUNK_H

#include "base/buf.h"
#include "segment/record.h"

enum {
    CHUNK_RECORDS_MAX = 16384,                        /* more than the bytes hold */
    CHUNK_BYTES_MAX = 1024 * 1024 + RECORD_BYTES_MAX, /* before deflating */
};

/* Puts records behind what is in `out`; false when they do not fit. */
bool chunk_gather(struct buf *out, const uint8_t *const *records, uint32_t count);

/* Appends the deflated form of gathered records; false when it does not fit, or no memory. */
bool chunk_pack(const struct buf *gathered, struct buf *out);

/*
 * The records of a deflated chunk, up to the first that is not whole or not of `type`: how many.
 * They lie in `room`, of which at least CHUNK_BYTES_MAX are reserved.
 */
uint32_t chunk_unpack(const void *packed, size_t length, enum record_type type, struct buf *room,
                      const uint8_t *records[CHUNK_RECORDS_MAX]);

#endif
