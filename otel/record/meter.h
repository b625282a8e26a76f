/* Measurements of the recorder's own. */
#ifndef OTEL_RECORD_METER_H
#define OTEL_RECORD_METER_H

#include "otel/context.h"
#include "otel/metric.h"
#include "segment/layout.h"

/* http.server.request.duration; NULL when it is refused. Makes it at the first time: not for the
 * request path. */
struct segment_instrument *meter_request_duration(void);

/* As otel_measure_double, under thread_enter; the context names the span of an exemplar. */
void meter_record_double(const struct segment_instrument *instrument,
                         const struct otel_context *context, double value,
                         const struct otel_attribute *attributes, size_t count);

#endif
