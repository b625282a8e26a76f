/* What the tests of the propagators share: cases of parsers with their reasons, and hostile text.
 */
#ifndef TESTS_PROPAGATION_H
#define TESTS_PROPAGATION_H

#include "../../../fakes/random_input.h"
#include "record/hex.h"
#include "record/propagate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define LOW "8448eb211c80319c"
#define PADDED "0000000000000000" LOW
#define SPAN "b7ad6b7169203331"
#define REFUSED (-1)

struct parent_case {
    const char *reason;
    const char *header;
    int sampling;         /* enum remote_sampling, or REFUSED */
    const char *trace_id; /* 32 hex; NULL: no ids */
    const char *span_id;
};

static inline void ids_hex(const struct otel_context *context, char trace_id[33], char span_id[17])
{
    *hex_put(trace_id, context->trace_id, sizeof context->trace_id) = '\0';
    *hex_put(span_id, context->span_id, sizeof context->span_id) = '\0';
}

static inline void parent_check(const struct parent_case *expected, bool is_good,
                                const struct remote_parent *parent)
{
    bool is_sampled = expected->sampling == REMOTE_SAMPLED || expected->sampling == REMOTE_DEBUG;
    char trace_id[33];
    char span_id[17];

    if (is_good != (expected->sampling != REFUSED))
        fail_msg("%s: %s", expected->reason, is_good ? "taken" : "refused");
    if (!is_good) {
        if (parent->context.trace_flags != 0x77)
            fail_msg("%s: touched", expected->reason);
        return;
    }
    ids_hex(&parent->context, trace_id, span_id);
    if ((int)parent->sampling != expected->sampling ||
        otel_context_is_sampled(&parent->context) != is_sampled || !parent->context.is_remote)
        fail_msg("%s: sampling %d", expected->reason, (int)parent->sampling);
    if (strcmp(trace_id,
               expected->trace_id ? expected->trace_id : "00000000000000000000000000000000") != 0 ||
        strcmp(span_id, expected->span_id ? expected->span_id : "0000000000000000") != 0)
        fail_msg("%s: %s %s", expected->reason, trace_id, span_id);
}

typedef bool parent_parse_fn(struct otel_str header, struct remote_parent *out);

static inline void parents_check(parent_parse_fn *parse, const struct parent_case *cases,
                                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct remote_parent parent = { .context = { .trace_flags = 0x77 } };

        parent_check(&cases[i], parse(otel_str(cases[i].header), &parent), &parent);
    }
}

/* Random changes to a good text, each in memory of exactly its size, for the sanitizers. What is
 * taken has ids, or none of them. */
static inline void parents_survive(parent_parse_fn *parse, const char *good, int times)
{
    uint64_t random[4] = { 1, 2, 3, 4 };

    for (int n = 0; n < random_times(times); n++) {
        size_t length = strlen(good) - random_next(random) % 3;
        char *text = malloc(length + 1);
        struct remote_parent parent;

        assert_non_null(text);
        memcpy(text, good, length);
        for (uint64_t changes = random_next(random) % 4; changes > 0; changes--)
            text[random_next(random) % length] = (char)random_next(random);
        text = realloc(text, length);
        assert_non_null(text);
        if (parse((struct otel_str){ text, length }, &parent)) {
            char trace_id[33];
            char span_id[17];

            ids_hex(&parent.context, trace_id, span_id);
            assert_int_equal(strspn(trace_id, "0") == 32, strspn(span_id, "0") == 16);
        }
        free(text);
    }
}

#endif
