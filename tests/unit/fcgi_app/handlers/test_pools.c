/* The sentence of state, out of segments as launchers write them. */
#include "handlers/pools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "segment/map.h"

static const char *const NAMES[POOLS_COUNT] = { "board", "board_count", "log", "user", "status" };

static char folder[32];

static void segment_path(const char *name, char path[64])
{
    snprintf(path, 64, "%s/%s.segment", folder, name);
}

static struct segment *pool_make(const char *name, uint32_t live, uint32_t expected)
{
    char path[64];
    struct segment *segment;

    segment_path(name, path);
    segment = segment_create(path, name);
    assert_non_null(segment);
    segment->view.workers_live = live;
    segment->view.workers_expected = expected;
    atomic_store(&segment->header.heartbeat_ns, clock_monotonic_ns());
    return segment;
}

static int service_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/test_pools.XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < POOLS_COUNT; i++)
        segment_unmap(pool_make(NAMES[i], 2, 2));
    return 0;
}

static int service_remove(void **state)
{
    (void)state;
    for (int i = 0; i < POOLS_COUNT; i++) {
        char path[64];

        segment_path(NAMES[i], path);
        unlink(path);
    }
    return rmdir(folder);
}

static void sentence_check(const char *expected)
{
    struct pool_status pools[POOLS_COUNT];
    struct buf sentence;

    buf_init(&sentence, 1024);
    pools_read(folder, pools);
    pools_sentence(&sentence, pools);
    buf_add(&sentence, "", 1);
    assert_string_equal(sentence.data, expected);
    buf_release(&sentence);
}

static void pool_remove(const char *name)
{
    char path[64];

    segment_path(name, path);
    unlink(path);
}

static void test_sentence_of_a_whole_service(void **state)
{
    (void)state;
    sentence_check("Serving.");
}

static void test_sentence_names_a_pool_without_workers(void **state)
{
    (void)state;
    segment_unmap(pool_make("log", 0, 2));

    sentence_check("Not serving /log: no worker.");
}

static void test_sentence_names_a_pool_that_is_not_there(void **state)
{
    (void)state;
    pool_remove("log");

    sentence_check("Not serving /log: not started.");
}

static void test_sentence_names_all_that_is_down(void **state)
{
    (void)state;
    pool_remove("log");
    pool_remove("user");
    segment_unmap(pool_make("board", 0, 2));

    sentence_check("Not serving /log and /user: not started; /board: no worker.");
}

static void test_sentence_names_who_is_short_of_workers(void **state)
{
    (void)state;
    segment_unmap(pool_make("board", 1, 2));

    sentence_check("Serving, but /board is short of workers.");
}

static void test_sentence_does_not_mind_a_restart_under_way(void **state)
{
    struct segment *segment = pool_make("board", 1, 2);

    (void)state;
    segment->view.is_rolling = 1;
    segment_unmap(segment);

    sentence_check("Serving.");
}

static void test_sentence_names_who_lost_its_launcher(void **state)
{
    struct segment *segment = pool_make("user", 2, 2);

    (void)state;
    atomic_store(&segment->header.heartbeat_ns, 1);
    segment_unmap(segment);

    sentence_check("Serving, but nothing watches /user.");
}

static void test_pools_do_not_wait_for_a_view_that_never_rests(void **state)
{
    struct segment *segment = pool_make("user", 2, 2);

    (void)state;
    atomic_store(&segment->view.sequence, 1);
    segment_unmap(segment);

    sentence_check("Serving, but nothing watches /user.");
}

static void test_pools_take_no_text_past_its_field(void **state)
{
    struct segment *segment = pool_make("board", 2, 2);
    struct pool_status pools[POOLS_COUNT];

    (void)state;
    memset(segment->view.last_error, 'x', sizeof segment->view.last_error);
    segment_unmap(segment);
    pools_read(folder, pools);

    assert_int_equal(strlen(pools[0].last_error), sizeof pools[0].last_error - 1);
}

static void test_pools_name_the_remedy(void **state)
{
    struct pool_status pool = { .name = "log", .state = POOL_NO_WORKER };
    struct buf remedy;

    (void)state;
    buf_init(&remedy, 64);
    pool_remedy(&remedy, &pool);
    assert_int_equal(remedy.length, strlen("make restart POOL=log"));
    assert_memory_equal(remedy.data, "make restart POOL=log", remedy.length);

    buf_clear(&remedy);
    pool.state = POOL_NOT_STARTED;
    pool_remedy(&remedy, &pool);
    assert_int_equal(remedy.length, strlen("make start"));
    buf_release(&remedy);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, service_make, service_remove)
    const struct CMUnitTest tests[] = {
        TEST(test_sentence_of_a_whole_service),
        TEST(test_sentence_names_a_pool_without_workers),
        TEST(test_sentence_names_a_pool_that_is_not_there),
        TEST(test_sentence_names_all_that_is_down),
        TEST(test_sentence_names_who_is_short_of_workers),
        TEST(test_sentence_does_not_mind_a_restart_under_way),
        TEST(test_sentence_names_who_lost_its_launcher),
        TEST(test_pools_do_not_wait_for_a_view_that_never_rests),
        TEST(test_pools_take_no_text_past_its_field),
        TEST(test_pools_name_the_remedy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
