#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../golden.h"
#include "agent/encode/json_traces.h"
#include "trace_cases.h"

static void test_every_case_is_its_vector(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TRACE_CASE_COUNT; i++) {
        struct buf out;

        buf_init(&out, 1 << 20);
        case_encode(&TRACE_CASES[i], json_traces_encode, &out);

        assert_golden(&out, TRACE_CASES[i].name);
        buf_release(&out);
    }
}

static void test_body_that_does_not_fit_is_marked(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    case_encode(&TRACE_CASES[0], json_traces_encode, &out);

    assert_true(out.has_failed);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case_is_its_vector),
        cmocka_unit_test(test_body_that_does_not_fit_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
