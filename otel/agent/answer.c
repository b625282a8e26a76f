#include "agent/answer.h"

#include <json-c/json.h>
#include <string.h>

enum { ANSWER_DEPTH_MAX = 8 };

/* Copies what can be shown in one line of a log. */
static void message_set(struct answer *out, json_object *message)
{
    const char *text = json_object_get_string(message);
    size_t used = 0;

    for (; text != NULL && *text != '\0' && used < sizeof out->message - 1; text++) {
        unsigned char byte = (unsigned char)*text;
        out->message[used++] = byte < 0x20 || byte > 0x7e ? ' ' : (char)byte;
    }
    out->message[used] = '\0';
}

static void partial_success(struct answer *out, json_object *partial)
{
    static const char *const keys[] = { "rejectedSpans", "rejectedDataPoints",
                                        "rejectedLogRecords" };
    json_object *value;

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        /* A number or, as 64-bit integers are in JSON, a string; json-c reads both. */
        if (json_object_object_get_ex(partial, keys[i], &value) && json_object_get_int64(value) > 0)
            out->rejected = (uint64_t)json_object_get_int64(value);
    }
    if (json_object_object_get_ex(partial, "errorMessage", &value))
        message_set(out, value);
}

void answer_read(const char *json, size_t length, struct answer *out)
{
    json_tokener *tokener = NULL;
    json_object *root = NULL, *value;

    *out = (struct answer){ 0 };
    if (length == 0)
        return;
    tokener = json_tokener_new_ex(ANSWER_DEPTH_MAX);
    if (tokener == NULL)
        return;
    root = json_tokener_parse_ex(tokener, json, (int)length);
    if (root != NULL && json_object_is_type(root, json_type_object)) {
        if (json_object_object_get_ex(root, "partialSuccess", &value) &&
            json_object_is_type(value, json_type_object))
            partial_success(out, value);
        else if (json_object_object_get_ex(root, "message", &value))
            message_set(out, value);
    }
    json_object_put(root);
    json_tokener_free(tokener);
}
