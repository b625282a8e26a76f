/* See answer.h. */
#include "hooks/answer.h"

#include <string.h>
#include <strings.h>

enum { RECORD_HEADER_BYTES = 8, RECORD_STDOUT = 6, RECORD_STDERR = 7 };

void answer_init(struct answer *answer)
{
    /* Not the line: its length says that it is empty. */
    memset(answer, 0, offsetof(struct answer, line));
}

static struct otel_str trimmed(const char *text, size_t length)
{
    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    return (struct otel_str){ text, length };
}

static bool name_is(struct otel_str name, struct otel_str wanted)
{
    return name.length == wanted.length && strncasecmp(name.data, wanted.data, name.length) == 0;
}

/* The three digits that begin a Status value; 0 when there are none. */
static int status_parse(struct otel_str value)
{
    int status_code = 0;

    if (value.length < 3 || (value.length > 3 && value.data[3] != ' '))
        return 0;
    for (int i = 0; i < 3; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return 0;
        status_code = status_code * 10 + (value.data[i] - '0');
    }
    return status_code;
}

static void header_end(struct answer *answer, const struct answer_events *events, void *user)
{
    int status_code = answer->status_code;

    if (status_code == 0)
        status_code = answer->has_location ? 302 : 200;
    answer->is_header_over = true;
    if (events->status)
        events->status(user, status_code);
}

static void line_end(struct answer *answer, const struct answer_events *events, void *user)
{
    size_t length = answer->line_length;
    const char *colon;

    answer->line_length = 0;
    if (length > 0 && answer->line[length - 1] == '\r')
        length--;
    if (length == 0) {
        header_end(answer, events, user);
        return;
    }
    colon = memchr(answer->line, ':', length);
    if (colon) {
        size_t name_length = (size_t)(colon - answer->line);
        struct otel_str name = trimmed(answer->line, name_length);
        struct otel_str value = trimmed(colon + 1, length - name_length - 1);

        if (name_is(name, OTEL_STR("Status")))
            answer->status_code = status_parse(value);
        else if (name_is(name, OTEL_STR("Location")))
            answer->has_location = true;
        if (events->header)
            events->header(user, name, value);
    }
}

static void response_feed(struct answer *answer, const char *text, size_t length,
                          const struct answer_events *events, void *user)
{
    while (length > 0 && !answer->is_header_over) {
        const char *newline = memchr(text, '\n', length);
        size_t piece = newline ? (size_t)(newline - text) : length;
        size_t room = sizeof(answer->line) - answer->line_length;
        size_t kept = piece < room ? piece : room;

        memcpy(answer->line + answer->line_length, text, kept);
        answer->line_length = (uint16_t)(answer->line_length + kept);
        if (newline) {
            line_end(answer, events, user);
            piece++;
        }
        text += piece;
        length -= piece;
    }
}

/* Takes bytes of a record's header; returns how many. */
static size_t header_feed(struct answer *answer, const uint8_t *bytes, size_t length)
{
    size_t missing = RECORD_HEADER_BYTES - answer->header_used;
    size_t taken = length < missing ? length : missing;

    memcpy(answer->header + answer->header_used, bytes, taken);
    answer->header_used = (uint8_t)(answer->header_used + taken);
    if (answer->header_used == RECORD_HEADER_BYTES) {
        answer->header_used = 0;
        answer->type = answer->header[1];
        answer->content_left = (uint32_t)answer->header[4] << 8 | answer->header[5];
        answer->padding_left = answer->header[6];
    }
    return taken;
}

static size_t content_feed(struct answer *answer, const uint8_t *bytes, size_t length,
                           const struct answer_events *events, void *user)
{
    size_t taken = length < answer->content_left ? length : answer->content_left;

    answer->content_left -= (uint32_t)taken;
    if (answer->type == RECORD_STDOUT)
        response_feed(answer, (const char *)bytes, taken, events, user);
    else if (answer->type == RECORD_STDERR && events->error_text)
        events->error_text(user, (struct otel_str){ (const char *)bytes, taken });
    return taken;
}

void answer_feed(struct answer *answer, const void *bytes, size_t length,
                 const struct answer_events *events, void *user)
{
    const uint8_t *at = bytes;
    size_t skipped = answer->seen_ahead < length ? answer->seen_ahead : length;

    answer->seen_ahead -= skipped;
    at += skipped;
    length -= skipped;
    while (length > 0) {
        size_t taken;

        if (answer->content_left > 0) {
            taken = content_feed(answer, at, length, events, user);
        } else if (answer->padding_left > 0) {
            taken = length < answer->padding_left ? length : answer->padding_left;
            answer->padding_left -= (uint32_t)taken;
        } else {
            taken = header_feed(answer, at, length);
        }
        at += taken;
        length -= taken;
    }
}

void answer_written(struct answer *answer, size_t length, long long written)
{
    if (written >= 0 && (size_t)written < length)
        answer->seen_ahead += length - (size_t)written;
}
