/* Reading the log of calls in chunks. */
#include "board_file.h"

struct seen {
    int64_t count;
    int64_t first;
    int64_t last;
    int64_t stop_after;
};

static bool see(void *user, const struct store_call *call)
{
    struct seen *seen = user;

    if (seen->count++ == 0)
        seen->first = call->seq;
    seen->last = call->seq;
    return seen->stop_after == 0 || seen->count < seen->stop_after;
}

static void calls_make(const struct board_file *file, int count)
{
    char sql[256];

    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
             " INSERT INTO log_api (seq, call_url) SELECT i * 2, '/board/' || i FROM n",
             count);
    board_file_sql(file, sql);
}

static void test_calls_last_is_zero_for_an_empty_log(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader = store_reader_create(file.path);
    int64_t last = -1;

    (void)state;
    assert_int_equal(store_calls_last(reader, &last), STORE_OK);
    assert_int_equal(last, 0);
    calls_make(&file, 7);
    assert_int_equal(store_calls_last(reader, &last), STORE_OK);
    assert_int_equal(last, 14);

    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void test_calls_last_leaves_its_output_on_failure(void **state)
{
    struct store_reader *reader = store_reader_create("/nonexistent/board.db");
    int64_t last = 77;

    (void)state;
    assert_int_equal(store_calls_last(reader, &last), STORE_ERR_UNAVAILABLE);
    assert_int_equal(last, 77);
    store_reader_destroy(reader);
}

static void test_calls_come_after_and_up_to_the_bounds(void **state)
{
    /* The log has the seqs 2, 4, … 20. */
    static const struct {
        const char *reason;
        int64_t after, up_to, limit, first, last, count, reached;
    } CASES[] = {
        { "all", 0, 20, 100, 2, 20, 10, 20 },
        { "as many as the limit", 0, 20, 10, 2, 20, 10, 20 },
        { "one less", 0, 20, 9, 2, 18, 9, 18 },
        { "none allowed", 0, 20, 0, 0, 0, 0, 0 },
        { "the upper bound counts", 0, 18, 100, 2, 18, 9, 18 },
        { "the lower does not", 2, 20, 100, 4, 20, 9, 20 },
        { "between two rows", 3, 5, 100, 4, 4, 1, 4 },
        { "behind the end", 20, 40, 100, 0, 0, 0, 20 },
        { "upside down", 20, 2, 100, 0, 0, 0, 20 },
    };
    struct board_file file = board_file_make();
    struct store_reader *reader = store_reader_create(file.path);

    (void)state;
    calls_make(&file, 10);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct seen seen = { 0 };
        int64_t reached = -1, count = -1;

        print_message("%s\n", CASES[i].reason);
        assert_int_equal(store_calls_each(reader, CASES[i].after, CASES[i].up_to, CASES[i].limit,
                                          see, &seen, &reached, &count),
                         STORE_OK);
        assert_int_equal(seen.count, CASES[i].count);
        assert_int_equal(count, CASES[i].count);
        assert_int_equal(seen.first, CASES[i].first);
        assert_int_equal(seen.last, CASES[i].last);
        assert_int_equal(reached, CASES[i].reached);
    }

    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void test_calls_in_chunks_are_all_of_them_once(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader = store_reader_create(file.path);
    struct seen seen = { 0 };
    int64_t after = 0, last = 0, count, chunks = 0;

    (void)state;
    calls_make(&file, 1000);
    assert_int_equal(store_calls_last(reader, &last), STORE_OK);
    board_file_sql(&file, "INSERT INTO log_api (call_url) VALUES ('later')");
    do {
        int64_t from = after;
        assert_int_equal(store_calls_each(reader, from, last, 64, see, &seen, &after, &count),
                         STORE_OK);
        chunks++;
    } while (count > 0);
    assert_int_equal(seen.count, 1000);
    assert_int_equal(seen.last, 2000);
    assert_int_equal(chunks, 17);

    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void test_calls_stop_when_the_caller_has_enough(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader = store_reader_create(file.path);
    struct seen seen = { .stop_after = 4 };
    int64_t reached, count;

    (void)state;
    calls_make(&file, 10);
    assert_int_equal(store_calls_each(reader, 0, 20, 10, see, &seen, &reached, &count), STORE_OK);
    assert_int_equal(count, 4);
    assert_int_equal(reached, 8);

    store_reader_destroy(reader);
    board_file_remove(&file);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_calls_last_is_zero_for_an_empty_log),
        cmocka_unit_test(test_calls_last_leaves_its_output_on_failure),
        cmocka_unit_test(test_calls_come_after_and_up_to_the_bounds),
        cmocka_unit_test(test_calls_in_chunks_are_all_of_them_once),
        cmocka_unit_test(test_calls_stop_when_the_caller_has_enough),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
