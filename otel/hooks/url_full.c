/* See url_full.h. */
#include "hooks/url_full.h"

#include <stdbool.h>
#include <string.h>

struct text {
    char *out;
    size_t size;
    size_t length;
};

static void text_add(struct text *text, const char *from, size_t length)
{
    if (length > text->size - text->length)
        length = text->size - text->length;
    memcpy(text->out + text->length, from, length);
    text->length += length;
}

static bool key_is_secret(const char *key, size_t length)
{
    static const char *const SECRET[] = { "AWSAccessKeyId", "Signature", "sig",
                                          "X-Goog-Signature" };

    for (size_t i = 0; i < sizeof(SECRET) / sizeof(SECRET[0]); i++)
        if (strlen(SECRET[i]) == length && memcmp(SECRET[i], key, length) == 0)
            return true;
    return false;
}

/* From behind the question mark to the fragment or the end. */
static const char *query_add(struct text *text, const char *at)
{
    while (*at && *at != '#') {
        size_t pair = strcspn(at, "&#");
        size_t key = strcspn(at, "=&#");

        if (key < pair && key_is_secret(at, key)) {
            text_add(text, at, key + 1);
            text_add(text, "REDACTED", 8);
        } else {
            text_add(text, at, pair);
        }
        at += pair;
        if (*at == '&')
            text_add(text, at++, 1);
    }
    return at;
}

size_t url_full_write(const char *url, char *out, size_t size)
{
    struct text text = { .out = out, .size = size };
    const char *authority = strstr(url, "://");
    const char *at = url;

    if (authority) {
        size_t length;

        authority += 3;
        text_add(&text, url, (size_t)(authority - url));
        at = authority;
        length = strcspn(authority, "/?#");
        /* The last @: what is before it is the user's, as libcurl sees it. */
        for (size_t i = length; i > 0; i--) {
            if (authority[i - 1] == '@') {
                text_add(&text, "REDACTED:REDACTED@", 18);
                at = authority + i;
                break;
            }
        }
    }
    text_add(&text, at, strcspn(at, "?#"));
    at += strcspn(at, "?#");
    if (*at == '?') {
        text_add(&text, at++, 1);
        at = query_add(&text, at);
    }
    text_add(&text, at, strlen(at));
    return text.length;
}
