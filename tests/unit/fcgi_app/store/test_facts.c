/* The file from outside. */
#include "board_file.h"
#include "new_calls.h"

static void test_facts_are_sizes_and_version(void **state)
{
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);
    struct store_facts facts;

    (void)state;
    assert_int_equal(store_calls_append(writer, new_calls(0, 100), 100), STORE_OK);
    store_facts_read(file.path, &facts);
    assert_int_equal(facts.file_bytes, board_file_size(&file, ""));
    assert_int_equal(facts.wal_bytes, board_file_size(&file, "-wal"));
    assert_true(facts.file_bytes > 0);
    assert_true(facts.wal_bytes > 0);
    assert_string_equal(facts.engine_version, sqlite3_libversion());
    assert_int_equal(strstr(facts.engine_note, "WAL-reset") != NULL,
                     sqlite3_libversion_number() < 3051003);

    store_writer_destroy(writer);
    board_file_remove(&file);
}

static void test_facts_of_no_file_are_minus_one(void **state)
{
    static char long_path[8192];
    struct store_facts facts;

    (void)state;
    store_facts_read("/nonexistent/board.db", &facts);
    assert_int_equal(facts.file_bytes, -1);
    assert_int_equal(facts.wal_bytes, -1);
    memset(long_path, 'x', sizeof long_path - 1);
    store_facts_read(long_path, &facts);
    assert_int_equal(facts.file_bytes, -1);
    assert_int_equal(facts.wal_bytes, -1);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_facts_are_sizes_and_version),
        cmocka_unit_test(test_facts_of_no_file_are_minus_one),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
