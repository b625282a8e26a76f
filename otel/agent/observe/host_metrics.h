/*
 * system.* metrics of the machine, from one launcher only: CPU per core, memory, swap, disks,
 * network. Names and units: semantic-conventions/system/system-metrics.
 */
#ifndef OTEL_AGENT_HOST_METRICS_H
#define OTEL_AGENT_HOST_METRICS_H

#include "agent/pipeline/pipeline.h"

enum host_cpu_mode { /* in the order of /proc/stat */
                     HOST_CPU_USER = 0,
                     HOST_CPU_NICE,
                     HOST_CPU_SYSTEM,
                     HOST_CPU_IDLE,
                     HOST_CPU_IOWAIT,
                     HOST_CPU_IRQ,
                     HOST_CPU_SOFTIRQ,
                     HOST_CPU_STEAL,
                     HOST_CPU_MODE_COUNT
};

enum { HOST_CPU_MAX = 256 };

struct host_metrics {
    uint64_t ticks[HOST_CPU_MAX][HOST_CPU_MODE_COUNT]; /* at the last collection */
    bool has_ticks[HOST_CPU_MAX];
};

/* One collection. */
void host_metrics_observe(struct host_metrics *metrics, struct pipeline *pipeline);

#endif
