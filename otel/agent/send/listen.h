/*
 * A small HTTP/1.1 server for what is fetched: GET and HEAD, a whole answer at once, connections
 * that are kept. It never waits: one descriptor says when it has something to do, one step does
 * it, at most LISTEN_EVENTS_MAX things at a time.
 *
 * Bounds: LISTEN_CONNECTIONS_MAX connections (then the one that has been idle longest gives way,
 * and where none is idle the new one is closed), LISTEN_REQUEST_MAX bytes of a request, 10 s for
 * a request, 30 s for an answer, 120 s between two. A request with a body, or with another behind
 * it, is the connection's last.
 */
#ifndef OTEL_AGENT_SEND_LISTEN_H
#define OTEL_AGENT_SEND_LISTEN_H

#include "base/buf.h"

enum {
    LISTEN_CONNECTIONS_MAX = 16,
    LISTEN_REQUEST_MAX = 8192,
    LISTEN_BODY_MAX = 16 * 1024 * 1024,
    LISTEN_EVENTS_MAX = 4,   /* in one step */
    LISTEN_PORTS_TRIED = 64, /* from the wanted one on */
    LISTEN_HOST_BYTES = 256,
};

struct listen_request {
    const char *path;
    const char *accept; /* "": none */
};

/* To be filled; the body is there, empty. */
struct listen_answer {
    unsigned status;
    const char *content_type;
    struct buf *body;
};

typedef void (*listen_answer_fn)(void *user, const struct listen_request *request,
                                 struct listen_answer *answer);

struct listen;

/*
 * Listens on the first free port from `port` on (0: on any). May ask the name service for `host`;
 * nothing later does. NULL and *reason (a literal, or strerror's) when it cannot.
 */
struct listen *listen_create(const char *host, uint16_t port, const char **reason);
void listen_destroy(struct listen *listen);

uint16_t listen_port(const struct listen *listen);

void listen_serve(struct listen *listen, listen_answer_fn answer, void *user);

/* Readable when there is something to do. */
int listen_fd(const struct listen *listen);

void listen_step(struct listen *listen, uint64_t now_ns);

/* When it wants a step though the descriptor is not readable; UINT64_MAX: never. */
uint64_t listen_next_ns(const struct listen *listen);

#endif
