/*
 * The books in a file of their own beside the segment, so that they outlive a launcher that is
 * killed: the next one goes on with the same accounts, and what the dead one held in memory is
 * counted as lost. Mapped by the launcher alone; no worker writes there.
 *
 * What may be off after a kill: one record that was being taken out of a ring, and what was
 * exported since the last books_note (it counts as lost, too).
 */
#ifndef OTEL_AGENT_LEDGER_H
#define OTEL_AGENT_LEDGER_H

#include "agent/books.h"

struct ledger_file;

/* All zero: not open. */
struct ledger {
    struct books *books; /* never NULL after ledger_open: without a file it is plain memory */
    struct ledger_file *file;
    char path[4096];
    bool is_mapped;
};

/*
 * The books of the segment at `path`. With `is_continued`, those that an earlier launcher of this
 * segment left, where they are whole; else fresh ones. False when there is no memory for any.
 */
bool ledger_open(struct ledger *ledger, const char *segment_path, const struct segment *segment,
                 bool is_continued);

/* A fresh segment has taken the place of the one before (books_move). */
void ledger_belong(struct ledger *ledger, const struct segment *segment);

/* The file stays when the pool lives on. */
void ledger_close(struct ledger *ledger, bool removes_file);

#endif
