#include "agent/send/file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, FILE_MODE = 0644 };

struct file_sink {
    struct sink sink;
    char *path;
    uint64_t size_max;
    int fd;             /* -1: not open */
    bool has_torn_line; /* a write was cut short: the next one begins a new line */
    bool is_done;
    struct send_result result;
};

static void file_close(struct file_sink *sink)
{
    if (sink->fd >= 0)
        (void)close(sink->fd); /* every line is written already */
    sink->fd = -1;
}

static bool file_open(struct file_sink *sink)
{
    if (sink->fd < 0)
        sink->fd = open(sink->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, FILE_MODE);
    return sink->fd >= 0;
}

/* True while the open file is the one of that name; another launcher may have rotated it. */
static bool is_current(const struct file_sink *sink, struct stat *status)
{
    struct stat named;

    return fstat(sink->fd, status) == 0 && stat(sink->path, &named) == 0 &&
           named.st_ino == status->st_ino && named.st_dev == status->st_dev;
}

static void rename_chain(const struct file_sink *sink)
{
    char from[PATH_BYTES], to[PATH_BYTES];

    for (int i = FILE_KEPT; i > 0; i--) {
        if (i == 1)
            (void)snprintf(from, sizeof from, "%s", sink->path);
        else
            (void)snprintf(from, sizeof from, "%s.%d", sink->path, i - 1);
        (void)snprintf(to, sizeof to, "%s.%d", sink->path, i);
        (void)rename(from, to); /* the older ones may not exist yet */
    }
}

/* Opens the file in force, rotated if `length` more bytes would pass the limit. The lock lies on
 * the file itself, so whoever waited for it finds the file no longer current and goes on. */
static bool file_prepare(struct file_sink *sink, size_t length)
{
    struct stat status;

    for (int attempt = 0; attempt < 3; attempt++) {
        if (!file_open(sink))
            return false;
        if (!is_current(sink, &status)) {
            file_close(sink);
            continue;
        }
        if (status.st_size == 0 || (uint64_t)status.st_size + length <= sink->size_max)
            return true;
        if (flock(sink->fd, LOCK_EX | LOCK_NB) != 0)
            return true; /* somebody rotates just now: this line may still be the old file's */
        if (is_current(sink, &status))
            rename_chain(sink);
        file_close(sink); /* gives the lock back */
    }
    return file_open(sink);
}

static void fail(struct file_sink *sink, const char *what, int error)
{
    sink->result.verdict = SEND_RETRY;
    (void)snprintf(sink->result.error_type, sizeof sink->result.error_type, "%s",
                   error == ENOSPC ? "disk_full" : "file");
    (void)snprintf(sink->result.message, sizeof sink->result.message, "cannot %s %s: %s; %s", what,
                   sink->path, strerror(error),
                   error == ENOSPC ? "free some room" : "is the folder there, and writable?");
}

static void file_start(struct sink *base, const char *body, size_t length, uint32_t timeout_ms)
{
    struct file_sink *sink = (struct file_sink *)base;
    struct iovec parts[] = {
        { .iov_base = (char[]){ '\n' }, .iov_len = sink->has_torn_line },
        { .iov_base = (void *)(uintptr_t)body, .iov_len = length },
        { .iov_base = (char[]){ '\n' }, .iov_len = 1 },
    };
    size_t total = length + 1 + sink->has_torn_line;
    ssize_t written;

    (void)timeout_ms; /* a file does not hang */
    sink->result = (struct send_result){ .answer = "" };
    sink->is_done = true;
    if (!file_prepare(sink, total)) {
        fail(sink, "open", errno);
        return;
    }
    do
        written = writev(sink->fd, parts, sizeof parts / sizeof parts[0]);
    while (written < 0 && errno == EINTR);
    if (written < 0) {
        fail(sink, "write to", errno);
    } else if ((size_t)written < total) {
        sink->has_torn_line = true;
        fail(sink, "write to", ENOSPC);
    } else {
        sink->has_torn_line = false;
    }
}

static bool file_take(struct sink *base, struct send_result *out)
{
    struct file_sink *sink = (struct file_sink *)base;
    bool is_done = sink->is_done;

    if (is_done)
        *out = sink->result;
    sink->is_done = false;
    return is_done;
}

static void file_abort(struct sink *base)
{
    ((struct file_sink *)base)->is_done = false;
}

static void file_destroy(struct sink *base)
{
    struct file_sink *sink = (struct file_sink *)base;

    file_close(sink);
    mem_free(sink->path);
    mem_free(sink);
}

struct sink *file_sink_create(const char *path, uint64_t size_max)
{
    static const struct sink_operations operations = { file_start, file_take, file_abort,
                                                       file_destroy };
    struct file_sink *sink = mem_zalloc(1, sizeof *sink);

    if (sink == NULL)
        return NULL;
    sink->sink = (struct sink){ .operations = &operations, .address = "" };
    sink->path = mem_strdup(path);
    sink->size_max = size_max;
    sink->fd = -1;
    if (sink->path == NULL) {
        mem_free(sink);
        return NULL;
    }
    return &sink->sink;
}
