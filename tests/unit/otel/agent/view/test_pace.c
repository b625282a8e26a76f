/* When the view is published: often while it is read, seldom otherwise. */
#include "agent/view/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static struct segment segment; /* large */

struct moment {
    const char *what;
    uint64_t read_ago_ms; /* 0: nobody ever did */
    bool has_news;
    uint64_t gap_ms;
};

static const struct moment MOMENTS[] = {
    { "read, with news", 1000, true, 500 },
    { "read, without", 1000, false, 1000 },
    { "no longer read, with news", 6000, true, 2000 },
    { "no longer read, without", 6000, false, 5000 },
    { "never read", 0, false, 5000 },
};

static void test_publication_follows_readers_and_news(void **state)
{
    const uint64_t now_ns = 100 * CLOCK_NS_PER_S;

    (void)state;
    for (size_t i = 0; i < sizeof MOMENTS / sizeof MOMENTS[0]; i++) {
        const struct moment *moment = &MOMENTS[i];
        uint64_t gap_ns = moment->gap_ms * CLOCK_NS_PER_MS;
        struct pace pace = { .published_ns = now_ns - gap_ns, .has_news = moment->has_news };

        if (moment->read_ago_ms != 0)
            atomic_store(&segment.header.reader_ns, now_ns - moment->read_ago_ms * CLOCK_NS_PER_MS);
        else
            atomic_store(&segment.header.reader_ns, 0);
        if (!pace_step(&pace, &segment, now_ns))
            fail_msg("%s: not at its time", moment->what);
        pace.published_ns++;
        if (pace_step(&pace, &segment, now_ns))
            fail_msg("%s: before its time", moment->what);
        assert_int_equal(atomic_load(&segment.header.heartbeat_ns), now_ns);
    }
}

static void test_first_publication_is_at_once(void **state)
{
    struct pace pace = { .published_ns = 0 };

    (void)state;
    assert_true(pace_step(&pace, &segment, CLOCK_NS_PER_S));
    pace.has_news = true;
    pace_published(&pace, CLOCK_NS_PER_S);
    assert_false(pace.has_news);
    assert_false(pace_step(&pace, &segment, CLOCK_NS_PER_S + 1));
}

static void test_reader_of_the_future_is_none(void **state)
{
    struct pace pace = { .published_ns = CLOCK_NS_PER_S };

    (void)state;
    atomic_store(&segment.header.reader_ns, UINT64_MAX);
    assert_false(pace_step(&pace, &segment, 5 * CLOCK_NS_PER_S));
    atomic_store(&segment.header.reader_ns, 7 * CLOCK_NS_PER_S);
    assert_false(pace_step(&pace, &segment, 5 * CLOCK_NS_PER_S));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_publication_follows_readers_and_news),
        cmocka_unit_test(test_first_publication_is_at_once),
        cmocka_unit_test(test_reader_of_the_future_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
