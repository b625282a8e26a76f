/* What a client sends of trace context and baggage. */
#include "fuzz.h"
#include "record/propagate_baggage.h"
#include "record/propagate_tracecontext.h"

static void read_traceparent(struct otel_str header)
{
    struct otel_context context;

    memset(&context, 0xa5, sizeof context);
    if (!traceparent_parse(header, &context))
        return;
    FUZZ_PROMISE(header.length >= 55);
    FUZZ_PROMISE(context.is_remote);
}

static void read_tracestate(struct otel_str header)
{
    struct tracestate state = { 0 };
    char out[TRACESTATE_BYTES_MAX];

    tracestate_add(&state, header);
    tracestate_add(&state, header);
    FUZZ_PROMISE(state.count <= TRACESTATE_MEMBERS_MAX);
    FUZZ_PROMISE(tracestate_write(&state, out) <= sizeof out);
}

static void read_baggage(struct otel_str header)
{
    char list[BAGGAGE_BYTES_MAX], value[64];
    bool is_cut = false;
    size_t used = baggage_append(list, sizeof list, 0, header, &is_cut);

    used = baggage_append(list, sizeof list, used, header, &is_cut);
    FUZZ_PROMISE(used <= sizeof list);
    (void)baggage_find((struct otel_str){ list, used }, (struct otel_str){ "key", 3 }, value,
                       sizeof value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = fuzz_bytes(data, size);
    struct otel_str header = { bytes, size };

    read_traceparent(header);
    read_tracestate(header);
    read_baggage(header);
    free(bytes);
    return 0;
}
