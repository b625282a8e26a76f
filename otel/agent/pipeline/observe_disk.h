/*
 * What waits on disk, in numbers of a collection: otel.c.spool.* and otel.c.exporter.repeated.
 * Nothing where nothing is kept on disk.
 */
#ifndef OTEL_AGENT_OBSERVE_DISK_H
#define OTEL_AGENT_OBSERVE_DISK_H

#include "agent/pipeline/record_queue.h"
#include "agent/sdk/meter.h"

void observe_disk(struct meter *meter, const struct record_source *source);
void observe_disk_size(struct meter *meter, const struct spool *spool);

#endif
