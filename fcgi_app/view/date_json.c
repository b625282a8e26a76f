/*
 * Reads a stored date and writes it as RFC 1123 has it. Only the form that the tables keep is
 * read; dates of neighbouring rows are often of the same day, so the last one is kept. The time of
 * day has the same form in both.
 */
#include "view/date_json.h"

#include <string.h>

enum {
    DAY_LENGTH = 10, /* YYYY-MM-DD */
    TIME_AT = 11,
    TIME_LENGTH = 8,    /* HH:MM:SS */
    SECOND_LENGTH = 19, /* both, with a blank between */
    FRACTION_DIGITS = 6,
    QUOTED_LENGTH = 31, /* "Sat, 01 Jun 2024 12:00:00 GMT" with its quotes */
    QUOTED_TIME_AT = 18,
};

static const char WEEKDAYS[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char MONTHS[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

struct day {
    int year, month, day;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Two digits as a number, -1 when they are none. */
static int two_digits(const char *text)
{
    return is_digit(text[0]) && is_digit(text[1]) ? (text[0] - '0') * 10 + text[1] - '0' : -1;
}

static int days_in_month(int year, int month)
{
    static const char DAYS[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month == 2 && is_leap ? 29 : DAYS[month - 1];
}

static bool day_read(const char *text, struct day *out)
{
    int century = two_digits(text);
    int year = two_digits(text + 2);

    if (century < 0 || year < 0 || text[4] != '-' || text[7] != '-')
        return false;
    out->year = century * 100 + year;
    out->month = two_digits(text + 5);
    out->day = two_digits(text + 8);
    return out->year >= 1 && out->month >= 1 && out->month <= 12 && out->day >= 1 &&
           out->day <= days_in_month(out->year, out->month);
}

static bool is_below(const char *two, int limit)
{
    int number = two_digits(two);

    return number >= 0 && number < limit;
}

static bool time_is_good(const char *text)
{
    return text[2] == ':' && text[5] == ':' && is_below(text, 24) && is_below(text + 3, 60) &&
           is_below(text + 6, 60);
}

/* Zeller's rule by Sakamoto's table: January and February count to the year before. */
static int weekday(const struct day *date)
{
    static const char SHIFT[] = { 0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4 };
    int year = date->year - (date->month < 3);

    return (year + year / 4 - year / 100 + year / 400 + SHIFT[date->month - 1] + date->day) % 7;
}

static char *two_put(char *out, int value)
{
    *out++ = (char)('0' + value / 10);
    *out++ = (char)('0' + value % 10);
    return out;
}

static void day_format(const struct day *date, char out[QUOTED_LENGTH])
{
    memcpy(out, "\"Www, 00 Mmm 0000 00:00:00 GMT\"", QUOTED_LENGTH);
    memcpy(out + 1, WEEKDAYS[weekday(date)], 3);
    two_put(out + 6, date->day);
    memcpy(out + 9, MONTHS[date->month - 1], 3);
    two_put(two_put(out + 13, date->year / 100), date->year % 100);
}

/* All at once: digits have a high half of 3, and still have it when 6 is added. */
static bool are_four_digits(const char *text)
{
    uint32_t four = 0;

    memcpy(&four, text, sizeof four);
    return (four & 0xF0F0F0F0u) == 0x30303030u &&
           ((four + 0x06060606u) & 0xF0F0F0F0u) == 0x30303030u;
}

/* Nothing, or a point and one to six digits. */
static bool fraction_is_good(const char *text, size_t length)
{
    if (length == 0)
        return true;
    if (length == 1 + FRACTION_DIGITS) /* as the tables keep it */
        return text[0] == '.' && are_four_digits(text + 1) && are_four_digits(text + 3);
    if (text[0] != '.' || length < 2 || length > 1 + FRACTION_DIGITS)
        return false;
    for (size_t i = 1; i < length; i++)
        if (!is_digit(text[i]))
            return false;
    return true;
}

/* The day's text with the time put over it. */
static void quoted_put(struct json *json, const char *day_quoted, const char *time)
{
    char apart[QUOTED_LENGTH];
    char *room = json_room(json, QUOTED_LENGTH);
    char *to = room ? room : apart;

    memcpy(to, day_quoted, QUOTED_LENGTH);
    memcpy(to + QUOTED_TIME_AT, time, TIME_LENGTH);
    if (room)
        json_wrote(json, to + QUOTED_LENGTH, true);
    else
        json_raw(json, apart, QUOTED_LENGTH);
}

void date_json_write(struct json *json, struct store_text date)
{
    static _Thread_local struct {
        char day[DAY_LENGTH];
        char quoted[QUOTED_LENGTH];
        bool is_set;
    } last;
    struct day day;

    if (!date.data || date.length < SECOND_LENGTH || date.data[DAY_LENGTH] != ' ' ||
        !time_is_good(date.data + TIME_AT) ||
        !fraction_is_good(date.data + SECOND_LENGTH, date.length - SECOND_LENGTH)) {
        json_null(json);
        return;
    }
    if (!last.is_set || memcmp(last.day, date.data, DAY_LENGTH) != 0) {
        if (!day_read(date.data, &day)) {
            json_null(json);
            return;
        }
        day_format(&day, last.quoted);
        memcpy(last.day, date.data, DAY_LENGTH);
        last.is_set = true;
    }
    quoted_put(json, last.quoted, date.data + TIME_AT);
}
