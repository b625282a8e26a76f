/*
 * The books: what became of every span and log record that ended.
 *
 *   ended = exported + in ring + queued + spooled + failed + dropped + sampled out
 *
 * The recorder's side is kept here, per slot, from counters that a worker may have scribbled
 * over: only their growth counts, and what no worker can have done is left out. The other side is
 * the pipeline's (pipeline_books).
 */
#ifndef OTEL_AGENT_BOOKS_H
#define OTEL_AGENT_BOOKS_H

#include "agent/pipeline/pipeline.h"
#include "segment/layout.h"

enum books_kind { BOOKS_SPANS = 0, BOOKS_LOGS, BOOKS_KIND_COUNT };

/* Reasons for which the worker's side lost a record. */
enum books_loss {
    BOOKS_RING_FULL = 0,   /* the worker found no room */
    BOOKS_NO_SLOT,         /* log records of threads that found no free slot */
    BOOKS_LOST,            /* in a ring that was scribbled over, or cut off by a worker's death */
    BOOKS_LAUNCHER_KILLED, /* the launcher had it in memory when it was killed */
    BOOKS_LOSS_COUNT
};

struct books_account { /* one kind in one slot */
    uint64_t ended;
    uint64_t sampled_out;
    uint64_t dropped;
    uint64_t received; /* handed to the pipeline */
    uint64_t lost;
};

enum { BOOKS_COUNTER_COUNT = sizeof(struct segment_counters) / sizeof(uint64_t) };

/* What a launcher's pipeline made of what it was given. */
struct books_sent {
    uint64_t exported;
    uint64_t failed;
    uint64_t dropped;
    uint64_t found; /* on disk */
};

struct books {
    struct books_slot {
        uint64_t seen[BOOKS_COUNTER_COUNT]; /* as they stood at the last look */
        struct books_account accounts[BOOKS_KIND_COUNT];
    } slots[SEGMENT_SLOT_COUNT];
    uint64_t own[BOOKS_KIND_COUNT]; /* made by the launcher, or left on disk by an earlier one whose
                                       books are gone, and handed to the pipeline */
    struct books_sent sent[BOOKS_KIND_COUNT];   /* by this launcher, at the last books_note */
    struct books_sent before[BOOKS_KIND_COUNT]; /* by those before it */
    uint64_t killed[BOOKS_KIND_COUNT];          /* held by one of those when it was killed */
    uint64_t no_slot_seen[BOOKS_KIND_COUNT];
    uint64_t no_slot_logs;
    uint64_t not_started; /* spans, outside the formula: too many were open, or no slot was free */
    uint64_t measurements_dropped;
    uint64_t values_cut;
    uint64_t jumps; /* counters that did what no worker can do */
};

/* Begins with the counters as they stand. */
void books_start(struct books *books, const struct segment *segment);

/* Goes on with the books of a launcher that is gone, where it left them: what it had been given and
 * had not accounted for is lost with it, but for what the pipeline finds on disk. */
void books_continue(struct books *books, const struct segment *segment);

/* Records that were taken for lost with a launcher are on their way again (journal.h). */
void books_take_back(struct books *books, enum books_kind kind, uint64_t count);

/* What the pipeline has done so far: what a launcher after this one will know of it. */
void books_note(struct books *books, const struct pipeline *pipeline);

/*
 * A fresh segment takes the place of one that is empty: what that held stays in the sums, because
 * the pipeline has it in its own.
 */
void books_move(struct books *books, const struct segment *fresh);

/* Takes over what the counters have grown by. */
void books_update(struct books *books, const struct segment *segment);

void books_receive(struct books *books, unsigned slot, enum books_kind kind);
void books_receive_own(struct books *books, enum books_kind kind);

/* The slot's ring is empty and will stay so: what has not arrived never will. */
void books_settle(struct books *books, unsigned slot);

uint64_t books_loss(const struct books *books, enum books_kind kind, enum books_loss reason);

/* The whole formula; it balances whatever the worker did. */
void books_read(const struct books *books, const struct pipeline *pipeline, enum books_kind kind,
                struct segment_books *out);

#endif
