#include "agent/pool/descriptors.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static void test_only_what_came_since_is_closed_on_exec(void **state)
{
    struct descriptors descriptors;
    int before = dup(STDERR_FILENO);
    int own;
    int since;

    (void)state;
    descriptors_note(&descriptors);
    since = dup(STDERR_FILENO);
    own = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    descriptors_seal(&descriptors);

    assert_int_equal(fcntl(before, F_GETFD), 0);
    assert_int_equal(fcntl(since, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fcntl(own, F_GETFD), FD_CLOEXEC);
    (void)close(before);
    (void)close(since);
    (void)close(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_came_since_is_closed_on_exec),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
