/*
 * AWS X-Ray: X-Amzn-Trace-Id. It carries no baggage.
 *
 * The format: AWS X-Ray's developer guide, "Tracing header".
 */
#ifndef OTEL_RECORD_PROPAGATE_XRAY_H
#define OTEL_RECORD_PROPAGATE_XRAY_H

#include "record/propagate.h"

/*
 * Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=<0|1|?> in any order, with spaces around the
 * semicolons and other fields between. Sampled=? and none at all leave it to our sampler.
 * False, and *out untouched, where root or parent are missing, doubled or wrong.
 */
bool xray_parse(struct otel_str header, struct remote_parent *out);

#endif
