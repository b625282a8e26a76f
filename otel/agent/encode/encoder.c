#include "agent/encode/encoder.h"

#include "agent/encode/console.h"
#include "agent/encode/json_attribute.h"
#include "agent/encode/proto_attribute.h"
#include "base/mem.h"
#include "otel/span.h"

#include <stdio.h>
#include <string.h>

enum { /* opentelemetry.proto.trace.v1.SpanFlags */
       FLAGS_HAS_IS_REMOTE = 0x100,
       FLAGS_IS_REMOTE = 0x200,
};

enum { LINK_SPAN_ID = 16, LINK_FLAGS = 24, LINK_BYTES = 25 }; /* of RECORD_ITEM_LINK's value */

/* X(ENUM, name): where a span or a log record comes from. */
#define ENCODER_SCOPES(X)                                                                          \
    X(APPLICATION, "board-otel.application")                                                       \
    X(FCGI, "board-otel.fcgi")                                                                     \
    X(SQLITE, "board-otel.sqlite3")                                                                \
    X(CURL, "board-otel.curl")                                                                     \
    X(STDERR, "board-otel.stderr")                                                                 \
    X(SYSLOG, "board-otel.syslog")                                                                 \
    X(LAUNCHER, "board-otel.launcher")

const char *encoder_scope_name(uint8_t scope)
{
#define SCOPE_NAME(name, text) [RECORD_SCOPE_##name] = text,
    static const char *const names[RECORD_SCOPE_COUNT] = { ENCODER_SCOPES(SCOPE_NAME) };
#undef SCOPE_NAME

    return scope < RECORD_SCOPE_COUNT ? names[scope] : "board-otel.unknown";
}

const char *encoder_severity_text(uint8_t severity)
{
    static const char *const texts[] = {
        "",       "TRACE",  "TRACE2", "TRACE3", "TRACE4", "DEBUG",  "DEBUG2", "DEBUG3", "DEBUG4",
        "INFO",   "INFO2",  "INFO3",  "INFO4",  "WARN",   "WARN2",  "WARN3",  "WARN4",  "ERROR",
        "ERROR2", "ERROR3", "ERROR4", "FATAL",  "FATAL2", "FATAL3", "FATAL4",
    };

    return severity < sizeof texts / sizeof texts[0] ? texts[severity] : "";
}

bool encoder_has_id(const uint8_t *id, size_t size)
{
    uint8_t bits = 0;

    for (size_t i = 0; i < size; i++)
        bits |= id[i];
    return bits != 0;
}

uint32_t encoder_span_kind(const struct record_span *span)
{
    return span->kind <= OTEL_SPAN_CONSUMER ? span->kind : 0;
}

uint32_t encoder_span_flags(const struct record_span *span)
{
    bool is_remote = (span->flags & RECORD_SPAN_PARENT_IS_REMOTE) != 0;

    return span->trace_flags | (uint32_t)FLAGS_HAS_IS_REMOTE |
           (is_remote ? (uint32_t)FLAGS_IS_REMOTE : 0);
}

bool encoder_link_read(const struct record_view *item, struct encoder_link *out)
{
    if (item->value_length < LINK_BYTES)
        return false;
    *out = (struct encoder_link){
        .trace_id = item->value,
        .span_id = item->value + LINK_SPAN_ID,
        .flags = item->value[LINK_FLAGS],
    };
    return true;
}

size_t encoder_stack_text(const struct record_view *item, char out[ENCODER_STACK_BYTES])
{
    size_t used = 0;

    for (uint32_t at = 0; at + 8 <= item->value_length && used + 20 < ENCODER_STACK_BYTES;
         at += 8) {
        uint64_t address;
        memcpy(&address, item->value + at, sizeof address);
        used += (size_t)snprintf(out + used, ENCODER_STACK_BYTES - used, "0x%llx\n",
                                 (unsigned long long)address);
    }
    return used;
}

bool encoder_init(struct encoder *encoder, const uint8_t *resource, const char *version)
{
    const size_t resource_limit = 16 * RECORD_BYTES_MAX; /* escapes make text longer */
    size_t size = ((const struct record_header *)resource)->size;

    *encoder = (struct encoder){ .version = version };
    buf_init(&encoder->resource_json, resource_limit);
    buf_init(&encoder->resource_text, resource_limit);
    buf_init(&encoder->resource_proto, resource_limit);
    encoder->room = mem_alloc(sizeof *encoder->room);
    encoder->resource = mem_alloc(size);
    if (encoder->resource != NULL)
        memcpy(encoder->resource, resource, size);
    json_attribute_resource(resource, &encoder->resource_json);
    console_resource(resource, &encoder->resource_text);
    proto_resource(resource, &encoder->resource_proto);
    return encoder->room != NULL && encoder->resource != NULL &&
           !encoder->resource_json.has_failed && !encoder->resource_text.has_failed &&
           !encoder->resource_proto.has_failed;
}

void encoder_release(struct encoder *encoder)
{
    buf_release(&encoder->resource_json);
    buf_release(&encoder->resource_text);
    buf_release(&encoder->resource_proto);
    mem_free(encoder->resource);
    mem_free(encoder->room);
    encoder->resource = NULL;
    encoder->room = NULL;
}
