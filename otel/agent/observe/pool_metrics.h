/*
 * process.* metrics of the pool: summed over the program and all its descendants, so that one
 * pool is one series. What a process has used stays in the sums when it is gone.
 * Names and units: semantic-conventions/system/process-metrics.
 */
#ifndef OTEL_AGENT_POOL_METRICS_H
#define OTEL_AGENT_POOL_METRICS_H

#include "agent/pipeline/pipeline.h"
#include "agent/pool/family.h"

enum pool_value {
    POOL_DISK_READ = 0, /* bytes */
    POOL_DISK_WRITE,
    POOL_SWITCH_VOLUNTARY,
    POOL_SWITCH_INVOLUNTARY,
    POOL_GROWING_COUNT, /* those above only grow */
    POOL_MEMORY = POOL_GROWING_COUNT,
    POOL_MEMORY_VIRTUAL,
    POOL_THREADS,
    POOL_DESCRIPTORS,
    POOL_VALUE_COUNT
};

struct pool_metrics {
    struct pool_process {
        int32_t pid; /* 0: free */
        uint64_t start_ticks;
        uint64_t values[POOL_VALUE_COUNT];
        bool is_seen; /* in this collection */
    } processes[FAMILY_MAX];
    uint64_t gone[POOL_GROWING_COUNT]; /* of processes that have ended */
};

void pool_metrics_init(struct pool_metrics *metrics);

/* One collection. CPU times are the family's own, which looks more often. */
void pool_metrics_observe(struct pool_metrics *metrics, struct family *family,
                          struct pipeline *pipeline);

#endif
