#include "hooks/severity.h"

#include <strings.h>
#include <syslog.h>

#define BRACKET_BYTES_MAX 100 /* a time, a process and a thread stand in front */
#define WORDS_MAX 4           /* "a: b: c: error: …" */
#define PRIORITY_MAX 191      /* facility 23, severity 7 */

static const struct level {
    const char *word;
    size_t length;
    int severity;
} LEVELS[] = {
#define LEVEL(word, severity)                                                                      \
    {                                                                                              \
        word, sizeof(word) - 1, severity                                                           \
    }
    LEVEL("trace", OTEL_SEVERITY_TRACE),     LEVEL("debug", OTEL_SEVERITY_DEBUG),
    LEVEL("info", OTEL_SEVERITY_INFO),       LEVEL("notice", OTEL_SEVERITY_INFO + 1),
    LEVEL("warn", OTEL_SEVERITY_WARN),       LEVEL("warning", OTEL_SEVERITY_WARN),
    LEVEL("err", OTEL_SEVERITY_ERROR),       LEVEL("error", OTEL_SEVERITY_ERROR),
    LEVEL("crit", OTEL_SEVERITY_ERROR + 1),  LEVEL("critical", OTEL_SEVERITY_ERROR + 1),
    LEVEL("alert", OTEL_SEVERITY_ERROR + 2), LEVEL("emerg", OTEL_SEVERITY_FATAL),
    LEVEL("emergency", OTEL_SEVERITY_FATAL), LEVEL("panic", OTEL_SEVERITY_FATAL),
    LEVEL("fatal", OTEL_SEVERITY_FATAL),
#undef LEVEL
};

enum otel_severity severity_of_priority(int priority)
{
    static const uint8_t SEVERITY[] = {
        [LOG_EMERG] = OTEL_SEVERITY_FATAL,    [LOG_ALERT] = OTEL_SEVERITY_ERROR + 2,
        [LOG_CRIT] = OTEL_SEVERITY_ERROR + 1, [LOG_ERR] = OTEL_SEVERITY_ERROR,
        [LOG_WARNING] = OTEL_SEVERITY_WARN,   [LOG_NOTICE] = OTEL_SEVERITY_INFO + 1,
        [LOG_INFO] = OTEL_SEVERITY_INFO,      [LOG_DEBUG] = OTEL_SEVERITY_DEBUG,
    };

    return (enum otel_severity)SEVERITY[LOG_PRI(priority)];
}

/* 0: it is no level. */
static enum otel_severity word_severity(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof LEVELS / sizeof LEVELS[0]; i++)
        if (LEVELS[i].length == length && strncasecmp(LEVELS[i].word, word, length) == 0)
            return (enum otel_severity)LEVELS[i].severity;
    return (enum otel_severity)0;
}

/* "<N>"; its length, 0 for anything else. */
static size_t priority_read(struct otel_str line, int *out)
{
    size_t at = 1;
    int priority = 0;

    if (line.length < sizeof "<0>" - 1 || line.data[0] != '<')
        return 0;
    while (at < line.length && at <= 3 && line.data[at] >= '0' && line.data[at] <= '9')
        priority = priority * 10 + (line.data[at++] - '0');
    if (at == 1 || at == line.length || line.data[at] != '>' || priority > PRIORITY_MAX)
        return 0;
    *out = priority;
    return at + 1;
}

static enum otel_severity bracket_severity(struct otel_str line)
{
    size_t length = line.length < BRACKET_BYTES_MAX ? line.length : BRACKET_BYTES_MAX;
    const char *end = line.data + length;
    const char *open = line.data;

    while (open < end && (open = memchr(open, '[', (size_t)(end - open)))) {
        const char *word = open + 1;
        const char *close = memchr(word, ']', (size_t)(end - word));
        enum otel_severity severity = (enum otel_severity)0;

        if (!close)
            break;
        severity = word_severity(word, (size_t)(close - word));
        if (severity)
            return severity;
        open = word;
    }
    return (enum otel_severity)0;
}

static enum otel_severity front_severity(struct otel_str line)
{
    for (int i = 0; i < WORDS_MAX && line.length; i++) {
        const char *colon = memchr(line.data, ':', line.length);
        enum otel_severity severity = (enum otel_severity)0;

        while (line.length && (line.data[0] == ' ' || line.data[0] == '\t')) {
            line.data++;
            line.length--;
        }
        if (!colon || line.length == 0)
            break;
        severity = word_severity(line.data, (size_t)(colon - line.data));
        if (severity)
            return severity;
        if (memchr(line.data, ' ', (size_t)(colon - line.data))) /* the message has begun */
            break;
        line.length -= (size_t)(colon + 1 - line.data);
        line.data = colon + 1;
    }
    return (enum otel_severity)0;
}

enum otel_severity severity_of_line(struct otel_str *line)
{
    enum otel_severity severity = (enum otel_severity)0;
    int priority = 0;
    size_t prefix = priority_read(*line, &priority);

    if (prefix) {
        line->data += prefix;
        line->length -= prefix;
        return severity_of_priority(priority);
    }
    severity = bracket_severity(*line);
    return severity ? severity : front_severity(*line);
}
