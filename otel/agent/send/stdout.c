#include "agent/send/stdout.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WAIT_NS CLOCK_NS_PER_S

struct stdout_sink {
    struct sink sink;
    int fd;
    const char *ending;
    bool is_done;
    struct send_result result;
};

/* A pipe that poll calls writable takes PIPE_BUF bytes without blocking; more might block. */
static int write_all(int fd, const char *body, size_t length, uint64_t deadline_ns)
{
    while (length > 0) {
        uint64_t now_ns = clock_monotonic_ns();
        struct pollfd wait = { .fd = fd, .events = POLLOUT };
        ssize_t written;

        if (now_ns >= deadline_ns ||
            poll(&wait, 1, (int)((deadline_ns - now_ns) / CLOCK_NS_PER_MS)) == 0)
            return ETIMEDOUT;
        written = write(fd, body, length < PIPE_BUF ? length : PIPE_BUF);
        if (written < 0 && errno != EINTR && errno != EAGAIN)
            return errno;
        if (written > 0) {
            body += written;
            length -= (size_t)written;
        }
    }
    return 0;
}

static void stdout_start(struct sink *base, const char *body, size_t length, uint32_t timeout_ms)
{
    struct stdout_sink *sink = (struct stdout_sink *)base;
    uint64_t deadline_ns = clock_monotonic_ns() + WAIT_NS;
    int error = write_all(sink->fd, body, length, deadline_ns);

    if (error == 0)
        error = write_all(sink->fd, sink->ending, strlen(sink->ending), deadline_ns);
    (void)timeout_ms; /* its own is shorter: the whole launcher waits meanwhile */
    sink->result = (struct send_result){ .answer = "" };
    sink->is_done = true;
    if (error == 0)
        return;
    sink->result.verdict = SEND_REFUSED;
    (void)snprintf(sink->result.error_type, sizeof sink->result.error_type, "%s",
                   error == ETIMEDOUT ? "timeout" : "console");
    (void)snprintf(sink->result.message, sizeof sink->result.message,
                   "cannot write to standard output: %s; does anybody read it?", strerror(error));
}

static bool stdout_take(struct sink *base, struct send_result *out)
{
    struct stdout_sink *sink = (struct stdout_sink *)base;
    bool is_done = sink->is_done;

    if (is_done)
        *out = sink->result;
    sink->is_done = false;
    return is_done;
}

static void stdout_abort(struct sink *base)
{
    ((struct stdout_sink *)base)->is_done = false;
}

static void stdout_destroy(struct sink *base)
{
    mem_free(base);
}

struct sink *stdout_sink_create(int fd, const char *ending)
{
    static const struct sink_operations operations = { stdout_start, stdout_take, stdout_abort,
                                                       stdout_destroy };
    struct stdout_sink *sink = mem_zalloc(1, sizeof *sink);

    if (sink == NULL)
        return NULL;
    sink->sink = (struct sink){ .operations = &operations, .address = "" };
    sink->fd = fd;
    sink->ending = ending;
    return &sink->sink;
}
