/* Deaths of the program's processes, noted by whatever process reaps them. */
#ifndef OTEL_SEGMENT_DEATH_H
#define OTEL_SEGMENT_DEATH_H

#include "segment/layout.h"

/* Safe in a signal handler and after fork. When nobody reads, the oldest is overwritten. */
void death_note(struct segment_header *header, int32_t pid, int32_t status);

#endif
