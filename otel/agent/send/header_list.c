#include "agent/send/header_list.h"

#include "base/pair_list.h"

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

unsigned header_list_parse(const char *list, header_list_fn take, void *user)
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
            !is_value(line + at, value_length)) {
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
