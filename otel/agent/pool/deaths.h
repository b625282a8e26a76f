/*
 * Who has died and how: what others have noted in the segment as they reaped, and what the
 * launcher reaped itself. A death stays here until somebody acts upon it; then it is struck out of
 * the segment too, so that a launcher that comes after this one acts upon the others only.
 */
#ifndef OTEL_AGENT_DEATHS_H
#define OTEL_AGENT_DEATHS_H

#include "segment/death.h"

enum { DEATHS_MAX = 128 };

struct deaths_entry {
    struct death death; /* pid 0: none */
    uint32_t sequence;  /* in the segment's table; 0: it does not stand there */
};

struct deaths {
    struct segment_header *header;           /* borrowed */
    uint32_t count;                          /* of the segment, at the last look */
    uint32_t seen[SEGMENT_DEATH_COUNT];      /* sequence at each place of the segment's table */
    struct deaths_entry entries[DEATHS_MAX]; /* when nobody acts, the oldest is overwritten */
    size_t next;
};

void deaths_init(struct deaths *deaths, struct segment_header *header);

/* One that does not stand in the segment. */
void deaths_note(struct deaths *deaths, const struct death *death);

/* What is new in the segment. */
void deaths_read(struct deaths *deaths);

/* Nobody has noted one in the segment since the last look. */
bool deaths_is_quiet(const struct deaths *deaths);

/* NULL when that process is not known to be dead. */
const struct death *deaths_find(const struct deaths *deaths, int32_t pid);

/* The i-th place, NULL when it is empty. */
const struct death *deaths_at(const struct deaths *deaths, size_t i);

/* Numbers of processes come again: a death counts once. False, *out untouched: not known. */
bool deaths_take(struct deaths *deaths, int32_t pid, struct death *out);

#endif
