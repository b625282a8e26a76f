/* Stored dates as RFC 1123, and what is no date as null. */
#include "view/date_json.h"

#include "written.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct date_case {
    const char *reason;
    const char *date;
    const char *expected;
};

static const struct date_case CASES[] = {
    { "as stored", "2024-06-01 12:00:00.000000", "\"Sat, 01 Jun 2024 12:00:00 GMT\"" },
    { "the same second again", "2024-06-01 12:00:00.999999", "\"Sat, 01 Jun 2024 12:00:00 GMT\"" },
    { "no fraction", "2024-06-01 12:00:00", "\"Sat, 01 Jun 2024 12:00:00 GMT\"" },
    { "one digit of it", "2024-06-01 12:00:00.5", "\"Sat, 01 Jun 2024 12:00:00 GMT\"" },
    { "seven digits", "2024-06-01 12:00:00.1234567", "null" },
    { "a point alone", "2024-06-01 12:00:00.", "null" },
    { "a letter in the fraction", "2024-06-01 12:00:00.12x", "null" },
    { "the sign before 0 in a whole fraction", "2024-06-01 12:00:00./00000", "null" },
    { "the sign behind 9 in it", "2024-06-01 12:00:00.00000:", "null" },
    { "a digit's low half in it",
      "2024-06-01 12:00:00.00\xB0"
      "000",
      "null" },
    { "no point before it", "2024-06-01 12:00:00,000000", "null" },
    { "a zone behind", "2024-06-01 12:00:00+00:00", "null" },
    { "the last moment of a day", "2024-12-31 23:59:59.999999",
      "\"Tue, 31 Dec 2024 23:59:59 GMT\"" },
    { "leap day", "2024-02-29 00:00:00", "\"Thu, 29 Feb 2024 00:00:00 GMT\"" },
    { "leap day of 2000", "2000-02-29 00:00:00", "\"Tue, 29 Feb 2000 00:00:00 GMT\"" },
    { "no leap day in 2023", "2023-02-29 00:00:00", "null" },
    { "nor in 1900", "1900-02-29 00:00:00", "null" },
    { "after a bad one, the good one again", "2000-02-29 00:00:00",
      "\"Tue, 29 Feb 2000 00:00:00 GMT\"" },
    { "day 0", "2024-06-00 12:00:00", "null" },
    { "day 31 of June", "2024-06-31 12:00:00", "null" },
    { "month 0", "2024-00-01 12:00:00", "null" },
    { "month 13", "2024-13-01 12:00:00", "null" },
    { "hour 24", "2024-06-01 24:00:00", "null" },
    { "minute 60", "2024-06-01 12:60:00", "null" },
    { "second 60", "2024-06-01 12:00:60", "null" },
    { "the first year", "0001-01-01 00:00:00", "\"Mon, 01 Jan 0001 00:00:00 GMT\"" },
    { "the last", "9999-12-31 23:59:59", "\"Fri, 31 Dec 9999 23:59:59 GMT\"" },
    { "no year 0", "0000-01-01 00:00:00", "null" },
    { "nothing", "", "null" },
    { "a day alone", "2024-06-01", "null" },
    { "one character short", "2024-06-01 12:00:0", "null" },
    { "the other separator", "2024-06-01T12:00:00", "null" },
    { "blanks for zeros", "2024- 6- 1 12: 0: 0", "null" },
    { "a sign", "-024-06-01 12:00:00", "null" },
    { "a number", "1717243200", "null" },
    { "words", "when the cows come home", "null" },
};

static void test_date_is_rfc_1123_or_null(void **state)
{
    struct buf out;
    struct json json;

    (void)state;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        print_message("%s\n", CASES[i].reason);
        json = json_writer(&out);
        date_json_write(&json, (struct store_text){ CASES[i].date, strlen(CASES[i].date) });
        assert_written(&out, CASES[i].expected);
    }
    json = json_writer(&out);
    date_json_write(&json, NO_TEXT);
    assert_written(&out, "null");
    buf_release(&out);
}

/* Each day of four centuries against the C library. */
static void test_date_knows_every_weekday(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    for (int64_t day = 0; day < 146097; day++) {
        time_t seconds = (time_t)((day - 135140) * 86400); /* from 1600-01-01 on */
        struct json json = json_writer(&out);
        struct tm civil;
        char stored[32];
        char expected[40];

        gmtime_r(&seconds, &civil);
        strftime(stored, sizeof stored, "%Y-%m-%d %H:%M:%S", &civil);
        strftime(expected, sizeof expected, "\"%a, %d %b %Y %H:%M:%S GMT\"", &civil);
        date_json_write(&json, (struct store_text){ stored, strlen(stored) });
        assert_written(&out, expected);
    }
    buf_release(&out);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_date_is_rfc_1123_or_null),
        cmocka_unit_test(test_date_knows_every_weekday),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
