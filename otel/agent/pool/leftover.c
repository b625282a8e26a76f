#include "agent/pool/leftover.h"

#include "agent/pool/process.h"
#include "agent/report.h"
#include "base/clock.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LEFTOVER_LEAVE_S = 3,
    LEFTOVER_KILL_S = 1,
    LEFTOVER_STEP_MS = 20,
    LEFTOVER_ENVIRONMENT_BYTES = 128 * 1024, /* what lies behind is not looked at */
};

static bool is_ours(int32_t pid)
{
    char path[64];
    struct stat facts;

    (void)snprintf(path, sizeof path, "/proc/%" PRId32, pid);
    return pid > 1 && pid != (int32_t)getpid() && stat(path, &facts) == 0 &&
           facts.st_uid == geteuid();
}

/* The variable's value; NULL when there is none. */
static const char *variable_find(const char *texts, size_t length, const char *name)
{
    size_t name_length = strlen(name);

    for (const char *at = texts; at < texts + length; at += strlen(at) + 1)
        if (strncmp(at, name, name_length) == 0 && at[name_length] == '=')
            return at + name_length + 1;
    return NULL;
}

bool leftover_is(int32_t pid, const char *segment_path)
{
    char *texts = is_ours(pid) ? mem_alloc(LEFTOVER_ENVIRONMENT_BYTES) : NULL;
    const char *segment = NULL;
    bool is_leftover = false;
    char path[64];
    long length;

    if (!texts)
        return false;
    (void)snprintf(path, sizeof path, "/proc/%" PRId32 "/environ", pid);
    length = process_file_read(path, texts, LEFTOVER_ENVIRONMENT_BYTES);
    if (length > 0) /* LD_PRELOAD tells nothing: hooks/preload.c takes itself out of it */
        segment = variable_find(texts, (size_t)length, SEGMENT_ENVIRONMENT);
    is_leftover = segment && strcmp(segment, segment_path) == 0;
    mem_free(texts);
    return is_leftover;
}

/* All of them become members; how many live. */
static size_t orphans_gather(struct family *family, const char *segment_path)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        int32_t pid = (int32_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && !family_find(family, pid) && leftover_is(pid, segment_path))
            family_admit(family, pid);
    }
    if (folder)
        (void)closedir(folder);
    (void)family_refresh(family);
    return family_live_count(family);
}

/* Workers finish what they have begun; a manager ends its own; scripts have a parent. */
static void orphans_tell(struct family *family)
{
    for (size_t i = 0; i < family->count; i++) {
        struct family_member *member = &family->members[i];

        if (member->is_gone || member->is_told || !(member->is_worker || member->has_children))
            continue;
        member->is_told = true;
        (void)kill(member->pid, member->is_worker ? SIGUSR1 : SIGTERM); /* ESRCH: was faster */
    }
}

void leftover_end(struct harvest *harvest, const char *segment_path)
{
    struct family *family = harvest->family;
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t leave_ns = now_ns + LEFTOVER_LEAVE_S * CLOCK_NS_PER_S;
    uint64_t kill_ns = leave_ns + LEFTOVER_KILL_S * CLOCK_NS_PER_S;
    size_t count = orphans_gather(family, segment_path);

    if (count > 0)
        report_warn("ending %zu processes that an earlier launcher left", count);
    while (count > 0 && now_ns < kill_ns) {
        if (now_ns < leave_ns)
            orphans_tell(family);
        else
            family_kill_all(family);
        (void)drain_pass(harvest->drain);
        (void)harvest_step(harvest, now_ns);
        (void)pipeline_step(harvest->pipeline, now_ns);
        if (pipeline_wait(harvest->pipeline, NULL, 0, LEFTOVER_STEP_MS) < 0 && errno != EINTR)
            report_error("waiting failed: %s", strerror(errno));
        now_ns = clock_monotonic_ns();
        count = orphans_gather(family, segment_path);
    }
    if (count > 0)
        report_error("%zu processes of an earlier launcher cannot be killed", count);
    (void)harvest_step(harvest, UINT64_MAX); /* nobody will tell how they ended */
}
