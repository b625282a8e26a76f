#include "agent/observe/pool_metrics.h"

#include "agent/pool/process.h"
#include "otel/semconv.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void pool_metrics_init(struct pool_metrics *metrics)
{
    memset(metrics, 0, sizeof *metrics);
}

/* --- one process ---------------------------------------------------------------------------------
 */

/* The number behind "key:" at the start of a line; 0 when there is none. */
static uint64_t field_read(const char *text, const char *key)
{
    size_t length = strlen(key);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0 && line[length] == ':')
            return strtoull(line + length + 1, NULL, 10);
    }
    return 0;
}

static void disk_read(int32_t pid, uint64_t values[POOL_VALUE_COUNT])
{
    char path[64];
    char text[512];

    (void)snprintf(path, sizeof path, "/proc/%" PRId32 "/io", pid);
    if (process_file_read(path, text, sizeof text) <= 0)
        return; /* another user's: not ours to know */
    values[POOL_DISK_READ] = field_read(text, "read_bytes");
    values[POOL_DISK_WRITE] = field_read(text, "write_bytes");
}

/* Context switches are counted per thread. */
static void switches_read(int32_t pid, uint64_t values[POOL_VALUE_COUNT])
{
    char path[96];
    char text[4096];
    struct dirent *entry;
    DIR *folder;

    (void)snprintf(path, sizeof path, "/proc/%" PRId32 "/task", pid);
    folder = opendir(path);
    while (folder && (entry = readdir(folder))) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        (void)snprintf(path, sizeof path, "/proc/%" PRId32 "/task/%.16s/status", pid,
                       entry->d_name);
        if (process_file_read(path, text, sizeof text) <= 0)
            continue;
        values[POOL_SWITCH_VOLUNTARY] += field_read(text, "voluntary_ctxt_switches");
        values[POOL_SWITCH_INVOLUNTARY] += field_read(text, "nonvoluntary_ctxt_switches");
    }
    if (folder)
        (void)closedir(folder);
}

static uint64_t descriptors_count(int32_t pid)
{
    char path[64];
    struct dirent *entry;
    uint64_t count = 0;
    DIR *folder;

    (void)snprintf(path, sizeof path, "/proc/%" PRId32 "/fd", pid);
    folder = opendir(path);
    while (folder && (entry = readdir(folder)))
        count += entry->d_name[0] != '.';
    if (folder)
        (void)closedir(folder);
    return count;
}

static bool process_read(struct family_member *member, uint64_t values[POOL_VALUE_COUNT])
{
    int32_t pid = member->pid;
    struct process_stat stat;

    memset(values, 0, POOL_VALUE_COUNT * sizeof values[0]);
    if (!process_stat_read(pid, &stat) || stat.start_ticks != member->start_ticks)
        return false;
    family_member_update(member, &stat);
    values[POOL_MEMORY] = stat.resident_bytes;
    values[POOL_MEMORY_VIRTUAL] = stat.virtual_bytes;
    values[POOL_THREADS] = stat.threads;
    values[POOL_DESCRIPTORS] = descriptors_count(pid);
    disk_read(pid, values);
    switches_read(pid, values);
    return true;
}

/* --- the pool
 * --------------------------------------------------------------------------------------- */

static struct pool_process *process_place(struct pool_metrics *metrics, int32_t pid,
                                          uint64_t start_ticks)
{
    struct pool_process *empty = NULL;

    for (size_t i = 0; i < FAMILY_MAX; i++) {
        struct pool_process *process = &metrics->processes[i];
        if (process->pid == pid && process->start_ticks == start_ticks)
            return process;
        if (process->pid == 0 && !empty)
            empty = process;
    }
    if (empty) {
        empty->pid = pid;
        empty->start_ticks = start_ticks;
    }
    return empty;
}

/* What only grows never falls, also where a thread took its count with it. */
static void process_update(struct pool_process *process, const uint64_t now[POOL_VALUE_COUNT])
{
    process->is_seen = true;
    for (int i = 0; i < POOL_VALUE_COUNT; i++)
        if (i >= POOL_GROWING_COUNT || now[i] > process->values[i])
            process->values[i] = now[i];
}

static void process_retire(struct pool_metrics *metrics, struct pool_process *process)
{
    for (int i = 0; i < POOL_GROWING_COUNT; i++)
        metrics->gone[i] += process->values[i];
    memset(process, 0, sizeof *process);
}

static void pool_read(struct pool_metrics *metrics, struct family *family,
                      uint64_t sums[POOL_VALUE_COUNT])
{
    memset(sums, 0, POOL_VALUE_COUNT * sizeof sums[0]);
    for (size_t i = 0; i < family->count; i++) {
        struct family_member *member = &family->members[i];
        uint64_t now[POOL_VALUE_COUNT];
        struct pool_process *place;

        if (member->is_gone || !process_read(member, now))
            continue;
        place = process_place(metrics, member->pid, member->start_ticks);
        if (place)
            process_update(place, now);
    }
    for (size_t i = 0; i < FAMILY_MAX; i++) {
        struct pool_process *process = &metrics->processes[i];
        if (process->pid != 0 && !process->is_seen)
            process_retire(metrics, process);
        process->is_seen = false;
        for (int value = 0; value < POOL_VALUE_COUNT; value++)
            sums[value] += process->values[value];
    }
    for (int value = 0; value < POOL_GROWING_COUNT; value++)
        sums[value] += metrics->gone[value];
}

/* Monotonic sum, sum that also falls. */
#define POOL_COUNTER(text, of, about, real)                                                        \
    {                                                                                              \
        .name = (text), .unit = (of), .description = (about), .is_monotonic = true,                \
        .is_double = (real), .scope = RECORD_SCOPE_LAUNCHER                                        \
    }
#define POOL_LEVEL(text, of, about)                                                                \
    {                                                                                              \
        .name = (text), .unit = (of), .description = (about), .scope = RECORD_SCOPE_LAUNCHER       \
    }

static const struct pipeline_observable CPU_TIME =
    POOL_COUNTER("process.cpu.time", "s", "CPU time of the pool's processes", true);
static const struct pipeline_observable DISK_IO = POOL_COUNTER(
    "process.disk.io", "By", "Bytes that the pool's processes moved to and from disk", false);
static const struct pipeline_observable SWITCHES =
    POOL_COUNTER("process.context_switches", "{context_switch}",
                 "Times that the pool's processes gave the CPU away", false);
static const struct pipeline_observable MEMORY =
    POOL_LEVEL("process.memory.usage", "By", "Memory of the pool's processes");
static const struct pipeline_observable MEMORY_VIRTUAL =
    POOL_LEVEL("process.memory.virtual", "By", "Address space of the pool's processes");
static const struct pipeline_observable THREADS =
    POOL_LEVEL("process.thread.count", "{thread}", "Threads of the pool's processes");
static const struct pipeline_observable DESCRIPTORS =
    POOL_LEVEL("process.unix.file_descriptor.count", "{file_descriptor}",
               "Open descriptors of the pool's processes");

static void cpu_observe(const struct family *family, struct pipeline *pipeline)
{
    const double ticks_per_s = (double)sysconf(_SC_CLK_TCK);
    const struct otel_attribute user = otel_attribute_string(OTEL_CPU_MODE, OTEL_STR("user"));
    const struct otel_attribute system = otel_attribute_string(OTEL_CPU_MODE, OTEL_STR("system"));
    uint64_t user_ticks = family->gone_user_ticks;
    uint64_t system_ticks = family->gone_system_ticks;

    for (size_t i = 0; i < family->count; i++) {
        user_ticks += family->members[i].user_ticks;
        system_ticks += family->members[i].system_ticks;
    }
    pipeline_observe_double(pipeline, &CPU_TIME, (double)user_ticks / ticks_per_s, &user, 1);
    pipeline_observe_double(pipeline, &CPU_TIME, (double)system_ticks / ticks_per_s, &system, 1);
}

void pool_metrics_observe(struct pool_metrics *metrics, struct family *family,
                          struct pipeline *pipeline)
{
    const struct {
        const struct pipeline_observable *observable;
        enum pool_value value;
        struct otel_key key;
        const char *text; /* NULL: no attribute */
    } OBSERVED[] = {
        { &DISK_IO, POOL_DISK_READ, OTEL_DISK_IO_DIRECTION, "read" },
        { &DISK_IO, POOL_DISK_WRITE, OTEL_DISK_IO_DIRECTION, "write" },
        { &SWITCHES, POOL_SWITCH_VOLUNTARY, OTEL_PROCESS_CONTEXT_SWITCH_TYPE, "voluntary" },
        { &SWITCHES, POOL_SWITCH_INVOLUNTARY, OTEL_PROCESS_CONTEXT_SWITCH_TYPE, "involuntary" },
        { &MEMORY, POOL_MEMORY, { 0 }, NULL },
        { &MEMORY_VIRTUAL, POOL_MEMORY_VIRTUAL, { 0 }, NULL },
        { &THREADS, POOL_THREADS, { 0 }, NULL },
        { &DESCRIPTORS, POOL_DESCRIPTORS, { 0 }, NULL },
    };
    uint64_t sums[POOL_VALUE_COUNT];

    pool_read(metrics, family, sums);
    cpu_observe(family, pipeline);
    for (size_t i = 0; i < sizeof OBSERVED / sizeof OBSERVED[0]; i++) {
        struct otel_attribute attribute =
            otel_attribute_string(OBSERVED[i].key, otel_str(OBSERVED[i].text));
        pipeline_observe_int(pipeline, OBSERVED[i].observable, (int64_t)sums[OBSERVED[i].value],
                             &attribute, OBSERVED[i].text ? 1 : 0);
    }
}
