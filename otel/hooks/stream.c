/* See stream.h. */
#include "hooks/stream.h"

#include "hooks/hook.h"
#include "hooks/severity.h"
#include "otel/semconv.h"
#include "record/hook_entry.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

enum {
    /* Thread-local, so small: threads pay for it whether they write or not. A line that comes
     * whole is never copied here. */
    PARTIAL_LINE_BYTES = 1024,
    FORMAT_BYTES = 8192, /* a record keeps no more of a body */
};

static __thread struct {
    uint8_t source; /* enum stream_source */
    uint16_t length;
    char text[PARTIAL_LINE_BYTES];
} partial;

bool stream_is_captured(void)
{
    const struct segment_config *config = record_config();

    return config->captures_stderr && !(config->disabled & SEGMENT_DISABLED_STDERR);
}

static void line_record(struct otel_str line)
{
    const struct otel_attribute attributes[] = {
        otel_attribute_string(OTEL_LOG_IOSTREAM, OTEL_STR("stderr")),
    };

    enum otel_severity severity;

    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    severity = severity_of_line(&line);
    if (line.length > 0)
        record_log(RECORD_SCOPE_STDERR, severity, line, attributes, 1);
}

static void partial_end(void)
{
    struct otel_str line = { partial.text, partial.length };

    partial.length = 0;
    line_record(line);
}

/* Keeps the beginning of a line; one that outgrows the room leaves in pieces. */
static void partial_add(struct otel_str piece)
{
    while (piece.length > 0) {
        size_t room = sizeof(partial.text) - partial.length;
        size_t taken = piece.length < room ? piece.length : room;

        memcpy(partial.text + partial.length, piece.data, taken);
        partial.length = (uint16_t)(partial.length + taken);
        piece.data += taken;
        piece.length -= taken;
        if (partial.length == sizeof(partial.text))
            partial_end();
    }
}

static void lines_split(struct otel_str text)
{
    const char *newline;

    while (text.length > 0 && (newline = memchr(text.data, '\n', text.length))) {
        struct otel_str line = { text.data, (size_t)(newline - text.data) };

        if (partial.length > 0) {
            partial_add(line);
            partial_end();
        } else {
            line_record(line);
        }
        text.data += line.length + 1;
        text.length -= line.length + 1;
    }
    partial_add(text);
}

void stream_text(enum stream_source source, struct otel_str text)
{
    int saved_errno = errno;

    if (hook_enter()) {
        /* The end of one stream's line is not the end of the other's. */
        if (partial.source != source)
            partial_end();
        partial.source = (uint8_t)source;
        lines_split(text);
    }
    hook_leave();
    errno = saved_errno;
}

void stream_format(const char *format, va_list arguments)
{
    int saved_errno = errno;
    char text[FORMAT_BYTES];
    va_list copy;
    int length;

    va_copy(copy, arguments);
    length = vsnprintf(text, sizeof(text), format, copy);
    va_end(copy);
    if (length > 0)
        stream_text(STREAM_STDERR,
                    (struct otel_str){ text, (size_t)length < sizeof(text) ? (size_t)length
                                                                           : sizeof(text) - 1 });
    errno = saved_errno;
}

/* The beginning of a line belongs to the parent, which will end it. */
static void child_forget(void)
{
    partial.length = 0;
}

__attribute__((constructor)) static void stream_start(void)
{
    if (stream_is_captured())
        pthread_atfork(NULL, NULL, child_forget);
}

void stream_flush(void)
{
    int saved_errno = errno;

    if (hook_enter())
        partial_end();
    hook_leave();
    errno = saved_errno;
}

/* A program may end in the middle of a line. */
__attribute__((destructor)) static void stream_end(void)
{
    stream_flush();
}
