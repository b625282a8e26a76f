/*
 * What the pipeline's queues and exporters tell of themselves in a collection: otel.sdk.* (self.h).
 */
#ifndef OTEL_AGENT_OBSERVE_SENDERS_H
#define OTEL_AGENT_OBSERVE_SENDERS_H

#include "agent/pipeline/exporter.h"
#include "agent/pipeline/pull.h"
#include "agent/pipeline/record_queue.h"

/* A body that an exporter is done with. */
void observe_operation(struct meter *meter, const struct exporter *exporter, uint64_t duration_ns,
                       const char *error_type);
void observe_exporter(struct meter *meter, const struct exporter *exporter);
void observe_queue(struct meter *meter, const struct record_queue *queue);
void observe_pull(struct meter *meter, const struct pull *pull); /* nothing where it is unused */

#endif
