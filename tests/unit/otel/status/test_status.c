/* The sentence of state, out of segments as launchers write them. */
#include "status/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "segment/map.h"
#include "segment/part.h"
#include "segment/slot.h"

enum { POOLS_COUNT = 5 };

static const struct status_expected POOLS[POOLS_COUNT] = {
    { "board", "/board" }, { "board_count", "/board/{count}" },
    { "log", "/log" },     { "user", "/user" },
    { "status", "/" },
};

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
        segment_unmap(pool_make(POOLS[i].name, 2, 2));
    return 0;
}

static int service_remove(void **state)
{
    (void)state;
    for (int i = 0; i < POOLS_COUNT; i++) {
        char path[64];

        segment_path(POOLS[i].name, path);
        unlink(path);
    }
    return rmdir(folder);
}

static struct status *service_read(void)
{
    struct status *status = status_create(&(struct status_options){
        .folder = folder, .expected = POOLS, .expected_count = POOLS_COUNT });

    assert_non_null(status);
    return status;
}

static void sentence_check(const char *expected)
{
    struct status *status = service_read();
    struct buf sentence;

    buf_init(&sentence, 1024);
    status_sentence(status, &sentence);
    buf_add(&sentence, "", 1);
    assert_string_equal(sentence.data, expected);
    buf_release(&sentence);
    status_destroy(status);
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

/* The launcher publishes once it finds the reader's word: here a thread in its place. */
static void *launcher_play(void *argument)
{
    struct segment *segment = argument;
    const struct timespec pause = { .tv_nsec = 1000000 };

    while (atomic_load(&segment->header.reader_ns) == 0)
        (void)nanosleep(&pause, NULL);
    part_open(&segment->view);
    segment->view.workers_live = 1;
    segment->view.published_ns = clock_wall_ns();
    part_close(&segment->view);
    return NULL;
}

static void test_first_reader_waits_for_fresh_facts(void **state)
{
    struct segment *segment = pool_make("board", 2, 2);
    pthread_t launcher;

    (void)state;
    segment->view.published_ns = 1;
    assert_int_equal(pthread_create(&launcher, NULL, launcher_play, segment), 0);
    sentence_check("Serving, but /board is short of workers.");
    pthread_join(launcher, NULL);
    segment_unmap(segment);
}

static void test_reader_goes_without_a_launcher_that_does_not_publish(void **state)
{
    struct segment *segment = pool_make("board", 1, 2);

    (void)state;
    segment->view.published_ns = 1;
    sentence_check("Serving, but /board is short of workers.");
    assert_int_not_equal(atomic_load(&segment->header.reader_ns), 0);
    segment_unmap(segment);
}

static void test_pools_take_no_text_past_its_field(void **state)
{
    struct segment *segment = pool_make("board", 2, 2);
    struct status *status;

    (void)state;
    memset(segment->view.last_error, 'x', sizeof segment->view.last_error);
    segment_unmap(segment);
    status = service_read();

    assert_int_equal(strlen(status->pools[0].view.last_error), SEGMENT_TEXT_BYTES - 1);
    status_destroy(status);
}

static void test_pools_name_the_remedy_that_fits_the_installation(void **state)
{
    static const struct {
        bool is_composed;
        enum status_state state;
        const char *remedy;
    } CASES[] = {
        { false, STATUS_SERVING, "" },
        { false, STATUS_NO_WORKER, "make restart POOL=log" },
        { false, STATUS_NOT_STARTED, "make start" },
        { true, STATUS_SERVING, "" },
        { true, STATUS_NO_WORKER, "docker compose restart log" },
        { true, STATUS_NOT_STARTED, "docker compose up -d log" },
    };
    struct buf remedy;

    (void)state;
    buf_init(&remedy, 64);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct status *status = status_create(
            &(struct status_options){ .folder = folder, .is_composed = CASES[i].is_composed });
        struct status_pool pool = { .name = "log", .state = CASES[i].state };

        buf_clear(&remedy);
        status_pool_remedy(status, &pool, &remedy);
        status_destroy(status);
        assert_int_equal(remedy.length, strlen(CASES[i].remedy));
        if (remedy.length > 0)
            assert_memory_equal(remedy.data, CASES[i].remedy, remedy.length);
    }
    buf_release(&remedy);
}

static void test_sentence_names_telemetry_that_does_not_leave(void **state)
{
    struct segment *segment = pool_make("user", 2, 2);

    (void)state;
    snprintf(segment->view.last_error, sizeof segment->view.last_error, "nobody listens");
    segment_unmap(segment);

    sentence_check("Serving, but telemetry does not reach its receiver.");
}

/* Whatever a worker scribbles over what the launcher published, a reader stays within bounds. */
static void test_status_survives_a_scribbled_view(void **state)
{
    struct segment *segment = pool_make("board", 2, 2);
    struct status *status;

    (void)state;
    memset(&segment->view, 0xff, sizeof segment->view);
    memset(segment->routes, 0xff, sizeof segment->routes);
    memset(segment->seen, 0xff, sizeof segment->seen);
    atomic_store(&segment->view.sequence, 2);
    for (size_t i = 0; i < SEGMENT_ROUTE_COUNT; i++)
        atomic_store(&segment->routes[i].sequence, 2);
    for (size_t i = 0; i < SEGMENT_SEEN_COUNT; i++)
        atomic_store(&segment->seen[i].sequence, 2);
    segment_unmap(segment);
    status = service_read();

    assert_true(status->request_count <= STATUS_REQUEST_COUNT);
    assert_true(status->route_count <= STATUS_ROUTE_COUNT);
    assert_true(status->pools[0].view.setting_count <= SEGMENT_SETTING_COUNT);
    status_destroy(status);
}

static void test_routes_have_quantiles_of_ten_minutes(void **state)
{
    struct segment *segment = pool_make("log", 2, 2);
    uint64_t now_s = clock_wall_ns() / CLOCK_NS_PER_S;
    struct segment_route *route = &segment->routes[0];
    struct segment_second *second = &route->seconds[(now_s - 5) % SEGMENT_SECOND_COUNT];
    struct segment_second *old = &route->seconds[(now_s - 300) % SEGMENT_SECOND_COUNT];
    struct status *status;

    (void)state;
    route->is_used = 1;
    memcpy(route->method, "GET", sizeof "GET");
    memcpy(route->route, "/log", sizeof "/log");
    *second = (struct segment_second){ .second = now_s - 5, .count = 98, .errors = 1 };
    second->latency[latency_place(1000000)] = 98;
    *old = (struct segment_second){ .second = now_s - 300 - SEGMENT_SECOND_COUNT, .count = 7 };
    segment_unmap(segment);
    status = service_read();

    assert_int_equal(status->route_count, 1);
    assert_int_equal(status->routes[0].count, 98); /* what is older than ten minutes is not there */
    assert_int_equal(status->routes[0].errors, 1);
    assert_true(status->routes[0].per_s > 9.7 && status->routes[0].per_s < 9.9);
    assert_in_range(status->routes[0].p50_ns, 800000, 1200000);
    assert_in_range(status->routes[0].p99_ns, 800000, 1300000);
    status_destroy(status);
}

static void test_routes_tell_not_measured_from_none(void **state)
{
    struct segment *segment = pool_make("log", 2, 2);
    uint64_t now_s = clock_wall_ns() / CLOCK_NS_PER_S;
    struct status *status;

    (void)state;
    segment->header.created_ns = (now_s - 95) * CLOCK_NS_PER_S;
    segment->routes[0].is_used = 1; /* it has no route: behind the one that has */
    segment->routes[1].is_used = 1;
    memcpy(segment->routes[1].route, "/log", sizeof "/log");
    segment->routes[1].seconds[(now_s - 25) % SEGMENT_SECOND_COUNT] =
        (struct segment_second){ .second = now_s - 25, .count = 3 };
    segment_unmap(segment);
    status = service_read();

    assert_int_equal(status->route_count, 2);
    assert_string_equal(status->routes[0].route, "/log");
    assert_string_equal(status->routes[1].route, "");
    assert_int_equal(status->routes[0].history[0], STATUS_NOT_MEASURED);
    assert_int_equal(status->routes[0].history[STATUS_HISTORY_COUNT - 12], STATUS_NOT_MEASURED);
    assert_int_equal(status->routes[0].history[STATUS_HISTORY_COUNT - 9], 0);
    assert_int_equal(status->routes[0].history[STATUS_HISTORY_COUNT - 3], 3);
    status_destroy(status);
}

static void test_detail_tells_of_a_crash_of_the_last_ten_minutes(void **state)
{
    struct segment *segment = pool_make("user", 2, 2);
    char room[512] = "";
    struct buf detail = { .data = room, .capacity = sizeof room, .limit = sizeof room };
    struct status *status;

    (void)state;
    segment->view.crash_ns = clock_wall_ns() - 90 * CLOCK_NS_PER_S;
    segment_unmap(segment);
    status = service_read();

    status_detail(status, &detail);
    assert_non_null(strstr(room, " A worker of user crashed 90 s ago."));

    memset(room, 0, sizeof room);
    buf_clear(&detail);
    status->now_ns += SEGMENT_SECOND_COUNT * CLOCK_NS_PER_S;
    status_detail(status, &detail);
    assert_null(strstr(room, "crashed"));
    status_destroy(status);
}

/* A process's threads stand together; its first one, which answers nothing, is not shown. */
static void test_threads_are_in_order_and_those_that_answer(void **state)
{
    static const int32_t THREADS[][2] = {
        { 20, 22 }, { 10, 13 }, { 20, 20 }, { 10, 11 }, { 5, 5 }
    };
    static const int32_t EXPECTED[] = { 11, 13, 22 };
    struct segment *segment = pool_make("board", 2, 2);
    struct status *status;

    (void)state;
    for (size_t i = 0; i < sizeof THREADS / sizeof THREADS[0]; i++)
        assert_non_null(slot_claim(segment, THREADS[i][0], THREADS[i][1]));
    segment_unmap(segment);
    status = service_read();

    assert_int_equal(status->pools[0].thread_count, sizeof EXPECTED / sizeof EXPECTED[0]);
    for (size_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++)
        assert_int_equal(status->pools[0].threads[i].tid, EXPECTED[i]);
    status_destroy(status);
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
        TEST(test_first_reader_waits_for_fresh_facts),
        TEST(test_reader_goes_without_a_launcher_that_does_not_publish),
        TEST(test_pools_take_no_text_past_its_field),
        TEST(test_pools_name_the_remedy_that_fits_the_installation),
        TEST(test_sentence_names_telemetry_that_does_not_leave),
        TEST(test_status_survives_a_scribbled_view),
        TEST(test_routes_have_quantiles_of_ten_minutes),
        TEST(test_routes_tell_not_measured_from_none),
        TEST(test_detail_tells_of_a_crash_of_the_last_ten_minutes),
        TEST(test_threads_are_in_order_and_those_that_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
