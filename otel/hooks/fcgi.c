/*
 * The SERVER span of programs on libfcgi that know nothing of telemetry.
 *
 * A request begins when FCGX_Accept_r hands it out and ends in FCGX_Free, the one function that
 * every way out of a request passes (FCGX_Finish_r, the next accept, a lost connection). libfcgi
 * reaches both, and its own OS_Write, through the linker, also from FCGI_Accept, FCGX_Accept and
 * the Finish family: those need no hook of their own. The status is read off the records that go
 * through OS_Write. A program that answers by itself says its status through otel/request.h; the
 * response headers that the configuration asks for are read off its sendmsg.
 *
 * Not used: the application status of END_REQUEST, because libfcgi never resets it.
 */
#include "hooks/answer.h"
#include "hooks/crash.h"
#include "hooks/hook.h"
#include "hooks/stream.h"
#include "record/hook_entry.h"

#include <errno.h>
#include <fcgiapp.h>
#include <sys/socket.h>

int OS_Write(int fd, char *bytes, size_t length); /* fcgios.h, which asks for libfcgi's config */

#define FCGI_LIBRARY "libfcgi.so.0"

HOOK_REAL(FCGX_Accept_r, FCGI_LIBRARY)
HOOK_REAL(FCGX_Free, FCGI_LIBRARY)
HOOK_REAL(OS_Write, FCGI_LIBRARY)
HOOK_REAL(sendmsg, NULL)

/* Descriptors below it; a program that has more open tells its status itself. */
enum { WATCH_COUNT = 8192 };

/*
 * What is written to a descriptor while a request is open on it. key 0: nothing is. Belongs to
 * whoever holds the request; libfcgi's connections carry one request at a time.
 */
struct watch {
    uint64_t key;
    struct answer answer;
};

static struct watch watches[WATCH_COUNT];

static bool is_observed(void)
{
    return record_is_on() && !(record_config()->disabled & SEGMENT_DISABLED_FCGI);
}

static uint64_t request_key(const FCGX_Request *request)
{
    return (uint64_t)(uintptr_t)request;
}

static struct watch *watch_at(int fd)
{
    return fd >= 0 && fd < WATCH_COUNT ? &watches[fd] : NULL;
}

/* --- what the program writes ---------------------------------------------------------------------
 */

static void on_status(void *user, int status_code)
{
    const struct watch *watch = user;

    record_request_status(watch->key, status_code);
}

static void on_header(void *user, struct otel_str name, struct otel_str value)
{
    const struct watch *watch = user;

    record_request_response_header(watch->key, name, value);
}

static void on_error_text(void *user, struct otel_str text)
{
    (void)user;
    stream_text(STREAM_FCGI_ERROR, text);
}

static bool headers_are_wanted(void)
{
    return record_config()->response_headers[0] != '\0';
}

static struct answer_events events_wanted(void)
{
    return (struct answer_events){
        .status = on_status,
        .header = headers_are_wanted() ? on_header : NULL,
        .error_text = stream_is_captured() ? on_error_text : NULL,
    };
}

/* The watch of a descriptor on which something is still to be learnt. */
static struct watch *watch_open(int fd)
{
    struct watch *watch = watch_at(fd);

    if (!watch || watch->key == 0 || (watch->answer.is_header_over && !stream_is_captured()))
        return NULL;
    return watch;
}

HOOK_EXPORT int OS_Write(int fd, char *bytes, size_t length)
{
    int entry_errno = errno;
    struct watch *watch = watch_open(fd);
    int written;
    int saved_errno;

    /* Before it leaves: a client that is gone keeps the status that it would have seen. */
    if (watch) {
        const struct answer_events events = events_wanted();

        answer_feed(&watch->answer, bytes, length, &events, watch);
    }
    errno = entry_errno;
    written = real_OS_Write()(fd, bytes, length);
    saved_errno = errno;
    if (watch)
        answer_written(&watch->answer, length, written);
    errno = saved_errno;
    return written;
}

/* Answers without libfcgi: only the headers are news, and only where they are asked for. */
static struct watch *pieces_offered(int fd, const struct msghdr *message)
{
    struct watch *watch = headers_are_wanted() ? watch_open(fd) : NULL;

    if (watch) {
        const struct answer_events events = events_wanted();

        for (size_t i = 0; i < message->msg_iovlen; i++)
            answer_feed(&watch->answer, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len,
                        &events, watch);
    }
    return watch;
}

static void pieces_written(struct watch *watch, const struct msghdr *message, ssize_t written)
{
    size_t length = 0;

    for (size_t i = 0; i < message->msg_iovlen; i++)
        length += message->msg_iov[i].iov_len;
    /* A socket that had no room, or was interrupted, is offered all of it again. */
    if (written < 0 && (errno == EAGAIN || errno == EINTR))
        written = 0;
    answer_written(&watch->answer, length, written);
}

HOOK_EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    int entry_errno = errno;
    struct watch *watch = pieces_offered(fd, message);
    ssize_t written;

    errno = entry_errno;
    written = real_sendmsg()(fd, message, flags);
    if (watch)
        pieces_written(watch, message, written);
    return written;
}

/* --- begin and end -------------------------------------------------------------------------------
 */

static void request_begin(const FCGX_Request *request)
{
    struct watch *watch = watch_at(request->ipcFd);

    crash_arm();
    record_request_begin(request_key(request), request->envp);
    if (watch) {
        answer_init(&watch->answer);
        watch->key = request_key(request);
    }
}

static void request_end(const FCGX_Request *request)
{
    struct watch *watch = watch_at(request->ipcFd);

    stream_flush();
    if (watch && watch->key == request_key(request))
        watch->key = 0;
    record_request_end(request_key(request));
}

HOOK_EXPORT int FCGX_Accept_r(FCGX_Request *request)
{
    int result = real_FCGX_Accept_r()(request);
    int saved_errno = errno;

    if (result == 0 && is_observed())
        request_begin(request);
    errno = saved_errno;
    return result;
}

/* Ended before the real one: closing may linger for 2 s, and its descriptor may be taken again. */
HOOK_EXPORT void FCGX_Free(FCGX_Request *request, int should_close)
{
    int saved_errno = errno;

    if (request && is_observed())
        request_end(request);
    errno = saved_errno;
    real_FCGX_Free()(request, should_close);
}
