/*
 * The books and the journal in a file of their own beside the segment, so that they outlive a
 * launcher that is killed: the next one goes on with the same accounts, sends what the dead one
 * held in memory, and counts what cannot be as lost. Mapped by the launcher alone; no worker
 * writes there. 4 MiB. A file that others own or may write is not believed, and replaced.
 *
 * What may be off after a kill: one record that was being taken out of a ring, and what was
 * exported since the last ledger_note (it is sent again).
 */
#ifndef OTEL_AGENT_LEDGER_H
#define OTEL_AGENT_LEDGER_H

#include "agent/journal.h"

struct ledger_file;

/* Who is adopted and, later, told to stop: never by a pid that a worker may have written. */
struct ledger_program {
    int32_t pid;          /* 0: none */
    uint64_t start_ticks; /* /proc/PID/stat, field 22: a pid alone may have come again */
};

/* All zero: not open. */
struct ledger {
    struct books *books;     /* never NULL after ledger_open: without a file it is plain memory */
    struct journal *journal; /* NULL without a file */
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

/* Whom an earlier launcher of this segment left in the file, which need not be open. */
struct ledger_program ledger_program_read(const char *segment_path, const struct segment *segment);

/* By this a later launcher finds the program again. */
void ledger_name_program(struct ledger *ledger, int32_t pid);

/* What a killed launcher had in memory goes into the pipeline, once; how many records. */
uint64_t ledger_replay(struct ledger *ledger, struct segment *segment, struct pipeline *pipeline);

/* What the pipeline has done by now. */
void ledger_note(struct ledger *ledger, const struct pipeline *pipeline);

/* A fresh segment has taken the place of the one before (books_move). */
void ledger_belong(struct ledger *ledger, const struct segment *segment);

/* The file stays when the pool lives on. */
void ledger_close(struct ledger *ledger, bool removes_file);

#endif
