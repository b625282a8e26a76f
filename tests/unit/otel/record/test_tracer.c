#include "otel/semconv.h"
#include "record/hook_entry.h"
#include "record/thread.h"
#include "segment/slot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "recorder.h"

static struct record_room room;
static uint8_t *const record = room.bytes;

static const struct record_span *take_span(struct segment *segment)
{
    assert_true(fake_segment_take_type(segment, RECORD_SPAN, record));
    return (const struct record_span *)(const void *)record;
}

static struct otel_span *start(const char *name)
{
    return otel_span_start(otel_str(name), OTEL_SPAN_INTERNAL);
}

static void test_span_without_a_parent_starts_a_trace_and_its_children_follow(void **state)
{
    struct otel_span *outer = start("outer");
    struct otel_context outer_context = otel_context_current();
    struct otel_span *inner = start("inner");
    const struct record_span *span = NULL;

    assert_true(otel_context_is_sampled(&outer_context));
    otel_span_end(inner);
    otel_span_end(outer);
    span = take_span(*state);
    assert_memory_equal(span->trace_id, outer_context.trace_id, sizeof span->trace_id);
    assert_memory_equal(span->parent_span_id, outer_context.span_id, sizeof span->parent_span_id);
    span = take_span(*state);
    assert_memory_equal(span->span_id, outer_context.span_id, sizeof span->span_id);
    assert_memory_equal(span->parent_span_id, "\0\0\0\0\0\0\0\0", sizeof span->parent_span_id);
}

static void test_span_that_ends_gives_the_context_before_it_back(void **state)
{
    struct otel_context before = otel_context_current();
    struct otel_context outer_context;
    struct otel_context after;
    struct otel_span *outer = start("outer");
    struct otel_span *inner = NULL;

    (void)state;
    outer_context = otel_context_current();
    inner = start("inner");
    otel_span_end(inner);
    after = otel_context_current();
    assert_memory_equal(&after, &outer_context, sizeof after);
    otel_span_end(outer);
    after = otel_context_current();
    assert_memory_equal(&after, &before, sizeof after);
}

static void test_spans_may_end_in_any_order(void **state)
{
    struct otel_span *outer = start("outer");
    struct otel_span *inner = start("inner");
    struct otel_context inner_context = otel_context_current();
    struct otel_context now;

    otel_span_end(outer);
    now = otel_context_current();
    assert_memory_equal(now.span_id, inner_context.span_id, sizeof now.span_id);
    otel_span_end(inner);
    (void)take_span(*state);
    fake_record_assert_text(record, RECORD_ITEM_NAME, NULL, "outer");
    (void)take_span(*state);
    fake_record_assert_text(record, RECORD_ITEM_NAME, NULL, "inner");
}

static void test_detached_span_leaves_the_context_alone(void **state)
{
    struct otel_span *outer = start("outer");
    struct otel_context before = otel_context_current();
    const struct otel_attribute system =
        otel_attribute_string(OTEL_DB_SYSTEM_NAME, OTEL_STR("sqlite"));
    struct otel_span *statement = record_span_start_detached(
        RECORD_SCOPE_SQLITE, OTEL_STR("SELECT"), OTEL_SPAN_CLIENT, &system, 1);
    struct otel_context during = otel_context_current();
    const struct record_span *span = NULL;

    assert_memory_equal(&during, &before, sizeof during);
    otel_span_end(outer);
    fake_clock_advance(5);
    assert_int_equal(record_span_age_ns(statement), 5);
    otel_span_end(statement);
    (void)take_span(*state);
    span = take_span(*state);
    assert_int_equal(span->header.scope, RECORD_SCOPE_SQLITE);
    fake_record_assert_text((const uint8_t *)span, RECORD_ITEM_ATTRIBUTE, "db.system.name",
                            "sqlite");
    assert_int_equal(span->kind, OTEL_SPAN_CLIENT);
    assert_memory_equal(span->parent_span_id, before.span_id, sizeof before.span_id);
}

static void test_span_may_have_started_before_it_was_made(void **state)
{
    uint64_t begun_ns = clock_monotonic_ns();
    const struct record_span *span = NULL;

    fake_clock_advance(7 * CLOCK_NS_PER_MS);
    otel_span_end(
        record_span_start(RECORD_SCOPE_CURL, OTEL_STR("GET"), OTEL_SPAN_CLIENT, begun_ns));
    span = take_span(*state);
    assert_int_equal(span->start_ns, FAKE_CLOCK_WALL_START_NS);
    assert_int_equal(span->end_ns - span->start_ns, 7 * CLOCK_NS_PER_MS);
}

static void test_span_does_not_step_with_the_wall_clock(void **state)
{
    struct otel_span *span = start("span");
    const struct record_span *taken = NULL;

    fake_clock_advance(10);
    fake_clock_step_wall(-3600 * (int64_t)CLOCK_NS_PER_S);
    otel_span_end(span);
    taken = take_span(*state);
    assert_int_equal(taken->end_ns - taken->start_ns, 10);
}

static void test_span_keeps_all_that_is_said_about_it(void **state)
{
    const struct otel_attribute attribute = otel_attribute_bool(OTEL_KEY("is_hit"), true);
    struct otel_context linked = { .trace_id = { 1 }, .span_id = { 2 }, .trace_flags = 1 };
    struct otel_span *span = start("first name");
    struct record_view item;

    otel_span_update_name(span, OTEL_STR("last name"));
    otel_span_set_string(span, OTEL_DB_SYSTEM_NAME, OTEL_STR("sqlite"));
    otel_span_set_int(span, OTEL_KEY("n"), 1);
    otel_span_set_int(span, OTEL_KEY("n"), 2);
    otel_span_set_double(span, OTEL_KEY("d"), 0.5);
    otel_span_add_event(span, OTEL_STR("cache"), &attribute, 1);
    otel_span_add_link(span, &linked, &attribute, 1);
    otel_span_set_status(span, OTEL_SPAN_ERROR, OTEL_STR("SQLITE_BUSY"));
    otel_span_end(span);
    assert_int_equal(take_span(*state)->status, OTEL_SPAN_ERROR);

    fake_record_assert_text(record, RECORD_ITEM_NAME, NULL, "last name");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "db.system.name", "sqlite");
    fake_record_assert_int(record, "n", 2);
    assert_true(fake_record_find(record, RECORD_ITEM_ATTRIBUTE, "d", &item));
    assert_true(record_view_double(&item) == 0.5);
    assert_true(fake_record_find(record, RECORD_ITEM_EVENT, "cache", &item));
    assert_int_equal(record_view_int(&item), FAKE_CLOCK_WALL_START_NS);
    assert_true(fake_record_find(record, RECORD_ITEM_EVENT_ATTRIBUTE, "is_hit", &item));
    assert_true(fake_record_find(record, RECORD_ITEM_LINK, NULL, &item));
    assert_memory_equal(item.value, &linked, 25);
    assert_true(fake_record_find(record, RECORD_ITEM_LINK_ATTRIBUTE, "is_hit", &item));
    fake_record_assert_text(record, RECORD_ITEM_STATUS_MESSAGE, NULL, "SQLITE_BUSY");
}

static void test_span_may_have_links_attributes_and_times_of_its_own(void **state)
{
    const struct otel_attribute attribute = otel_attribute_int(OTEL_KEY("n"), 7);
    const struct otel_span_link links[] = {
        { .context = { .trace_id = { 1 }, .span_id = { 2 }, .trace_flags = 1 } },
        { .context = { .trace_id = { 3 }, .span_id = { 4 } },
          .attributes = &attribute,
          .count = 1 },
    };
    const uint64_t start_ns = FAKE_CLOCK_WALL_START_NS - 500;
    struct otel_span *span = otel_span_start_with(&(struct otel_span_options){
        .name = OTEL_STR("batch"),
        .kind = OTEL_SPAN_CONSUMER,
        .start_ns = start_ns,
        .attributes = &attribute,
        .attribute_count = 1,
        .links = links,
        .link_count = 2,
    });
    const struct record_span *taken = NULL;
    struct record_view item;

    assert_int_equal(record_span_age_ns(span), 500);
    otel_span_add_event_at(span, OTEL_STR("event"), start_ns + 1, &attribute, 1);
    otel_span_end_at(span, start_ns + 2);
    taken = take_span(*state);
    assert_int_equal(taken->kind, OTEL_SPAN_CONSUMER);
    assert_int_equal(taken->start_ns, start_ns);
    assert_int_equal(taken->end_ns, start_ns + 2);
    fake_record_assert_text(record, RECORD_ITEM_NAME, NULL, "batch");
    fake_record_assert_int(record, "n", 7);
    assert_true(fake_record_find(record, RECORD_ITEM_EVENT, "event", &item));
    assert_int_equal(record_view_int(&item), start_ns + 1);
    assert_true(fake_record_find(record, RECORD_ITEM_LINK, NULL, &item));
    assert_memory_equal(item.value, &links[1].context, 25); /* the last one is found */
    assert_true(fake_record_find(record, RECORD_ITEM_LINK_ATTRIBUTE, "n", &item));

    span = start("an end before the start");
    otel_span_end_at(span, 1);
    taken = take_span(*state);
    assert_int_equal(taken->end_ns, taken->start_ns);
}

static void test_context_of_a_span_is_the_current_one_where_there_is_no_span(void **state)
{
    struct segment *segment = *state;
    struct otel_span *span = start("span");
    struct otel_context own = otel_span_context(span);
    struct otel_context current = otel_context_current();
    struct otel_context other;

    assert_memory_equal(&own, &current, sizeof own);
    segment->header.config.sampling = fake_sampling(SEGMENT_SAMPLER_ALWAYS_OFF, 0, false);
    other = otel_span_context(start("sampled out"));
    assert_memory_equal(&other, &current, sizeof other);
    other = otel_span_context(NULL);
    assert_memory_equal(&other, &current, sizeof other);
    otel_span_end(span);
}

static void test_local_cases_of_the_sampler_decide_children(void **state)
{
    struct segment *segment = *state;
    struct segment_sampler_rule *rules = segment->header.config.sampling.rules;
    struct otel_context parent = { .trace_id = { 1 }, .span_id = { 2 }, .trace_flags = 1 };

    rules[SEGMENT_PARENT_LOCAL_SAMPLED].sampler = SEGMENT_SAMPLER_ALWAYS_OFF;
    rules[SEGMENT_PARENT_LOCAL_NOT_SAMPLED].sampler = SEGMENT_SAMPLER_ALWAYS_ON;
    (void)otel_context_attach(parent);
    assert_false(otel_span_is_recording(start("dropped")));
    parent.trace_flags = 0;
    (void)otel_context_attach(parent);
    otel_span_end(start("kept"));
    assert_int_equal(take_span(segment)->trace_flags, 1);
}

static void test_status_goes_from_unset_over_error_to_ok(void **state)
{
    struct otel_span *span = start("span");

    otel_span_set_status(span, OTEL_SPAN_OK, OTEL_STR("ignored"));
    otel_span_set_status(span, OTEL_SPAN_ERROR, OTEL_STR("too late"));
    otel_span_set_status(span, OTEL_SPAN_UNSET, OTEL_STR("ignored"));
    otel_span_end(span);
    assert_int_equal(take_span(*state)->status, OTEL_SPAN_OK);
    fake_record_assert_none(record, RECORD_ITEM_STATUS_MESSAGE, NULL);

    span = start("span");
    otel_span_set_status(span, OTEL_SPAN_ERROR, OTEL_STR("first"));
    otel_span_set_status(span, OTEL_SPAN_ERROR, (struct otel_str){ NULL, 0 });
    otel_span_end(span);
    (void)take_span(*state);
    fake_record_assert_text(record, RECORD_ITEM_STATUS_MESSAGE, NULL, "");
}

static void test_calls_after_the_end_do_nothing(void **state)
{
    struct otel_span *span = start("span");

    otel_span_end(span);
    otel_span_set_int(span, OTEL_KEY("late"), 1);
    otel_span_set_status(span, OTEL_SPAN_ERROR, OTEL_STR("late"));
    otel_span_end(span);
    assert_false(otel_span_is_recording(span));
    assert_int_equal(record_span_age_ns(span), 0);
    assert_int_equal(FAKE_COUNT((struct segment *)*state, spans_ended), 1);
    assert_int_equal(take_span(*state)->status, OTEL_SPAN_UNSET);
    fake_record_assert_none(record, RECORD_ITEM_ATTRIBUTE, "late");
}

static void test_null_is_a_span_like_any_no_op(void **state)
{
    (void)state;
    otel_span_set_int(NULL, OTEL_KEY("k"), 1);
    otel_span_add_event(NULL, OTEL_STR("e"), NULL, 0);
    otel_span_add_link(start("span"), NULL, NULL, 0);
    otel_span_end(NULL);
    assert_false(otel_span_is_recording(NULL));
    assert_int_equal(record_span_age_ns(NULL), 0);
}

static void test_what_has_no_name_is_left_out(void **state)
{
    struct otel_span *span = start("span");

    otel_span_set_int(span, (struct otel_key){ NULL, 0, 0 }, 1);
    otel_span_add_event(span, OTEL_STR(""), NULL, 0);
    otel_span_end(span);
    assert_int_equal(take_span(*state)->dropped_events, 1);
    fake_record_assert_none(record, RECORD_ITEM_ATTRIBUTE, NULL);
}

static void test_key_id_of_a_newer_program_travels_as_text(void **state)
{
    struct otel_span *span = start("span");

    otel_span_set_int(span, (struct otel_key){ "new.key", 7, OTEL_SEMCONV_COUNT + 1 }, 3);
    otel_span_end(span);
    (void)take_span(*state);
    fake_record_assert_int(record, "new.key", 3);
}

static void test_span_that_is_full_drops_and_counts(void **state)
{
    struct segment *segment = *state;
    struct otel_span *span = start("span");
    char text[SEGMENT_OPEN_SPAN_BYTES];

    memset(text, 'x', sizeof text);
    otel_span_set_string(span, OTEL_KEY("cut"), (struct otel_str){ text, sizeof text });
    otel_span_set_string(span, OTEL_KEY("dropped"), (struct otel_str){ text, sizeof text });
    otel_span_set_int(span, OTEL_KEY("fits"), 1);
    otel_span_end(span);

    assert_int_equal(take_span(segment)->dropped_attributes, 1);
    assert_int_equal(FAKE_COUNT(segment, values_cut), 2);
    fake_record_assert_int(record, "fits", 1);
    fake_record_assert_none(record, RECORD_ITEM_ATTRIBUTE, "dropped");
}

static void test_seventeenth_open_span_is_a_counted_no_op(void **state)
{
    struct segment *segment = *state;
    struct otel_span *spans[SEGMENT_OPEN_SPAN_COUNT + 1];

    for (int i = 0; i <= SEGMENT_OPEN_SPAN_COUNT; i++)
        spans[i] = start("span");
    assert_true(otel_span_is_recording(spans[SEGMENT_OPEN_SPAN_COUNT - 1]));
    assert_false(otel_span_is_recording(spans[SEGMENT_OPEN_SPAN_COUNT]));
    for (int i = SEGMENT_OPEN_SPAN_COUNT; i >= 0; i--)
        otel_span_end(spans[i]);
    assert_int_equal(FAKE_COUNT(segment, spans_not_started), 1);
    assert_int_equal(FAKE_COUNT(segment, spans_ended), SEGMENT_OPEN_SPAN_COUNT);
    assert_true(otel_span_is_recording(start("again")));
}

static void test_trace_that_is_not_sampled_counts_each_span_and_records_none(void **state)
{
    struct segment *segment = *state;
    struct otel_span *outer = NULL;
    struct otel_span *inner = NULL;

    segment->header.config.sampling = fake_sampling(SEGMENT_SAMPLER_ALWAYS_OFF, 0, true);
    outer = start("outer");
    inner = start("inner");
    assert_false(otel_span_is_recording(outer));
    assert_false(otel_span_is_recording(inner));
    otel_span_end(inner);
    otel_span_end(outer);
    assert_int_equal(FAKE_COUNT(segment, spans_ended), 2);
    assert_int_equal(FAKE_COUNT(segment, spans_sampled_out), 2);
    assert_false(fake_segment_take(segment, record));
    assert_int_equal(otel_context_current().trace_id[0], 0);
    /* The next one decides anew. */
    segment->header.config.sampling = fake_sampling(SEGMENT_SAMPLER_ALWAYS_ON, 0, true);
    assert_true(otel_span_is_recording(start("next")));
}

static void test_no_span_is_made_when_traces_are_off(void **state)
{
    struct segment *segment = *state;

    segment->header.config.records_traces = false;
    otel_span_end(start("span"));
    assert_int_equal(FAKE_COUNT(segment, spans_ended), 0);
}

static void test_open_span_is_whole_in_the_segment(void **state)
{
    struct segment *segment = *state;
    struct otel_span *span = start("open");
    const struct segment_open_span *open = &segment->slots[0].open_spans[0];
    uint32_t size = 0;

    otel_span_set_int(span, OTEL_KEY("k"), 1);
    size = atomic_load(&open->used);
    assert_true(size > sizeof(struct record_span));
    memcpy(record, open->bytes, size);
    memcpy(record, &size, sizeof size);
    assert_true(record_check(record, size));
    assert_int_equal(((struct record_span *)(void *)record)->end_ns, 0);
    otel_span_end(span);
    assert_int_equal(atomic_load(&open->used), 0);
}

static void test_span_of_a_thread_without_a_slot_is_a_counted_no_op(void **state)
{
    struct segment *segment = *state;

    for (int i = 0; i < SEGMENT_SLOT_COUNT; i++)
        assert_non_null(slot_claim(segment, 1, i + 1));
    assert_false(otel_span_is_recording(start("span")));
    otel_log(OTEL_SEVERITY_INFO, OTEL_STR("x"), NULL, 0);
    assert_int_equal(atomic_load(&segment->header.no_slot_spans), 1);
    assert_int_equal(atomic_load(&segment->header.no_slot_logs), 1);
    /* It asks again after a while. */
    slot_free(&segment->slots[9]);
    assert_false(otel_span_is_recording(start("too early")));
    fake_clock_advance(CLOCK_NS_PER_S);
    assert_true(otel_span_is_recording(start("span")));
}

static void test_scribbled_generator_still_gives_ids(void **state)
{
    struct segment *segment = *state;

    otel_span_end(start("first"));
    memset(segment->slots[0].random, 0, sizeof segment->slots[0].random);
    otel_span_end(start("second"));
    (void)take_span(segment);
    assert_memory_not_equal(take_span(segment)->trace_id, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORDER_TEST(test_span_without_a_parent_starts_a_trace_and_its_children_follow),
        RECORDER_TEST(test_span_that_ends_gives_the_context_before_it_back),
        RECORDER_TEST(test_spans_may_end_in_any_order),
        RECORDER_TEST(test_detached_span_leaves_the_context_alone),
        RECORDER_TEST(test_span_may_have_started_before_it_was_made),
        RECORDER_TEST(test_span_does_not_step_with_the_wall_clock),
        RECORDER_TEST(test_span_keeps_all_that_is_said_about_it),
        RECORDER_TEST(test_span_may_have_links_attributes_and_times_of_its_own),
        RECORDER_TEST(test_context_of_a_span_is_the_current_one_where_there_is_no_span),
        RECORDER_TEST(test_local_cases_of_the_sampler_decide_children),
        RECORDER_TEST(test_status_goes_from_unset_over_error_to_ok),
        RECORDER_TEST(test_calls_after_the_end_do_nothing),
        RECORDER_TEST(test_null_is_a_span_like_any_no_op),
        RECORDER_TEST(test_what_has_no_name_is_left_out),
        RECORDER_TEST(test_key_id_of_a_newer_program_travels_as_text),
        RECORDER_TEST(test_span_that_is_full_drops_and_counts),
        RECORDER_TEST(test_seventeenth_open_span_is_a_counted_no_op),
        RECORDER_TEST(test_trace_that_is_not_sampled_counts_each_span_and_records_none),
        RECORDER_TEST(test_no_span_is_made_when_traces_are_off),
        RECORDER_TEST(test_open_span_is_whole_in_the_segment),
        RECORDER_TEST(test_span_of_a_thread_without_a_slot_is_a_counted_no_op),
        RECORDER_TEST(test_scribbled_generator_still_gives_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
