#include "agent/send/grpc_status.h"

#include "base/clock.h"
#include "base/pair_list.h"
#include "base/proto_reader.h"

#include <string.h>

enum { DETAILS_BYTES = 8192, RETRY_SECONDS_MAX = 24 * 3600 };

/* google.rpc.Status, google.protobuf.Any, google.rpc.RetryInfo, google.protobuf.Duration */
enum { STATUS_DETAILS = 3 };
enum { ANY_TYPE_URL = 1, ANY_VALUE = 2 };
enum { RETRY_INFO_DELAY = 1 };
enum { DURATION_SECONDS = 1, DURATION_NANOS = 2 };

enum grpc_status grpc_status_read(const char *text, size_t length)
{
    unsigned number = 0;

    if (length == 0 || length > 2)
        return GRPC_UNKNOWN;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return GRPC_UNKNOWN;
        number = number * 10 + (unsigned)(text[i] - '0');
    }
    return number < GRPC_STATUS_COUNT ? (enum grpc_status)number : GRPC_UNKNOWN;
}

enum grpc_status grpc_status_of_http(long http_status)
{
    switch (http_status) {
    case 400:
        return GRPC_INTERNAL;
    case 401:
        return GRPC_UNAUTHENTICATED;
    case 403:
        return GRPC_PERMISSION_DENIED;
    case 404:
        return GRPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return GRPC_UNAVAILABLE;
    default:
        return GRPC_UNKNOWN;
    }
}

const char *grpc_status_name(enum grpc_status status)
{
#define STATUS_NAME(name, verdict) #name,
    static const char *const names[] = { GRPC_STATUSES(STATUS_NAME) };
#undef STATUS_NAME

    return names[status];
}

enum send_verdict grpc_status_verdict(enum grpc_status status, bool has_retry_info)
{
#define STATUS_VERDICT(name, verdict) verdict,
    static const enum send_verdict verdicts[] = { GRPC_STATUSES(STATUS_VERDICT) };
#undef STATUS_VERDICT

    return status == GRPC_RESOURCE_EXHAUSTED && has_retry_info ? SEND_RETRY : verdicts[status];
}

void grpc_message_read(const char *text, size_t length, char *out, size_t out_size)
{
    size_t used = 0;

    for (size_t at = 0; at < length && used + 1 < out_size; used++) {
        size_t decoded = 0;

        if (text[at] == '%' && at + 3 <= length && pair_decode(text + at, 3, out + used, &decoded))
            at += 3;
        else
            out[used] = text[at++];
        if ((unsigned char)out[used] < 0x20 || (unsigned char)out[used] > 0x7e)
            out[used] = ' ';
    }
    out[used] = '\0';
}

/* RFC 4648; padding ends it. False for another character, or more than there is room for. */
static bool base64_decode(const char *text, size_t length, uint8_t *out, size_t *out_length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    unsigned bit_count = 0;
    size_t used = 0;

    for (size_t i = 0; i < length && text[i] != '='; i++) {
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;

        if (digit == NULL)
            return false;
        bits = bits << 6 | (uint32_t)(digit - digits);
        bit_count += 6;
        if (bit_count < 8)
            continue;
        bit_count -= 8;
        if (used == DETAILS_BYTES)
            return false;
        out[used++] = (uint8_t)(bits >> bit_count);
    }
    *out_length = used;
    return true;
}

/* Of a field that a later one of the same number replaces. */
static bool find(struct proto_reader reader, unsigned number, enum proto_wire wire,
                 struct proto_field *out)
{
    struct proto_field field;
    bool is_found = false;

    while (proto_reader_next(&reader, &field)) {
        if (field.number != number || field.wire != wire)
            continue;
        *out = field;
        is_found = true;
    }
    return is_found;
}

static bool is_retry_info(const struct proto_field *url)
{
    static const char name[] = "/google.rpc.RetryInfo";
    size_t length = sizeof name - 1;

    return url->value >= length && memcmp(url->bytes + url->value - length, name, length) == 0;
}

static uint64_t read_delay(struct proto_reader retry_info)
{
    struct proto_field delay, seconds = { 0 }, nanos = { 0 };

    if (!find(retry_info, RETRY_INFO_DELAY, PROTO_BYTES, &delay))
        return 0;
    (void)find(proto_field_reader(&delay), DURATION_SECONDS, PROTO_VARINT, &seconds);
    (void)find(proto_field_reader(&delay), DURATION_NANOS, PROTO_VARINT, &nanos);
    if (seconds.value > INT64_MAX || nanos.value >= CLOCK_NS_PER_S)
        return 0; /* negative */
    if (seconds.value > RETRY_SECONDS_MAX)
        seconds.value = RETRY_SECONDS_MAX;
    return seconds.value * CLOCK_NS_PER_S + nanos.value;
}

bool grpc_retry_info_read(const char *text, size_t length, uint64_t *delay_ns)
{
    uint8_t bytes[DETAILS_BYTES];
    struct proto_reader reader;
    struct proto_field detail;
    size_t size = 0;

    if (!base64_decode(text, length, bytes, &size))
        return false;
    reader = proto_reader_of(bytes, size);
    while (proto_reader_next(&reader, &detail)) {
        struct proto_field url, value = { 0 };

        if (detail.number != STATUS_DETAILS || detail.wire != PROTO_BYTES ||
            !find(proto_field_reader(&detail), ANY_TYPE_URL, PROTO_BYTES, &url) ||
            !is_retry_info(&url))
            continue;
        (void)find(proto_field_reader(&detail), ANY_VALUE, PROTO_BYTES, &value);
        *delay_ns = value.bytes != NULL ? read_delay(proto_field_reader(&value)) : 0;
        return true;
    }
    return false;
}
