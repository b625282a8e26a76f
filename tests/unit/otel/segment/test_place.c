#include "segment/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_place_takes_items_until_it_is_full_and_stays_whole(void **state)
{
    _Alignas(8) uint8_t bytes[48];
    _Atomic uint32_t used = 0;
    const struct record_place place = { &used, bytes, sizeof bytes };
    const struct record_item_source item = { .kind = RECORD_ITEM_NAME };
    const uint64_t fixed = 1;

    (void)state;
    assert_false(place_put(&place, &item)); /* nothing is under construction */
    place_begin(&place, &fixed, sizeof fixed);
    assert_int_equal(place_used(&place), 8);
    assert_true(place_put(&place, &item));
    assert_true(place_put(&place, &item));
    assert_false(place_put(&place, &item));
    assert_int_equal(place_used(&place), 40);
    place_clear(&place);
    assert_int_equal(place_used(&place), 0);
}

static void test_place_whose_length_was_scribbled_takes_nothing(void **state)
{
    _Alignas(8) uint8_t bytes[48];
    _Atomic uint32_t used = UINT32_MAX;
    const struct record_place place = { &used, bytes, sizeof bytes };
    const struct record_item_source item = { .kind = RECORD_ITEM_NAME };

    (void)state;
    assert_int_equal(place_used(&place), 0);
    assert_false(place_put(&place, &item));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_place_takes_items_until_it_is_full_and_stays_whole),
        cmocka_unit_test(test_place_whose_length_was_scribbled_takes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
