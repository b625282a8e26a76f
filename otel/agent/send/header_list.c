#include "agent/send/header_list.h"

#include "base/pair_list.h"

#include <stdint.h>
#include <string.h>

enum { HEADER_LINE_MAX = 8192 };

/* RFC 9110 5.6.2 "token". */
static bool is_token(const char *text, size_t length)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < length; i++) {
        char byte = text[i];
        bool is_alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                               (byte >= 'A' && byte <= 'Z');
        if (!is_alphanumeric && (byte == '\0' || strchr(others, byte) == NULL))
            return false;
    }
    return length > 0;
}

/* RFC 9110 5.5 "field-value": no control characters but the tab. */
static bool is_value(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
            return false;
    }
    return true;
}

/* gRPC "PROTOCOL-HTTP2": the values of such keys are bytes, base64 on the wire. */
static bool is_binary(const struct pair *pair)
{
    return pair->key_length > 4 && memcmp(pair->key + pair->key_length - 4, "-bin", 4) == 0;
}

/* RFC 4648 without padding, in place; false when it does not fit. */
static bool base64_in_place(char *text, size_t room, size_t *length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t out_length = (*length * 4 + 2) / 3;

    if (out_length > room)
        return false;
    /* From the end on: what is written lies behind what is still to be read. */
    for (size_t out = out_length; out-- > 0;) {
        size_t bit = out * 6, at = bit / 8, shift = bit % 8;
        unsigned two = (unsigned)(uint8_t)text[at] << 8;

        if (at + 1 < *length)
            two |= (uint8_t)text[at + 1];
        text[out] = digits[two >> (10 - shift) & 63];
    }
    *length = out_length;
    return true;
}

unsigned header_list_parse(const char *list, bool is_grpc, header_list_fn take, void *user)
{
    char line[HEADER_LINE_MAX];
    enum pair_list_status found;
    unsigned bad_count = 0;
    struct pair pair;

    while ((found = pair_list_next(&list, &pair)) != PAIR_LIST_END) {
        size_t value_length = 0, at = pair.key_length + 2;

        if (found == PAIR_LIST_BAD || !is_token(pair.key, pair.key_length) ||
            at + pair.value_length >= sizeof line ||
            !pair_decode(pair.value, pair.value_length, line + at, &value_length) ||
            !(is_grpc && is_binary(&pair)
                  ? base64_in_place(line + at, sizeof line - at - 1, &value_length)
                  : is_value(line + at, value_length))) {
            bad_count++;
            continue;
        }
        memcpy(line, pair.key, pair.key_length);
        line[pair.key_length] = ':';
        line[pair.key_length + 1] = ' ';
        line[at + value_length] = '\0';
        take(user, line);
    }
    return bad_count;
}
