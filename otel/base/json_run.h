/*
 * Runs: several tokens written in one go, where the writer of json.h is too slow token by token.
 * Room for the longest form is asked for once; what is put then looks at no room again. The
 * caller puts quotes, commas and braces itself, but for the comma before the run.
 *
 *   char *to = json_run_begin(json, sizeof "{\"id\":\"\"}" + JSON_RUN_ESCAPED * length);
 *
 *   if (to == NULL)
 *       return;
 *   to = JSON_RUN(to, "{\"id\":\"");
 *   to = json_run_text(to, text, length);
 *   to = JSON_RUN(to, "\"}");
 *   json_wrote(json, to, true);
 */
#ifndef OTEL_BASE_JSON_RUN_H
#define OTEL_BASE_JSON_RUN_H

#include "base/json.h"

#include <string.h>

enum {
    JSON_RUN_ESCAPED = 6, /* bytes that one byte of text becomes at most */
    JSON_RUN_NUMBER = 20, /* of a 64-bit integer, sign included */
};

/* Where the run goes; NULL when there is no room for `size` bytes: json->out has failed then.
 * Up to where it went, and that a comma follows, says json_wrote. */
static inline char *json_run_begin(struct json *json, size_t size)
{
    return buf_reserve(json->out, size + 1) ? json_room(json, size) : NULL;
}

static inline char *json_run_put(char *to, const char *text, size_t length)
{
    memcpy(to, text, length);
    return to + length;
}
#define JSON_RUN(to, literal) json_run_put((to), (literal), sizeof(literal) - 1)

/* Escaped, without quotes. */
char *json_run_text(char *to, const char *text, size_t length);

char *json_run_uint(char *to, uint64_t value);
char *json_run_int(char *to, int64_t value);
char *json_run_hex(char *to, const uint8_t *bytes, size_t length); /* two for each byte */

#endif
