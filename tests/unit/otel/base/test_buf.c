#include "base/buf.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_buf_takes_exactly_its_limit(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 5);

    buf_add_text(&buf, "12345");

    assert_false(buf.has_failed);
    assert_int_equal(buf.length, 5);
    buf_release(&buf);
}

static void test_buf_refuses_what_passes_its_limit_and_keeps_what_it_had(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 5);
    buf_add_text(&buf, "1234");

    buf_add_text(&buf, "56");

    assert_true(buf.has_failed);
    assert_int_equal(buf.length, 4);
    assert_memory_equal(buf.data, "1234", 4);
    buf_release(&buf);
}

static void test_buf_that_failed_takes_nothing_more_until_it_is_cleared(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 3);
    buf_add_text(&buf, "1234");

    buf_add_text(&buf, "1");
    assert_int_equal(buf.length, 0);
    buf_clear(&buf);
    buf_add_text(&buf, "1");

    assert_false(buf.has_failed);
    assert_int_equal(buf.length, 1);
    buf_release(&buf);
}

static void test_buf_format_takes_exactly_its_limit(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 6);

    buf_add_format(&buf, "%d-%s", 12, "abc");

    assert_false(buf.has_failed);
    assert_memory_equal(buf.data, "12-abc", 6);
    buf_add_format(&buf, "%d", 1);
    assert_true(buf.has_failed);
    assert_int_equal(buf.length, 6);
    buf_release(&buf);
}

static void test_buf_format_longer_than_the_first_room_is_whole(void **state)
{
    struct buf buf;
    char wide[1001];

    (void)state;
    memset(wide, 'x', 1000);
    wide[1000] = '\0';
    buf_init(&buf, SIZE_MAX);
    buf_add_text(&buf, "a");

    buf_add_format(&buf, "%s!", wide);

    assert_int_equal(buf.length, 1002);
    assert_memory_equal(buf.data + 1, wide, 1000);
    assert_int_equal(buf.data[1001], '!');
    buf_release(&buf);
}

static void test_buf_reserve_of_any_size_does_not_overflow(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, SIZE_MAX);
    buf_add_text(&buf, "1");

    assert_false(buf_reserve(&buf, SIZE_MAX));

    assert_true(buf.has_failed);
    assert_int_equal(buf.length, 1);
    buf_release(&buf);
}

/* Appends enough to grow several times; true when all of it went in. */
static bool append_much(struct buf *buf)
{
    for (int i = 0; i < 300; i++)
        buf_add_text(buf, "0123456789");
    buf_add_format(buf, "%4000d", 7);
    return !buf->has_failed;
}

static void test_buf_survives_every_allocation_failure(void **state)
{
    bool is_done = false;

    (void)state;
    for (long n = 0; !is_done; n++) {
        long live_before = mem_live();
        struct buf buf;

        assert_true(n < 100);
        buf_init(&buf, 1 << 20);
        mem_fail_at(n);
        is_done = append_much(&buf);
        mem_fail_at(-1);

        assert_int_equal(buf.length % 10, 0);
        buf_release(&buf);
        assert_int_equal(mem_live(), live_before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf_takes_exactly_its_limit),
        cmocka_unit_test(test_buf_refuses_what_passes_its_limit_and_keeps_what_it_had),
        cmocka_unit_test(test_buf_that_failed_takes_nothing_more_until_it_is_cleared),
        cmocka_unit_test(test_buf_format_takes_exactly_its_limit),
        cmocka_unit_test(test_buf_format_longer_than_the_first_room_is_whole),
        cmocka_unit_test(test_buf_reserve_of_any_size_does_not_overflow),
        cmocka_unit_test(test_buf_survives_every_allocation_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
