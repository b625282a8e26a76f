/* Records as a worker may have scribbled them: checked, limited, encoded in every format. */
#include "agent/encode/console.h"
#include "agent/encode/json_logs.h"
#include "agent/encode/json_traces.h"
#include "agent/encode/proto_logs.h"
#include "agent/encode/proto_traces.h"
#include "fuzz.h"
#include "segment/check.h"

enum { BODY_BYTES_MAX = 64 * 1024 * 1024 };

static const encode_records_fn ENCODERS[] = { json_traces_encode,    json_logs_encode,
                                              proto_traces_encode,   proto_logs_encode,
                                              console_traces_encode, console_logs_encode };

static void encode_all(const uint8_t *record, const struct limits *limits)
{
    static struct encoder encoder;
    static const struct record_header NO_RESOURCE = { .size = sizeof NO_RESOURCE,
                                                      .type = RECORD_LOG,
                                                      .version = RECORD_VERSION };
    alignas(8) static uint8_t resource[sizeof(struct record_log)];
    bool is_span = ((const struct record_header *)(const void *)record)->type == RECORD_SPAN;

    if (encoder.room == NULL) {
        memcpy(resource, &NO_RESOURCE, sizeof NO_RESOURCE);
        ((struct record_header *)(void *)resource)->size = sizeof resource;
        if (!encoder_init(&encoder, resource, "0"))
            abort();
    }
    for (size_t i = is_span ? 0 : 1; i < sizeof ENCODERS / sizeof ENCODERS[0]; i += 2) {
        struct buf out;

        buf_init(&out, BODY_BYTES_MAX);
        ENCODERS[i](&encoder, limits, &record, 1, &out);
        FUZZ_PROMISE(!out.has_failed);
        buf_release(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    alignas(8) static uint8_t record[RECORD_BYTES_MAX];
    struct fuzz_input input = { data, size };
    struct limits limits = {
        .attribute_count = (uint32_t)fuzz_number(&input, 1),
        .value_length = (uint32_t)fuzz_number(&input, 1),
        .event_count = (uint32_t)fuzz_number(&input, 1),
        .link_count = (uint32_t)fuzz_number(&input, 1),
        .event_attribute_count = (uint32_t)fuzz_number(&input, 1),
        .link_attribute_count = (uint32_t)fuzz_number(&input, 1),
    };
    struct record_header *header = (struct record_header *)(void *)record;

    size = input.left & ~(size_t)7;
    if (size < sizeof *header || size > sizeof record)
        return -1;
    memcpy(record, input.at, size);
    header->size = (uint32_t)size; /* else nearly none would pass */
    header->version = RECORD_VERSION;
    if (record_check(record, size) && (header->type == RECORD_SPAN || header->type == RECORD_LOG))
        encode_all(record, &limits);
    return 0;
}
