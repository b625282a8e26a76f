#include "agent/pipeline/answer.h"

#include "base/proto_reader.h"

#include <json-c/json.h>
#include <string.h>

enum { ANSWER_DEPTH_MAX = 8 };

/* Export…ServiceResponse and google.rpc.Status: their numbers and types tell them apart. */
enum { RESPONSE_PARTIAL_SUCCESS = 1, STATUS_MESSAGE = 2 };
enum { PARTIAL_REJECTED = 1, PARTIAL_ERROR_MESSAGE = 2 };

/* Copies what can be shown in one line of a log. */
static void message_set(struct answer *out, const char *text, size_t length)
{
    size_t used = 0;

    for (; used < length && used < sizeof out->message - 1; used++) {
        unsigned char byte = (unsigned char)text[used];
        out->message[used] = byte < 0x20 || byte > 0x7e ? ' ' : (char)byte;
    }
    out->message[used] = '\0';
}

static void json_message(struct answer *out, json_object *message)
{
    const char *text = json_object_get_string(message);

    message_set(out, text, text != NULL ? strlen(text) : 0);
}

static void json_partial_success(struct answer *out, json_object *partial)
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
        json_message(out, value);
}

static void json_read(const char *json, size_t length, struct answer *out)
{
    json_tokener *tokener = NULL;
    json_object *root = NULL, *value;

    tokener = json_tokener_new_ex(ANSWER_DEPTH_MAX);
    if (tokener == NULL)
        return;
    root = json_tokener_parse_ex(tokener, json, (int)length);
    if (root != NULL && json_object_is_type(root, json_type_object)) {
        if (json_object_object_get_ex(root, "partialSuccess", &value) &&
            json_object_is_type(value, json_type_object))
            json_partial_success(out, value);
        else if (json_object_object_get_ex(root, "message", &value))
            json_message(out, value);
    }
    json_object_put(root);
    json_tokener_free(tokener);
}

static void proto_partial_success(struct answer *out, struct proto_reader reader)
{
    struct proto_field field;

    while (proto_reader_next(&reader, &field)) {
        if (field.number == PARTIAL_REJECTED && field.wire == PROTO_VARINT)
            out->rejected = field.value <= INT64_MAX ? field.value : 0; /* an int64 */
        else if (field.number == PARTIAL_ERROR_MESSAGE && field.wire == PROTO_BYTES)
            message_set(out, (const char *)field.bytes, (size_t)field.value);
    }
}

static void proto_read(const char *bytes, size_t length, struct answer *out)
{
    struct proto_reader reader = proto_reader_of(bytes, length);
    struct proto_field field;

    while (proto_reader_next(&reader, &field)) {
        if (field.wire != PROTO_BYTES)
            continue;
        if (field.number == RESPONSE_PARTIAL_SUCCESS)
            proto_partial_success(out, proto_field_reader(&field));
        else if (field.number == STATUS_MESSAGE)
            message_set(out, (const char *)field.bytes, (size_t)field.value);
    }
}

void answer_read(const struct send_result *result, struct answer *out)
{
    *out = (struct answer){ 0 };
    switch (result->answer_format) {
    case SEND_ANSWER_NONE:
        break;
    case SEND_ANSWER_JSON:
        json_read(result->answer, result->answer_length, out);
        break;
    case SEND_ANSWER_PROTOBUF:
        proto_read(result->answer, result->answer_length, out);
        break;
    }
}
