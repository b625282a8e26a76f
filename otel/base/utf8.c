#include "base/utf8.h"

/* What may follow a lead byte: only the second byte's range differs. */
struct lead {
    uint8_t follow_count;
    uint8_t second_min;
    uint8_t second_max;
    uint8_t bits; /* of the code point that the lead byte holds */
};

static struct lead lead_of(uint8_t byte)
{
    if (byte >= 0xC2 && byte <= 0xDF)
        return (struct lead){ 1, 0x80, 0xBF, byte & 0x1F };
    if (byte >= 0xE0 && byte <= 0xEF)
        return (struct lead){ 2, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF,
                              byte & 0x0F };
    if (byte >= 0xF0 && byte <= 0xF4)
        return (struct lead){ 3, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF,
                              byte & 0x07 };
    return (struct lead){ 0, 0, 0, 0 };
}

size_t utf8_next(const char *text, size_t length, uint32_t *code_point)
{
    const uint8_t *bytes = (const uint8_t *)text;
    struct lead lead = lead_of(bytes[0]);
    uint32_t value = lead.bits;
    size_t i = 1;

    *code_point = UTF8_REPLACEMENT;
    if (bytes[0] < 0x80) {
        *code_point = bytes[0];
        return 1;
    }
    for (; i <= lead.follow_count; i++) {
        uint8_t min = i == 1 ? lead.second_min : 0x80;
        uint8_t max = i == 1 ? lead.second_max : 0xBF;

        if (i == length || bytes[i] < min || bytes[i] > max)
            return i;
        value = (value << 6) | (bytes[i] & 0x3Fu);
    }
    if (lead.follow_count)
        *code_point = value;
    return i;
}

size_t utf8_fit(const char *text, size_t length, size_t limit)
{
    size_t fit = limit;

    if (length <= limit)
        return length;
    /* A character has at most three bytes behind its first; more than that is no UTF-8. */
    while (fit > 0 && limit - fit < 3 && ((uint8_t)text[fit] & 0xC0) == 0x80)
        fit--;
    return ((uint8_t)text[fit] & 0xC0) == 0x80 ? limit : fit;
}
