#include "agent/observe/host_metrics.h"

#include "agent/pool/process.h"
#include "otel/semconv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HOST_FILE_BYTES = 128 * 1024, HOST_NAME_BYTES = 64 };

#define HOST_COUNTER(text, of, about, real)                                                        \
    {                                                                                              \
        .name = (text), .unit = (of), .description = (about), .is_monotonic = true,                \
        .is_double = (real), .scope = RECORD_SCOPE_LAUNCHER                                        \
    }
#define HOST_LEVEL(text, of, about)                                                                \
    {                                                                                              \
        .name = (text), .unit = (of), .description = (about), .scope = RECORD_SCOPE_LAUNCHER       \
    }
#define HOST_GAUGE(text, of, about)                                                                \
    {                                                                                              \
        .name = (text), .unit = (of), .description = (about), .is_gauge = true, .is_double = true, \
        .scope = RECORD_SCOPE_LAUNCHER                                                             \
    }

static const struct pipeline_observable CPU_TIME =
    HOST_COUNTER("system.cpu.time", "s", "Seconds that each logical CPU spent in each mode", true);
static const struct pipeline_observable CPU_UTILIZATION =
    HOST_GAUGE("system.cpu.utilization", "1", "Part of the time since the last collection");
static const struct pipeline_observable CPU_COUNT =
    HOST_LEVEL("system.cpu.logical.count", "{cpu}", "Logical CPUs");
static const struct pipeline_observable MEMORY_USAGE =
    HOST_LEVEL("system.memory.usage", "By", "Memory by state");
static const struct pipeline_observable MEMORY_UTILIZATION =
    HOST_GAUGE("system.memory.utilization", "1", "Part of the memory by state");
static const struct pipeline_observable PAGING_USAGE =
    HOST_LEVEL("system.paging.usage", "By", "Swap by state");
static const struct pipeline_observable DISK_IO =
    HOST_COUNTER("system.disk.io", "By", "Bytes read and written", false);
static const struct pipeline_observable DISK_OPERATIONS =
    HOST_COUNTER("system.disk.operations", "{operation}", "Operations on disks", false);
static const struct pipeline_observable DISK_TIME =
    HOST_COUNTER("system.disk.io_time", "s", "Time that disks were busy", true);
static const struct pipeline_observable NETWORK_IO =
    HOST_COUNTER("system.network.io", "By", "Bytes sent and received", false);
static const struct pipeline_observable NETWORK_PACKETS =
    HOST_COUNTER("system.network.packet.count", "{packet}", "Packets sent and received", false);
static const struct pipeline_observable NETWORK_ERRORS =
    HOST_COUNTER("system.network.errors", "{error}", "Errors of interfaces", false);
static const struct pipeline_observable NETWORK_DROPPED =
    HOST_COUNTER("system.network.packet.dropped", "{packet}", "Packets dropped", false);
static const struct pipeline_observable UPTIME =
    HOST_GAUGE("system.uptime", "s", "Time since the machine was started");

/* The text of a file of /proc, in memory that is overwritten by the next call; NULL: none. */
static const char *file_read(const char *path)
{
    static char text[HOST_FILE_BYTES];

    return process_file_read(path, text, sizeof text) > 0 ? text : NULL;
}

static const char *line_next(const char *line)
{
    const char *end = strchr(line, '\n');

    return end && end[1] ? end + 1 : NULL;
}

/* --- CPU
 * ------------------------------------------------------------------------------------------ */

static void cpu_observe(struct host_metrics *metrics, struct pipeline *pipeline, unsigned cpu,
                        const uint64_t now[HOST_CPU_MODE_COUNT])
{
    static const char *const MODES[HOST_CPU_MODE_COUNT] = {
        [HOST_CPU_USER] = "user",   [HOST_CPU_NICE] = "nice",     [HOST_CPU_SYSTEM] = "system",
        [HOST_CPU_IDLE] = "idle",   [HOST_CPU_IOWAIT] = "iowait", [HOST_CPU_IRQ] = "interrupt",
        [HOST_CPU_SOFTIRQ] = NULL, /* part of interrupt */
        [HOST_CPU_STEAL] = "steal",
    };
    const double ticks_per_s = (double)sysconf(_SC_CLK_TCK);
    uint64_t grown[HOST_CPU_MODE_COUNT];
    uint64_t total = 0;

    for (int mode = 0; mode < HOST_CPU_MODE_COUNT; mode++) {
        uint64_t before = metrics->ticks[cpu][mode];
        grown[mode] = now[mode] > before ? now[mode] - before : 0; /* iowait may fall */
        total += grown[mode];
        metrics->ticks[cpu][mode] = now[mode] > before ? now[mode] : before;
    }
    for (int mode = 0; mode < HOST_CPU_MODE_COUNT; mode++) {
        const struct otel_attribute attributes[] = {
            otel_attribute_string(OTEL_CPU_MODE, otel_str(MODES[mode])),
            otel_attribute_int(OTEL_CPU_LOGICAL_NUMBER, cpu),
        };
        bool is_interrupt = mode == HOST_CPU_IRQ;
        uint64_t ticks =
            metrics->ticks[cpu][mode] + (is_interrupt ? metrics->ticks[cpu][HOST_CPU_SOFTIRQ] : 0);
        uint64_t share = grown[mode] + (is_interrupt ? grown[HOST_CPU_SOFTIRQ] : 0);

        if (!MODES[mode])
            continue;
        pipeline_observe_double(pipeline, &CPU_TIME, (double)ticks / ticks_per_s, attributes, 2);
        if (metrics->has_ticks[cpu] && total > 0)
            pipeline_observe_double(pipeline, &CPU_UTILIZATION, (double)share / (double)total,
                                    attributes, 2);
    }
    metrics->has_ticks[cpu] = true;
}

static void cpus_observe(struct host_metrics *metrics, struct pipeline *pipeline)
{
    int64_t count = 0;

    for (const char *line = file_read("/proc/stat"); line; line = line_next(line)) {
        uint64_t now[HOST_CPU_MODE_COUNT] = { 0 };
        unsigned cpu;

        if (sscanf(line,
                   "cpu%u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                   " %" SCNu64 " %" SCNu64,
                   &cpu, &now[0], &now[1], &now[2], &now[3], &now[4], &now[5], &now[6],
                   &now[7]) != 1 + HOST_CPU_MODE_COUNT ||
            cpu >= HOST_CPU_MAX)
            continue;
        count++;
        cpu_observe(metrics, pipeline, cpu, now);
    }
    if (count > 0)
        pipeline_observe_int(pipeline, &CPU_COUNT, count, NULL, 0);
}

/* --- memory
 * ---------------------------------------------------------------------------------------- */

/* A line "Key:   123 kB" in bytes; 0 when there is none. */
static uint64_t meminfo_find(const char *text, const char *key)
{
    size_t length = strlen(key);

    for (const char *line = text; line; line = line_next(line)) {
        uint64_t kilobytes = 0;
        if (strncmp(line, key, length) == 0 && line[length] == ':' &&
            sscanf(line + length + 1, "%" SCNu64, &kilobytes) == 1)
            return kilobytes * 1024;
    }
    return 0;
}

static void memory_observe(struct pipeline *pipeline)
{
    const char *text = file_read("/proc/meminfo");
    uint64_t total = text ? meminfo_find(text, "MemTotal") : 0;
    uint64_t swap_total = text ? meminfo_find(text, "SwapTotal") : 0;
    uint64_t swap_free = text ? meminfo_find(text, "SwapFree") : 0;
    enum { USED, FREE, CACHED, BUFFERS, STATE_COUNT };
    static const char *const STATES[STATE_COUNT] = { "used", "free", "cached", "buffers" };
    uint64_t bytes[STATE_COUNT];
    uint64_t rest;

    if (total == 0)
        return;
    bytes[FREE] = meminfo_find(text, "MemFree");
    bytes[CACHED] = meminfo_find(text, "Cached") + meminfo_find(text, "SReclaimable");
    bytes[BUFFERS] = meminfo_find(text, "Buffers");
    rest = bytes[FREE] + bytes[CACHED] + bytes[BUFFERS];
    bytes[USED] = total > rest ? total - rest : 0;
    for (int state = 0; state < STATE_COUNT; state++) {
        struct otel_attribute attribute =
            otel_attribute_string(OTEL_SYSTEM_MEMORY_STATE, otel_str(STATES[state]));
        pipeline_observe_int(pipeline, &MEMORY_USAGE, (int64_t)bytes[state], &attribute, 1);
        pipeline_observe_double(pipeline, &MEMORY_UTILIZATION, (double)bytes[state] / (double)total,
                                &attribute, 1);
    }
    for (int is_free = 0; is_free < 2 && swap_total > 0; is_free++) {
        struct otel_attribute attribute = otel_attribute_string(
            OTEL_KEY("system.paging.state"), otel_str(is_free ? "free" : "used"));
        pipeline_observe_int(pipeline, &PAGING_USAGE,
                             (int64_t)(is_free ? swap_free : swap_total - swap_free), &attribute,
                             1);
    }
}

/* --- disks and network
 * ----------------------------------------------------------------------------- */

/* One direction of one device. */
static void direction_observe(struct pipeline *pipeline,
                              const struct pipeline_observable *observable,
                              struct otel_key name_key, const char *name,
                              struct otel_key direction_key, const char *direction, uint64_t value)
{
    const struct otel_attribute attributes[] = {
        otel_attribute_string(name_key, otel_str(name)),
        otel_attribute_string(direction_key, otel_str(direction)),
    };

    pipeline_observe_int(pipeline, observable, (int64_t)value, attributes, 2);
}

static void disks_observe(struct pipeline *pipeline)
{
    const struct otel_key device = OTEL_SYSTEM_DEVICE;
    const struct otel_key direction = OTEL_DISK_IO_DIRECTION;
    enum { SECTOR_BYTES = 512 }; /* of /proc/diskstats, whatever the disk has */

    for (const char *line = file_read("/proc/diskstats"); line; line = line_next(line)) {
        char name[HOST_NAME_BYTES];
        uint64_t reads, sectors_read, writes, sectors_written, busy_ms;
        struct otel_attribute attribute;

        if (sscanf(line,
                   " %*u %*u %63s %" SCNu64 " %*u %" SCNu64 " %*u %" SCNu64 " %*u %" SCNu64
                   " %*u %*u %" SCNu64,
                   name, &reads, &sectors_read, &writes, &sectors_written, &busy_ms) != 6 ||
            strncmp(name, "loop", 4) == 0 || strncmp(name, "ram", 3) == 0)
            continue;
        direction_observe(pipeline, &DISK_IO, device, name, direction, "read",
                          sectors_read * SECTOR_BYTES);
        direction_observe(pipeline, &DISK_IO, device, name, direction, "write",
                          sectors_written * SECTOR_BYTES);
        direction_observe(pipeline, &DISK_OPERATIONS, device, name, direction, "read", reads);
        direction_observe(pipeline, &DISK_OPERATIONS, device, name, direction, "write", writes);
        attribute = otel_attribute_string(device, otel_str(name));
        pipeline_observe_double(pipeline, &DISK_TIME, (double)busy_ms / 1000.0, &attribute, 1);
    }
}

/* All interfaces, also those that come and go: one that is gone is no longer observed. */
static void network_observe(struct pipeline *pipeline)
{
    enum { BYTES, PACKETS, ERRORS, DROPPED, COLUMN_COUNT };
    static const struct pipeline_observable *const COLUMNS[COLUMN_COUNT] = {
        &NETWORK_IO, &NETWORK_PACKETS, &NETWORK_ERRORS, &NETWORK_DROPPED
    };

    for (const char *line = file_read("/proc/net/dev"); line; line = line_next(line)) {
        char name[HOST_NAME_BYTES];
        uint64_t in[COLUMN_COUNT];
        uint64_t out[COLUMN_COUNT];

        if (sscanf(line,
                   " %63[^: \n]: %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                   " %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
                   name, &in[0], &in[1], &in[2], &in[3], &out[0], &out[1], &out[2], &out[3]) != 9)
            continue;
        for (int column = 0; column < COLUMN_COUNT; column++) {
            direction_observe(pipeline, COLUMNS[column], OTEL_NETWORK_INTERFACE_NAME, name,
                              OTEL_NETWORK_IO_DIRECTION, "receive", in[column]);
            direction_observe(pipeline, COLUMNS[column], OTEL_NETWORK_INTERFACE_NAME, name,
                              OTEL_NETWORK_IO_DIRECTION, "transmit", out[column]);
        }
    }
}

static void uptime_observe(struct pipeline *pipeline)
{
    const char *text = file_read("/proc/uptime");
    double uptime_s = 0;

    if (text && sscanf(text, "%lf", &uptime_s) == 1)
        pipeline_observe_double(pipeline, &UPTIME, uptime_s, NULL, 0);
}

void host_metrics_observe(struct host_metrics *metrics, struct pipeline *pipeline)
{
    cpus_observe(metrics, pipeline);
    memory_observe(pipeline);
    disks_observe(pipeline);
    network_observe(pipeline);
    uptime_observe(pipeline);
}
