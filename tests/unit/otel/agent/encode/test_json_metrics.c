#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../golden.h"
#include "agent/encode/json_metrics.h"
#include "metric_cases.h"

static void test_every_case_is_its_vector(void **state)
{
    (void)state;
    for (unsigned i = 0; i < METRIC_CASE_COUNT; i++) {
        struct buf out;

        buf_init(&out, 1 << 20);
        case_encode_metrics(&METRIC_CASES[i], json_metrics_encode, &out);

        assert_golden(&out, METRIC_CASES[i].name);
        buf_release(&out);
    }
}

static void test_large_collection_goes_out_in_several_bodies(void **state)
{
    struct buf out;
    uint32_t bodies;

    (void)state;
    buf_init(&out, 1 << 20);
    bodies = case_encode_bodies(json_metrics_encode, 900, &out);

    assert_true(bodies > 2 && bodies < 10);
    assert_int_equal(out.length, 0);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case_is_its_vector),
        cmocka_unit_test(test_large_collection_goes_out_in_several_bodies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
