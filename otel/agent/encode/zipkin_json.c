#include "agent/encode/zipkin_json.h"

#include "agent/encode/value_text.h"
#include "base/json.h"
#include "otel/span.h"

#include <arpa/inet.h>
#include <string.h>

enum { NS_PER_US = 1000, ADDRESS_BYTES = 64 };

struct zipkin_writer {
    const struct encoder *encoder;
    struct json json;
    struct buf scratch; /* a value or an annotation on its way */
    const struct limited_record *record;
};

#define TEXT(json, key, item)                                                                      \
    do {                                                                                           \
        JSON_KEY(json, key);                                                                       \
        json_string(json, (const char *)(item)->value, (item)->value_length);                      \
    } while (0)

static bool is_key(const struct record_view *item, const char *key)
{
    return item->key_length == strlen(key) && memcmp(item->key, key, item->key_length) == 0;
}

static const struct record_view *attribute_find(const struct limited_record *record,
                                                const char *key)
{
    for (uint32_t i = 0; i < record->attribute_count; i++)
        if (is_key(&record->attributes[i], key))
            return &record->attributes[i];
    return NULL;
}

/* --- end points ------------------------------------------------------------------------------- */

static void write_local_endpoint(struct zipkin_writer *writer)
{
    struct json *json = &writer->json;
    struct record_view item;
    size_t offset = 0;

    JSON_KEY(json, "localEndpoint");
    json_object_begin(json);
    while (attributes_next(writer->encoder->resource, &offset, &item))
        if (is_key(&item, "service.name"))
            TEXT(json, "serviceName", &item);
    json_object_end(json);
}

/* An address has a field of its own; what is none is a name. */
static void write_peer(struct json *json, const struct record_view *peer)
{
    char address[ADDRESS_BYTES] = "";
    uint8_t bytes[sizeof(struct in6_addr)];

    if (peer->value_length < sizeof address)
        memcpy(address, peer->value, peer->value_length);
    if (inet_pton(AF_INET, address, bytes) == 1)
        TEXT(json, "ipv4", peer);
    else if (inet_pton(AF_INET6, address, bytes) == 1)
        TEXT(json, "ipv6", peer);
    else
        TEXT(json, "serviceName", peer);
}

/* Who was called: the first of these that the span has. The last two stand for db.name, which has
 * become db.namespace; without either a data base that is a file would be nobody. */
static void write_remote_endpoint(struct zipkin_writer *writer)
{
    static const struct {
        const char *peer, *port;
    } ranks[] = {
        { "peer.service", NULL },
        { "server.address", "server.port" },
        { "net.peer.name", "net.peer.port" },
        { "network.peer.address", "network.peer.port" },
        { "server.socket.domain", NULL },
        { "server.socket.address", "server.socket.port" },
        { "net.sock.peer.name", NULL },
        { "net.sock.peer.addr", "net.sock.peer.port" },
        { "peer.hostname", NULL },
        { "peer.address", NULL },
        { "db.name", NULL },
        { "db.namespace", NULL },
        { "db.system.name", NULL },
    };
    struct json *json = &writer->json;

    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        const struct record_view *peer = attribute_find(writer->record, ranks[i].peer), *port;

        if (peer == NULL || peer->type != RECORD_VALUE_STRING || peer->value_length == 0)
            continue;
        JSON_KEY(json, "remoteEndpoint");
        json_object_begin(json);
        write_peer(json, peer);
        port = ranks[i].port != NULL ? attribute_find(writer->record, ranks[i].port) : NULL;
        if (port != NULL && port->type == RECORD_VALUE_INT && record_view_int(port) > 0 &&
            record_view_int(port) <= UINT16_MAX) {
            JSON_KEY(json, "port");
            json_int(json, record_view_int(port));
        }
        json_object_end(json);
        return;
    }
}

/* --- annotations ------------------------------------------------------------------------------ */

/* An event without attributes is its name; with them "name":{"key":value}. */
static void write_event(struct zipkin_writer *writer, const struct limited_child *event)
{
    struct json inner = json_writer(&writer->scratch);
    const char *text = event->item.key;
    size_t length = event->item.key_length;

    if (event->count > 0 || event->dropped > 0) {
        buf_clear(&writer->scratch);
        json_key(&inner, text, length);
        json_object_begin(&inner);
        for (uint32_t i = 0; i < event->count; i++) {
            const struct record_view *item = &writer->record->child_attributes[event->first + i];

            json_key(&inner, item->key, item->key_length);
            value_json(item, writer->record->value_length, &inner);
        }
        if (event->dropped > 0) {
            JSON_KEY(&inner, "otel.dropped_attributes_count");
            json_uint(&inner, event->dropped);
        }
        json_object_end(&inner);
        text = writer->scratch.data;
        length = writer->scratch.has_failed ? 0 : writer->scratch.length;
    }
    json_object_begin(&writer->json);
    JSON_KEY(&writer->json, "timestamp");
    json_uint(&writer->json, (uint64_t)record_view_int(&event->item) / NS_PER_US);
    JSON_KEY(&writer->json, "value");
    json_string(&writer->json, text, length);
    json_object_end(&writer->json);
}

static void write_annotations(struct zipkin_writer *writer)
{
    const struct limited_record *record = writer->record;

    if (record->event_count == 0)
        return;
    JSON_KEY(&writer->json, "annotations");
    json_array_begin(&writer->json);
    for (uint32_t i = 0; i < record->event_count; i++)
        write_event(writer, &record->events[i]);
    json_array_end(&writer->json);
}

/* --- tags ------------------------------------------------------------------------------------- */

static void write_tag(struct zipkin_writer *writer, const struct record_view *item)
{
    struct value_text value = value_text(item, writer->record->value_length, &writer->scratch);

    json_key(&writer->json, item->key, item->key_length);
    json_string(&writer->json, value.text, value.length);
}

static void write_text_tag(struct zipkin_writer *writer, const char *key, const char *value)
{
    json_key(&writer->json, key, strlen(key));
    json_string(&writer->json, value, strlen(value));
}

static void write_count_tag(struct zipkin_writer *writer, const char *key, uint32_t count)
{
    if (count == 0)
        return;
    json_key(&writer->json, key, strlen(key));
    json_uint_text(&writer->json, count);
}

/* Zipkin takes a span for failed that has a tag "error", whatever it says. */
static bool is_false(const struct record_view *item)
{
    return (item->type == RECORD_VALUE_BOOL && record_view_int(item) == 0) ||
           (item->type == RECORD_VALUE_STRING && item->value_length == 5 &&
            memcmp(item->value, "false", 5) == 0);
}

/* An attribute whose tag is ours to write, or that must not become one. */
static bool is_reserved(const struct zipkin_writer *writer, const struct record_view *item)
{
    static const char *const keys[] = {
        "otel.scope.name",           "otel.scope.version",       "otel.library.name",
        "otel.library.version",      "otel.status_code",         "otel.dropped_attributes_count",
        "otel.dropped_events_count", "otel.dropped_links_count",
    };
    const struct record_span *span = (const struct record_span *)writer->record->header;

    if (is_key(item, "error"))
        return span->status == OTEL_SPAN_ERROR || is_false(item);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (is_key(item, keys[i]))
            return true;
    return false;
}

/* Of the resource, but for what the end point says and what the span says itself. */
static bool is_resource_tag(const struct zipkin_writer *writer, const struct record_view *item)
{
    if (is_key(item, "service.name") || is_reserved(writer, item))
        return false;
    for (uint32_t i = 0; i < writer->record->attribute_count; i++) {
        const struct record_view *own = &writer->record->attributes[i];

        if (own->key_length == item->key_length &&
            memcmp(own->key, item->key, item->key_length) == 0)
            return false;
    }
    return true;
}

static void write_status(struct zipkin_writer *writer)
{
    const struct limited_record *record = writer->record;
    const struct record_span *span = (const struct record_span *)record->header;

    if (span->status == OTEL_SPAN_OK)
        write_text_tag(writer, "otel.status_code", "OK");
    if (span->status != OTEL_SPAN_ERROR)
        return;
    write_text_tag(writer, "otel.status_code", "ERROR");
    TEXT(&writer->json, "error", &record->status_message);
}

static void write_tags(struct zipkin_writer *writer)
{
    const struct limited_record *record = writer->record;
    const char *scope = encoder_scope_name(record->header->scope);
    struct record_view item;
    size_t offset = 0;

    JSON_KEY(&writer->json, "tags");
    json_object_begin(&writer->json);
    for (uint32_t i = 0; i < record->attribute_count; i++)
        if (!is_reserved(writer, &record->attributes[i]))
            write_tag(writer, &record->attributes[i]);
    while (attributes_next(writer->encoder->resource, &offset, &item))
        if (is_resource_tag(writer, &item))
            write_tag(writer, &item);
    write_status(writer);
    write_text_tag(writer, "otel.scope.name", scope);
    write_text_tag(writer, "otel.scope.version", writer->encoder->version);
    write_text_tag(writer, "otel.library.name", scope); /* of the same meaning, for older readers */
    write_text_tag(writer, "otel.library.version", writer->encoder->version);
    write_count_tag(writer, "otel.dropped_attributes_count", record->attributes_dropped);
    write_count_tag(writer, "otel.dropped_events_count", record->events_dropped);
    write_count_tag(writer, "otel.dropped_links_count", record->links_dropped);
    json_object_end(&writer->json);
}

/* --- spans ------------------------------------------------------------------------------------ */

static void write_times(struct json *json, const struct record_span *span)
{
    uint64_t took_ns = encoder_end_ns(span->start_ns, span->end_ns) - span->start_ns;

    JSON_KEY(json, "timestamp");
    json_uint(json, span->start_ns / NS_PER_US);
    JSON_KEY(json, "duration"); /* Zipkin's are never 0 */
    json_uint(json, took_ns >= NS_PER_US ? took_ns / NS_PER_US : 1);
}

static void write_span(struct zipkin_writer *writer)
{
    static const char *const kinds[] = { NULL, NULL, "SERVER", "CLIENT", "PRODUCER", "CONSUMER" };
    const struct record_span *span = (const struct record_span *)writer->record->header;
    uint32_t kind = encoder_span_kind(span);
    struct json *json = &writer->json;

    json_object_begin(json);
    JSON_KEY(json, "traceId");
    json_hex(json, span->trace_id, sizeof span->trace_id);
    if (encoder_has_id(span->parent_span_id, sizeof span->parent_span_id)) {
        JSON_KEY(json, "parentId");
        json_hex(json, span->parent_span_id, sizeof span->parent_span_id);
    }
    JSON_KEY(json, "id");
    json_hex(json, span->span_id, sizeof span->span_id);
    if (kinds[kind] != NULL) {
        JSON_KEY(json, "kind");
        json_string(json, kinds[kind], strlen(kinds[kind]));
    }
    TEXT(json, "name", &writer->record->name);
    write_times(json, span);
    write_local_endpoint(writer);
    if (kind == OTEL_SPAN_CLIENT || kind == OTEL_SPAN_PRODUCER)
        write_remote_endpoint(writer);
    write_annotations(writer);
    write_tags(writer);
    json_object_end(json);
}

void zipkin_json_encode(const struct encoder *encoder, const struct limits *limits,
                        const uint8_t *const *records, uint32_t count, struct buf *out)
{
    struct zipkin_writer writer = {
        .encoder = encoder,
        .json = json_writer(out),
        .record = encoder->room,
    };

    buf_init(&writer.scratch, 16 * RECORD_BYTES_MAX);
    json_array_begin(&writer.json);
    for (uint32_t i = 0; i < count; i++) {
        limits_apply(limits, records[i], encoder->room);
        write_span(&writer);
        out->has_failed |= writer.scratch.has_failed;
    }
    json_array_end(&writer.json);
    buf_release(&writer.scratch);
}
