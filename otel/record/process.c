#include "record/process.h"
#include "record/hook_entry.h"
#include "record/thread.h"
#include "segment/map.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct record_process record_process;

/* By the system call itself: the preload library wraps write, and this is no log record. */
static void say_off(const char *what, const char *why)
{
    char line[512];
    int length = snprintf(line, sizeof line, "libotel: no telemetry from process %d: %s: %s\n",
                          (int)getpid(), what, why);

    if (length >= (int)sizeof line)
        length = (int)sizeof line - 1;
    /* Nothing is left to be done about a line that cannot be written. */
    (void)!syscall(SYS_write, STDERR_FILENO, line, (size_t)length);
}

/* Runs in the child of a fork: what is open belongs to the parent, the mapping stays. */
static void child_start(void)
{
    thread_forget();
    record_process.pid = getpid();
}

bool record_process_start(struct segment *segment)
{
    static bool is_prepared;

    if (!is_prepared) {
        int error = thread_prepare();

        if (!error)
            error = pthread_atfork(NULL, NULL, child_start);
        if (error) {
            say_off("cannot prepare for threads", strerror(error));
            return false;
        }
        is_prepared = true;
    }
    record_process.pid = getpid();
    header_names_parse(&record_process.request_headers, segment->header.config.request_headers,
                       sizeof segment->header.config.request_headers);
    header_names_parse(&record_process.response_headers, segment->header.config.response_headers,
                       sizeof segment->header.config.response_headers);
    record_process.segment = segment;
    return true;
}

void record_process_stop(void)
{
    thread_forget();
    record_process.segment = NULL;
}

__attribute__((constructor)) static void process_attach(void)
{
    int saved_errno = errno;
    const char *path = secure_getenv(SEGMENT_ENVIRONMENT);

    if (path && *path) {
        struct segment *segment = segment_map(path, SEGMENT_READ_WRITE);

        if (!segment)
            say_off(path, strerror(errno));
        else if (!record_process_start(segment))
            segment_unmap(segment);
    }
    errno = saved_errno;
}

bool record_is_on(void)
{
    return record_process.segment != NULL;
}

const struct segment_config *record_config(void)
{
    static const struct segment_config off;

    return record_process.segment ? &record_process.segment->header.config : &off;
}
