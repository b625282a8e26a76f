#include "record/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "recorder.h"

#define SECOND UINT64_C(0x6553f100) /* 2023-11-14 */

static void test_random_ids_differ_and_are_never_zero(void **state)
{
    struct segment *segment = *state;
    static const uint8_t none[16];
    uint8_t first[16];
    uint8_t second[16];

    ids_trace(&segment->slots[0], SEGMENT_ID_RANDOM, SECOND * CLOCK_NS_PER_S, first); /* seedless */
    ids_trace(&segment->slots[0], SEGMENT_ID_RANDOM, SECOND * CLOCK_NS_PER_S, second);
    assert_memory_not_equal(first, none, sizeof none);
    assert_memory_not_equal(first, second, sizeof first);
}

static void test_xray_ids_begin_with_their_second(void **state)
{
    struct segment *segment = *state;
    static const uint8_t expected[] = { 0x65, 0x53, 0xf1, 0x00 };
    uint8_t first[16];
    uint8_t second[16];

    ids_trace(&segment->slots[0], SEGMENT_ID_XRAY, SECOND * CLOCK_NS_PER_S + 999, first);
    ids_trace(&segment->slots[0], SEGMENT_ID_XRAY, SECOND * CLOCK_NS_PER_S, second);
    assert_memory_equal(first, expected, sizeof expected);
    assert_memory_equal(second, expected, sizeof expected);
    assert_memory_not_equal(first + 4, second + 4, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORDER_TEST(test_random_ids_differ_and_are_never_zero),
        RECORDER_TEST(test_xray_ids_begin_with_their_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
