/*
 * What the launcher has in memory alone, for the one that follows it should it be killed: a copy
 * of the last records that were handed to the pipeline, and how many of the newest are still on
 * their way. It lies in the ledger's file (ledger.h); no worker writes there.
 *
 * After a kill the next launcher hands those on again. Twice may come what a receiver took without
 * its answer being heard, and what one of several exporters was through with; lost is what no
 * longer fits. A queue that overflows drops its newest: a kill then gives some of those, and not
 * as many of the oldest.
 */
#ifndef OTEL_AGENT_JOURNAL_H
#define OTEL_AGENT_JOURNAL_H

#include "agent/books.h"

#include <stdalign.h>

enum { JOURNAL_BYTES = 4 * 1024 * 1024 }; /* both queues at their usual size, and some */

/* The ring that a record is being taken from, and where its tail is to be behind it. */
struct journal_origin {
    unsigned slot;
    uint64_t tail;
};

struct journal {
    uint64_t head;                      /* bytes ever written, whole records only */
    uint64_t tail;                      /* where the oldest of those that are kept begins */
    uint64_t waiting[BOOKS_KIND_COUNT]; /* so many of the newest are still on their way */
    uint64_t origin_head;               /* head behind the record that `origin` is about */
    struct journal_origin origin;
    alignas(8) uint8_t ring[JOURNAL_BYTES]; /* records; a pad where the next does not fit */
};

void journal_clear(struct journal *journal);

/* A span or a log record. origin NULL: it comes from no ring. */
void journal_put(struct journal *journal, const uint8_t *record, size_t size,
                 const struct journal_origin *origin);

/* How many are on their way now. */
void journal_note(struct journal *journal, enum books_kind kind, uint64_t waiting);

/* A record that was put but not released from its ring is released: it would come twice. */
void journal_finish(const struct journal *journal, struct segment *segment);

typedef void (*journal_take_fn)(struct pipeline *pipeline, const uint8_t *record, size_t size);

/* Those that were on their way, oldest first; how many. They are on their way again. */
uint64_t journal_replay(struct journal *journal, enum books_kind kind, journal_take_fn take,
                        struct pipeline *pipeline);

#endif
