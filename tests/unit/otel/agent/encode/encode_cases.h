/*
 * The records behind tests/vectors/otlp: each case is made once and written in every format, so
 * that a format's vectors say the same as the others'.
 */
#ifndef TESTS_ENCODE_CASES_H
#define TESTS_ENCODE_CASES_H

#include "../record_sample.h"
#include "agent/encode/encoder.h"
#include "otel/semconv.h"

enum { CASE_RECORDS_MAX = 4 };

struct encode_case {
    const char *name; /* of the vector, without its ending */
    unsigned (*make)(struct sample samples[CASE_RECORDS_MAX]); /* gives their number */
    struct limits limits;
};

#define CASE_NO_LIMITS                                                                             \
    {                                                                                              \
        128, LIMITS_NONE, 128, 128, 128, 128                                                       \
    }

static inline void case_encoder_init(struct encoder *encoder)
{
    struct otel_attribute name = otel_attribute_string(OTEL_KEY("service.name"), OTEL_STR("board"));
    struct attributes resource;

    attributes_clear(&resource);
    assert_true(attributes_add(&resource, &name));
    assert_true(encoder_init(encoder, resource.record, "0.1.0"));
}

/* Makes the records and writes them. */
static inline void case_encode(const struct encode_case *one, encode_records_fn encode,
                               struct buf *out)
{
    static struct sample samples[CASE_RECORDS_MAX];
    const uint8_t *records[CASE_RECORDS_MAX];
    struct encoder encoder;
    unsigned count = one->make(samples);

    case_encoder_init(&encoder);
    for (unsigned i = 0; i < count; i++) {
        assert_true(record_check(samples[i].record, samples[i].used));
        records[i] = samples[i].record;
    }
    encode(&encoder, &one->limits, records, count, out);
    encoder_release(&encoder);
}

#endif
