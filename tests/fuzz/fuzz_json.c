/*
 * Text of any bytes as JSON: the same as a slow writer makes of it, and json-c can read it. (What
 * json-c reads is not compared: 0.16 loses a surrogate pair in front of \ufffd.)
 */
#include "base/json.h"
#include "base/utf8.h"
#include "fuzz.h"

/* A type of json-c has the name of a function of ours. */
#define json_bool json_c_bool
#include <json-c/json.h>
#undef json_bool

enum { ESCAPED_BYTES_MAX = 12 }; /* of one character: a surrogate pair */

static size_t escape_one(uint32_t code_point, char out[ESCAPED_BYTES_MAX + 1])
{
    static const char SHORT[] = "\b\t\n\f\r\"\\", LETTERS[] = "btnfr\"\\";
    const char *found =
        code_point != 0 && code_point < 0x80 ? strchr(SHORT, (int)code_point) : NULL;

    if (found)
        return (size_t)snprintf(out, ESCAPED_BYTES_MAX + 1, "\\%c", LETTERS[found - SHORT]);
    if (code_point >= 0x20 && code_point < 0x7f)
        return (size_t)snprintf(out, ESCAPED_BYTES_MAX + 1, "%c", (char)code_point);
    if (code_point < 0x10000)
        return (size_t)snprintf(out, ESCAPED_BYTES_MAX + 1, "\\u%04x", code_point);
    code_point -= 0x10000;
    return (size_t)snprintf(out, ESCAPED_BYTES_MAX + 1, "\\u%04x\\u%04x",
                            0xd800 + (code_point >> 10), 0xdc00 + (code_point & 0x3ff));
}

static char *escape_slowly(const char *text, size_t size, size_t *length)
{
    char *out = malloc(ESCAPED_BYTES_MAX * size + 1);

    if (out == NULL)
        abort();
    *length = 0;
    for (size_t at = 0; at < size;) {
        uint32_t code_point = 0;
        size_t taken = utf8_next(text + at, size - at, &code_point);

        FUZZ_PROMISE(taken > 0 && taken <= size - at);
        *length += escape_one(code_point, out + *length);
        at += taken;
    }
    return out;
}

static void read_by_others(const char *json, size_t length_with_nul)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *read = NULL;

    if (tokener == NULL)
        abort();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    read = json_tokener_parse_ex(tokener, json, (int)length_with_nul);
    FUZZ_PROMISE(json_object_is_type(read, json_type_string));
    json_object_put(read);
    json_tokener_free(tokener);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_bytes(data, size);
    size_t length = 0;
    char *expected = escape_slowly(text, size, &length);
    struct buf out;
    struct json json = json_writer(&out);

    buf_init(&out, ESCAPED_BYTES_MAX * size + 3);
    json_string(&json, text, size);
    FUZZ_PROMISE(out.length == length + 2);
    FUZZ_PROMISE(memcmp(out.data + 1, expected, length) == 0);
    buf_add(&out, "", 1); /* in strict mode json-c wants to see the NUL */
    read_by_others(out.data, out.length);
    buf_release(&out);
    free(expected);
    free(text);
    return 0;
}
