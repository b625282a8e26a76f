/* Measurements of the recorder's own. */
#ifndef OTEL_RECORD_METER_H
#define OTEL_RECORD_METER_H

#include "otel/context.h"
#include "otel/metric.h"
#include "segment/layout.h"

/* http.server.request.duration; NULL when it is refused. Makes it at the first time: not for the
 * request path. */
struct segment_instrument *meter_request_duration(void);

/* As otel_measure_double, under thread_enter, at a wall-clock time that the caller has read; the
 * context names the span of an exemplar. */
void meter_record_double(const struct segment_instrument *instrument,
                         const struct otel_context *context, double value, uint64_t time_ns,
                         const struct otel_attribute *attributes, size_t count);

#endif
