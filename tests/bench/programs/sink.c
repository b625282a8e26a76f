/*
 * A receiver of OTLP over HTTP/1.1 and gRPC that answers at once: one thread, one epoll, so that
 * what is measured is the sender. It counts what it took, for the books, and misbehaves when it is
 * told.
 *
 *   sink PORT                    0: a free port; prints the port as its first line
 *   GET /count                   {"requests": …, "spans": …, "logs": …, "bytes": …}
 *   GET /mode/ok|hang|refuse     take everything; read and never answer; answer 503
 *
 * Spans and log records are counted by a key that each has once in its JSON, or not at all: binary
 * bodies are taken uncounted.
 */
#include "h2.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_BYTES_MAX = 16 << 20, EVENTS = 64, BACKLOG = 128, READ_STEP = 256 << 10 };
enum mode { MODE_OK = 0, MODE_HANG, MODE_REFUSE };

struct peer {
    int fd;
    char *bytes;
    size_t length, capacity;
    size_t whole; /* of the request under way; 0: its head is not there yet */
    struct h2 h2;
};

static enum mode mode;
static uint64_t requests, spans, logs, bytes_taken;

static uint64_t occurrences(const char *text, size_t length, const char *key)
{
    const char *end = text + length, *at = text;
    size_t key_length = strlen(key);
    uint64_t count = 0;

    while ((at = memmem(at, (size_t)(end - at), key, key_length)) != NULL) {
        count++;
        at += key_length;
    }
    return count;
}

static void answer(const struct peer *peer, int status, const char *body)
{
    char text[512];
    int length = snprintf(text, sizeof text,
                          "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n\r\n%s",
                          status, status == 200 ? "OK" : "Service Unavailable", strlen(body), body);

    /* A peer that left meanwhile is closed at its next event. */
    (void)!send(peer->fd, text, (size_t)length, MSG_NOSIGNAL);
}

static bool is_for(const struct peer *peer, const char *start)
{
    return peer->length >= strlen(start) && memcmp(peer->bytes, start, strlen(start)) == 0;
}

/* What the harness asks. */
static void control(const struct peer *peer)
{
    char text[256] = "{}";

    if (is_for(peer, "GET /mode/ok"))
        mode = MODE_OK;
    else if (is_for(peer, "GET /mode/hang"))
        mode = MODE_HANG;
    else if (is_for(peer, "GET /mode/refuse"))
        mode = MODE_REFUSE;
    else
        (void)snprintf(text, sizeof text,
                       "{\"requests\": %" PRIu64 ", \"spans\": %" PRIu64 ", \"logs\": %" PRIu64
                       ", \"bytes\": %" PRIu64 "}",
                       requests, spans, logs, bytes_taken);
    answer(peer, 200, text);
}

static void take(const struct peer *peer, size_t head)
{
    const char *body = peer->bytes + head;
    size_t length = peer->whole - head;

    if (is_for(peer, "GET ")) {
        control(peer);
        return;
    }
    if (mode == MODE_HANG)
        return;
    if (mode == MODE_REFUSE) {
        answer(peer, 503, "{}");
        return;
    }
    requests++;
    bytes_taken += length;
    if (is_for(peer, "POST /v1/traces"))
        spans += occurrences(body, length, "\"endTimeUnixNano\":");
    else if (is_for(peer, "POST /v1/logs"))
        logs += occurrences(body, length, "\"observedTimeUnixNano\":");
    answer(peer, 200, "{}");
}

/* The length of the head, with its empty line; 0 when it is not whole. */
static size_t head_length(struct peer *peer)
{
    const char *end = memmem(peer->bytes, peer->length, "\r\n\r\n", 4);

    return end ? (size_t)(end - peer->bytes) + 4 : 0;
}

static size_t content_length(struct peer *peer, size_t head)
{
    static const char FIELD[] = "\r\ncontent-length:";

    for (size_t i = 0; i + sizeof FIELD < head; i++) {
        if (strncasecmp(peer->bytes + i, FIELD, sizeof FIELD - 1) == 0)
            return strtoul(peer->bytes + i + sizeof FIELD - 1, NULL, 10);
    }
    return 0;
}

/* Calls of gRPC, whose bodies are not counted. */
static bool calls_serve(struct peer *peer)
{
    uint64_t before = peer->h2.requests;
    size_t taken;

    peer->h2.is_silent = mode == MODE_HANG;
    taken = h2_take(&peer->h2, peer->fd, (const uint8_t *)peer->bytes, peer->length);
    requests += peer->h2.requests - before;
    if (taken == SIZE_MAX)
        return false;
    bytes_taken += taken;
    peer->length -= taken;
    memmove(peer->bytes, peer->bytes + taken, peer->length);
    return true;
}

/* Serves every whole request that is there. False: it is too large. */
static bool requests_serve(struct peer *peer)
{
    if (peer->h2.is_greeted || is_for(peer, "PRI * HTTP/2.0"))
        return calls_serve(peer);
    for (size_t head; peer->length > 0 && (head = head_length(peer)) > 0;) {
        peer->whole = head + content_length(peer, head);
        if (peer->whole > REQUEST_BYTES_MAX)
            return false;
        if (peer->length < peer->whole)
            return true;
        take(peer, head);
        peer->length -= peer->whole;
        memmove(peer->bytes, peer->bytes + peer->whole, peer->length);
        peer->whole = 0;
    }
    return peer->length < REQUEST_BYTES_MAX;
}

static bool peer_reserve(struct peer *peer)
{
    size_t wanted = peer->whole > peer->length ? peer->whole : peer->length + READ_STEP;
    char *bytes;

    if (wanted <= peer->capacity)
        return true;
    bytes = realloc(peer->bytes, wanted);
    if (bytes == NULL)
        return false;
    peer->bytes = bytes;
    peer->capacity = wanted;
    return true;
}

/* False: the peer is done for. */
static bool peer_read(struct peer *peer)
{
    for (;;) {
        ssize_t count;

        if (!peer_reserve(peer))
            return false;
        count =
            recv(peer->fd, peer->bytes + peer->length, peer->capacity - peer->length, MSG_DONTWAIT);
        if (count < 0 && errno == EAGAIN)
            return true;
        if (count <= 0)
            return false;
        peer->length += (size_t)count;
        if (peer->length >= peer->whole && !requests_serve(peer))
            return false;
    }
}

static void peer_close(struct peer *peer)
{
    close(peer->fd);
    free(peer->bytes);
    free(peer);
}

static void peer_accept(int epoll_fd, int listener)
{
    int one = 1, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    struct peer *peer = fd < 0 ? NULL : calloc(1, sizeof *peer);
    struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = peer } };

    if (peer == NULL)
        return;
    peer->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        peer_close(peer);
}

static int listener_open(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return -1;
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    int listener = listener_open(argc > 1 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0);
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[EVENTS], event = { .events = EPOLLIN };

    if (listener < 0 || epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event) != 0) {
        perror("sink");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int count = epoll_wait(epoll_fd, events, EVENTS, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL)
                peer_accept(epoll_fd, listener);
            else if (!peer_read(events[i].data.ptr))
                peer_close(events[i].data.ptr);
        }
    }
}
