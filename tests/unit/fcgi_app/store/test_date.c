/* Local time as text: zones, leap days and the edges of a second. */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

struct date_case {
    const char *reason;
    const char *zone;
    int64_t time_us;
    const char *expected;
};

static const struct date_case CASES[] = {
    { "the epoch", "UTC", 0, "1970-01-01 00:00:00.000000" },
    { "one microsecond", "UTC", 1, "1970-01-01 00:00:00.000001" },
    { "the last microsecond of a second", "UTC", 999999, "1970-01-01 00:00:00.999999" },
    { "the next second", "UTC", 1000000, "1970-01-01 00:00:01.000000" },
    { "before the epoch", "UTC", -1, "1969-12-31 23:59:59.999999" },
    { "a whole second before the epoch", "UTC", -1000000, "1969-12-31 23:59:59.000000" },
    { "leap day", "UTC", 1709164800000000, "2024-02-29 00:00:00.000000" },
    { "no leap day in 2100", "UTC", 4107542400000000, "2100-03-01 00:00:00.000000" },
    { "2000 was a leap year", "UTC", 951782400000000, "2000-02-29 00:00:00.000000" },
    { "last second of a year", "UTC", 1735689599123456, "2024-12-31 23:59:59.123456" },
    { "beyond 2^31 seconds", "UTC", 2147483648000000, "2038-01-19 03:14:08.000000" },
    { "winter before summer time", "Europe/Berlin", 1711846799500000,
      "2024-03-31 01:59:59.500000" },
    { "summer time begins", "Europe/Berlin", 1711846800000000, "2024-03-31 03:00:00.000000" },
    { "the hour that comes twice, first", "Europe/Berlin", 1729985400000000,
      "2024-10-27 01:30:00.000000" },
    { "the hour that comes twice, summer", "Europe/Berlin", 1729989000000000,
      "2024-10-27 02:30:00.000000" },
    { "the hour that comes twice, winter", "Europe/Berlin", 1729992600000000,
      "2024-10-27 02:30:00.000000" },
    { "a zone of half an hour", "Asia/Kolkata", 1717200001000000, "2024-06-01 05:30:01.000000" },
    { "a zone behind, over midnight", "America/New_York", 1717200002000000,
      "2024-05-31 20:00:02.000000" },
};

static void test_date_is_local_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[STORE_DATE_SIZE];

        setenv("TZ", CASES[i].zone, 1);
        tzset();
        store_date_format(CASES[i].time_us, text);

        print_message("%s\n", CASES[i].reason);
        assert_string_equal(text, CASES[i].expected);
    }
}

/* The second is kept by thread: going back and forth must not give the other's. */
static void test_date_follows_a_clock_that_steps_back(void **state)
{
    char text[STORE_DATE_SIZE];

    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    store_date_format(7200000000, text);
    store_date_format(3600000001, text);
    assert_string_equal(text, "1970-01-01 01:00:00.000001");
    store_date_format(7200000002, text);
    assert_string_equal(text, "1970-01-01 02:00:00.000002");
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_date_is_local_time),
        cmocka_unit_test(test_date_follows_a_clock_that_steps_back),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
