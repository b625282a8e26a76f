#include "agent/encode/proto_logs.h"

#include "agent/encode/proto_records.h"

#include <string.h>

enum log_field {
    LOG_TIME = 1,
    LOG_SEVERITY_NUMBER = 2,
    LOG_SEVERITY_TEXT = 3,
    LOG_BODY = 5,
    LOG_ATTRIBUTES = 6,
    LOG_ATTRIBUTES_DROPPED = 7,
    LOG_FLAGS = 8,
    LOG_TRACE_ID = 9,
    LOG_SPAN_ID = 10,
    LOG_OBSERVED_TIME = 11,
    LOG_EVENT_NAME = 12,
};

static void write_severity(struct buf *out, uint8_t severity)
{
    const char *text = encoder_severity_text(severity);

    if (text[0] == '\0')
        return;
    proto_varint(out, LOG_SEVERITY_NUMBER, severity);
    proto_bytes(out, LOG_SEVERITY_TEXT, text, strlen(text));
}

static void write_ids(struct buf *out, const struct record_log *log)
{
    if (!encoder_has_id(log->trace_id, sizeof log->trace_id))
        return;
    if (log->trace_flags != 0)
        proto_fixed32(out, LOG_FLAGS, log->trace_flags);
    proto_bytes(out, LOG_TRACE_ID, log->trace_id, sizeof log->trace_id);
    if (encoder_has_id(log->span_id, sizeof log->span_id))
        proto_bytes(out, LOG_SPAN_ID, log->span_id, sizeof log->span_id);
}

static void write_log(struct buf *out, const struct limited_record *record)
{
    const struct record_log *log = (const struct record_log *)record->header;

    proto_fixed64(out, LOG_TIME, log->time_ns);
    write_severity(out, log->severity);
    if (record->body.value_length > 0)
        proto_string_value(out, LOG_BODY, (const char *)record->body.value,
                           record->body.value_length);
    proto_attribute_list(out, LOG_ATTRIBUTES, record->attributes, record->attribute_count,
                         record->value_length);
    proto_varint_nonzero(out, LOG_ATTRIBUTES_DROPPED, record->attributes_dropped);
    write_ids(out, log);
    proto_fixed64(out, LOG_OBSERVED_TIME, log->time_ns);
    if (record->event_name.value_length > 0)
        proto_string(out, LOG_EVENT_NAME, (const char *)record->event_name.value,
                     record->event_name.value_length);
}

void proto_logs_encode(const struct encoder *encoder, const struct limits *limits,
                       const uint8_t *const *records, uint32_t count, struct buf *out)
{
    proto_records_encode(encoder, limits, records, count, write_log, out);
}
