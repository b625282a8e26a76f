/* An exception is returned to the caller, with or without anybody who observes. */
#include "handlers/exception.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void raise_it(struct exception *raised)
{
    EXCEPTION_RAISE(raised, "Exception", "what happened");
}

static void test_exception_comes_back_to_the_caller(void **state)
{
    struct exception raised = { NULL, NULL };

    (void)state;
    raise_it(&raised);

    assert_string_equal(raised.type, "Exception");
    assert_string_equal(raised.message, "what happened");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exception_comes_back_to_the_caller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
