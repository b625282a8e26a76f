#include "status/words.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void words_age(uint64_t ns, struct buf *out)
{
    uint64_t s = ns / CLOCK_NS_PER_S;

    if (s < 10)
        buf_add_format(out, "%.1f s", (double)ns / (double)CLOCK_NS_PER_S);
    else if (s < 120)
        buf_add_format(out, "%" PRIu64 " s", s);
    else if (s < 7200)
        buf_add_format(out, "%" PRIu64 " min", s / 60);
    else if (s < 48 * 3600)
        buf_add_format(out, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s / 60 % 60);
    else
        buf_add_format(out, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
}

void words_ms(uint64_t ns, struct buf *out)
{
    double ms = (double)ns / (double)CLOCK_NS_PER_MS;

    buf_add_format(out, ms < 9.995 ? "%.2f" : ms < 99.95 ? "%.1f" : "%.0f", ms);
}

void words_bytes(int64_t bytes, struct buf *out)
{
    static const char *const UNITS[] = { "bytes", "KB", "MB", "GB", "TB" };
    double value = (double)bytes;
    size_t unit = 0;

    if (bytes < 0) {
        buf_add_text(out, "\u2013");
        return;
    }
    for (; value >= 1000 && unit + 1 < sizeof UNITS / sizeof UNITS[0]; unit++)
        value /= 1000;
    buf_add_format(out, unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
}

void words_count(uint64_t count, struct buf *out)
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count);

    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            buf_add_text(out, "\u202f");
        buf_add(out, &digits[i], 1);
    }
}

/* --- attributes ------------------------------------------------------------------------------- */

/* "" hides a key that the page shows in another place; a number is told apart by how many. */
static const struct {
    const char *key;
    const char *one; /* where the value is 1; NULL: as for many */
    const char *many;
} PHRASES[] = {
    { "db.response.returned_rows", "1 row", "%s rows" },
    { "board.count.requested", NULL, "asked for %s" },
    { "board.posts.returned", "1 post", "%s posts" },
    { "board.log.rows.returned", "1 log row", "%s log rows" },
    { "client.address", NULL, "from %s" },
    { "error.type", NULL, "error %s" },
    { "db.response.status_code", NULL, "database said %s" },
    { "http.response.header.content-type", NULL, "answered %s" },
    { "url.query", NULL, "query %s" },
    { "user_agent.original", NULL, "by %s" },
    { "code.function.name", NULL, "in %s" },
    { "code.file.path", NULL, "%s" },
    { "code.line.number", NULL, "line %s" },
    { "board.queue_time", NULL, "" },
    { "board.write_time", NULL, "" },
    { "db.system.name", NULL, "" },
    { "db.namespace", NULL, "" },
    { "db.query.text", NULL, "" },
};

static void others_add(const char *value, struct buf *out)
{
    long count = strtol(value, NULL, 10);

    if (count <= 1)
        buf_add_text(out, "committed alone");
    else
        buf_add_format(out, count == 2 ? "committed with %ld other" : "committed with %ld others",
                       count - 1);
}

/* A phrase has at most one %s. */
static void phrase_add(const char *phrase, const char *value, struct buf *out)
{
    const char *place = strstr(phrase, "%s");

    if (place == NULL) {
        buf_add_text(out, phrase);
        return;
    }
    buf_add(out, phrase, (size_t)(place - phrase));
    buf_add_text(out, value);
    buf_add_text(out, place + 2);
}

static void attribute_add(const char *key, const char *value, bool needs_comma, struct buf *out)
{
    const char *comma = needs_comma ? ", " : "";

    if (strcmp(key, "board.commit.size") == 0) {
        buf_add_text(out, comma);
        others_add(value, out);
        return;
    }
    for (size_t i = 0; i < sizeof PHRASES / sizeof PHRASES[0]; i++) {
        if (strcmp(PHRASES[i].key, key) != 0)
            continue;
        if (PHRASES[i].many[0] == '\0')
            return;
        buf_add_text(out, comma);
        phrase_add(PHRASES[i].one && strcmp(value, "1") == 0 ? PHRASES[i].one : PHRASES[i].many,
                   value, out);
        return;
    }
    buf_add_format(out, "%s%s %s", comma, key, value);
}

void words_attributes(const char *attributes, struct buf *out)
{
    size_t begin = out->length;

    while (*attributes != '\0') {
        size_t length = strcspn(attributes, "\n");
        const char *equals = memchr(attributes, '=', length);
        char key[96];
        char value[256];

        if (equals != NULL) {
            (void)snprintf(key, sizeof key, "%.*s", (int)(equals - attributes), attributes);
            (void)snprintf(value, sizeof value, "%.*s", (int)(attributes + length - equals - 1),
                           equals + 1);
            attribute_add(key, value, out->length > begin, out);
        }
        attributes += length + (attributes[length] == '\n');
    }
}

const char *words_severity(unsigned severity)
{
    static const char *const NAMES[] = { "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL" };

    return severity >= 1 && severity <= 24 ? NAMES[(severity - 1) / 4] : "LOG";
}
