#include "base/pair_list.h"

#include <string.h>

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t';
}

static void trim(const char **text, size_t *length)
{
    while (*length > 0 && is_space(**text)) {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && is_space((*text)[*length - 1]))
        (*length)--;
}

enum pair_list_status pair_list_next(const char **cursor, struct pair *out)
{
    const char *member = NULL, *equals = NULL;
    size_t length = 0;
    struct pair pair = { 0 };

    while (length == 0 && **cursor != '\0') {
        member = *cursor;
        length = strcspn(member, ",");
        *cursor += length + (member[length] == ',');
        trim(&member, &length);
    }
    if (length == 0)
        return PAIR_LIST_END;
    equals = memchr(member, '=', length);
    if (equals != NULL) {
        pair.key = member;
        pair.key_length = (size_t)(equals - member);
        pair.value = equals + 1;
        pair.value_length = length - pair.key_length - 1;
        trim(&pair.key, &pair.key_length);
        trim(&pair.value, &pair.value_length);
    }
    if (pair.key_length == 0)
        pair = (struct pair){ .value = member, .value_length = length };
    *out = pair;
    return pair.key_length == 0 ? PAIR_LIST_BAD : PAIR_LIST_PAIR;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

bool pair_decode(const char *text, size_t length, char *out, size_t *out_length)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        int high, low;

        if (text[i] != '%') {
            out[used++] = text[i];
            continue;
        }
        if (length - i < 3)
            return false;
        high = hex_digit(text[i + 1]);
        low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0)
            return false;
        out[used++] = (char)(high << 4 | low);
        i += 2;
    }
    *out_length = used;
    return true;
}
