/*
 * What hooks may do and programs may not: open and end SERVER spans, record under a scope of
 * their own, read the recorder's configuration, note deaths. The one header of record/ that
 * hooks/ includes.
 *
 * Nothing here fails, allocates, locks or makes a system call on the request path; a thread's
 * first record claims its slot (getpid, gettid, getrandom, once).
 */
#ifndef OTEL_RECORD_HOOK_ENTRY_H
#define OTEL_RECORD_HOOK_ENTRY_H

#include "otel/log.h"
#include "otel/request.h"
#include "segment/layout.h"

/* False where no launcher runs: every hook is then a plain call-through. */
OTEL_API bool record_is_on(void);

/* The recorder's configuration; all zero where no launcher runs. Never NULL. */
OTEL_API const struct segment_config *record_config(void);

/* http.request.method of a method that is sent or received: its name, or _OTHER. */
OTEL_API struct otel_str record_method_told(struct otel_str method);

/*
 * Opens the SERVER span of the request at `key` (the address of its FCGX_Request) and makes its
 * context current on this thread: extracts the parent by the configured propagators, asks the
 * sampler, copies the attributes of the conventions and the captured headers.
 * `params` are the request's FastCGI parameters as libfcgi keeps them (FCGX_ParamArray; environ
 * for FCGI_Accept): "NAME=value" texts up to a NULL; borrowed for the call; NULL: none. The whole
 * array, because nginx before 1.23 passes a header that came twice as two parameters of one name,
 * of which FCGX_GetParam shows only the first: a doubled traceparent restarts the trace, a
 * doubled tracestate or baggage is one list.
 * OTEL_HTTP_ROUTE among the parameters is the route; OTEL_SUPPRESS non-empty: not observed.
 * A request already open at `key` is ended first.
 */
OTEL_API void record_request_begin(uint64_t key, char *const *params);

/* The status that the hook read off what the program wrote; ignored once the program said it. */
OTEL_API void record_request_status(uint64_t key, int status_code);

/* A response header that the configuration asks for; name in any case. */
OTEL_API void record_request_response_header(uint64_t key, struct otel_str name,
                                             struct otel_str value);

/*
 * Ends the request: span, http.server.request.duration, the place in the table. Without any
 * status, nothing was written: status Error, error.type "no_response".
 * When its context is current on the calling thread, none is afterwards.
 */
OTEL_API void record_request_end(uint64_t key);

/* otel_span_start under a hook's scope; start_ns 0: now (monotonic). */
OTEL_API struct otel_span *record_span_start(enum record_scope scope, struct otel_str name,
                                             enum otel_span_kind kind, uint64_t start_ns);

/* As record_span_start, with its first attributes, but the current context stays as it is: for
 * spans that end out of order (a statement that is stepped while others run). */
OTEL_API struct otel_span *record_span_start_detached(enum record_scope scope, struct otel_str name,
                                                      enum otel_span_kind kind,
                                                      const struct otel_attribute *attributes,
                                                      size_t count);

/* Nanoseconds since the span's start; 0 for the no-op one and for one that the sampler dropped:
 * a duration that is also a metric comes from a clock of the hook's own. */
OTEL_API uint64_t record_span_age_ns(const struct otel_span *span);

OTEL_API void record_log(enum record_scope scope, enum otel_severity severity, struct otel_str body,
                         const struct otel_attribute *attributes, size_t count);

struct otel_instrument_options;
OTEL_API const struct otel_instrument *
record_instrument_create(enum record_scope scope, const struct otel_instrument_options *options);

/* A reaped child, for the launcher. Safe in a signal handler and after fork. Keeps errno. */
OTEL_API void record_death(int32_t pid, int32_t status);

/*
 * Only what is safe in the handler of a fatal signal: stores signal, address and program
 * counters in the calling thread's crash area, when it has a slot.
 */
OTEL_API void record_crash(int signal_number, int code, uint64_t address, const uint64_t *frames,
                           uint32_t frame_count);

#endif
