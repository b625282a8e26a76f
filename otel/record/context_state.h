/* What the recorder reads off a context, beyond what context.h offers to programs. */
#ifndef OTEL_RECORD_CONTEXT_STATE_H
#define OTEL_RECORD_CONTEXT_STATE_H

#include "otel/context.h"

/* W3C trace flags. */
#define TRACE_FLAG_SAMPLED 0x01
#define TRACE_FLAG_RANDOM 0x02

/* context.request of a request that found no place in the table. */
#define REQUEST_WITHOUT_PLACE UINT16_MAX

bool context_has_trace(const struct otel_context *context);

/* Inside a request that is not observed: what happens there starts no trace of its own. */
bool context_is_unobserved(const struct otel_context *context);

/* Wall clock that does not step within a trace: its anchor plus monotonic time. */
uint64_t context_now_ns(const struct otel_context *context);

#endif
