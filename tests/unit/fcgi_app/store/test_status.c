/* Every result of SQLite has an answer, and every answer a word. */
#include "store/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <string.h>

struct status_case {
    int code;
    enum store_status expected;
};

static const struct status_case CASES[] = {
    { SQLITE_OK, STORE_OK },
    { SQLITE_ROW, STORE_OK },
    { SQLITE_DONE, STORE_OK },
    { SQLITE_BUSY, STORE_ERR_BUSY },
    { SQLITE_BUSY_RECOVERY, STORE_ERR_BUSY },
    { SQLITE_BUSY_SNAPSHOT, STORE_ERR_BUSY },
    { SQLITE_LOCKED, STORE_ERR_BUSY },
    { SQLITE_PROTOCOL, STORE_ERR_BUSY },
    { SQLITE_CANTOPEN, STORE_ERR_UNAVAILABLE },
    { SQLITE_CANTOPEN_ISDIR, STORE_ERR_UNAVAILABLE },
    { SQLITE_NOTADB, STORE_ERR_UNAVAILABLE },
    { SQLITE_PERM, STORE_ERR_UNAVAILABLE },
    { SQLITE_AUTH, STORE_ERR_UNAVAILABLE },
    { SQLITE_FULL, STORE_ERR_FULL },
    { SQLITE_IOERR_SHMSIZE, STORE_ERR_FULL },
    { SQLITE_IOERR, STORE_ERR_IO },
    { SQLITE_IOERR_READ, STORE_ERR_IO },
    { SQLITE_IOERR_FSYNC, STORE_ERR_IO },
    { SQLITE_IOERR_NOMEM, STORE_ERR_NOMEM },
    { SQLITE_IOERR_CORRUPTFS, STORE_ERR_CORRUPT },
    { SQLITE_CORRUPT, STORE_ERR_CORRUPT },
    { SQLITE_CORRUPT_INDEX, STORE_ERR_CORRUPT },
    { SQLITE_READONLY, STORE_ERR_READ_ONLY },
    { SQLITE_READONLY_DIRECTORY, STORE_ERR_READ_ONLY },
    { SQLITE_READONLY_RECOVERY, STORE_ERR_UNAVAILABLE },
    { SQLITE_READONLY_CANTINIT, STORE_ERR_UNAVAILABLE },
    { SQLITE_READONLY_CANTLOCK, STORE_ERR_UNAVAILABLE },
    { SQLITE_READONLY_ROLLBACK, STORE_ERR_UNAVAILABLE },
    { SQLITE_READONLY_DBMOVED, STORE_ERR_UNAVAILABLE },
    { SQLITE_NOMEM, STORE_ERR_NOMEM },
    { SQLITE_CONSTRAINT, STORE_ERR_OTHER },
    { SQLITE_ERROR, STORE_ERR_OTHER },
    { SQLITE_MISUSE, STORE_ERR_OTHER },
};

static void test_status_translates_results(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        print_message("%d %s\n", CASES[i].code, sqlite3_errstr(CASES[i].code));
        assert_int_equal(store__status(CASES[i].code), CASES[i].expected);
    }
}

static void test_status_knows_no_success_beside_three(void **state)
{
    (void)state;
    for (int code = 1; code < 65536; code++)
        if ((code & 0xff) != SQLITE_ROW && (code & 0xff) != SQLITE_DONE && (code & 0xff) != 0)
            assert_int_not_equal(store__status(code), STORE_OK);
}

static void test_status_text_is_one_lower_case_word(void **state)
{
    (void)state;
    for (int status = STORE_ERR_OTHER; status <= STORE_OK; status++) {
        const char *text = store_status_text((enum store_status)status);

        assert_true(strlen(text) > 1);
        assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz_"), strlen(text));
    }
    assert_string_equal(store_status_text(STORE_ERR_BUSY), "busy");
    assert_string_equal(store_status_text((enum store_status) - 99), "other");
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_status_translates_results),
        cmocka_unit_test(test_status_knows_no_success_beside_three),
        cmocka_unit_test(test_status_text_is_one_lower_case_word),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
