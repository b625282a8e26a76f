/*
 * Passing a trace on: the headers for a request that the program itself makes to another service.
 * The hook on libcurl does this for its transfers; this is for clients that it does not know.
 *
 * Specification: context/api-propagators.md "TextMap Inject".
 */
#ifndef OTEL_PROPAGATE_H
#define OTEL_PROPAGATE_H

#include "otel/context.h"

/* Enough for every format together, unless the request came with a lot of baggage. */
#define OTEL_INJECT_SIZE 8192

/*
 * Writes the headers of all configured propagators (option propagators), in their order: texts
 * "name: value" with a NUL behind each, and an empty text behind the last. Returns how many.
 *
 *     char headers[OTEL_INJECT_SIZE];
 *
 *     otel_inject(&context, headers, sizeof headers);
 *     for (const char *header = headers; *header; header += strlen(header) + 1)
 *         list = curl_slist_append(list, header);
 *
 * The span of the context becomes the other side's parent: start a CLIENT span first, and pass
 * otel_span_context of it. Baggage, tracestate and the debug flag are those that came with the
 * request of the context. A header that does not fit whole is left out and counted (values cut);
 * size 0: nothing is written. Never fails, allocates or makes a system call.
 *
 * Without any trace, and without the launcher, nothing; without traces to record (sdk_disabled,
 * traces_exporter none), what the client sent goes on as it came.
 */
OTEL_API size_t otel_inject(const struct otel_context *context, char *out, size_t size);

#endif
