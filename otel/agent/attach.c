#include "agent/attach.h"

#include "agent/config/options.h"
#include "agent/ledger.h"
#include "agent/pool/process.h"
#include "agent/report.h"
#include "base/clock.h"
#include "segment/map.h"
#include "segment/method.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ATTACH_TRIES = 10 };

/* False when the name means another file by now: who renamed it over ours has the right. */
static bool lock_is_current(int lock_fd, const char *path)
{
    struct stat locked;
    struct stat named;

    return fstat(lock_fd, &locked) == 0 && stat(path, &named) == 0 &&
           locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

static bool file_make(const struct attach *attach, const struct settings *settings)
{
    struct segment *segment = segment_create(attach->path, settings->pool);

    if (!segment) {
        report_error("the segment %s cannot be made: %s", attach->path, strerror(errno));
        return false;
    }
    segment_unmap(segment);
    return true;
}

/* The lock on the file that the path means; makes the file where there is none. */
static bool file_lock(struct attach *attach, const struct settings *settings)
{
    for (int i = 0; i < ATTACH_TRIES; i++) {
        attach->lock_fd = segment_lock(attach->path);
        if (attach->lock_fd >= 0 && lock_is_current(attach->lock_fd, attach->path))
            return true;
        if (attach->lock_fd >= 0) {
            (void)close(attach->lock_fd);
            attach->lock_fd = -1;
        } else if (errno == EWOULDBLOCK) {
            report_error("another launcher has the segment %s", attach->path);
            return false;
        } else if (errno != ENOENT) {
            report_error("the segment %s cannot be opened: %s", attach->path, strerror(errno));
            return false;
        } else if (!file_make(attach, settings)) {
            return false;
        }
    }
    report_error("the segment %s is being replaced again and again", attach->path);
    return false;
}

bool attach_renew(struct attach *attach, const struct settings *settings)
{
    int old_lock_fd = attach->lock_fd; /* held until the new one is: nobody gets between */
    bool is_good = false;

    segment_unmap(attach->segment);
    attach->segment = NULL;
    attach->lock_fd = -1;
    if (file_make(attach, settings) && file_lock(attach, settings)) {
        attach->segment = segment_map(attach->path, SEGMENT_READ_WRITE);
        if (!attach->segment)
            report_error("the segment %s cannot be mapped: %s", attach->path, strerror(errno));
        is_good = attach->segment != NULL;
    }
    (void)close(old_lock_fd);
    return is_good;
}

/* By the ledger: what the segment says of it, any worker may have written. */
static int32_t program_living(const struct attach *attach)
{
    struct ledger_program program = ledger_program_read(attach->path, attach->segment);
    bool lives = program.pid > 1 && program.pid != (int32_t)getpid() && program.start_ticks != 0 &&
                 process_start_ticks(program.pid) == program.start_ticks;

    return lives ? program.pid : 0;
}

enum attach_outcome attach_open(struct attach *attach, const struct settings *settings)
{
    *attach = (struct attach){ .path = settings->segment_path, .lock_fd = -1 };
    if (!file_lock(attach, settings))
        return ATTACH_FAILED;
    attach->segment = segment_map(attach->path, SEGMENT_READ_WRITE);
    if (!attach->segment) {
        report_warn("%s is no segment of this version (%s) and is replaced", attach->path,
                    strerror(errno));
        return attach_renew(attach, settings) ? ATTACH_FRESH : ATTACH_FAILED;
    }
    attach->program_pid = program_living(attach);
    if (attach->program_pid != 0)
        return ATTACH_ADOPTED;
    return atomic_load_explicit(&attach->segment->header.launcher_pid, memory_order_relaxed)
               ? ATTACH_LEFTOVER
               : ATTACH_FRESH;
}

void attach_close(struct attach *attach, bool removes_file)
{
    if (removes_file && attach->lock_fd >= 0)
        (void)unlink(attach->path); /* gone already: just as well */
    segment_unmap(attach->segment);
    if (attach->lock_fd >= 0)
        (void)close(attach->lock_fd);
    attach->segment = NULL;
    attach->lock_fd = -1;
}

/*
 * The rule of a ratio as the Python SDK has it, so that services of both keep the same traces:
 * sampled when the low 64 bits of the trace id are below ratio * 2^64, rounded half to even.
 */
static struct segment_sampler_rule sampler_rule(const struct settings_sampler_rule *from)
{
    double bound = nearbyint(from->ratio * 0x1p64);

    switch (from->sampler) {
    case SAMPLER_ALWAYS_ON:
        break;
    case SAMPLER_ALWAYS_OFF:
        return (struct segment_sampler_rule){ .sampler = SEGMENT_SAMPLER_ALWAYS_OFF };
    case SAMPLER_RATIO:
        if (bound < 0x1p64) /* all of them is one more than fits */
            return (struct segment_sampler_rule){ .sampler = SEGMENT_SAMPLER_RATIO,
                                                  .bound = (uint64_t)bound };
        break;
    }
    return (struct segment_sampler_rule){ .sampler = SEGMENT_SAMPLER_ALWAYS_ON };
}

static void headers_copy(char out[SEGMENT_HEADERS_BYTES], const char *headers)
{
    size_t length = strnlen(headers, SEGMENT_HEADERS_BYTES - 1);

    memset(out, 0, SEGMENT_HEADERS_BYTES);
    memcpy(out, headers, length);
}

_Static_assert((int)PARENT_COUNT == SEGMENT_PARENT_COUNT, "both know the same cases");

void attach_configure(struct segment *segment, const struct settings *settings)
{
    struct segment_config *config = &segment->header.config;

    config->records_traces = settings->exporters[SIGNAL_TRACES] != 0;
    config->records_metrics = settings->exporters[SIGNAL_METRICS] != 0;
    config->records_logs = settings->exporters[SIGNAL_LOGS] != 0;
    config->captures_stderr = settings->captures_stderr;
    config->id_generator = settings->has_xray_ids ? SEGMENT_ID_XRAY : SEGMENT_ID_RANDOM;
    memcpy(config->propagators, settings->propagators, sizeof config->propagators);
    config->disabled = settings->disabled_hooks;
    for (int parent = 0; parent < SEGMENT_PARENT_COUNT; parent++)
        config->sampling.rules[parent] = sampler_rule(&settings->samplers[parent]);
    headers_copy(config->request_headers, settings->request_headers);
    headers_copy(config->response_headers, settings->response_headers);
    if (segment_methods_set(config, settings->known_methods) > 0)
        report_warn("--%s: at most %d methods of at most %d letters are used",
                    option_name(OPTION_KNOWN_METHODS), SEGMENT_METHOD_COUNT - 1,
                    SEGMENT_METHOD_BYTES - 1);
    atomic_store_explicit(&segment->header.launcher_pid, (int32_t)getpid(), memory_order_relaxed);
    atomic_store_explicit(&segment->header.heartbeat_ns, clock_monotonic_ns(),
                          memory_order_relaxed);
}

void attach_name_program(struct segment *segment, int32_t program_pid)
{
    atomic_store_explicit(&segment->header.program_start_ticks, process_start_ticks(program_pid),
                          memory_order_relaxed);
    /* Release: who reads the pid finds its start. */
    atomic_store_explicit(&segment->header.program_pid, program_pid, memory_order_release);
}
