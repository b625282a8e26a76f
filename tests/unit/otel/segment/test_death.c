#include "../../../fakes/fake_segment.h"
#include "segment/death.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_deaths_are_numbered_and_the_oldest_is_overwritten(void **state)
{
    struct segment *segment = fake_segment_create();
    struct segment_header *header = &segment->header;

    (void)state;
    for (int32_t i = 0; i < SEGMENT_DEATH_COUNT + 1; i++)
        death_note(header, &(struct death){ .pid = 1000 + i, .status = i });

    assert_int_equal(atomic_load(&header->death_count), SEGMENT_DEATH_COUNT + 1);
    assert_int_equal(header->deaths[1].pid, 1001);
    assert_int_equal(atomic_load(&header->deaths[1].sequence), 2);
    assert_int_equal(header->deaths[0].pid, 1000 + SEGMENT_DEATH_COUNT);
    assert_int_equal(atomic_load(&header->deaths[0].sequence), SEGMENT_DEATH_COUNT + 1);
    fake_segment_destroy(segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deaths_are_numbered_and_the_oldest_is_overwritten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
