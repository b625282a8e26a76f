#include "agent/send/http_head.h"

#include <string.h>
#include <strings.h>

static const char END[] = "\r\n\r\n";

/* A run of characters of the head. */
struct part {
    const char *text;
    size_t length;
};

size_t http_head_length(const char *bytes, size_t length)
{
    const char *end = memmem(bytes, length, END, sizeof END - 1);

    return end != NULL ? (size_t)(end - bytes) + sizeof END - 1 : 0;
}

static bool part_is(struct part part, const char *text)
{
    return strlen(text) == part.length && strncasecmp(part.text, text, part.length) == 0;
}

static struct part trimmed(struct part part)
{
    while (part.length > 0 && (part.text[0] == ' ' || part.text[0] == '\t')) {
        part.text++;
        part.length--;
    }
    while (part.length > 0 &&
           (part.text[part.length - 1] == ' ' || part.text[part.length - 1] == '\t'))
        part.length--;
    return part;
}

/* What stands before `separator`; false, and all of it, when there is none. */
static bool split(struct part *rest, char separator, struct part *out)
{
    const char *end = memchr(rest->text, separator, rest->length);

    *out = *rest;
    if (end == NULL) {
        *rest = (struct part){ rest->text + rest->length, 0 };
        return false;
    }
    out->length = (size_t)(end - rest->text);
    rest->text = end + 1;
    rest->length -= out->length + 1;
    return true;
}

/* True when `word` is a member of the list. */
static bool list_has(struct part list, const char *word)
{
    struct part member;
    bool has_more;

    do {
        has_more = split(&list, ',', &member);
        if (part_is(trimmed(member), word))
            return true;
    } while (has_more);
    return false;
}

/* Appends, behind a comma where something is there; what does not fit is left out. */
static void accept_add(struct http_head *head, struct part value)
{
    size_t used = strlen(head->accept);

    if (used + value.length + 2 > sizeof head->accept)
        return;
    if (used > 0)
        head->accept[used++] = ',';
    memcpy(head->accept + used, value.text, value.length);
    head->accept[used + value.length] = '\0';
}

/* GET /metrics?x HTTP/1.1 */
static unsigned line_parse(struct part line, struct http_head *out)
{
    struct part method, target, version, rest;

    if (!split(&line, ' ', &method) || !split(&line, ' ', &target))
        return 400;
    version = line;
    if (version.length != 8 || memcmp(version.text, "HTTP/", 5) != 0)
        return 400;
    if (memcmp(version.text, "HTTP/1.", 7) != 0)
        return 505;
    out->wants_close = version.text[7] == '0';
    out->is_head_method = method.length == 4 && memcmp(method.text, "HEAD", 4) == 0;
    if (!out->is_head_method && !(method.length == 3 && memcmp(method.text, "GET", 3) == 0))
        return 405;
    rest = target;
    (void)split(&rest, '?', &target);
    if (target.length == 0 || target.text[0] != '/' || target.length >= sizeof out->path)
        return 400;
    memcpy(out->path, target.text, target.length);
    out->path[target.length] = '\0';
    return 0;
}

/* A blank before the colon, or at the begin of a line, is how requests are smuggled. */
static bool header_parse(struct part line, struct http_head *out)
{
    struct part name, value = line;

    if (!split(&value, ':', &name) || name.length == 0 || memchr(name.text, ' ', name.length) ||
        memchr(name.text, '\t', name.length))
        return false;
    value = trimmed(value);
    if (part_is(name, "accept"))
        accept_add(out, value);
    else if (part_is(name, "connection"))
        out->wants_close |= list_has(value, "close");
    else if (part_is(name, "transfer-encoding") ||
             (part_is(name, "content-length") && !part_is(value, "0")))
        out->wants_close = true;
    return true;
}

/* No control characters but the ends of lines. */
static bool is_text(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        bool is_end = byte == '\r' ? i + 1 < length && bytes[i + 1] == '\n'
                                   : byte == '\n' && i > 0 && bytes[i - 1] == '\r';

        if (!is_end && (byte == 0x7f || (byte < 0x20 && byte != '\t')))
            return false;
    }
    return true;
}

unsigned http_head_parse(const char *bytes, size_t length, struct http_head *out)
{
    struct part rest = { bytes, length - 2 }, line;
    unsigned status;

    *out = (struct http_head){ 0 };
    out->wants_close = true; /* of what is refused */
    if (!is_text(bytes, length))
        return 400;
    (void)split(&rest, '\n', &line);
    line.length -= line.length > 0;
    status = line_parse(line, out);
    if (status != 0) {
        out->wants_close = true;
        return status;
    }
    while (rest.length > 0) {
        (void)split(&rest, '\n', &line);
        line.length -= line.length > 0;
        if (!header_parse(line, out)) {
            out->wants_close = true;
            return 400;
        }
    }
    return 0;
}
