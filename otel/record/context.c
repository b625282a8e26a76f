#include "otel/context.h"
#include "base/clock.h"
#include "record/context_state.h"
#include "record/hex.h"
#include "record/thread.h"

#include <string.h>

struct otel_context otel_context_current(void)
{
    return record_thread.current;
}

struct otel_context otel_context_attach(struct otel_context context)
{
    struct otel_context previous = record_thread.current;

    record_thread.current = context;
    return previous;
}

bool context_has_trace(const struct otel_context *context)
{
    static const uint8_t none[sizeof context->trace_id];

    return memcmp(context->trace_id, none, sizeof none) != 0;
}

bool context_is_unobserved(const struct otel_context *context)
{
    return context->request != 0 && !context_has_trace(context);
}

uint64_t context_now_ns(const struct otel_context *context)
{
    if (context->clock_offset_ns)
        return clock_monotonic_ns() + (uint64_t)context->clock_offset_ns;
    return clock_wall_ns();
}

void otel_context_trace_id_hex(const struct otel_context *context, char out[OTEL_TRACE_ID_HEX_SIZE])
{
    if (context_has_trace(context))
        out = hex_put(out, context->trace_id, sizeof context->trace_id);
    *out = '\0';
}

void otel_context_traceparent(const struct otel_context *context, char out[OTEL_TRACEPARENT_SIZE])
{
    if (context_has_trace(context)) {
        *out++ = '0';
        *out++ = '0';
        *out++ = '-';
        out = hex_put(out, context->trace_id, sizeof context->trace_id);
        *out++ = '-';
        out = hex_put(out, context->span_id, sizeof context->span_id);
        *out++ = '-';
        out = hex_put(out, &context->trace_flags, sizeof context->trace_flags);
    }
    *out = '\0';
}
