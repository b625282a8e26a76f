#include "otel/semconv.h"
#include "record/hook_entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "recorder.h"

static struct record_room room;
static uint8_t *const record = room.bytes;

static const struct record_log *take_log(struct segment *segment)
{
    assert_true(fake_segment_take_type(segment, RECORD_LOG, record));
    return (const struct record_log *)(const void *)record;
}

static void test_log_has_body_attributes_severity_and_the_current_span(void **state)
{
    const struct otel_attribute attributes[] = {
        otel_attribute_string(OTEL_CLIENT_ADDRESS, OTEL_STR("192.0.2.7")),
        otel_attribute_int(OTEL_KEY("board.count"), 5),
    };
    struct otel_span *span = otel_span_start(OTEL_STR("span"), OTEL_SPAN_INTERNAL);
    struct otel_context current = otel_context_current();
    const struct record_log *log = NULL;

    fake_clock_advance(3);
    otel_log(OTEL_SEVERITY_WARN, OTEL_STR("called"), attributes, 2);
    log = take_log(*state);
    assert_int_equal(log->severity, OTEL_SEVERITY_WARN);
    assert_int_equal(log->time_ns, FAKE_CLOCK_WALL_START_NS + 3);
    assert_int_equal(log->trace_flags, current.trace_flags);
    assert_memory_equal(log->trace_id, current.trace_id, sizeof log->trace_id);
    assert_memory_equal(log->span_id, current.span_id, sizeof log->span_id);
    fake_record_assert_text(record, RECORD_ITEM_BODY, NULL, "called");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "client.address", "192.0.2.7");
    fake_record_assert_int(record, "board.count", 5);
    fake_record_assert_none(record, RECORD_ITEM_EVENT_NAME, NULL);
    otel_span_end(span);
}

static void test_event_has_its_name(void **state)
{
    otel_log_event(OTEL_STR("session.start"), OTEL_SEVERITY_INFO, OTEL_STR("hello"), NULL, 0);
    assert_int_equal(take_log(*state)->severity, OTEL_SEVERITY_INFO);
    fake_record_assert_text(record, RECORD_ITEM_EVENT_NAME, NULL, "session.start");
    fake_record_assert_text(record, RECORD_ITEM_BODY, NULL, "hello");
}

static void test_log_outside_of_a_trace_has_no_ids(void **state)
{
    static const uint8_t zeros[16];

    record_log(RECORD_SCOPE_STDERR, OTEL_SEVERITY_INFO, OTEL_STR("line"), NULL, 0);
    assert_memory_equal(take_log(*state)->trace_id, zeros, sizeof zeros);
    assert_int_equal(((struct record_header *)(void *)record)->scope, RECORD_SCOPE_STDERR);
}

static void test_log_body_is_cut_at_a_character_beyond_its_limit(void **state)
{
    struct segment *segment = *state;
    static char body[RECORD_VALUE_BYTES_MAX + 2];
    struct record_view item;

    memset(body, 'x', sizeof body);
    otel_log(OTEL_SEVERITY_INFO, (struct otel_str){ body, RECORD_VALUE_BYTES_MAX }, NULL, 0);
    (void)take_log(segment);
    assert_true(fake_record_find(record, RECORD_ITEM_BODY, NULL, &item));
    assert_int_equal(item.value_length, RECORD_VALUE_BYTES_MAX);
    assert_int_equal(FAKE_COUNT(segment, values_cut), 0);

    memcpy(body + RECORD_VALUE_BYTES_MAX - 1, "\xC3\xA9", 2);
    otel_log(OTEL_SEVERITY_INFO, (struct otel_str){ body, RECORD_VALUE_BYTES_MAX + 1 }, NULL, 0);
    (void)take_log(segment);
    assert_true(fake_record_find(record, RECORD_ITEM_BODY, NULL, &item));
    assert_int_equal(item.value_length, RECORD_VALUE_BYTES_MAX - 1);
    assert_int_equal(FAKE_COUNT(segment, values_cut), 1);
}

static void test_log_with_more_than_a_record_holds_drops_attributes_and_says_how_many(void **state)
{
    static char text[RECORD_VALUE_BYTES_MAX];
    struct otel_attribute attributes[4];

    memset(text, 'x', sizeof text);
    for (int i = 0; i < 3; i++)
        attributes[i] =
            otel_attribute_string(OTEL_KEY("big"), (struct otel_str){ text, sizeof text });
    attributes[3] = otel_attribute_int(OTEL_KEY("small"), 1);
    otel_log(OTEL_SEVERITY_INFO, OTEL_STR("x"), attributes, 4);
    assert_int_equal(take_log(*state)->dropped_attributes, 2);
    fake_record_assert_int(record, "small", 1);
}

static void test_log_of_keys_that_all_need_padding_fits(void **state)
{
    struct otel_attribute attributes[64];

    for (int i = 0; i < 64; i++)
        attributes[i] = otel_attribute_string((struct otel_key){ "abcdefghi", 9, 0 },
                                              (struct otel_str){ "1234567", (size_t)(i % 8) });
    otel_log(OTEL_SEVERITY_INFO, OTEL_STR("x"), attributes, 64);
    assert_int_equal(take_log(*state)->dropped_attributes, 0);
}

/* The frame below must be the first of the stack. */
static __attribute__((noinline)) void *raise_here(void)
{
    const struct otel_attribute own =
        otel_attribute_string(OTEL_EXCEPTION_MESSAGE, OTEL_STR("own"));

    otel_log_exception(OTEL_STR("http.server.request.exception"), OTEL_STR("Exception"),
                       OTEL_STR("get_user error"), &own, 1);
    return __builtin_return_address(0);
}

static void test_exception_is_an_error_event_with_the_stack_of_its_caller(void **state)
{
    const struct record_log *log = NULL;
    struct record_view item;
    uint64_t frames[2];
    void *after_raise = raise_here();

    log = take_log(*state);
    assert_int_equal(log->severity, OTEL_SEVERITY_ERROR);
    fake_record_assert_text(record, RECORD_ITEM_EVENT_NAME, NULL, "http.server.request.exception");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "exception.type", "Exception");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "exception.message", "own");
    assert_true(fake_record_find(record, RECORD_ITEM_STACK, NULL, &item));
    assert_true(item.value_length >= sizeof frames);
    memcpy(frames, item.value, sizeof frames);
    assert_in_range(frames[0], (uintptr_t)raise_here, (uintptr_t)raise_here + 1000);
    assert_int_equal(frames[1], (uintptr_t)after_raise - 1);
}

static void test_log_when_the_ring_is_full_is_dropped_and_counted(void **state)
{
    struct segment *segment = *state;
    uint64_t taken = 0;

    for (int i = 0; i < 20000; i++)
        otel_log(OTEL_SEVERITY_INFO, OTEL_STR("x"), NULL, 0);
    while (fake_segment_take(segment, record))
        taken++;
    assert_int_equal(FAKE_COUNT(segment, logs_emitted), 20000);
    assert_int_equal(FAKE_COUNT(segment, logs_dropped), 20000 - taken);
    assert_true(taken > 0 && taken < 20000);
}

static void test_no_log_is_made_when_logs_are_off(void **state)
{
    struct segment *segment = *state;

    assert_true(otel_log_is_enabled(OTEL_SEVERITY_INFO));
    segment->header.config.records_logs = false;
    assert_false(otel_log_is_enabled(OTEL_SEVERITY_INFO));
    otel_log(OTEL_SEVERITY_INFO, OTEL_STR("x"), NULL, 0);
    (void)raise_here();
    assert_int_equal(FAKE_COUNT(segment, logs_emitted), 0);
    assert_false(fake_segment_take(segment, record));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORDER_TEST(test_log_has_body_attributes_severity_and_the_current_span),
        RECORDER_TEST(test_event_has_its_name),
        RECORDER_TEST(test_log_outside_of_a_trace_has_no_ids),
        RECORDER_TEST(test_log_body_is_cut_at_a_character_beyond_its_limit),
        RECORDER_TEST(test_log_with_more_than_a_record_holds_drops_attributes_and_says_how_many),
        RECORDER_TEST(test_log_of_keys_that_all_need_padding_fits),
        RECORDER_TEST(test_exception_is_an_error_event_with_the_stack_of_its_caller),
        RECORDER_TEST(test_log_when_the_ring_is_full_is_dropped_and_counted),
        RECORDER_TEST(test_no_log_is_made_when_logs_are_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
