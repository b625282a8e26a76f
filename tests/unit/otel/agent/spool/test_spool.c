/* The spool on real files: order, bounds, age, and what a launcher after this one finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spool_sample.h"

static void test_chunks_come_out_in_the_order_of_their_lane(void **state)
{
    uint64_t first = 0;

    (void)state;
    for (uint64_t i = 0; i < 5; i++) {
        assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 1000 + 100 * i, 100));
        assert_true(spool_sample_put(SPOOL_LOGS_OTLP, 5000 + 10 * i, 10));
    }
    assert_int_equal(spool_sample_waits(SPOOL_TRACES_OTLP), 500);

    assert_int_equal(spool_sample_drain(SPOOL_LOGS_OTLP, &first), 50);
    assert_int_equal(first, 5000);
    assert_int_equal(spool_sample_drain(SPOOL_TRACES_OTLP, &first), 500);
    assert_int_equal(first, 1000);
    assert_int_equal(spool_sample_waits(SPOOL_TRACES_OTLP), 0);
    assert_int_equal(spool_bytes(spool), 0);
}

static void test_a_record_comes_back_byte_for_byte(void **state)
{
    static struct sample sample;
    const uint8_t *record = sample.record;
    const uint8_t *const *records;
    bool is_doubtful;

    (void)state;
    sample_span(&sample, RECORD_SCOPE_SQLITE, "INSERT");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("text"), "\xc3\xa9\"\\");
    assert_true(spool_put(spool, SPOOL_TRACES_ZIPKIN, &record, 1, false));

    assert_int_equal(spool_next(spool, SPOOL_TRACES_ZIPKIN, &records, &is_doubtful), 1);
    assert_memory_equal(records[0], sample.record, sample.used);
    assert_false(is_doubtful);
}

static void test_what_is_put_back_comes_again(void **state)
{
    uint64_t first;
    bool is_doubtful;

    (void)state;
    assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 1, 10));
    assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 11, 10));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(spool_sample_next(SPOOL_TRACES_OTLP, &first, &is_doubtful), 10);
        assert_int_equal(first, 1);
        assert_int_equal(is_doubtful, i == 2); /* the second attempt had no answer */
        spool_put_back(spool, SPOOL_TRACES_OTLP, i == 1);
    }

    assert_int_equal(spool_sample_waits(SPOOL_TRACES_OTLP), 20);
    assert_int_equal(spool_sample_drain(SPOOL_TRACES_OTLP, &first), 20);
}

static void test_the_next_launcher_finds_all_and_doubts_what_was_being_sent(void **state)
{
    uint64_t first;
    bool is_doubtful;

    (void)state;
    assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 1, 10));
    assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 11, 20));
    assert_int_equal(spool_counts(spool, SPOOL_TRACES_OTLP).found, 0);
    assert_int_equal(spool_sample_next(SPOOL_TRACES_OTLP, &first, &is_doubtful), 10);
    spool_sample_reopen(64 * SAMPLE_MIB); /* neither taken nor put back */

    assert_int_equal(spool_counts(spool, SPOOL_TRACES_OTLP).found, 30);
    assert_int_equal(spool_sample_waits(SPOOL_TRACES_OTLP), 30);
    assert_int_equal(spool_sample_next(SPOOL_TRACES_OTLP, &first, &is_doubtful), 10);
    assert_int_equal(first, 1);
    assert_true(is_doubtful);
    spool_taken(spool, SPOOL_TRACES_OTLP);
    assert_int_equal(spool_sample_next(SPOOL_TRACES_OTLP, &first, &is_doubtful), 20);
    assert_false(is_doubtful);
}

static void test_the_oldest_go_first_when_there_are_too_many_bytes(void **state)
{
    uint64_t first = 0, put = 0, max_bytes = SAMPLE_MIB / 4;

    (void)state;
    spool_sample_reopen(max_bytes);
    for (; put < 100000; put += 500) {
        assert_true(spool_sample_put(SPOOL_TRACES_OTLP, put, 500));
        assert_true(spool_bytes(spool) <= max_bytes);
    }

    assert_true(spool_sample_lost(SPOOL_TRACES_OTLP, SPOOL_LOSS_SIZE) > 0);
    assert_int_equal(spool_sample_lost(SPOOL_TRACES_OTLP, SPOOL_LOSS_SIZE) +
                         spool_sample_waits(SPOOL_TRACES_OTLP),
                     put);
    first = 0;
    assert_int_equal(spool_sample_drain(SPOOL_TRACES_OTLP, &first) + first, put);
}

static void test_what_is_being_sent_is_not_dropped_for_room(void **state)
{
    uint64_t first;
    bool is_doubtful;

    (void)state;
    spool_sample_reopen(SAMPLE_MIB / 16);
    assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 1, 100));
    assert_int_equal(spool_sample_next(SPOOL_TRACES_OTLP, &first, &is_doubtful), 100);
    for (uint64_t i = 0; i < 100; i++)
        assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 1000 + 100 * i, 100));
    assert_true(spool_sample_lost(SPOOL_TRACES_OTLP, SPOOL_LOSS_SIZE) > 0);
    spool_put_back(spool, SPOOL_TRACES_OTLP, false);

    assert_int_equal(spool_sample_next(SPOOL_TRACES_OTLP, &first, &is_doubtful), 100);
    assert_int_equal(first, 1);
}

static void test_what_is_too_old_goes(void **state)
{
    uint64_t first;

    (void)state;
    for (uint64_t i = 0; i < 20; i++)
        assert_true(spool_sample_put(SPOOL_LOGS_OTLP, i, 1));
    fake_clock_advance(12 * SAMPLE_HOUR_MS * CLOCK_NS_PER_MS);
    assert_true(spool_sample_put(SPOOL_LOGS_OTLP, 20, 1));
    spool_step(spool, clock_monotonic_ns());
    assert_int_equal(spool_sample_waits(SPOOL_LOGS_OTLP), 21);
    fake_clock_advance(12 * SAMPLE_HOUR_MS * CLOCK_NS_PER_MS + CLOCK_NS_PER_S);
    for (int i = 0; i < 3; i++) /* each takes a bounded time */
        spool_step(spool, clock_monotonic_ns());

    assert_int_equal(spool_sample_lost(SPOOL_LOGS_OTLP, SPOOL_LOSS_AGE), 20);
    assert_int_equal(spool_sample_drain(SPOOL_LOGS_OTLP, &first), 1);
    assert_int_equal(first, 20);
}

static void test_a_clock_that_goes_back_ages_nothing(void **state)
{
    (void)state;
    assert_true(spool_sample_put(SPOOL_LOGS_OTLP, 1, 1));
    fake_clock_step_wall(-(int64_t)(48 * SAMPLE_HOUR_MS * CLOCK_NS_PER_MS));
    spool_step(spool, clock_monotonic_ns());

    assert_int_equal(spool_sample_waits(SPOOL_LOGS_OTLP), 1);
}

static void test_the_file_is_its_users_alone_and_its_folder_too(void **state)
{
    struct stat found;

    (void)state;
    spool_destroy(spool);
    (void)unlink(spool_path);
    assert_int_equal(rmdir(spool_folder), 0);
    spool_sample_open(SAMPLE_MIB);
    assert_true(spool_sample_put(SPOOL_LOGS_OTLP, 1, 1));

    assert_int_equal(stat(spool_folder, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
    assert_int_equal(stat(spool_path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
}

static void test_a_pools_name_leads_nowhere_else(void **state)
{
    char path[160];
    struct spool *other = spool_create(&(struct spool_options){
        .folder = spool_folder, .pool = "../a/b", .max_bytes = SAMPLE_MIB, .max_age_ms = 1000 });

    (void)state;
    assert_non_null(other);
    spool_destroy(other);
    (void)snprintf(path, sizeof path, "%s/.._a_b.spool", spool_folder);
    assert_int_equal(unlink(path), 0);
}

/* 500 spans a second for six hours, without a receiver: 10.8 million, a chunk each second. */
static void test_six_hours_of_outage_keep_the_newest_in_their_order_within_the_bounds(void **state)
{
    const uint64_t max_bytes = 32 * SAMPLE_MIB;
    uint64_t put = 0, first = 0;
    struct stat file;

    (void)state;
    spool_sample_reopen(max_bytes);
    for (int second = 0; second < 6 * 3600; second++) {
        assert_true(spool_sample_put(SPOOL_TRACES_OTLP, put, 500));
        put += 500;
        fake_clock_advance(CLOCK_NS_PER_S);
        spool_step(spool, clock_monotonic_ns());
        assert_true(spool_bytes(spool) <= max_bytes);
        if (second == 3 * 3600)
            spool_sample_reopen(max_bytes); /* a restart in the middle */
    }
    assert_int_equal(stat(spool_path, &file), 0);
    assert_true((uint64_t)file.st_size <= max_bytes + 4 * SAMPLE_MIB);
    assert_int_equal(put, 10800000);

    assert_int_equal(spool_sample_drain(SPOOL_TRACES_OTLP, &first) + first, put);
    assert_true(first > 0); /* the bound was reached */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, spool_sample_setup, spool_sample_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_chunks_come_out_in_the_order_of_their_lane),
        TEST(test_a_record_comes_back_byte_for_byte),
        TEST(test_what_is_put_back_comes_again),
        TEST(test_the_next_launcher_finds_all_and_doubts_what_was_being_sent),
        TEST(test_the_oldest_go_first_when_there_are_too_many_bytes),
        TEST(test_what_is_being_sent_is_not_dropped_for_room),
        TEST(test_what_is_too_old_goes),
        TEST(test_a_clock_that_goes_back_ages_nothing),
        TEST(test_the_file_is_its_users_alone_and_its_folder_too),
        TEST(test_a_pools_name_leads_nowhere_else),
        TEST(test_six_hours_of_outage_keep_the_newest_in_their_order_within_the_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
