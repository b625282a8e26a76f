/* The HTTP statuses that the service answers with. */
#ifndef BOARD_HTTP_STATUS_H
#define BOARD_HTTP_STATUS_H

#define HTTP_STATUSES(X)                                                                           \
    X(200, OK, "OK")                                                                               \
    X(400, BAD_REQUEST, "Bad Request")                                                             \
    X(403, FORBIDDEN, "Forbidden")                                                                 \
    X(404, NOT_FOUND, "Not Found")                                                                 \
    X(405, METHOD_NOT_ALLOWED, "Method Not Allowed")                                               \
    X(414, URI_TOO_LONG, "URI Too Long")                                                           \
    X(500, INTERNAL_SERVER_ERROR, "Internal Server Error")                                         \
    X(503, SERVICE_UNAVAILABLE, "Service Unavailable")

enum http_status {
#define X(code, name, text) HTTP_##name = code,
    HTTP_STATUSES(X)
#undef X
};

static inline const char *http_status_text(enum http_status status)
{
    switch (status) {
#define X(code, name, text)                                                                        \
    case HTTP_##name:                                                                              \
        return text;
        HTTP_STATUSES(X)
#undef X
    }
    return "";
}

#endif
