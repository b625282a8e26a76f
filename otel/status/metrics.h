/*
 * struct status as Prometheus text, or OpenMetrics: for who has nothing but a scraper. The full
 * set of metrics leaves by OTLP.
 *
 * Specification: Prometheus "Exposition formats", version 0.0.4; OpenMetrics 1.0.
 */
#ifndef OTEL_STATUS_METRICS_H
#define OTEL_STATUS_METRICS_H

#include "status/status.h"

void status_metrics_write(struct buf *out, const struct status *status, bool is_openmetrics);

#endif
