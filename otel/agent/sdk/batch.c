#include "agent/sdk/batch.h"

#include "base/mem.h"
#include "segment/record.h"

#include <stdalign.h>
#include <string.h>

struct batch_block {
    struct batch_block *next;
    uint64_t end; /* records ever pushed, up to its last one */
    uint32_t used;
    alignas(8) uint8_t bytes[BATCH_BLOCK_BYTES];
};

void batch_init(struct batch *batch, uint32_t count_max, size_t bytes_max)
{
    *batch = (struct batch){ .count_max = count_max, .bytes_max = bytes_max };
}

void batch_release(struct batch *batch)
{
    struct batch_block *lists[] = { batch->first, batch->spare };

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        while (lists[i] != NULL) {
            struct batch_block *next = lists[i]->next;
            mem_free(lists[i]);
            lists[i] = next;
        }
    }
    *batch = (struct batch){ 0 };
}

unsigned batch_reader_add(struct batch *batch)
{
    return batch->reader_count++;
}

static bool block_append(struct batch *batch)
{
    struct batch_block *block = batch->spare;

    if (block != NULL) {
        batch->spare = block->next;
        batch->spare_count--;
    } else {
        block = mem_alloc(sizeof *block);
        if (block == NULL)
            return false;
    }
    block->next = NULL;
    block->used = 0;
    block->end = batch->pushed + 1;
    if (batch->last != NULL)
        batch->last->next = block;
    else
        batch->first = block;
    batch->last = block;
    return true;
}

bool batch_has_room(const struct batch *batch)
{
    return batch->reader_count > 0 && batch_held(batch) < batch->count_max &&
           batch->bytes + RECORD_BYTES_MAX <= batch->bytes_max;
}

bool batch_push(struct batch *batch, const uint8_t *record, size_t size)
{
    struct batch_block *block = batch->last;

    if (batch->reader_count == 0 || batch_held(batch) >= batch->count_max ||
        size > RECORD_BYTES_MAX || size > batch->bytes_max - batch->bytes ||
        ((block == NULL || size > BATCH_BLOCK_BYTES - block->used) && !block_append(batch))) {
        batch->dropped++;
        return false;
    }
    block = batch->last;
    memcpy(block->bytes + block->used, record, size);
    block->used += (uint32_t)size;
    batch->bytes += size;
    batch->pushed++;
    block->end = batch->pushed;
    return true;
}

uint32_t batch_waiting(const struct batch *batch, unsigned reader)
{
    return (uint32_t)(batch->pushed - batch->readers[reader].passed);
}

uint32_t batch_held(const struct batch *batch)
{
    uint32_t held = 0;

    for (unsigned i = 0; i < batch->reader_count; i++) {
        uint32_t waiting = batch_waiting(batch, i);
        if (waiting > held)
            held = waiting;
    }
    return held;
}

/* The record at a place, which moves behind it. A place without a block is the very beginning. */
static const uint8_t *place_next(const struct batch *batch, struct batch_place *place)
{
    const uint8_t *record;

    if (place->block == NULL) {
        place->block = batch->first;
        place->offset = 0;
    }
    if (place->offset == place->block->used) {
        place->block = place->block->next;
        place->offset = 0;
    }
    record = place->block->bytes + place->offset;
    place->offset += ((const struct record_header *)record)->size;
    place->passed++;
    return record;
}

uint32_t batch_peek(const struct batch *batch, unsigned reader, const uint8_t **records,
                    uint32_t count_max, size_t bytes_max)
{
    struct batch_place place = batch->readers[reader];
    uint32_t waiting = batch_waiting(batch, reader);
    uint32_t count = 0;
    size_t bytes = 0;

    if (count_max > waiting)
        count_max = waiting;
    while (count < count_max) {
        const uint8_t *record = place_next(batch, &place);

        bytes += ((const struct record_header *)record)->size;
        if (count > 0 && bytes > bytes_max)
            break;
        records[count++] = record;
    }
    return count;
}

/* Gives blocks back that every reader has left behind; a reader at such a block's end goes on at
 * the beginning of what is first then, which a place without a block means. */
static void blocks_free(struct batch *batch)
{
    uint64_t freed = batch->pushed - batch_held(batch);

    while (batch->first != NULL && batch->first->end <= freed) {
        struct batch_block *block = batch->first;

        batch->first = block->next;
        if (batch->first == NULL)
            batch->last = NULL;
        for (unsigned i = 0; i < batch->reader_count; i++) {
            if (batch->readers[i].block == block)
                batch->readers[i].block = NULL;
        }
        batch->bytes -= block->used;
        if (batch->spare_count == BATCH_SPARE_BLOCKS) {
            mem_free(block);
        } else {
            block->next = batch->spare;
            batch->spare = block;
            batch->spare_count++;
        }
    }
}

void batch_advance(struct batch *batch, unsigned reader, uint32_t count)
{
    while (count-- > 0)
        (void)place_next(batch,
                         &batch->readers[reader]); /* the record is not wanted, the step is */
    blocks_free(batch);
}
