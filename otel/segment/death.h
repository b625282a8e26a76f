/* Deaths of the program's processes, noted by whatever process reaps them. */
#ifndef OTEL_SEGMENT_DEATH_H
#define OTEL_SEGMENT_DEATH_H

#include "segment/layout.h"

/* What the launcher learns of an end; sequence is not the caller's. */
struct death {
    int32_t pid;
    int32_t status; /* as wait(2) gives it */
    int32_t reaper_pid;
    uint64_t time_ns; /* wall clock */
};

/* Safe in a signal handler and after fork. When nobody reads, the oldest is overwritten. */
void death_note(struct segment_header *header, const struct death *death);

#endif
