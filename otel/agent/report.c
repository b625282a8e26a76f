#include "agent/report.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    REPORT_LINE_BYTES = 1024,
    REPORT_RECENT_COUNT = 32, /* lines whose repetition is noticed */
    REPORT_REPEAT_S = 20,
};

struct report_recent {
    uint64_t hash; /* 0: free */
    uint64_t shown_ns;
    uint32_t left_out;
};

static enum settings_log_level level_shown = LEVEL_INFO;
static struct report_recent recent[REPORT_RECENT_COUNT];

void report_level_set(enum settings_log_level level)
{
    level_shown = level;
}

/* FNV-1a: two lines that collide cost one line for 20 s. */
static uint64_t line_hash(const char *line, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)line[i]) * UINT64_C(0x100000001b3);
    return hash ? hash : 1;
}

/* The place of a line: its own, or the one that was shown longest ago. */
static struct report_recent *recent_find(uint64_t hash)
{
    struct report_recent *oldest = &recent[0];

    for (size_t i = 0; i < REPORT_RECENT_COUNT; i++) {
        if (recent[i].hash == hash)
            return &recent[i];
        if (recent[i].shown_ns < oldest->shown_ns)
            oldest = &recent[i];
    }
    return oldest;
}

/* True when the line is due; *left_out is how often it was not shown since. */
static bool line_is_due(const char *line, size_t length, uint32_t *left_out)
{
    uint64_t hash = line_hash(line, length);
    uint64_t now_ns = clock_monotonic_ns();
    struct report_recent *place = recent_find(hash);

    if (place->hash == hash && now_ns - place->shown_ns < REPORT_REPEAT_S * CLOCK_NS_PER_S) {
        place->left_out++;
        return false;
    }
    *left_out = place->hash == hash ? place->left_out : 0;
    *place = (struct report_recent){ hash, now_ns, 0 };
    return true;
}

__attribute__((format(printf, 3, 0))) static void
report_line(enum settings_log_level level, const char *name, const char *format, va_list arguments)
{
    char line[REPORT_LINE_BYTES];
    char shown[REPORT_LINE_BYTES + 64];
    uint32_t left_out = 0;
    int length;

    if (level > level_shown || vsnprintf(line, sizeof line, format, arguments) < 0)
        return;
    for (char *end = strpbrk(line, "\r\n"); end; end = strpbrk(end, "\r\n"))
        *end = ' '; /* one message is one line, whatever it quotes */
    if (!line_is_due(line, strlen(line), &left_out))
        return;
    length = left_out
                 ? snprintf(shown, sizeof shown, "otel-instrument: %s: %s (and %u times more)\n",
                            name, line, left_out)
                 : snprintf(shown, sizeof shown, "otel-instrument: %s: %s\n", name, line);
    if (length >= (int)sizeof shown)
        length = (int)sizeof shown - 1;
    if (length > 0) { /* one write: lines of several launchers on one terminal stay whole */
        ssize_t written = write(STDERR_FILENO, shown, (size_t)length);
        (void)written; /* nobody is left to be told */
    }
}

#define REPORT_FUNCTION(function, level, name)                                                     \
    void function(const char *format, ...)                                                         \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        report_line(level, name, format, arguments);                                               \
        va_end(arguments);                                                                         \
    }

REPORT_FUNCTION(report_error, LEVEL_ERROR, "error")
REPORT_FUNCTION(report_warn, LEVEL_WARN, "warning")
REPORT_FUNCTION(report_info, LEVEL_INFO, "info")
REPORT_FUNCTION(report_debug, LEVEL_DEBUG, "debug")
