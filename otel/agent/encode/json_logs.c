#include "agent/encode/json_logs.h"

#include "agent/encode/json_records.h"
#include "base/json.h"

#include <string.h>

static void write_severity(struct json *json, uint8_t severity)
{
    const char *text = encoder_severity_text(severity);

    if (text[0] == '\0')
        return;
    JSON_KEY(json, "severityNumber");
    json_uint(json, severity);
    JSON_KEY(json, "severityText");
    json_string(json, text, strlen(text));
}

static void write_log(struct json *json, const struct limited_record *record)
{
    const struct record_log *log = (const struct record_log *)record->header;

    json_object_begin(json);
    JSON_KEY(json, "timeUnixNano");
    json_uint_text(json, log->time_ns);
    JSON_KEY(json, "observedTimeUnixNano");
    json_uint_text(json, log->time_ns);
    write_severity(json, log->severity);
    if (record->body.value_length > 0) {
        JSON_KEY(json, "body");
        json_object_begin(json);
        JSON_KEY(json, "stringValue");
        json_string(json, (const char *)record->body.value, record->body.value_length);
        json_object_end(json);
    }
    json_attribute_list(json, record->attributes, record->attribute_count,
                        record->attributes_dropped, record->value_length);
    if (encoder_has_id(log->trace_id, sizeof log->trace_id)) {
        JSON_KEY(json, "flags");
        json_uint(json, log->trace_flags);
        JSON_KEY(json, "traceId");
        json_hex(json, log->trace_id, sizeof log->trace_id);
        if (encoder_has_id(log->span_id, sizeof log->span_id)) {
            JSON_KEY(json, "spanId");
            json_hex(json, log->span_id, sizeof log->span_id);
        }
    }
    if (record->event_name.value_length > 0) {
        JSON_KEY(json, "eventName");
        json_string(json, (const char *)record->event_name.value, record->event_name.value_length);
    }
    json_object_end(json);
}

void json_logs_encode(const struct encoder *encoder, const struct limits *limits,
                      const uint8_t *const *records, uint32_t count, struct buf *out)
{
    static const struct json_records_keys keys = { "\"resourceLogs\":", "\"scopeLogs\":",
                                                   "\"logRecords\":" };

    json_records_encode(encoder, limits, records, count, &keys, write_log, out);
}
