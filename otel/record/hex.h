/* Ids as hexadecimal digits. */
#ifndef OTEL_RECORD_HEX_H
#define OTEL_RECORD_HEX_H

#include "otel/attribute.h"

/* -1 for what is no digit; any case. */
static inline int hex_value(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'A' && character <= 'F')
        return character - 'A' + 10;
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    return -1;
}

/*
 * An id of `size` bytes from 1 to 2 * size digits of any case; fewer mean zeros in front. False
 * for anything else and for zero, which is no id; *out is written only when it is true.
 */
static inline bool hex_read_id(struct otel_str digits, uint8_t *out, size_t size)
{
    uint8_t id[16] = { 0 };
    size_t at = 2 * size - digits.length; /* in digits; wraps when there are too many */
    uint8_t any = 0;

    if (digits.length == 0 || digits.length > 2 * size || size > sizeof id)
        return false;
    for (size_t i = 0; i < digits.length; i++, at++) {
        int value = hex_value(digits.data[i]);

        if (value < 0)
            return false;
        id[at / 2] = (uint8_t)(id[at / 2] << 4 | value);
        any |= (uint8_t)value;
    }
    if (any)
        memcpy(out, id, size);
    return any != 0;
}

/* Lower case; returns the place behind the last digit. */
static inline char *hex_put(char *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 0xF];
    }
    return out;
}

#endif
