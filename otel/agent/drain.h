/*
 * From the rings to the pipeline: every record is copied, checked (ring_read), counted in the
 * books and handed over. Instruments are copied and checked once; the copy counts from then on.
 *
 * A signal whose queue is full leaves its records in the rings while those have room: a slow
 * receiver costs memory first, and records only in the end.
 */
#ifndef OTEL_AGENT_DRAIN_H
#define OTEL_AGENT_DRAIN_H

#include "agent/journal.h"
#include "agent/pool/family.h"
#include "agent/pool/symbols.h"
#include "agent/view/watch.h"

struct drain_instrument {
    bool is_known;
    struct segment_instrument definition; /* a private, checked copy */
};

struct drain {
    struct segment *segment;
    struct pipeline *pipeline;
    struct books *books;
    struct family *family;
    struct symbols *symbols;
    struct watch *watch;     /* NULL: nobody shows anything */
    struct journal *journal; /* NULL: none is kept */
    struct drain_instrument instruments[SEGMENT_INSTRUMENT_COUNT];
    struct drain_stranger {
        int32_t pid;        /* owner of the slot that was no member at first sight */
        uint64_t refreshes; /* of the family, by then */
    } strangers[SEGMENT_SLOT_COUNT];
    bool is_slot_taken[SEGMENT_SLOT_COUNT]; /* at the last look */
    uint32_t claims_seen;                   /* by the last look at all slots */
    uint64_t looked_ns;                     /* monotonic; at all slots */
    unsigned next_slot;                     /* where the next pass begins */
    size_t fullest_bytes;                   /* of the rings that the last pass met */
    bool has_strangers;                     /* the last pass met slots whose owner is no member */
    uint64_t corrupt_rings;                 /* rings skipped because something in them lied */
    uint64_t measurements_refused;          /* they named no sound instrument */
    alignas(8) uint8_t record[RECORD_BYTES_MAX];
};

void drain_init(struct drain *drain, struct segment *segment, struct pipeline *pipeline,
                struct books *books, struct family *family, struct symbols *symbols);

/*
 * Every ring once, each up to a fair share, and some of them when they take more than 5 ms in all;
 * how many records came. Left slots are freed. A worker that nobody knows yet waits for the next
 * look at the family: its stacks want its mappings.
 */
size_t drain_pass(struct drain *drain);

/* No ring has anything, no slot was claimed, no owner is unknown: a pass would find nothing. */
bool drain_is_quiet(const struct drain *drain, uint64_t now_ns);

/* All that one slot holds, whether the queues have room or not: its owner is gone. */
void drain_slot_rest(struct drain *drain, unsigned slot);

/* Hands a span or a log record, which the books know of, to whoever wants it. origin: journal.h. */
void drain_hand_over(struct drain *drain, const uint8_t *record, size_t size,
                     const struct journal_origin *origin);

/* Bytes that wait in all rings. */
size_t drain_waiting_bytes(const struct drain *drain);

/* The checked copy of the instrument at `place`; NULL when there is none. */
const struct segment_instrument *drain_instrument(struct drain *drain, unsigned place);

#endif
