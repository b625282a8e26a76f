/*
 * The queue of one signal: copies of records, in the order they came, for several readers with a
 * place of their own each. A record stays until the slowest reader has passed it.
 *
 * Bounded by count and by bytes; at the limit the newest is dropped and counted. Records lie one
 * behind the other in blocks of 64 KiB, so a push seldom allocates. Memory: at most bytes_max, a
 * quarter more for the ends of blocks, and BATCH_SPARE_BLOCKS.
 *
 * Specification: trace/sdk.md "Batching processor".
 */
#ifndef OTEL_AGENT_SDK_BATCH_H
#define OTEL_AGENT_SDK_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BATCH_READERS_MAX = 5, BATCH_BLOCK_BYTES = 64 * 1024, BATCH_SPARE_BLOCKS = 16 };

struct batch_block;

/* Where a reader is: what lies behind it is still to be read. */
struct batch_place {
    struct batch_block *block;
    uint32_t offset;
    uint64_t passed; /* records, ever */
};

struct batch {
    uint32_t count_max;
    size_t bytes_max;
    size_t bytes;     /* in blocks that some reader has not left behind */
    uint64_t pushed;  /* records taken, ever */
    uint64_t dropped; /* records refused, ever */
    unsigned reader_count;
    struct batch_place readers[BATCH_READERS_MAX];
    struct batch_block *first, *last;
    struct batch_block *spare;
    unsigned spare_count;
};

void batch_init(struct batch *batch, uint32_t count_max, size_t bytes_max);
void batch_release(struct batch *batch);

/* Before the first push. Returns the reader's number; at most BATCH_READERS_MAX of them. */
unsigned batch_reader_add(struct batch *batch);

/* False when it was dropped: the queue is full, there is no reader, or no memory. */
bool batch_push(struct batch *batch, const uint8_t *record, size_t size);

/* True when a record of any size would be taken. */
bool batch_has_room(const struct batch *batch);

/* Records that this reader has not passed. */
uint32_t batch_waiting(const struct batch *batch, unsigned reader);

/* Records that the slowest reader has not passed. */
uint32_t batch_held(const struct batch *batch);

/* The next records of a reader, at most count_max and, but for the first, at most bytes_max.
 * They are valid until this reader advances. */
uint32_t batch_peek(const struct batch *batch, unsigned reader, const uint8_t **records,
                    uint32_t count_max, size_t bytes_max);
void batch_advance(struct batch *batch, unsigned reader, uint32_t count);

#endif
