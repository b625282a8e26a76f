/*
 * The system calls of libfcgi that are ours. libfcgi reaches its own OS_… functions through the
 * linker, so what the program defines is called in their place:
 *
 *   OS_Read      shows every record header to the guard, and bounds the time a request may take;
 *   OS_Accept    for the plain accept loop: leaves when the server does (with the hand-off,
 *                libfcgi has no business in accept);
 *   OS_IpcClose  never lingers (libfcgi waits up to 2 s for the peer), and leaves closing to the
 *                connection's owner.
 */
#include "base/clock.h"
#include "http/link.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* fcgios.h declares these without a visibility, so it is not included. */
#define EXPORTED __attribute__((visibility("default")))
EXPORTED int OS_Read(int fd, char *buffer, size_t length);
EXPORTED int OS_Accept(int listen_fd, int fails_on_interrupt, const char *addresses);
EXPORTED int OS_IpcClose(int fd, int lingers);

static _Thread_local struct http_link *current;

void fcgi_calls_attach(struct http_link *link)
{
    current = link;
}

/* The clock starts at the first byte: a kept connection may be idle for as long as it likes. */
static bool is_late(struct http_link *link)
{
    uint64_t now_ns = clock_monotonic_ns();

    if (link->read_deadline_ns == 0)
        link->read_deadline_ns = now_ns + link->read_timeout_ns;
    return now_ns > link->read_deadline_ns;
}

/* The plain loop waits here for the next request of a kept connection, without a limit. */
static void first_byte_wait(const struct http_link *link)
{
    struct pollfd readable = { .fd = link->fd, .events = POLLIN };

    while (poll(&readable, 1, -1) < 0 && errno == EINTR) {
    }
}

/* -1 with errno: the bytes come too late, or they are no request. */
static int bytes_judge(struct http_link *link, const char *bytes, ssize_t count)
{
    if (count <= 0)
        return (int)count;
    if (is_late(link)) {
        errno = ETIMEDOUT;
        return -1;
    }
    if (!guard_feed(&link->guard, (const uint8_t *)bytes, (size_t)count)) {
        errno = EPROTO;
        return -1;
    }
    return (int)count;
}

int OS_Read(int fd, char *buffer, size_t length)
{
    struct http_link *link = current;
    ssize_t count;
    int judged;

    /* libfcgi takes a failed read in the middle of PARAMS for their end, and reads on. */
    if (link && link->has_read_failed) {
        errno = EPROTO;
        return -1;
    }
    if (link && link->is_looped && link->read_deadline_ns == 0)
        first_byte_wait(link);
    do
        count = read(fd, buffer, length);
    while (count < 0 && errno == EINTR);
    if (link == NULL)
        return (int)count;
    judged = bytes_judge(link, buffer, count);
    link->has_read_failed = judged <= 0;
    return judged;
}

/* -1 with errno. */
static int connection_take(struct http_link *link, int listen_fd)
{
    int saved_errno = EAGAIN; /* a server that drains wakes who asks again */
    int fd = -1;

    if (server_accept_begin(link->server)) {
        fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
        saved_errno = errno;
        if (fd >= 0) {
            link_receive_reset(link);
            server_link_open(link->server, link, fd);
        }
        server_accept_end(link->server);
    }
    errno = saved_errno;
    return fd;
}

/* The self-test and the hand-off have no listening socket: -1 is refused as accept would. */
int OS_Accept(int listen_fd, int fails_on_interrupt, const char *addresses)
{
    struct http_link *link = current;
    struct pollfd ready[2];
    int fd = -1;

    (void)fails_on_interrupt; /* signals are blocked on handler threads */
    (void)addresses;          /* FCGI_WEB_SERVER_ADDRS: who may connect is the socket's mode */
    if (listen_fd < 0 || link == NULL) {
        errno = EBADF;
        return -1;
    }
    ready[0] = (struct pollfd){ .fd = server_stop_fd(link->server), .events = POLLIN };
    ready[1] = (struct pollfd){ .fd = listen_fd, .events = POLLIN };
    while (fd < 0) {
        if (poll(ready, 2, -1) < 0 && errno != EINTR)
            return -1;
        if (ready[0].revents != 0) {
            errno = ESHUTDOWN;
            return -1;
        }
        fd = connection_take(link, listen_fd);
        /* Out of descriptors: the socket stays readable, and this must not spin. */
        if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            poll(ready, 1, 100);
    }
    return fd;
}

int OS_IpcClose(int fd, int lingers)
{
    (void)lingers;
    if (fd < 0)
        return 0; /* libfcgi's Finish closes before there is a connection, too */
    if (current == NULL)
        return close(fd);
    if (current->is_looped)
        server_link_close(current->server, current);
    return 0;
}
