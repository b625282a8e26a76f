/* The count of /board/{count}. */
#include "handlers/count.h"

bool count_parse(struct otel_str digits, int64_t *out)
{
    int64_t count = 0;

    for (size_t i = 0; i < digits.length; i++) {
        int digit = digits.data[i] - '0';

        if (count > (INT64_MAX - digit) / 10)
            return false;
        count = count * 10 + digit;
    }
    *out = count;
    return true;
}
