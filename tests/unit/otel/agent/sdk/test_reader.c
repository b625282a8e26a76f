#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/sdk/reader.h"

static void test_collections_start_at_fixed_distances(void **state)
{
    struct reader reader;
    uint64_t first;

    (void)state;
    reader_init(&reader, 1000, 5000, 123456789);
    first = reader.next_ns;

    assert_true(first >= 5000 + 125 && first <= 6000);
    assert_false(reader_due(&reader, first - 1));
    assert_true(reader_due(&reader, first + 10));
    assert_int_equal(reader.next_ns, first + 1000);
    assert_false(reader_due(&reader, first + 11));
}

static void test_what_was_slept_over_is_left_out(void **state)
{
    struct reader reader;
    uint64_t late;

    (void)state;
    reader_init(&reader, 1000, 0, 0);
    late = reader.next_ns + 10500;

    assert_true(reader_due(&reader, late));
    assert_false(reader_due(&reader, late));
    assert_int_equal(reader.next_ns, late + 1000);
}

static void test_readers_with_other_random_numbers_start_apart(void **state)
{
    struct reader one, other;

    (void)state;
    reader_init(&one, 60000, 0, 7);
    reader_init(&other, 60000, 0, 40000);

    assert_true(other.next_ns > one.next_ns + 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_collections_start_at_fixed_distances),
        cmocka_unit_test(test_what_was_slept_over_is_left_out),
        cmocka_unit_test(test_readers_with_other_random_numbers_start_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
