#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/pipeline/exporter.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

/* A transport that a test answers for. */
struct fake {
    struct sink sink;
    unsigned started;
    bool is_under_way;
    bool has_result;
    struct send_result result;
    char body[64];
};

static void fake_start(struct sink *base, const char *body, size_t length, uint32_t timeout_ms)
{
    struct fake *fake = (struct fake *)base;

    (void)timeout_ms;
    fake->started++;
    fake->is_under_way = true;
    snprintf(fake->body, sizeof fake->body, "%.*s", (int)length, body);
}

static bool fake_take(struct sink *base, struct send_result *out)
{
    struct fake *fake = (struct fake *)base;

    if (!fake->has_result)
        return false;
    *out = fake->result;
    fake->has_result = fake->is_under_way = false;
    return true;
}

static void fake_abort(struct sink *base)
{
    ((struct fake *)base)->is_under_way = false;
}

static void fake_destroy(struct sink *base)
{
    (void)base;
}

static const struct sink_operations FAKE = { fake_start, fake_take, fake_abort, fake_destroy };

/* A source of bodies "1", "2" …, of ten items each. */
struct source {
    unsigned next, last;
    unsigned settled; /* bodies */
    unsigned put_back;
    bool takes_back, was_doubtful;
};

static uint32_t fill(void *user, struct buf *body)
{
    struct source *source = user;

    if (source->next > source->last)
        return 0;
    buf_add_format(body, "%u", source->next++);
    return 10;
}

static void settled(void *user)
{
    ((struct source *)user)->settled++;
}

static bool put_back(void *user, bool is_doubtful)
{
    struct source *source = user;

    if (!source->takes_back)
        return false;
    source->put_back++;
    source->next--;
    source->was_doubtful = is_doubtful;
    return true;
}

static struct fake fake;
static struct source source;
static struct exporter exporter;

static int setup(void **state)
{
    (void)state;
    fake = (struct fake){ .sink = { .operations = &FAKE, .address = "" } };
    source = (struct source){ .next = 1, .last = 3 };
    exporter = (struct exporter){
        .type = "fake_exporter", .sink = &fake.sink, .fill = fill, .source = &source
    };
    exporter_init(&exporter);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    exporter_release(&exporter);
    return 0;
}

static void answer(enum send_verdict verdict, const char *type, const char *json, uint64_t now_ns)
{
    fake.has_result = true;
    fake.result = (struct send_result){ .verdict = verdict,
                                        .answer_format = SEND_ANSWER_JSON,
                                        .answer = json,
                                        .answer_length = strlen(json) };
    snprintf(fake.result.error_type, sizeof fake.result.error_type, "%s", type);
    snprintf(fake.result.message, sizeof fake.result.message, "%s", type);
    exporter_step(&exporter, now_ns);
}

static uint64_t failed_of(const char *type)
{
    for (unsigned i = 0; i < exporter.errors.count; i++) {
        if (strcmp(exporter.errors.errors[i].type, type) == 0)
            return exporter.errors.errors[i].items;
    }
    return 0;
}

static void test_exports_never_overlap(void **state)
{
    (void)state;
    assert_true(exporter_start(&exporter, 0));
    assert_false(exporter_start(&exporter, 0));
    answer(SEND_TAKEN, "", "", 0);
    assert_true(exporter_start(&exporter, 0));

    assert_int_equal(fake.started, 2);
    assert_int_equal(exporter.exported, 10);
    assert_string_equal(fake.body, "2");
}

static void test_same_body_is_sent_again_after_its_backoff(void **state)
{
    uint64_t due_ns;

    (void)state;
    assert_true(exporter_start(&exporter, 0));
    answer(SEND_RETRY, "503", "", 0);
    due_ns = exporter_next_ns(&exporter);
    assert_true(due_ns >= CLOCK_NS_PER_S / 2);
    exporter_step(&exporter, due_ns - 1);
    assert_int_equal(fake.started, 1);
    exporter_step(&exporter, due_ns);
    assert_int_equal(fake.started, 2);
    assert_string_equal(fake.body, "1");
    answer(SEND_TAKEN, "", "", due_ns);

    assert_int_equal(exporter.exported, 10);
    assert_int_equal(exporter.failed, 0);
    assert_string_equal(exporter.error, "");
}

static void test_refused_body_is_not_sent_again(void **state)
{
    (void)state;
    assert_true(exporter_start(&exporter, 0));
    answer(SEND_REFUSED, "400", "{\"message\":\"no such field\"}", 0);

    assert_int_equal(exporter.failed, 10);
    assert_int_equal(failed_of("400"), 10);
    assert_non_null(strstr(exporter.error, "no such field"));
    assert_true(exporter_start(&exporter, 0));
    assert_string_equal(fake.body, "2");
}

static void test_partial_success_is_never_sent_again(void **state)
{
    (void)state;
    assert_true(exporter_start(&exporter, 0));
    answer(SEND_TAKEN, "", "{\"partialSuccess\":{\"rejectedSpans\":\"4\"}}", 0);

    assert_int_equal(exporter.exported, 6);
    assert_int_equal(exporter.failed, 4);
    assert_int_equal(failed_of("rejected"), 4);
    assert_int_equal(exporter.state, EXPORTER_IDLE);
}

static void test_more_rejected_than_sent_is_all_of_them(void **state)
{
    (void)state;
    assert_true(exporter_start(&exporter, 0));
    answer(SEND_TAKEN, "", "{\"partialSuccess\":{\"rejectedSpans\":\"4000\"}}", 0);

    assert_int_equal(exporter.exported, 0);
    assert_int_equal(exporter.failed, 10);
}

static void test_giving_up_keeps_the_backoff(void **state)
{
    uint64_t due_ns;

    (void)state;
    assert_true(exporter_start(&exporter, 0));
    assert_false(exporter_is_backing_off(&exporter));
    answer(SEND_RETRY, "503", "", 0);
    due_ns = exporter_next_ns(&exporter);
    assert_true(exporter_is_backing_off(&exporter));
    exporter_give_up(&exporter);
    exporter_skip(&exporter, 5);

    assert_int_equal(failed_of("given_up"), 15);
    assert_true(exporter_is_backing_off(&exporter));
    assert_false(exporter_start(&exporter, due_ns - 1));
    assert_true(exporter_start(&exporter, due_ns));
    assert_string_equal(fake.body, "2");
    answer(SEND_TAKEN, "", "", due_ns);
    assert_false(exporter_is_backing_off(&exporter));
}

static void test_newer_body_takes_the_place_of_one_that_waits(void **state)
{
    uint64_t due_ns;

    (void)state;
    exporter_replace(&exporter);
    assert_int_equal(source.next, 1);
    assert_true(exporter_start(&exporter, 0));
    exporter_replace(&exporter);
    assert_int_equal(source.next, 2);
    answer(SEND_RETRY, "503", "", 0);
    exporter_replace(&exporter);
    due_ns = exporter_next_ns(&exporter);
    assert_int_equal(fake.started, 1);
    exporter_step(&exporter, due_ns);

    assert_string_equal(fake.body, "2");
    assert_int_equal(exporter.item_count, 10);
    assert_int_equal(failed_of("given_up"), 10);
}

static void test_last_attempt_that_fails_is_the_end(void **state)
{
    (void)state;
    assert_true(exporter_start(&exporter, 0));
    exporter.is_last_attempt = true;
    answer(SEND_RETRY, "connection_refused", "", 0);

    assert_int_equal(exporter.failed, 10);
    assert_int_equal(exporter.state, EXPORTER_IDLE);
}

static void test_abort_counts_what_was_under_way(void **state)
{
    (void)state;
    assert_true(exporter_start(&exporter, 0));
    exporter_abort(&exporter, "shutdown");

    assert_false(fake.is_under_way);
    assert_int_equal(failed_of("shutdown"), 10);
    assert_int_equal(exporter.item_count, 0);
}

static void keep_bodies(bool takes_back)
{
    source.takes_back = takes_back;
    exporter.settled = settled;
    exporter.put_back = put_back;
}

static void test_source_hears_once_of_each_body_that_is_accounted_for(void **state)
{
    (void)state;
    keep_bodies(false);
    assert_true(exporter_start(&exporter, 0));
    answer(SEND_TAKEN, "", "", 0);
    assert_int_equal(source.settled, 1);
    assert_true(exporter_start(&exporter, 0));
    answer(SEND_REFUSED, "400", "", 0);
    assert_int_equal(source.settled, 2);
    assert_true(exporter_start(&exporter, 0));
    answer(SEND_RETRY, "503", "", 0);
    assert_int_equal(source.settled, 2);
    assert_false(exporter_put_back(&exporter)); /* the source cannot take it */
    exporter_give_up(&exporter);
    assert_int_equal(source.settled, 3);
}

static void test_what_is_put_back_counts_nowhere_and_keeps_the_backoff(void **state)
{
    uint64_t due_ns;

    (void)state;
    keep_bodies(true);
    assert_false(exporter_put_back(&exporter)); /* there is none */
    assert_true(exporter_start(&exporter, 0));
    assert_false(exporter_put_back(&exporter)); /* it is on its way */
    answer(SEND_RETRY, "503", "", 0);
    due_ns = exporter_next_ns(&exporter);
    assert_true(exporter_put_back(&exporter));

    assert_int_equal(exporter.failed, 0);
    assert_int_equal(exporter.item_count, 0);
    assert_int_equal(exporter.handed, 0);
    assert_int_equal(source.settled, 0);
    assert_false(source.was_doubtful);
    assert_true(exporter_is_backing_off(&exporter));
    assert_false(exporter_start(&exporter, due_ns - 1));
    assert_true(exporter_start(&exporter, due_ns));
    assert_string_equal(fake.body, "1");
}

static void test_last_attempt_and_abort_put_back_what_can_be(void **state)
{
    (void)state;
    keep_bodies(true);
    assert_true(exporter_start(&exporter, 0));
    exporter.is_last_attempt = true;
    answer(SEND_RETRY, "connection_refused", "", 0);
    assert_int_equal(source.put_back, 1);
    assert_int_equal(exporter.state, EXPORTER_IDLE);
    exporter.retry.not_before_ns = 0;
    assert_true(exporter_start(&exporter, 0));
    exporter_abort(&exporter, "shutdown");

    assert_int_equal(source.put_back, 2);
    assert_true(source.was_doubtful); /* nobody knows what became of it */
    assert_int_equal(exporter.failed, 0);
}

static void test_what_is_taken_after_a_lost_answer_is_repeated(void **state)
{
    (void)state;
    assert_true(exporter_start(&exporter, 0));
    answer(SEND_RETRY, "503", "", 0);
    exporter_step(&exporter, exporter_next_ns(&exporter));
    answer(SEND_TAKEN, "", "", 0);
    assert_int_equal(exporter.repeated, 0); /* the first answer said no */

    assert_true(exporter_start(&exporter, 0));
    fake.has_result = true;
    fake.result = (struct send_result){ .verdict = SEND_RETRY, .is_unanswered = true };
    exporter_step(&exporter, 0);
    exporter_step(&exporter, exporter_next_ns(&exporter));
    answer(SEND_TAKEN, "", "{\"partialSuccess\":{\"rejectedSpans\":\"4\"}}", 0);
    assert_int_equal(exporter.repeated, 6);
    assert_int_equal(exporter.exported, 16);
}

static void test_body_over_the_limit_is_not_sent(void **state)
{
    (void)state;
    buf_release(&exporter.body);
    buf_init(&exporter.body, 0);
    assert_false(exporter_start(&exporter, 0));

    assert_int_equal(fake.started, 0);
    assert_int_equal(failed_of("request_too_large"), 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_exports_never_overlap),
        TEST(test_same_body_is_sent_again_after_its_backoff),
        TEST(test_refused_body_is_not_sent_again),
        TEST(test_partial_success_is_never_sent_again),
        TEST(test_more_rejected_than_sent_is_all_of_them),
        TEST(test_giving_up_keeps_the_backoff),
        TEST(test_newer_body_takes_the_place_of_one_that_waits),
        TEST(test_last_attempt_that_fails_is_the_end),
        TEST(test_abort_counts_what_was_under_way),
        TEST(test_source_hears_once_of_each_body_that_is_accounted_for),
        TEST(test_what_is_put_back_counts_nowhere_and_keeps_the_backoff),
        TEST(test_last_attempt_and_abort_put_back_what_can_be),
        TEST(test_what_is_taken_after_a_lost_answer_is_repeated),
        TEST(test_body_over_the_limit_is_not_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
