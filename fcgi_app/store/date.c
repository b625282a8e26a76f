/*
 * Local time as the tables keep it. localtime_r takes a lock of the C library and is slow, so
 * each thread keeps the last second that it wrote.
 */
#include "store/store.h"

#include <string.h>
#include <time.h>

enum { US_PER_S = 1000000, SECOND_LENGTH = 19 /* YYYY-MM-DD HH:MM:SS */ };

/* Writes the last `width` digits of a number. */
static char *digits_put(char *out, unsigned value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + width;
}

static void second_format(int64_t second, char out[SECOND_LENGTH])
{
    time_t time = (time_t)second;
    struct tm local;

    memset(&local, 0, sizeof local);
    (void)localtime_r(&time, &local); /* fails beyond the year 2^31 only */
    out = digits_put(out, (unsigned)(local.tm_year + 1900), 4);
    *out++ = '-';
    out = digits_put(out, (unsigned)(local.tm_mon + 1), 2);
    *out++ = '-';
    out = digits_put(out, (unsigned)local.tm_mday, 2);
    *out++ = ' ';
    out = digits_put(out, (unsigned)local.tm_hour, 2);
    *out++ = ':';
    out = digits_put(out, (unsigned)local.tm_min, 2);
    *out++ = ':';
    digits_put(out, (unsigned)local.tm_sec, 2);
}

void store_date_format(int64_t time_us, char out[STORE_DATE_SIZE])
{
    static _Thread_local struct {
        int64_t second;
        char text[SECOND_LENGTH];
        bool is_set;
    } last;
    int64_t fraction_us = time_us % US_PER_S;
    int64_t second = time_us / US_PER_S;

    if (fraction_us < 0) { /* before 1970 the division rounds the wrong way */
        fraction_us += US_PER_S;
        second--;
    }
    if (!last.is_set || last.second != second) {
        second_format(second, last.text);
        last.second = second;
        last.is_set = true;
    }
    memcpy(out, last.text, SECOND_LENGTH);
    out[SECOND_LENGTH] = '.';
    digits_put(out + SECOND_LENGTH + 1, (unsigned)fraction_us, 6);
    out[STORE_DATE_SIZE - 1] = '\0';
}
