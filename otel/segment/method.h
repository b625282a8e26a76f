/*
 * The known request methods by number: the recorder writes the number into an open request, the
 * launcher counts open requests by it. Specification: http.request.method, whose fallback for a
 * method outside the list is _OTHER.
 */
#ifndef OTEL_SEGMENT_METHOD_H
#define OTEL_SEGMENT_METHOD_H

/* X(NAME, text): the place in the list is the number; only ever appended. */
#define SEGMENT_METHODS(X)                                                                         \
    X(OTHER, "_OTHER")                                                                             \
    X(GET, "GET")                                                                                  \
    X(HEAD, "HEAD")                                                                                \
    X(POST, "POST")                                                                                \
    X(PUT, "PUT")                                                                                  \
    X(DELETE, "DELETE")                                                                            \
    X(CONNECT, "CONNECT")                                                                          \
    X(OPTIONS, "OPTIONS")                                                                          \
    X(TRACE, "TRACE")                                                                              \
    X(PATCH, "PATCH")                                                                              \
    X(QUERY, "QUERY")

#define SEGMENT_METHOD_NAME(name, text) SEGMENT_METHOD_##name,
enum segment_method { SEGMENT_METHODS(SEGMENT_METHOD_NAME) SEGMENT_METHOD_COUNT };
#undef SEGMENT_METHOD_NAME

#endif
