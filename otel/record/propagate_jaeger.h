/*
 * Jaeger's own format: uber-trace-id, and a header uberctx-<key> for each entry of the baggage.
 *
 * Specification: context/api-propagators.md "Jaeger" (deprecated there); the format: Jaeger's
 * "Client Libraries", "Propagation Format".
 */
#ifndef OTEL_RECORD_PROPAGATE_JAEGER_H
#define OTEL_RECORD_PROPAGATE_JAEGER_H

#include "record/propagate.h"

/*
 * <trace 1 to 32 hex>:<span 1 to 16 hex>:<parent, of no use>:<flags 1 or 2 hex>, the whole of it
 * percent-encoded or not; flags: bit 0 sampled, bit 1 debug, which counts only beside bit 0.
 * False, and *out untouched, for anything else.
 */
bool uber_trace_id_parse(struct otel_str header, struct remote_parent *out);

#endif
