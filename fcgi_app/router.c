/* From a path to a handler. */
#include "router.h"

#include "handlers/answer.h"
#include "otel/request.h"

#include <string.h>

#define ALLOWED "GET, HEAD, OPTIONS"

static bool is_digits(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
    }
    return length > 0;
}

static bool pattern_matches(const char *pattern, struct otel_str path, struct otel_str *parameter)
{
    size_t literal = strcspn(pattern, "{");

    if (path.length < literal || memcmp(path.data, pattern, literal) != 0)
        return false;
    if (pattern[literal] == '\0')
        return path.length == literal;
    if (!is_digits(path.data + literal, path.length - literal))
        return false;
    *parameter = (struct otel_str){ path.data + literal, path.length - literal };
    return true;
}

const struct route *router_match(const struct route *routes, size_t count, struct otel_str path,
                                 struct otel_str *parameter)
{
    *parameter = (struct otel_str){ NULL, 0 };
    for (size_t i = 0; i < count; i++) {
        if (pattern_matches(routes[i].pattern, path, parameter))
            return &routes[i];
    }
    return NULL;
}

enum handler_end router_serve(const struct route *routes, size_t count,
                              struct http_exchange *exchange, enum http_status status,
                              struct app_thread *thread)
{
    struct otel_str path = { exchange->request.path, exchange->request.path_length };
    struct otel_str parameter;
    const struct route *route;

    if (status == HTTP_URI_TOO_LONG)
        return answer_problem(exchange, status, "The path is longer than this service reads.");
    if (status != HTTP_OK)
        return answer_problem(exchange, status, "The front passed no path (DOCUMENT_URI).");
    route = router_match(routes, count, path, &parameter);
    if (route == NULL)
        return answer_problem(exchange, HTTP_NOT_FOUND, "There is nothing at this address.");
    otel_request_set_route(otel_str(route->pattern));
    switch (exchange->request.method) {
    case HTTP_METHOD_GET:
    case HTTP_METHOD_HEAD:
        return route->handle(exchange, parameter, thread);
    case HTTP_METHOD_OPTIONS:
        exchange->response.allow = ALLOWED;
        return HANDLER_ANSWERED;
    case HTTP_METHOD_OTHER:
        break;
    }
    exchange->response.allow = ALLOWED;
    return answer_problem(exchange, HTTP_METHOD_NOT_ALLOWED,
                          "This address takes " ALLOWED " only.");
}
