/*
 * A table of routes, and which of them a path means. All routes serve GET, HEAD and OPTIONS.
 */
#ifndef BOARD_ROUTER_H
#define BOARD_ROUTER_H

#include "http/exchange.h"
#include "otel/attribute.h"

#include <stdbool.h>
#include <stddef.h>

struct app_thread;

/* `parameter` is what stands in the place of the pattern's {name}; it lies in the request. */
typedef enum handler_end (*handler_fn)(struct http_exchange *exchange, struct otel_str parameter,
                                       struct app_thread *thread);

/* {name}, at the end of a pattern, stands for one or more ASCII digits. */
struct route {
    const char *pattern;
    handler_fn handle;
};

/* NULL when no route has this path. */
const struct route *router_match(const struct route *routes, size_t count, struct otel_str path,
                                 struct otel_str *parameter);

/*
 * Answers one request by its route: the handler for GET and HEAD, OPTIONS and what is wrong by
 * itself. `status` is what reading the request came to.
 */
enum handler_end router_serve(const struct route *routes, size_t count,
                              struct http_exchange *exchange, enum http_status status,
                              struct app_thread *thread);

#endif
