/*
 * What the recorder and the launcher tell about themselves at each collection: otel.sdk.* as far
 * as the recorder owns them, the books, and the open requests (http.server.active_requests),
 * which nobody but the launcher counts, so that a crash cannot unbalance them.
 * The pipeline's own queue and exporter metrics are the pipeline's (sdk/self.h).
 */
#ifndef OTEL_AGENT_SELF_METRICS_H
#define OTEL_AGENT_SELF_METRICS_H

#include "agent/pool/harvest.h"
#include "segment/method.h"

struct self_metrics {
    const struct segment *segment;
    const struct family *family;
    const struct books *books;
    const struct drain *drain;
    const struct harvest *harvest;
    bool has_method[SEGMENT_METHOD_COUNT][2]; /* was observed once: goes on, with 0 too */
    uint64_t started;                         /* the most that was told: a counter does not fall */
};

void self_metrics_init(struct self_metrics *metrics, const struct drain *drain,
                       const struct harvest *harvest);
void self_metrics_observe(struct self_metrics *metrics, struct pipeline *pipeline);

#endif
