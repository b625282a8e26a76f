#include "agent/pool/obituary.h"

#include "base/clock.h"
#include "otel/log.h"
#include "otel/semconv.h"
#include "otel/span.h"
#include "segment/check.h"
#include "segment/method.h"
#include "segment/write.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* --- how it died
 * ---------------------------------------------------------------------------------- */

bool obituary_is_bad(const struct obituary_death *death)
{
    int signal_number = WIFSIGNALED(death->status) ? WTERMSIG(death->status) : 0;
    bool is_obedient = death->is_told && (signal_number == SIGTERM || signal_number == SIGINT ||
                                          signal_number == SIGQUIT || signal_number == SIGUSR1);

    return death->is_known && death->status != 0 && !is_obedient && !death->is_cut;
}

static void signal_name(int signal_number, char *out, size_t size)
{
    const char *name = sigabbrev_np(signal_number);

    if (name)
        (void)snprintf(out, size, "SIG%s", name);
    else
        (void)snprintf(out, size, "SIG%d", signal_number);
}

/* error.type: the signal's name, "exit", or the convention's word for what is not known. */
static void error_type(const struct obituary_death *death, char out[OBITUARY_TEXT_BYTES])
{
    if (death->is_known && WIFSIGNALED(death->status))
        signal_name(WTERMSIG(death->status), out, OBITUARY_TEXT_BYTES);
    else if (death->is_known)
        (void)snprintf(out, OBITUARY_TEXT_BYTES, "exit");
    else
        (void)snprintf(out, OBITUARY_TEXT_BYTES, "_OTHER");
}

void obituary_describe(const struct obituary_death *death, char out[OBITUARY_TEXT_BYTES])
{
    char name[32];

    if (!death->is_known) {
        (void)snprintf(out, OBITUARY_TEXT_BYTES, "status not known");
    } else if (WIFSIGNALED(death->status)) {
        signal_name(WTERMSIG(death->status), name, sizeof name);
        (void)snprintf(out, OBITUARY_TEXT_BYTES, "killed by %s", name);
    } else {
        (void)snprintf(out, OBITUARY_TEXT_BYTES, "exit status %d", WEXITSTATUS(death->status));
    }
}

void obituary_learn(struct obituary_death *death, const struct segment_crash *crash)
{
    death->time_ns = crash->time_ns; /* reaped is it only when its core has been written */
    if (death->is_known || crash->signal <= 0 || crash->signal >= NSIG)
        return;
    death->is_known = true;
    death->status = crash->signal; /* as wait(2) encodes it */
}

/* Never later than now, whoever says so. */
static uint64_t death_time_ns(const struct obituary_death *death)
{
    uint64_t now_ns = clock_wall_ns();

    return death->time_ns != 0 && death->time_ns < now_ns ? death->time_ns : now_ns;
}

/* --- records -------------------------------------------------------------------------------------
 */

static void item_put(struct obituary *obituary, const struct record_item_source *item)
{
    size_t used = record_item_put(obituary->record, sizeof obituary->record, obituary->size, item);

    if (used)
        obituary->size = used;
}

static void text_put(struct obituary *obituary, enum record_item_kind kind, struct otel_key key,
                     const char *text, size_t length)
{
    length = record_text_fit(text, length, RECORD_VALUE_BYTES_MAX);
    item_put(obituary, &(struct record_item_source){
                           .kind = (uint8_t)kind,
                           .type = RECORD_VALUE_STRING,
                           .key_id = key.id,
                           .key = key.text,
                           .key_length = key.id ? 0 : key.length,
                           .value = text,
                           .value_length = (uint32_t)length,
                       });
}

static const struct otel_key NO_KEY = { 0 };

static void attribute_put(struct obituary *obituary, struct otel_key key, const char *text)
{
    text_put(obituary, RECORD_ITEM_ATTRIBUTE, key, text, strlen(text));
}

static void attribute_int_put(struct obituary *obituary, struct otel_key key, int64_t number)
{
    item_put(obituary, &(struct record_item_source){
                           .kind = RECORD_ITEM_ATTRIBUTE,
                           .type = RECORD_VALUE_INT,
                           .key_id = key.id,
                           .key = key.text,
                           .key_length = key.id ? 0 : key.length,
                           .value = &number,
                           .value_length = sizeof number,
                       });
}

/* The size goes into the header and the whole is looked at as if a worker had written it. */
static bool record_finish(struct obituary *obituary)
{
    uint32_t size = (uint32_t)obituary->size;

    memcpy(obituary->record + offsetof(struct record_header, size), &size, sizeof size);
    if (!record_check(obituary->record, obituary->size))
        obituary->size = 0;
    return obituary->size > 0;
}

/*
 * Takes the span over as far as it is whole: with its items, else without them. `bytes` is a
 * private copy.
 */
static bool span_take(struct obituary *obituary, const uint8_t *bytes, size_t capacity,
                      uint32_t used)
{
    static const uint8_t NO_ID[16] = { 0 };
    struct record_span *span = (void *)obituary->record;

    obituary->size = 0;
    if (used < sizeof *span || used > capacity || used % 8)
        return false;
    memcpy(obituary->record, bytes, used);
    span->header.type = RECORD_SPAN;
    span->header.version = RECORD_VERSION;
    span->header.reserved = 0;
    if (memcmp(span->trace_id, NO_ID, sizeof span->trace_id) == 0 ||
        memcmp(span->span_id, NO_ID, sizeof span->span_id) == 0)
        return false;
    obituary->size = used;
    if (record_finish(obituary))
        return true;
    obituary->size = sizeof *span;
    return record_finish(obituary);
}

static bool span_end(struct obituary *obituary, const struct obituary_death *death)
{
    struct record_span *span = (void *)obituary->record;
    uint64_t end_ns = death_time_ns(death);
    char type[OBITUARY_TEXT_BYTES];
    char text[OBITUARY_TEXT_BYTES];

    error_type(death, type);
    obituary_describe(death, text);
    span->end_ns = end_ns > span->start_ns ? end_ns : span->start_ns;
    span->status = OTEL_SPAN_ERROR;
    span->flags |= RECORD_SPAN_ENDED_BY_LAUNCHER;
    attribute_put(obituary, OTEL_ERROR_TYPE, type);
    text_put(obituary, RECORD_ITEM_STATUS_MESSAGE, NO_KEY, text, strlen(text));
    return record_finish(obituary);
}

/* Route, method and status are the request's, kept outside the span until its end. */
static void request_describe(struct obituary *obituary, const struct segment_request *request,
                             const struct segment_config *config, bool has_name)
{
    char route[sizeof request->route + 1];
    char name[sizeof route + SEGMENT_METHOD_BYTES];
    size_t length;
    const char *method = segment_method_text(config, request->method, &length);
    bool is_known = request->method != SEGMENT_METHOD_OTHER;

    segment_text_copy(route, sizeof route, request->route, sizeof request->route);
    if (request->status_code)
        attribute_int_put(obituary, OTEL_HTTP_RESPONSE_STATUS_CODE, request->status_code);
    if (route[0] == '\0')
        return;
    attribute_put(obituary, OTEL_HTTP_ROUTE, route);
    (void)snprintf(name, sizeof name, "%.*s %s", is_known ? (int)length : 4,
                   is_known ? method : "HTTP", route);
    if (has_name)
        text_put(obituary, RECORD_ITEM_NAME, NO_KEY, name, strlen(name));
}

bool obituary_request_span(struct obituary *obituary, const struct segment_request *request,
                           const struct segment_config *config, const struct obituary_death *death)
{
    uint32_t used = atomic_load_explicit(&request->used, memory_order_relaxed);

    if (!span_take(obituary, request->bytes, sizeof request->bytes, used))
        return false;
    request_describe(obituary, request, config, true);
    return span_end(obituary, death);
}

bool obituary_open_span(struct obituary *obituary, const struct segment_open_span *span,
                        const struct obituary_death *death)
{
    uint32_t used = atomic_load_explicit(&span->used, memory_order_acquire);
    uint8_t copy[SEGMENT_OPEN_SPAN_BYTES];

    obituary->size = 0;
    if (used == 0)
        return false;
    memcpy(copy, span->bytes, sizeof copy);
    return span_take(obituary, copy, sizeof copy, used) && span_end(obituary, death);
}

bool obituary_request_duration(struct obituary *obituary, const struct segment_request *request,
                               const struct segment_config *config, uint16_t instrument,
                               const struct obituary_death *death)
{
    struct record_measurement *measurement = (void *)obituary->record;
    uint64_t now_ns = clock_monotonic_ns();
    /* What was noted by the wall clock, on the clock that the request began by. */
    uint64_t ago_ns = clock_wall_ns() - death_time_ns(death);
    uint64_t end_ns = ago_ns < now_ns ? now_ns - ago_ns : 0;
    size_t method_length;
    const char *method = segment_method_text(config, request->method, &method_length);
    char type[OBITUARY_TEXT_BYTES];
    char version[sizeof request->protocol_version + 1];

    memset(measurement, 0, sizeof *measurement);
    measurement->header.type = RECORD_MEASUREMENT;
    measurement->header.version = RECORD_VERSION;
    measurement->header.scope = RECORD_SCOPE_FCGI;
    measurement->time_ns = clock_wall_ns();
    measurement->instrument = instrument;
    measurement->is_double = 1;
    measurement->value.real =
        request->started_ns < end_ns ? (double)(end_ns - request->started_ns) / 1e9 : 0.0;
    obituary->size = sizeof *measurement;
    error_type(death, type);
    segment_text_copy(version, sizeof version, request->protocol_version,
                      sizeof request->protocol_version);
    text_put(obituary, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_REQUEST_METHOD, method, method_length);
    attribute_put(obituary, OTEL_URL_SCHEME, request->is_https ? "https" : "http");
    if (version[0] != '\0')
        attribute_put(obituary, OTEL_NETWORK_PROTOCOL_VERSION, version);
    request_describe(obituary, request, config, false);
    attribute_put(obituary, OTEL_ERROR_TYPE, type);
    return record_finish(obituary);
}

/* --- the log record
 * ------------------------------------------------------------------------------- */

static void trace_take(struct record_log *log, const struct segment_request *request)
{
    struct record_span span;

    if (!request || atomic_load_explicit(&request->used, memory_order_acquire) < sizeof span)
        return;
    memcpy(&span, request->bytes, sizeof span);
    memcpy(log->trace_id, span.trace_id, sizeof log->trace_id);
    memcpy(log->span_id, span.span_id, sizeof log->span_id);
    log->trace_flags = span.trace_flags;
}

static void scene_describe(struct obituary *obituary, const struct obituary_scene *scene,
                           const char *type)
{
    char message[OBITUARY_TEXT_BYTES];
    const char *meaning = sigdescr_np(scene->crash->signal);

    (void)snprintf(message, sizeof message, "%s at address 0x%" PRIx64,
                   meaning ? meaning : "Unknown signal", scene->crash->address);
    text_put(obituary, RECORD_ITEM_EVENT_NAME, NO_KEY, "exception", strlen("exception"));
    attribute_put(obituary, OTEL_EXCEPTION_TYPE, type);
    attribute_put(obituary, OTEL_EXCEPTION_MESSAGE, message);
    attribute_int_put(obituary, OTEL_THREAD_ID, scene->tid);
    if (scene->stack->length > 0)
        text_put(obituary, RECORD_ITEM_ATTRIBUTE, OTEL_EXCEPTION_STACKTRACE, scene->stack->data,
                 scene->stack->length);
}

void obituary_log(struct obituary *obituary, const struct obituary_death *death,
                  const struct obituary_scene *scene)
{
    struct record_log *log = (void *)obituary->record;
    char type[OBITUARY_TEXT_BYTES];
    char how[OBITUARY_TEXT_BYTES];
    char body[OBITUARY_TEXT_BYTES * 2];
    int length;

    memset(log, 0, sizeof *log);
    log->header.type = RECORD_LOG;
    log->header.version = RECORD_VERSION;
    log->header.scope = RECORD_SCOPE_LAUNCHER;
    log->time_ns = death_time_ns(death);
    log->severity = death->is_cut ? OTEL_SEVERITY_WARN : OTEL_SEVERITY_FATAL;
    obituary->size = sizeof *log;
    error_type(death, type);
    obituary_describe(death, how);
    length = snprintf(body, sizeof body, "worker %" PRId32 " died: %s%s", death->pid, how,
                      death->is_cut ? " (it did not leave within the limit of a restart)" : "");
    text_put(obituary, RECORD_ITEM_BODY, NO_KEY, body, (size_t)length);
    attribute_put(obituary, OTEL_ERROR_TYPE, type);
    attribute_int_put(obituary, OTEL_PROCESS_PID, death->pid);
    if (death->reading > 0)
        attribute_int_put(obituary, OTEL_KEY("otel.c.worker.reading"), death->reading);
    if (scene) {
        trace_take(log, scene->request);
        scene_describe(obituary, scene, type);
    }
    (void)record_finish(obituary); /* size 0 tells */
}
