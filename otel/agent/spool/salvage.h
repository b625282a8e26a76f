/*
 * What can still be read of a damaged spool, row by row: a page that is broken costs the rows near
 * it, not the file. Works at one go, for a bounded time: a disk that lies is rare enough.
 */
#ifndef OTEL_AGENT_SPOOL_SALVAGE_H
#define OTEL_AGENT_SPOOL_SALVAGE_H

#include "agent/spool/spool_file.h"

/* Copies rows of the file at `path`, with their ids, into another, but for those of a lane up to
 * sent_up_to[lane]; `room` holds one row's data. Ends at end_ns (monotonic). */
void salvage_rows(const char *path, struct spool_file *to, const int64_t *sent_up_to,
                  int64_t lane_count, struct buf *room, uint64_t end_ns);

#endif
