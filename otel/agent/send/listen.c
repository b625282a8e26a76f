#include "agent/send/listen.h"

#include "agent/send/http_head.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { HEAD_BYTES = 512, BACKLOG = 16, LINGER_BYTES_MAX = 256 * 1024 };

#define REQUEST_NS (10 * CLOCK_NS_PER_S)
#define ANSWER_NS (30 * CLOCK_NS_PER_S)
#define IDLE_NS (120 * CLOCK_NS_PER_S)
#define LINGER_NS CLOCK_NS_PER_S
#define DEAF_NS CLOCK_NS_PER_S

/*
 *   idle -> reading -> writing -> idle      the next request
 *                      writing -> lingering the last one: what is still on its way is read, so
 *                                           that no reset takes the answer away
 */
enum connection_state { CONNECTION_FREE = 0, IDLE, READING, WRITING, LINGERING };

struct connection {
    enum connection_state state;
    int fd;
    uint64_t deadline_ns;
    bool is_last;
    char request[LISTEN_REQUEST_MAX];
    size_t request_length;
    char head[HEAD_BYTES];
    size_t head_length;
    struct buf body;
    size_t body_length; /* to be sent: 0 of HEAD */
    size_t sent;        /* of head and body */
    size_t lingered;
};

struct listen {
    int fd;
    int epoll_fd;
    uint16_t port;
    uint64_t deaf_until_ns; /* no descriptor was left for a connection; 0: it listens */
    listen_answer_fn answer;
    void *user;
    struct connection connections[LISTEN_CONNECTIONS_MAX];
};

/* --- to listen -------------------------------------------------------------------------------- */

static int socket_listen(const struct addrinfo *address, uint16_t port)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name = { 0 };
    int error;

    if (fd < 0)
        return -1;
    memcpy(&name, address->ai_addr, address->ai_addrlen);
    if (address->ai_family == AF_INET)
        name.v4.sin_port = htons(port);
    else
        name.v6.sin6_port = htons(port);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(fd, &name.any, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    error = errno;
    (void)close(fd);
    errno = error;
    return -1;
}

/* Of the addresses of a name the one of IPv4, which "localhost" means to most readers. */
static const struct addrinfo *address_choose(const struct addrinfo *addresses)
{
    for (const struct addrinfo *one = addresses; one != NULL; one = one->ai_next)
        if (one->ai_family == AF_INET)
            return one;
    return addresses;
}

static uint16_t port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name = { 0 };
    socklen_t size = sizeof name;

    if (getsockname(fd, &name.any, &size) != 0)
        return 0;
    return ntohs(name.any.sa_family == AF_INET ? name.v4.sin_port : name.v6.sin6_port);
}

/* The descriptor, or -1 and *reason. */
static int listen_open(const char *host, uint16_t port, const char **reason)
{
    const struct addrinfo wish = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *addresses = NULL;
    int fd = -1, error = getaddrinfo(host[0] != '\0' ? host : NULL, "0", &wish, &addresses);

    if (error != 0) {
        *reason = gai_strerror(error);
        return -1;
    }
    for (unsigned i = 0; i < LISTEN_PORTS_TRIED && port + i <= UINT16_MAX; i++) {
        fd = socket_listen(address_choose(addresses), (uint16_t)(port + i));
        if (fd >= 0 || errno != EADDRINUSE || port == 0)
            break;
    }
    if (fd < 0)
        *reason = strerror(errno);
    freeaddrinfo(addresses);
    return fd;
}

static bool epoll_set(const struct listen *listen, int operation, int fd, uint32_t events,
                      uint64_t place)
{
    struct epoll_event event = { .events = events, .data.u64 = place };

    return epoll_ctl(listen->epoll_fd, operation, fd, &event) == 0;
}

struct listen *listen_create(const char *host, uint16_t port, const char **reason)
{
    struct listen *listen = mem_zalloc(1, sizeof *listen);

    *reason = "there is no memory";
    if (listen == NULL)
        return NULL;
    listen->epoll_fd = -1;
    listen->fd = listen_open(host, port, reason);
    if (listen->fd < 0)
        goto fail;
    listen->port = port_of(listen->fd);
    listen->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (listen->epoll_fd < 0 ||
        !epoll_set(listen, EPOLL_CTL_ADD, listen->fd, EPOLLIN, LISTEN_CONNECTIONS_MAX)) {
        *reason = strerror(errno);
        goto fail;
    }
    return listen;
fail:
    listen_destroy(listen);
    return NULL;
}

static void connection_close(struct connection *connection)
{
    (void)close(connection->fd); /* leaves the epoll set by that */
    buf_release(&connection->body);
    connection->state = CONNECTION_FREE;
}

void listen_destroy(struct listen *listen)
{
    if (listen == NULL)
        return;
    for (unsigned i = 0; i < LISTEN_CONNECTIONS_MAX; i++)
        if (listen->connections[i].state != CONNECTION_FREE)
            connection_close(&listen->connections[i]);
    if (listen->epoll_fd >= 0)
        (void)close(listen->epoll_fd);
    if (listen->fd >= 0)
        (void)close(listen->fd);
    mem_free(listen);
}

uint16_t listen_port(const struct listen *listen)
{
    return listen->port;
}

void listen_serve(struct listen *listen, listen_answer_fn answer, void *user)
{
    listen->answer = answer;
    listen->user = user;
}

int listen_fd(const struct listen *listen)
{
    return listen->epoll_fd;
}

/* --- answers ---------------------------------------------------------------------------------- */

static const char *status_text(unsigned status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 431:
        return "Request Header Fields Too Large";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Internal Server Error";
    }
}

static void connection_watch(const struct listen *listen, struct connection *connection,
                             enum connection_state state, uint64_t deadline_ns)
{
    uint64_t place = (uint64_t)(connection - listen->connections);

    connection->state = state;
    connection->deadline_ns = deadline_ns;
    if (!epoll_set(listen, EPOLL_CTL_MOD, connection->fd, state == WRITING ? EPOLLOUT : EPOLLIN,
                   place))
        connection_close(connection);
}

/* status: to refuse with; 0: the request is answered. */
static void answer_make(struct listen *listen, struct connection *connection,
                        const struct http_head *head, unsigned status)
{
    struct listen_answer answer = { status, "text/plain; charset=utf-8", &connection->body };
    int length;

    buf_init(&connection->body, LISTEN_BODY_MAX);
    if (status == 0)
        listen->answer(listen->user, &(struct listen_request){ head->path, head->accept }, &answer);
    if (connection->body.has_failed) {
        buf_clear(&connection->body);
        answer.status = 500;
    }
    if (answer.status != 200 && connection->body.length == 0)
        buf_add_format(&connection->body, "%u %s\n", answer.status, status_text(answer.status));
    length = snprintf(connection->head, sizeof connection->head,
                      "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s\r\n",
                      answer.status, status_text(answer.status), answer.content_type,
                      connection->body.length, answer.status == 405 ? "Allow: GET, HEAD\r\n" : "",
                      connection->is_last ? "Connection: close\r\n" : "");
    connection->head_length = (size_t)length; /* what is put together has its room */
    connection->body_length = head->is_head_method ? 0 : connection->body.length;
    connection->sent = 0;
}

static void answer_end(struct listen *listen, struct connection *connection, uint64_t now_ns)
{
    buf_release(&connection->body);
    connection->request_length = 0;
    if (!connection->is_last) {
        connection_watch(listen, connection, IDLE, now_ns + IDLE_NS);
        return;
    }
    connection->lingered = 0;
    if (shutdown(connection->fd, SHUT_WR) != 0)
        connection_close(connection);
    else
        connection_watch(listen, connection, LINGERING, now_ns + LINGER_NS);
}

static void connection_write(struct listen *listen, struct connection *connection, uint64_t now_ns)
{
    size_t head_sent =
        connection->sent < connection->head_length ? connection->sent : connection->head_length;
    size_t body_sent = connection->sent - head_sent;
    struct iovec parts[] = {
        { connection->head + head_sent, connection->head_length - head_sent },
        { connection->body.data + body_sent, connection->body_length - body_sent },
    };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = connection->body_length > 0 ? 2 : 1 };
    ssize_t sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        connection_close(connection);
        return;
    }
    connection->sent += sent > 0 ? (size_t)sent : 0;
    if (connection->sent == connection->head_length + connection->body_length)
        answer_end(listen, connection, now_ns);
    else if (connection->state != WRITING)
        connection_watch(listen, connection, WRITING, now_ns + ANSWER_NS);
}

/* --- requests --------------------------------------------------------------------------------- */

/* Answers when the request is whole, or cannot be one any more. */
static void request_look(struct listen *listen, struct connection *connection, uint64_t now_ns)
{
    size_t length = http_head_length(connection->request, connection->request_length);
    struct http_head head = { .wants_close = true };
    unsigned status = 431;

    if (length == 0 && connection->request_length < sizeof connection->request) {
        if (connection->state == IDLE)
            connection_watch(listen, connection, READING, now_ns + REQUEST_NS);
        return;
    }
    if (length > 0)
        status = http_head_parse(connection->request, length, &head);
    connection->is_last = head.wants_close || length < connection->request_length;
    answer_make(listen, connection, &head, status);
    connection_write(listen, connection, now_ns);
}

static void connection_read(struct listen *listen, struct connection *connection, uint64_t now_ns)
{
    ssize_t length = recv(connection->fd, connection->request + connection->request_length,
                          sizeof connection->request - connection->request_length, MSG_DONTWAIT);

    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0) {
        connection_close(connection);
        return;
    }
    connection->request_length += (size_t)length;
    request_look(listen, connection, now_ns);
}

static void connection_linger(struct connection *connection)
{
    ssize_t length =
        recv(connection->fd, connection->request, sizeof connection->request, MSG_DONTWAIT);

    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    connection->lingered += length > 0 ? (size_t)length : 0;
    if (length <= 0 || connection->lingered > LINGER_BYTES_MAX)
        connection_close(connection);
}

static void connection_step(struct listen *listen, struct connection *connection, uint64_t now_ns)
{
    switch (connection->state) {
    case CONNECTION_FREE:
        break; /* closed in this same step */
    case IDLE:
    case READING:
        connection_read(listen, connection, now_ns);
        break;
    case WRITING:
        connection_write(listen, connection, now_ns);
        break;
    case LINGERING:
        connection_linger(connection);
        break;
    }
}

/* --- connections ------------------------------------------------------------------------------ */

/* A free place, or that of the connection that has been idle longest; NULL: none of them. */
static struct connection *place_find(struct listen *listen)
{
    struct connection *oldest = NULL;

    for (unsigned i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
        struct connection *one = &listen->connections[i];

        if (one->state == CONNECTION_FREE)
            return one;
        if ((one->state == IDLE || one->state == LINGERING) &&
            (oldest == NULL || one->deadline_ns < oldest->deadline_ns))
            oldest = one;
    }
    if (oldest != NULL)
        connection_close(oldest);
    return oldest;
}

/* Without a descriptor the newcomer stays where it is, and would wake us at once again. */
static void deafen(struct listen *listen, uint64_t now_ns)
{
    if (epoll_set(listen, EPOLL_CTL_MOD, listen->fd, 0, LISTEN_CONNECTIONS_MAX))
        listen->deaf_until_ns = now_ns + DEAF_NS;
}

static void connection_accept(struct listen *listen, uint64_t now_ns)
{
    int fd = accept4(listen->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct connection *connection = NULL;

    if (fd < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            deafen(listen, now_ns);
        return;
    }
    connection = place_find(listen);
    if (connection == NULL || !epoll_set(listen, EPOLL_CTL_ADD, fd, EPOLLIN,
                                         (uint64_t)(connection - listen->connections))) {
        (void)close(fd);
        return;
    }
    connection->state = IDLE;
    connection->fd = fd;
    connection->deadline_ns = now_ns + REQUEST_NS; /* for the first request; then IDLE_NS */
    connection->request_length = 0;
    buf_init(&connection->body, LISTEN_BODY_MAX);
}

static void deadlines_keep(struct listen *listen, uint64_t now_ns)
{
    for (unsigned i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
        struct connection *one = &listen->connections[i];

        if (one->state != CONNECTION_FREE && now_ns >= one->deadline_ns)
            connection_close(one);
    }
    if (listen->deaf_until_ns != 0 && now_ns >= listen->deaf_until_ns &&
        epoll_set(listen, EPOLL_CTL_MOD, listen->fd, EPOLLIN, LISTEN_CONNECTIONS_MAX))
        listen->deaf_until_ns = 0;
}

void listen_step(struct listen *listen, uint64_t now_ns)
{
    struct epoll_event events[LISTEN_EVENTS_MAX];
    int count = epoll_wait(listen->epoll_fd, events, LISTEN_EVENTS_MAX, 0);

    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == LISTEN_CONNECTIONS_MAX)
            connection_accept(listen, now_ns);
        else
            connection_step(listen, &listen->connections[events[i].data.u64], now_ns);
    }
    deadlines_keep(listen, now_ns);
}

uint64_t listen_next_ns(const struct listen *listen)
{
    uint64_t next_ns = listen->deaf_until_ns != 0 ? listen->deaf_until_ns : UINT64_MAX;

    for (unsigned i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
        const struct connection *one = &listen->connections[i];

        if (one->state != CONNECTION_FREE && one->deadline_ns < next_ns)
            next_ns = one->deadline_ns;
    }
    return next_ns;
}
