/*
 * One connection of the front, and the FCGX_Request that serves it. Private to http/.
 *
 * Owner: at each moment exactly one of: the epoll (waiting), a handler thread, or whoever parks
 * it. The owner alone touches it; the server's list, under its lock, may only read `fd` and
 * `phase` and shut the socket down.
 */
#ifndef BOARD_HTTP_LINK_H
#define BOARD_HTTP_LINK_H

#include "http/exchange.h"
#include "http/frame.h"
#include "http/guard.h"

#include <fcgiapp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>

struct http_server;

enum link_phase {
    LINK_WAITING = 0, /* for the next request */
    LINK_SERVING,     /* a request is being read, handled or parked */
    LINK_SENDING,     /* the rest of an answer waits until the front reads */
};

struct http_link {
    struct http_exchange exchange; /* first: an exchange is its link */
    FCGX_Request fcgi;
    struct http_guard guard;
    struct http_frame frame;
    char head[RESPONSE_HEAD_BYTES];
    struct http_server *server;
    int fd;            /* -1: none; changes under the server's lock */
    _Atomic int phase; /* enum link_phase */
    _Atomic uint64_t send_deadline_ns;
    uint64_t read_timeout_ns;
    uint64_t read_deadline_ns; /* 0: no byte of the request yet */
    bool has_read_failed;      /* while reading this request */
    bool keeps;                /* the front asked for the connection to be kept */
    bool is_listed;
    uint64_t write_began_ns; /* when its answer began to leave; 0: it has not */
    uint64_t stream_ns;      /* time in which a streamed answer was leaving */
    bool is_looped;          /* the plain accept loop's: blocks, closes by libfcgi */
    sem_t finished;          /* is_looped: a parked answer is ready */
    struct http_link *next, *previous;
};

static inline struct http_link *exchange_link(struct http_exchange *exchange)
{
    return (struct http_link *)exchange;
}

/* --- fcgi_calls.c: what libfcgi calls ------------------------------------------------------- */

/* The connection whose bytes libfcgi reads on this thread; NULL: none. */
void fcgi_calls_attach(struct http_link *link);

/* --- link.c --------------------------------------------------------------------------------- */

/* No descriptor yet. NULL when there is no memory. */
struct http_link *link_create(struct http_server *server, size_t body_bytes_max,
                              unsigned read_timeout_ms);
void link_destroy(struct http_link *link);

/* Before the first byte of a request. */
void link_receive_reset(struct http_link *link);

/* Reads one whole request, STDIN drained. False: the connection is done for. */
bool link_receive(struct http_link *link);

enum link_send {
    LINK_SENT = 0, /* all of it */
    LINK_BLOCKED,  /* the rest waits until the front reads; never with is_blocking */
    LINK_BROKEN,
};

/* Sends what frame says. */
enum link_send link_send(struct http_link *link, bool is_blocking);

/* Status, headers and body of the response into the frame; tells the telemetry the status. */
void link_answer_begin(struct http_link *link, bool is_marked);

/* Sends the end of a streamed answer; blocks as the stream does. */
void link_stream_end(struct http_link *link, bool is_marked);

/* The request is over: its telemetry ends here. */
void link_request_end(struct http_link *link);

/* --- server.c ------------------------------------------------------------------------------- */

struct http_server_options;
const struct http_server_options *server_options(const struct http_server *server);
bool server_is_draining(const struct http_server *server);

/* Around an accept and the listing of what it gave. False: the server drains, do not accept. */
bool server_accept_begin(struct http_server *server);
void server_accept_end(struct http_server *server);

/* Lists a connection, or takes it off the list and closes its descriptor. */
void server_link_open(struct http_server *server, struct http_link *link, int fd);
void server_link_close(struct http_server *server, struct http_link *link);

/* Sends a finished answer without blocking; the link is then the epoll's, or gone. */
void server_answer(struct http_server *server, struct http_link *link);

/* Runs the handler on a request that link_receive has read. */
enum handler_end server_serve(struct http_server *server, struct http_link *link, void *thread);

/* Becomes readable when threads shall leave. */
int server_stop_fd(const struct http_server *server);

/* --- accept_loop.c -------------------------------------------------------------------------- */

/* The plain loop of one thread, until the server stops. */
void accept_loop_run(struct http_server *server, void *thread);

#endif
