#include "base/json_run.h"

#define DIGITS(high)                                                                               \
    high "0" high "1" high "2" high "3" high "4" high "5" high "6" high "7" high "8" high "9"
#define HEX_DIGITS(high) DIGITS(high) high "a" high "b" high "c" high "d" high "e" high "f"

/* Each number below 100, and each byte, as two digits. */
static const char DECIMAL[] = DIGITS("0") DIGITS("1") DIGITS("2") DIGITS("3") DIGITS("4")
    DIGITS("5") DIGITS("6") DIGITS("7") DIGITS("8") DIGITS("9");
static const char HEX[] =
    HEX_DIGITS("0") HEX_DIGITS("1") HEX_DIGITS("2") HEX_DIGITS("3") HEX_DIGITS("4") HEX_DIGITS("5")
        HEX_DIGITS("6") HEX_DIGITS("7") HEX_DIGITS("8") HEX_DIGITS("9") HEX_DIGITS("a")
            HEX_DIGITS("b") HEX_DIGITS("c") HEX_DIGITS("d") HEX_DIGITS("e") HEX_DIGITS("f");

enum { EIGHT_DIGITS = 100000000 };

static char *put_two(char *to, uint32_t value)
{
    return json_run_put(to, DECIMAL + 2 * (size_t)value, 2);
}

static char *put_eight(char *to, uint32_t value)
{
    uint32_t high = value / 10000, low = value % 10000;

    to = put_two(put_two(to, high / 100), high % 100);
    return put_two(put_two(to, low / 100), low % 100);
}

/* Below EIGHT_DIGITS, without zeros in front. */
static char *put_few(char *to, uint32_t value)
{
    size_t length = 1;

    for (uint32_t limit = 10; value >= limit; limit *= 10)
        length++;
    for (size_t at = length; at-- > 0; value /= 10)
        to[at] = (char)('0' + value % 10);
    return to + length;
}

/* Eight digits at a time, because each of their divisions need not wait for the one before. */
char *json_run_uint(char *to, uint64_t value)
{
    uint64_t high = value / EIGHT_DIGITS;

    if (high == 0)
        return put_few(to, (uint32_t)value);
    if (high < EIGHT_DIGITS)
        to = put_few(to, (uint32_t)high);
    else
        to = put_eight(put_few(to, (uint32_t)(high / EIGHT_DIGITS)),
                       (uint32_t)(high % EIGHT_DIGITS));
    return put_eight(to, (uint32_t)(value % EIGHT_DIGITS));
}

char *json_run_int(char *to, int64_t value)
{
    if (value < 0)
        *to++ = '-';
    /* Negated as unsigned: INT64_MIN has no positive counterpart. */
    return json_run_uint(to, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

char *json_run_hex(char *to, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        to = json_run_put(to, HEX + 2 * bytes[i], 2);
    return to;
}
