/*
 * Reads a stored date and writes it as RFC 1123 has it. Only the form that the tables keep is
 * read; dates of neighbouring rows are often the same second, so the last one is kept.
 */
#include "view/date_json.h"

#include <string.h>

enum {
    SECOND_LENGTH = 19, /* YYYY-MM-DD HH:MM:SS */
    FRACTION_DIGITS = 6,
    QUOTED_LENGTH = 31, /* "Sat, 01 Jun 2024 12:00:00 GMT" with its quotes */
};

static const char WEEKDAYS[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char MONTHS[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

struct civil {
    int year, month, day, hour, minute, second;
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

static bool civil_read(const char *text, struct civil *out)
{
    int century = two_digits(text);
    int year = two_digits(text + 2);

    if (century < 0 || year < 0 || text[4] != '-' || text[7] != '-' || text[10] != ' ' ||
        text[13] != ':' || text[16] != ':')
        return false;
    out->year = century * 100 + year;
    out->month = two_digits(text + 5);
    out->day = two_digits(text + 8);
    out->hour = two_digits(text + 11);
    out->minute = two_digits(text + 14);
    out->second = two_digits(text + 17);
    return out->year >= 1 && out->month >= 1 && out->month <= 12 && out->day >= 1 &&
           out->day <= days_in_month(out->year, out->month) && out->hour >= 0 && out->hour < 24 &&
           out->minute >= 0 && out->minute < 60 && out->second >= 0 && out->second < 60;
}

/* Zeller's rule by Sakamoto's table: January and February count to the year before. */
static int weekday(const struct civil *date)
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

static void civil_format(const struct civil *date, char out[QUOTED_LENGTH])
{
    memcpy(out, "\"Www, 00 Mmm 0000 00:00:00 GMT\"", QUOTED_LENGTH);
    memcpy(out + 1, WEEKDAYS[weekday(date)], 3);
    two_put(out + 6, date->day);
    memcpy(out + 9, MONTHS[date->month - 1], 3);
    two_put(two_put(out + 13, date->year / 100), date->year % 100);
    two_put(out + 18, date->hour);
    two_put(out + 21, date->minute);
    two_put(out + 24, date->second);
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

void date_json_write(struct json *json, struct store_text date)
{
    static _Thread_local struct {
        char second[SECOND_LENGTH];
        char quoted[QUOTED_LENGTH];
        bool is_set;
    } last;
    struct civil civil;

    if (!date.data || date.length < SECOND_LENGTH ||
        !fraction_is_good(date.data + SECOND_LENGTH, date.length - SECOND_LENGTH)) {
        json_null(json);
        return;
    }
    if (!last.is_set || memcmp(last.second, date.data, SECOND_LENGTH) != 0) {
        if (!civil_read(date.data, &civil)) {
            json_null(json);
            return;
        }
        civil_format(&civil, last.quoted);
        memcpy(last.second, date.data, SECOND_LENGTH);
        last.is_set = true;
    }
    json_raw(json, last.quoted, QUOTED_LENGTH);
}
