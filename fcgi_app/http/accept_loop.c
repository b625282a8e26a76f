/*
 * The plain accept loop: each thread in FCGX_Accept_r on the listening socket. The fallback where
 * the hand-off cannot be trusted.
 *
 * A thread that served a kept connection would read from it for ever and starve all others. So
 * every answer is marked (frame.h): the front closes after each one, by itself, and no answer is
 * lost to a race.
 */
#include "http/link.h"
#include "http/server.h"
#include "otel/request.h"

#include <errno.h>
#include <stdatomic.h>

static void phase_set(struct http_link *link, enum link_phase phase)
{
    atomic_store_explicit(&link->phase, phase, memory_order_release);
}

static void answer(struct http_link *link)
{
    struct http_exchange *exchange = &link->exchange;

    if (exchange->is_streaming) {
        link_stream_end(link, true);
        return;
    }
    link_answer_begin(link, true);
    exchange->is_broken = link_send(link, true) != LINK_SENT;
}

static void serve(struct http_server *server, struct http_link *link, void *thread)
{
    phase_set(link, LINK_SERVING);
    if (server_serve(server, link, thread) == HANDLER_PARKED) {
        while (sem_wait(&link->finished) != 0 && errno == EINTR) {
        }
        otel_context_attach(link->exchange.context);
    }
    answer(link);
    link_request_end(link);
    phase_set(link, LINK_WAITING);
    if (!link->keeps || link->exchange.is_broken) {
        server_link_close(server, link);
        link->fcgi.ipcFd = -1;
    }
}

void accept_loop_run(struct http_server *server, void *thread)
{
    const struct http_server_options *options = server_options(server);
    struct http_link *link = link_create(server, options->body_bytes_max, options->read_timeout_ms);

    if (link == NULL)
        return;
    link->is_looped = true;
    FCGX_InitRequest(&link->fcgi, options->listen_fd, 0);
    for (;;) {
        otel_request_activity(OTEL_ACTIVITY_READING);
        if (link_receive(link))
            serve(server, link, thread);
        else if (server_is_draining(server))
            break;
    }
    link_destroy(link);
}
