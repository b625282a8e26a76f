/* struct status as text for a terminal: what otel-status shows. */
#ifndef OTEL_STATUS_TABLE_H
#define OTEL_STATUS_TABLE_H

#include "status/status.h"

/* At most `request_limit` requests; control characters of what comes from outside are dots. */
void status_table_write(struct buf *out, const struct status *status, size_t request_limit);

#endif
