/*
 * The epoll loop and the list of connections.
 *
 * Every descriptor in the epoll is one-shot: what epoll_wait hands to a thread is that thread's
 * until it arms it again, so no lock guards a connection. Arming is the last thing a thread does
 * with one.
 */
#include "http/server.h"

#include "base/clock.h"
#include "base/mem.h"
#include "http/link.h"
#include "otel/request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CUT_WAIT_MS = 250, JOIN_WAIT_MS = 1000 };

struct handler_thread {
    struct http_server *server;
    void *thread; /* the application's */
    pthread_t id;
    bool is_started;
};

struct http_server {
    struct http_server_options options;
    int epoll_fd;
    int stop_fd; /* eventfd: readable once threads shall leave */
    atomic_bool is_draining;
    pthread_mutex_t lock;
    pthread_cond_t changed;  /* a connection closed, or an accept is over */
    struct http_link *links; /* guarded by lock, as is what follows */
    unsigned link_count;
    unsigned accepting_count;     /* threads in accept: what they get is listed in a moment */
    bool is_listener_paused;      /* too many connections, or no descriptor left */
    bool has_told_of_descriptors; /* one line on stderr is enough */
    struct handler_thread threads[HTTP_THREADS_MAX];
};

const struct http_server_options *server_options(const struct http_server *server)
{
    return &server->options;
}

bool server_is_draining(const struct http_server *server)
{
    /* Acquire: the deadline of the drain was set before. */
    return atomic_load_explicit(&server->is_draining, memory_order_acquire);
}

int server_stop_fd(const struct http_server *server)
{
    return server->stop_fd;
}

/* --- the list ----------------------------------------------------------------------------------
 */

/* Under the lock. */
static void listener_arm(struct http_server *server)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };

    event.data.ptr = &server->options.listen_fd;
    if (server->options.uses_accept_loop || server_is_draining(server))
        return;
    /* Where arming fails, for want of memory, the next close or tick tries again. */
    server->is_listener_paused =
        server->link_count >= server->options.connection_count_max ||
        epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, server->options.listen_fd, &event) != 0;
}

static void timeout_set(int fd, int name, unsigned timeout_ms)
{
    struct timeval timeout = { .tv_sec = timeout_ms / 1000,
                               .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000 };

    setsockopt(fd, SOL_SOCKET, name, &timeout, sizeof timeout);
}

void server_link_open(struct http_server *server, struct http_link *link, int fd)
{
    timeout_set(fd, SO_RCVTIMEO, server->options.read_timeout_ms);
    timeout_set(fd, SO_SNDTIMEO, server->options.send_timeout_ms);
    pthread_mutex_lock(&server->lock);
    link->fd = fd;
    link->previous = NULL;
    link->next = server->links;
    if (link->next)
        link->next->previous = link;
    server->links = link;
    server->link_count++;
    pthread_mutex_unlock(&server->lock);
}

void server_link_close(struct http_server *server, struct http_link *link)
{
    pthread_mutex_lock(&server->lock);
    close(link->fd);
    link->fd = -1;
    if (link->previous)
        link->previous->next = link->next;
    else
        server->links = link->next;
    if (link->next)
        link->next->previous = link->previous;
    server->link_count--;
    if (server->is_listener_paused)
        listener_arm(server);
    pthread_cond_signal(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

/* What accept takes out of the backlog no other process can serve: a drain waits for it. */
bool server_accept_begin(struct http_server *server)
{
    bool may_accept;

    pthread_mutex_lock(&server->lock);
    may_accept = !server_is_draining(server);
    if (may_accept)
        server->accepting_count++;
    pthread_mutex_unlock(&server->lock);
    return may_accept;
}

void server_accept_end(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->accepting_count--;
    pthread_cond_signal(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

/* --- one connection ----------------------------------------------------------------------------
 */

static void link_drop(struct http_server *server, struct http_link *link)
{
    server_link_close(server, link);
    link_destroy(link);
}

/* The link is the epoll's from here on; false: the caller's still, and nothing would wake it. */
static bool link_arm(struct http_server *server, struct http_link *link, enum link_phase phase)
{
    struct epoll_event event = { .events = EPOLLONESHOT };
    int fd = link->fd;

    event.events |= phase == LINK_SENDING ? EPOLLOUT : EPOLLIN;
    event.data.ptr = link;
    /* Release, and acquire in link_event: whoever takes it sees all that was done to it. */
    atomic_store_explicit(&link->phase, phase, memory_order_release);
    return epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0;
}

static void request_done(struct http_server *server, struct http_link *link)
{
    link_request_end(link);
    if (!link->keeps || link->exchange.is_broken || !link_arm(server, link, LINK_WAITING))
        link_drop(server, link);
}

static void answer_continue(struct http_server *server, struct http_link *link)
{
    switch (link_send(link, false)) {
    case LINK_BLOCKED:
        exchange_park(&link->exchange);
        otel_request_activity(OTEL_ACTIVITY_IDLE);
        atomic_store_explicit(&link->send_deadline_ns,
                              clock_monotonic_ns() +
                                  server->options.send_timeout_ms * CLOCK_NS_PER_MS,
                              memory_order_relaxed);
        if (link_arm(server, link, LINK_SENDING))
            return;
        otel_context_attach(link->exchange.context);
        link->exchange.is_broken = true;
        break;
    case LINK_BROKEN:
        link->exchange.is_broken = true;
        break;
    case LINK_SENT:
        break;
    }
    request_done(server, link);
}

void server_answer(struct http_server *server, struct http_link *link)
{
    link_answer_begin(link, server_is_draining(server));
    answer_continue(server, link);
}

enum handler_end server_serve(struct http_server *server, struct http_link *link, void *thread)
{
    struct http_exchange *exchange = &link->exchange;
    enum http_status status;

    otel_request_activity(OTEL_ACTIVITY_WORKING);
    exchange->is_streaming = false;
    exchange->is_broken = false;
    exchange->response.status = HTTP_OK;
    exchange->response.content_type = NULL;
    exchange->response.allow = NULL;
    exchange->response.retry_after_s = 0;
    status = request_read(&exchange->request, (const char *const *)link->fcgi.envp);
    return server->options.serve(exchange, status, thread);
}

static void link_event(struct http_server *server, struct http_link *link, void *thread)
{
    if (atomic_load_explicit(&link->phase, memory_order_acquire) == LINK_SENDING) {
        otel_context_attach(link->exchange.context);
        answer_continue(server, link);
        return;
    }
    atomic_store_explicit(&link->phase, LINK_SERVING, memory_order_relaxed);
    otel_request_activity(OTEL_ACTIVITY_READING);
    if (!link_receive(link)) {
        otel_request_activity(OTEL_ACTIVITY_IDLE);
        link_drop(server, link);
        return;
    }
    if (server_serve(server, link, thread) == HANDLER_PARKED) {
        otel_request_activity(OTEL_ACTIVITY_IDLE); /* the thread's: the request is elsewhere */
        return;
    }
    if (link->exchange.is_streaming) {
        link_stream_end(link, server_is_draining(server));
        request_done(server, link);
    } else {
        server_answer(server, link);
    }
}

/* --- the listening socket ----------------------------------------------------------------------
 */

static bool link_add(struct http_server *server, int fd)
{
    struct http_link *link =
        link_create(server, server->options.body_bytes_max, server->options.read_timeout_ms);
    struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };

    if (link == NULL) {
        close(fd);
        return false;
    }
    event.data.ptr = link;
    server_link_open(server, link, fd);
    if (epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        link_drop(server, link);
        return false;
    }
    return true;
}

/* One at a time, so that the other processes of the pool get their share of a burst. */
static void listener_event(struct http_server *server)
{
    bool has_room = true;
    int fd;

    if (!server_accept_begin(server))
        return;
    fd = accept4(server->options.listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        has_room = link_add(server, fd);
    else
        has_room = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
    server_accept_end(server);
    pthread_mutex_lock(&server->lock);
    if (has_room) {
        listener_arm(server);
    } else {
        /* Not armed: it would be readable again at once. The next close or tick arms it. */
        server->is_listener_paused = true;
        if (!server->has_told_of_descriptors)
            fprintf(stderr, "%s: no descriptor or memory for another connection; it waits\n",
                    server->options.name);
        server->has_told_of_descriptors = true;
    }
    pthread_mutex_unlock(&server->lock);
}

static void *handler_thread_run(void *user)
{
    struct handler_thread *self = user;
    struct http_server *server = self->server;
    struct epoll_event event;

    otel_request_activity(OTEL_ACTIVITY_IDLE); /* known before its first request */
    if (server->options.uses_accept_loop) {
        accept_loop_run(server, self->thread);
        return NULL;
    }
    for (;;) {
        if (epoll_wait(server->epoll_fd, &event, 1, -1) != 1)
            continue;
        if (event.data.ptr == &server->stop_fd)
            return NULL;
        if (event.data.ptr == &server->options.listen_fd)
            listener_event(server);
        else
            link_event(server, event.data.ptr, self->thread);
    }
}

/* --- life --------------------------------------------------------------------------------------
 */

bool server_prepare(void)
{
    return FCGX_Init() == 0;
}

/* The listening socket is shared with the pool's other processes: whoever comes late finds
 * nothing to accept, and must not block. */
static bool listener_prepare(struct http_server *server)
{
    int fd = server->options.listen_fd;
    int flags = fcntl(fd, F_GETFL);
    struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };

    event.data.ptr = &server->options.listen_fd;
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return false;
    return server->options.uses_accept_loop ||
           epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool stop_prepare(struct http_server *server)
{
    /* Level-triggered and never read: it wakes every thread. */
    struct epoll_event event = { .events = EPOLLIN };

    event.data.ptr = &server->stop_fd;
    server->stop_fd = eventfd(0, EFD_CLOEXEC);
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return server->stop_fd >= 0 && server->epoll_fd >= 0 &&
           epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->stop_fd, &event) == 0;
}

static void threads_wake(struct http_server *server)
{
    uint64_t one = 1;

    while (write(server->stop_fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

void server_destroy(struct http_server *server)
{
    if (server == NULL)
        return;
    for (unsigned i = 0; i < server->options.thread_count; i++) {
        if (server->threads[i].thread)
            server->options.thread_destroy(server->threads[i].thread);
    }
    if (server->epoll_fd >= 0)
        close(server->epoll_fd);
    if (server->stop_fd >= 0)
        close(server->stop_fd);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    mem_free(server);
}

static bool threads_start(struct http_server *server)
{
    for (unsigned i = 0; i < server->options.thread_count; i++) {
        struct handler_thread *handler = &server->threads[i];

        handler->server = server;
        handler->thread = server->options.thread_create(server->options.user);
        errno = ENOMEM;
        if (handler->thread == NULL)
            return false;
        errno = pthread_create(&handler->id, NULL, handler_thread_run, handler);
        if (errno != 0)
            return false;
        handler->is_started = true;
    }
    return true;
}

struct http_server *server_start(const struct http_server_options *options)
{
    struct http_server *server = mem_zalloc(1, sizeof *server);
    pthread_condattr_t attributes;
    int saved_errno;

    if (server == NULL)
        return NULL;
    server->options = *options;
    server->epoll_fd = server->stop_fd = -1;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (stop_prepare(server) && listener_prepare(server) && threads_start(server))
        return server;
    saved_errno = errno;
    if (server_stop(server))
        server_destroy(server); /* else a thread still uses it */
    errno = saved_errno;
    return NULL;
}

void server_tick(struct http_server *server)
{
    uint64_t now_ns = clock_monotonic_ns();

    pthread_mutex_lock(&server->lock);
    for (struct http_link *link = server->links; link; link = link->next) {
        /* Its owner notices and closes it. */
        if (atomic_load_explicit(&link->phase, memory_order_acquire) == LINK_SENDING &&
            atomic_load_explicit(&link->send_deadline_ns, memory_order_relaxed) < now_ns)
            shutdown(link->fd, SHUT_RDWR);
    }
    if (server->is_listener_paused)
        listener_arm(server);
    pthread_mutex_unlock(&server->lock);
}

/* --- the end -----------------------------------------------------------------------------------
 */

static struct timespec deadline_after(unsigned timeout_ms)
{
    uint64_t at_ns = clock_monotonic_ns() + timeout_ms * CLOCK_NS_PER_MS;

    return (struct timespec){ .tv_sec = (time_t)(at_ns / CLOCK_NS_PER_S),
                              .tv_nsec = (long)(at_ns % CLOCK_NS_PER_S) };
}

/* Under the lock: waits until no connection is left. */
static void links_wait(struct http_server *server, unsigned timeout_ms)
{
    struct timespec deadline = deadline_after(timeout_ms);

    while (server->link_count + server->accepting_count > 0 &&
           pthread_cond_timedwait(&server->changed, &server->lock, &deadline) == 0) {
    }
}

unsigned server_drain(struct http_server *server, unsigned timeout_ms)
{
    unsigned cut = 0;

    pthread_mutex_lock(&server->lock);
    atomic_store_explicit(&server->is_draining, true, memory_order_release);
    if (server->options.uses_accept_loop)
        threads_wake(server); /* those in accept; the others leave after their connection */
    else
        epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, server->options.listen_fd, NULL);
    links_wait(server, timeout_ms);
    for (struct http_link *link = server->links; link; link = link->next)
        cut += atomic_load_explicit(&link->phase, memory_order_acquire) != LINK_WAITING;
    if (cut == 0 && server->link_count > 0) {
        for (struct http_link *link = server->links; link; link = link->next)
            shutdown(link->fd, SHUT_RDWR);
        links_wait(server, CUT_WAIT_MS);
    }
    pthread_mutex_unlock(&server->lock);
    return cut;
}

bool server_stop(struct http_server *server)
{
    uint64_t end_ns = clock_wall_ns() + JOIN_WAIT_MS * CLOCK_NS_PER_MS;
    struct timespec end = { .tv_sec = (time_t)(end_ns / CLOCK_NS_PER_S),
                            .tv_nsec = (long)(end_ns % CLOCK_NS_PER_S) };

    atomic_store_explicit(&server->is_draining, true, memory_order_release);
    threads_wake(server);
    for (unsigned i = 0; i < server->options.thread_count; i++) {
        if (server->threads[i].is_started &&
            pthread_timedjoin_np(server->threads[i].id, NULL, &end) != 0)
            return false;
    }
    return true;
}
