/* What is read from one pool's segment: threads, routes, requests. */
#ifndef OTEL_STATUS_READ_H
#define OTEL_STATUS_READ_H

#include "status/status.h"

void read_threads(const struct segment *segment, struct status_pool *out);
void read_routes(const struct segment *segment, struct status *status, size_t pool);

/* trace_id: of the request to choose; NULL: none. */
void read_requests(const struct segment *segment, struct status *status, size_t pool,
                   const char *trace_id);

/* After all pools: the order of what came from several. */
void read_finish(struct status *status);

#endif
