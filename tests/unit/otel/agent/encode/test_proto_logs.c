#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../golden.h"
#include "agent/encode/proto_logs.h"
#include "log_cases.h"

static void test_every_case_is_its_vector(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LOG_CASE_COUNT; i++) {
        struct buf out;

        buf_init(&out, 1 << 20);
        case_encode(&LOG_CASES[i], proto_logs_encode, &out);

        assert_golden_hex(&out, LOG_CASES[i].name);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case_is_its_vector),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
