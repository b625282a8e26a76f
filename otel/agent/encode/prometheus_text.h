/*
 * A whole collection as a page that Prometheus fetches: its text format, or OpenMetrics' text.
 * Cumulative, without time stamps; the resource is target_info, the scope labels of each sample.
 *
 * Instruments whose names become the same are one family when they are of one type; of another
 * type, the later is left out. Memory: one family's name for each instrument while it writes.
 *
 * Specification: compatibility/prometheus_and_openmetrics.md; metrics/sdk_exporters/prometheus.md.
 */
#ifndef OTEL_AGENT_ENCODE_PROMETHEUS_TEXT_H
#define OTEL_AGENT_ENCODE_PROMETHEUS_TEXT_H

#include "agent/encode/encoder.h"
#include "agent/sdk/meter.h"

struct prometheus_wish {
    const char *accept; /* the reader's header; "": it has none */
    bool has_units;     /* in names and as metadata */
};

struct prometheus_page {
    const char *content_type;
    uint32_t point_count;
    const char *left_out; /* an instrument that clashes with an earlier one; NULL: none does */
};

/* How metrics are written when they are fetched. */
typedef void (*encode_page_fn)(const struct encoder *encoder, const struct meter *meter,
                               const struct prometheus_wish *wish, struct buf *out,
                               struct prometheus_page *page);

/* out->has_failed tells when it did not fit. */
void prometheus_text_encode(const struct encoder *encoder, const struct meter *meter,
                            const struct prometheus_wish *wish, struct buf *out,
                            struct prometheus_page *page);

#endif
