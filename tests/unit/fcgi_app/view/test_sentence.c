/* The answer for many rows. */
#include "view/sentence.h"

#include "store/store.h"
#include "written.h"

static void test_sentence_has_milliseconds_with_two_decimals(void **state)
{
    static const struct {
        int64_t count;
        uint64_t duration_ns;
        const char *expected;
    } CASES[] = {
        { 101, 1234567, "Successfully fetched 101 data items in 1.23 ms" },
        { 10000, 0, "Successfully fetched 10000 data items in 0.00 ms" },
        { 200, 4999, "Successfully fetched 200 data items in 0.00 ms" },
        { 200, 999999999999, "Successfully fetched 200 data items in 1000000.00 ms" },
        { INT64_MAX, 10000, "Successfully fetched 9223372036854775807 data items in 0.01 ms" },
    };
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        sentence_write(&out, CASES[i].count, CASES[i].duration_ns);
        assert_written(&out, CASES[i].expected);
    }
    buf_release(&out);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_sentence_has_milliseconds_with_two_decimals),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
