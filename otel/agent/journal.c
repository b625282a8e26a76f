/*
 * Written so that a kill between any two stores leaves it whole: the tail moves before what lies
 * there is overwritten, the head after. The fences keep the compiler to that order; the processor
 * need not be asked, as the next launcher reads what this one wrote long ago.
 */
#include "agent/journal.h"

#include "segment/check.h"

#include <string.h>

void journal_clear(struct journal *journal)
{
    memset(journal, 0, offsetof(struct journal, ring)); /* pages that nobody touched cost nothing */
}

static size_t place_of(uint64_t offset)
{
    return (size_t)(offset % JOURNAL_BYTES);
}

static uint32_t size_at(const struct journal *journal, uint64_t offset)
{
    uint32_t size;

    memcpy(&size, journal->ring + place_of(offset) + offsetof(struct record_header, size),
           sizeof size);
    return size;
}

static bool kind_of(const uint8_t *record, enum books_kind *out)
{
    struct record_header header;

    memcpy(&header, record, sizeof header);
    *out = header.type == RECORD_LOG ? BOOKS_LOGS : BOOKS_SPANS;
    return header.type == RECORD_LOG || header.type == RECORD_SPAN;
}

/* What an earlier launcher left may be damaged: where a size lies, all that is older goes. */
static void room_make(struct journal *journal, size_t size)
{
    while (journal->head - journal->tail + size > JOURNAL_BYTES) {
        uint64_t oldest = size_at(journal, journal->tail);
        bool is_size = oldest >= sizeof(struct record_header) && oldest % 8 == 0 &&
                       oldest <= journal->head - journal->tail;

        journal->tail = is_size ? journal->tail + oldest : journal->head;
    }
    atomic_signal_fence(memory_order_seq_cst);
}

static void pad_put(struct journal *journal, size_t size)
{
    const struct record_header pad = {
        .size = (uint32_t)size,
        .type = RECORD_PAD,
        .version = RECORD_VERSION,
    };

    room_make(journal, size);
    memcpy(journal->ring + place_of(journal->head), &pad, sizeof pad);
    atomic_signal_fence(memory_order_seq_cst);
    journal->head += size;
}

void journal_put(struct journal *journal, const uint8_t *record, size_t size,
                 const struct journal_origin *origin)
{
    size_t to_end = JOURNAL_BYTES - place_of(journal->head);
    enum books_kind kind;

    if (!kind_of(record, &kind) || size > RECORD_BYTES_MAX)
        return;
    if (size > to_end)
        pad_put(journal, to_end);
    room_make(journal, size);
    memcpy(journal->ring + place_of(journal->head), record, size);
    if (origin) {
        journal->origin = *origin;
        journal->origin_head = journal->head + size;
    }
    atomic_signal_fence(memory_order_seq_cst);
    journal->head += size;
    atomic_signal_fence(memory_order_seq_cst);
    journal->waiting[kind]++;
}

void journal_note(struct journal *journal, enum books_kind kind, uint64_t waiting)
{
    journal->waiting[kind] = waiting;
}

void journal_finish(const struct journal *journal, struct segment *segment)
{
    const struct journal_origin *origin = &journal->origin;
    struct segment_slot *slot;
    uint64_t head, tail;

    if (journal->head == 0 || journal->origin_head != journal->head ||
        origin->slot >= SEGMENT_SLOT_COUNT)
        return;
    slot = &segment->slots[origin->slot];
    /* Acquire and release: as the ring's own (ring.c), whose consumer we are. */
    head = atomic_load_explicit(&slot->head, memory_order_acquire);
    tail = atomic_load_explicit(&slot->tail, memory_order_relaxed);
    if (origin->tail > tail && origin->tail <= head)
        atomic_store_explicit(&slot->tail, origin->tail, memory_order_release);
}

/* The next record of a kind; false at the end, or where it is not whole. */
static bool record_next(const struct journal *journal, enum books_kind kind, uint64_t *offset,
                        uint8_t out[RECORD_BYTES_MAX])
{
    while (*offset < journal->head) {
        const uint8_t *record = journal->ring + place_of(*offset);
        size_t to_end = JOURNAL_BYTES - place_of(*offset);
        uint32_t size = size_at(journal, *offset);
        enum books_kind here;

        if (size < sizeof(struct record_header) || size % 8 || size > to_end ||
            size > journal->head - *offset)
            return false;
        *offset += size;
        if (!kind_of(record, &here) || here != kind || size > RECORD_BYTES_MAX)
            continue;
        memcpy(out, record, size);
        return record_check(out, size);
    }
    return false;
}

static bool is_sound(const struct journal *journal)
{
    return journal->tail <= journal->head && journal->head - journal->tail <= JOURNAL_BYTES &&
           journal->tail % 8 == 0 && journal->head % 8 == 0;
}

uint64_t journal_replay(struct journal *journal, enum books_kind kind, journal_take_fn take,
                        struct pipeline *pipeline)
{
    alignas(8) uint8_t record[RECORD_BYTES_MAX];
    uint64_t offset;
    uint64_t kept = 0, taken = 0;

    if (!is_sound(journal))
        journal_clear(journal);
    offset = journal->tail;
    while (record_next(journal, kind, &offset, record))
        kept++;
    offset = journal->tail;
    for (uint64_t i = 0; i < kept && record_next(journal, kind, &offset, record); i++) {
        if (kept - i > journal->waiting[kind])
            continue;
        take(pipeline, record, ((const struct record_header *)record)->size);
        taken++;
    }
    journal->waiting[kind] = taken;
    return taken;
}
