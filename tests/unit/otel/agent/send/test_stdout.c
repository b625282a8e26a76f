#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/send/stdout.h"
#include "base/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum send_verdict put(int fd, const char *body, size_t length)
{
    struct sink *sink = stdout_sink_create(fd, "\n");
    struct send_result result;

    sink->operations->start(sink, body, length, 0);
    assert_true(sink->operations->take(sink, &result));
    sink->operations->destroy(sink);
    return result.verdict;
}

static void test_body_comes_through_as_it_is_with_its_ending(void **state)
{
    char read_back[16] = "";
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(put(ends[1], "spans of …", 12), SEND_TAKEN);

    assert_int_equal(read(ends[0], read_back, sizeof read_back), 13);
    assert_string_equal(read_back, "spans of …\n");
    close(ends[0]);
    close(ends[1]);
}

static void test_reader_that_does_not_read_is_not_waited_for_long(void **state)
{
    size_t length = 1 << 20;
    char *body = calloc(1, length);
    uint64_t began_ns = clock_monotonic_ns();
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(put(ends[1], body, length), SEND_REFUSED);

    assert_in_range(clock_monotonic_ns() - began_ns, CLOCK_NS_PER_S / 2, 3 * CLOCK_NS_PER_S);
    close(ends[0]);
    close(ends[1]);
    free(body);
}

static void test_reader_that_is_gone_is_an_error_and_no_signal(void **state)
{
    int ends[2];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);

    assert_int_equal(put(ends[1], "x", 1), SEND_REFUSED);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_body_comes_through_as_it_is_with_its_ending),
        cmocka_unit_test(test_reader_that_does_not_read_is_not_waited_for_long),
        cmocka_unit_test(test_reader_that_is_gone_is_an_error_and_no_signal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
