/*
 * The FastCGI parameters that the recorder reads, found in one pass over "NAME=value" texts.
 * Borrowed: valid for as long as the request's own parameters are.
 */
#ifndef OTEL_RECORD_PARAMS_H
#define OTEL_RECORD_PARAMS_H

#include "otel/attribute.h"

#define PARAMS(X)                                                                                  \
    X(HTTPS)                                                                                       \
    X(HTTP_BAGGAGE)                                                                                \
    X(HTTP_HOST)                                                                                   \
    X(HTTP_TRACEPARENT)                                                                            \
    X(HTTP_TRACESTATE)                                                                             \
    X(HTTP_USER_AGENT)                                                                             \
    X(OTEL_HTTP_ROUTE)                                                                             \
    X(OTEL_SUPPRESS)                                                                               \
    X(QUERY_STRING)                                                                                \
    X(REMOTE_ADDR)                                                                                 \
    X(REMOTE_PORT)                                                                                 \
    X(REQUEST_METHOD)                                                                              \
    X(REQUEST_SCHEME)                                                                              \
    X(REQUEST_URI)                                                                                 \
    X(SERVER_NAME)                                                                                 \
    X(SERVER_PORT)                                                                                 \
    X(SERVER_PROTOCOL)

enum param {
#define PARAM_ENUM(name) PARAM_##name,
    PARAMS(PARAM_ENUM)
#undef PARAM_ENUM
        PARAM_COUNT
};

/* The same header can come more than once; so many of one are looked at. */
#define PARAM_REPEATS_MAX 8

/* The values of a header that came in several parameters, in order. */
struct param_list {
    struct otel_str values[PARAM_REPEATS_MAX];
    size_t count;  /* of values */
    bool has_more; /* than the list holds */
};

struct params {
    struct otel_str first[PARAM_COUNT]; /* data NULL: not there */
    struct param_list traceparent;
    struct param_list tracestate;
    struct param_list baggage;
};

void params_read(char *const *texts, struct params *out);

#endif
