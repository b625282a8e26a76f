/* The five characters that mean something in HTML; the rest is copied in runs. */
#include "view/problem.h"

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_escape(struct buf *out, const char *text, size_t length)
{
    size_t start = 0;

    for (size_t i = 0; i < length; i++) {
        const char *replacement = entity(text[i]);

        if (!replacement)
            continue;
        buf_add(out, text + start, i - start);
        buf_add_text(out, replacement);
        start = i + 1;
    }
    buf_add(out, text + start, length - start);
}
