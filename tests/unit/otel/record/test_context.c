#include "otel/context.h"
#include "record/context_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct otel_context SAMPLE = {
    .trace_id = { 0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c,
                  0x80, 0x31, 0x9c },
    .span_id = { 0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31 },
    .trace_flags = 3,
    .request = 7,
};

static void test_attach_gives_back_what_was_current(void **state)
{
    const struct otel_context none = { .request = 0 };
    struct otel_context before = otel_context_attach(SAMPLE);
    struct otel_context current = otel_context_current();

    (void)state;
    assert_memory_equal(&before, &none, sizeof none);
    assert_memory_equal(&current, &SAMPLE, sizeof current);
    current = otel_context_attach(none);
    assert_memory_equal(&current, &SAMPLE, sizeof current);
}

static void test_context_tells_whether_it_is_one_and_whose(void **state)
{
    struct otel_context context = SAMPLE;

    (void)state;
    assert_true(otel_context_is_valid(&context));
    assert_false(otel_context_is_remote(&context));
    context.is_remote = true;
    assert_true(otel_context_is_remote(&context));
    memset(context.span_id, 0, sizeof context.span_id);
    assert_false(otel_context_is_valid(&context));
    context = SAMPLE;
    memset(context.trace_id, 0, sizeof context.trace_id);
    assert_false(otel_context_is_valid(&context));
}

static void test_context_as_text(void **state)
{
    char trace_id[OTEL_TRACE_ID_HEX_SIZE];
    char traceparent[OTEL_TRACEPARENT_SIZE];

    (void)state;
    otel_context_trace_id_hex(&SAMPLE, trace_id);
    otel_context_traceparent(&SAMPLE, traceparent);
    assert_string_equal(trace_id, "0af7651916cd43dd8448eb211c80319c");
    assert_string_equal(traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03");
}

static void test_context_without_a_trace_is_an_empty_text(void **state)
{
    const struct otel_context suppressed = { .request = 1 };
    char trace_id[OTEL_TRACE_ID_HEX_SIZE] = "x";
    char traceparent[OTEL_TRACEPARENT_SIZE] = "x";

    (void)state;
    otel_context_trace_id_hex(&suppressed, trace_id);
    otel_context_traceparent(&suppressed, traceparent);
    assert_string_equal(trace_id, "");
    assert_string_equal(traceparent, "");
    assert_true(context_is_unobserved(&suppressed));
    assert_false(context_is_unobserved(&SAMPLE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attach_gives_back_what_was_current),
        cmocka_unit_test(test_context_tells_whether_it_is_one_and_whose),
        cmocka_unit_test(test_context_as_text),
        cmocka_unit_test(test_context_without_a_trace_is_an_empty_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
