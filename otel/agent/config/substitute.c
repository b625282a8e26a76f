#include "agent/config/substitute.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MAX = 256 };

static size_t name_length(const char *text, size_t length)
{
    size_t size = 0;

    while (size < length && (isalpha((unsigned char)text[size]) || text[size] == '_' ||
                             (size > 0 && isdigit((unsigned char)text[size]))))
        size++;
    return size;
}

/* What stands between the braces. */
static bool reference_resolve(const char *text, size_t length, struct buf *out)
{
    char name[NAME_BYTES_MAX];
    const char *value;
    size_t size;

    if (length > 4 && memcmp(text, "env:", 4) == 0) {
        text += 4;
        length -= 4;
    }
    size = name_length(text, length);
    if (size == 0 || size >= sizeof name ||
        (size < length && (length - size < 2 || memcmp(text + size, ":-", 2) != 0)))
        return false;
    memcpy(name, text, size);
    name[size] = '\0';
    value = getenv(name);
    if (value && *value)
        buf_add_text(out, value);
    else if (size < length)
        buf_add(out, text + size + 2, length - size - 2);
    return true;
}

bool substitute(const char *text, size_t length, struct buf *out, size_t *problem_at)
{
    for (size_t at = 0; at < length;) {
        const char *end;

        if (text[at] != '$' || at + 1 == length || (text[at + 1] != '$' && text[at + 1] != '{')) {
            buf_add(out, text + at++, 1);
        } else if (text[at + 1] == '$') {
            buf_add(out, "$", 1);
            at += 2;
        } else {
            end = memchr(text + at, '}', length - at);
            if (!end || !reference_resolve(text + at + 2, (size_t)(end - text) - at - 2, out)) {
                *problem_at = at;
                return false;
            }
            at = (size_t)(end - text) + 1;
        }
    }
    return true;
}
