#include "record/request_attributes.h"
#include "otel/semconv.h"
#include "record/hook_entry.h"
#include "record/query.h"
#include "record/tracer.h"
#include "segment/method.h"

#define PROTOCOL_PREFIX "HTTP/"
#define PROTOCOL_PREFIX_LENGTH (sizeof PROTOCOL_PREFIX - 1)
#define PORT_MAX 65535
#define QUERY_BYTES_MAX 4096
#define METHOD_ORIGINAL_MAX 64 /* a client chooses it */

static bool text_is(struct otel_str text, struct otel_str other)
{
    return text.length == other.length && memcmp(text.data, other.data, text.length) == 0;
}

/* --- facts ------------------------------------------------------------------------------------ */

/* "HTTP/1.1" is 1.1; 2.0 and 3.0 are 2 and 3, as the conventions write them. */
static void protocol_read(struct segment_request *request, struct otel_str protocol)
{
    struct otel_str version = { NULL, 0 };

    memset(request->protocol_version, 0, sizeof request->protocol_version);
    if (protocol.length <= PROTOCOL_PREFIX_LENGTH ||
        memcmp(protocol.data, PROTOCOL_PREFIX, PROTOCOL_PREFIX_LENGTH) != 0)
        return;
    version.data = protocol.data + PROTOCOL_PREFIX_LENGTH;
    version.length = protocol.length - PROTOCOL_PREFIX_LENGTH;
    if (text_is(version, OTEL_STR("2.0")) || text_is(version, OTEL_STR("3.0")))
        version.length = 1;
    if (version.length < sizeof request->protocol_version)
        memcpy(request->protocol_version, version.data, version.length);
}

static bool scheme_is_https(const struct params *params)
{
    struct otel_str scheme = params->first[PARAM_REQUEST_SCHEME];
    struct otel_str https = params->first[PARAM_HTTPS];

    if (scheme.length)
        return text_is(scheme, OTEL_STR("https"));
    return https.length && !text_is(https, OTEL_STR("off"));
}

void request_facts_read(struct segment_request *request, const struct params *params)
{
    struct otel_str method = params->first[PARAM_REQUEST_METHOD];
    struct otel_str route = params->first[PARAM_OTEL_HTTP_ROUTE];
    size_t length =
        route.length ? record_text_fit(route.data, route.length, sizeof request->route - 1) : 0;

    request->method = segment_method_find(record_config(), method.data, method.length);
    request->is_https = scheme_is_https(params);
    protocol_read(request, params->first[PARAM_SERVER_PROTOCOL]);
    if (length)
        memcpy(request->route, route.data, length);
    request->route[length] = '\0';
}

struct otel_str record_method_told(struct otel_str method)
{
    uint16_t number = segment_method_find(record_config(), method.data, method.length);

    method.data = segment_method_text(record_config(), number, &method.length);
    return method;
}

struct otel_str request_method_text(const struct segment_request *request)
{
    struct otel_str text;

    text.data = segment_method_text(record_config(), request->method, &text.length);
    return text;
}

struct otel_str request_scheme_text(const struct segment_request *request)
{
    return request->is_https ? OTEL_STR("https") : OTEL_STR("http");
}

struct otel_str request_route_text(const struct segment_request *request)
{
    return (struct otel_str){ request->route, strnlen(request->route, sizeof request->route) };
}

size_t request_name_write(const struct segment_request *request, char out[REQUEST_NAME_SIZE])
{
    struct otel_str method =
        request->method == SEGMENT_METHOD_OTHER ? OTEL_STR("HTTP") : request_method_text(request);
    struct otel_str route = request_route_text(request);
    size_t length = method.length;

    memcpy(out, method.data, method.length);
    if (route.length) {
        out[length++] = ' ';
        memcpy(out + length, route.data, route.length);
        length += route.length;
    }
    return length;
}

/* --- attributes ------------------------------------------------------------------------------- */

static void put_text(const struct record_place *place, struct otel_key key, struct otel_str value)
{
    struct otel_attribute attribute = otel_attribute_string(key, value);

    if (value.length)
        span_place_attribute(place, &attribute);
}

/* Digits only, 1 to 65535; 0 for anything else. */
static int64_t port_read(struct otel_str text)
{
    int64_t port = 0;

    for (size_t i = 0; i < text.length && port <= PORT_MAX; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return 0;
        port = port * 10 + (text.data[i] - '0');
    }
    return port <= PORT_MAX ? port : 0;
}

static void put_port(const struct record_place *place, struct otel_key key, struct otel_str text)
{
    struct otel_attribute attribute = otel_attribute_int(key, port_read(text));

    if (attribute.value.integer)
        span_place_attribute(place, &attribute);
}

/* "name", "name:port", "[v6]", "[v6]:port"; a bare v6 address has more than one colon. */
static void host_split(struct otel_str host, struct otel_str *name, struct otel_str *port)
{
    const char *end = host.data + host.length;
    const char *bracket = NULL;
    const char *colon = NULL;

    *name = host;
    *port = (struct otel_str){ NULL, 0 };
    if (host.length == 0)
        return;
    if (host.data[0] == '[') {
        bracket = memchr(host.data, ']', host.length);
        if (!bracket)
            return;
        *name = (struct otel_str){ host.data + 1, (size_t)(bracket - host.data - 1) };
        if (bracket + 1 < end && bracket[1] == ':')
            *port = (struct otel_str){ bracket + 2, (size_t)(end - bracket - 2) };
        return;
    }
    colon = memchr(host.data, ':', host.length);
    if (!colon || memchr(colon + 1, ':', (size_t)(end - colon - 1)))
        return;
    name->length = (size_t)(colon - host.data);
    *port = (struct otel_str){ colon + 1, (size_t)(end - colon - 1) };
}

static void put_server(const struct record_place *place, const struct params *params)
{
    struct otel_str name;
    struct otel_str port;

    host_split(params->first[PARAM_HTTP_HOST], &name, &port);
    if (name.length == 0)
        name = params->first[PARAM_SERVER_NAME];
    if (name.length == 0)
        return;
    put_text(place, OTEL_SERVER_ADDRESS, name);
    put_port(place, OTEL_SERVER_PORT, port.length ? port : params->first[PARAM_SERVER_PORT]);
}

static void put_url(const struct record_place *place, const struct params *params)
{
    struct otel_str path = params->first[PARAM_REQUEST_URI];
    struct otel_str query = params->first[PARAM_QUERY_STRING];
    const char *question = path.length ? memchr(path.data, '?', path.length) : NULL;
    char shown[QUERY_BYTES_MAX];
    bool is_cut = false;

    if (question) {
        /* A program behind another front end may have no QUERY_STRING. */
        if (!query.data)
            query = otel_str(question + 1);
        path.length = (size_t)(question - path.data);
    }
    put_text(place, OTEL_URL_PATH, path);
    if (query.length) {
        query = (struct otel_str){ shown, query_redact(query, shown, sizeof shown, &is_cut) };
        put_text(place, OTEL_URL_QUERY, query);
        if (is_cut)
            span_place_count_cut();
    }
}

void request_attributes_put(const struct segment_request *request, const struct params *params,
                            const struct record_place *place)
{
    const struct otel_str *first = params->first;
    struct otel_str original = first[PARAM_REQUEST_METHOD];

    put_text(place, OTEL_HTTP_REQUEST_METHOD, request_method_text(request));
    if (request->method == SEGMENT_METHOD_OTHER && original.length) {
        original.length = record_text_fit(original.data, original.length, METHOD_ORIGINAL_MAX);
        put_text(place, OTEL_HTTP_REQUEST_METHOD_ORIGINAL, original);
    }
    put_text(place, OTEL_HTTP_ROUTE, request_route_text(request));
    put_text(place, OTEL_URL_SCHEME, request_scheme_text(request));
    put_text(
        place, OTEL_NETWORK_PROTOCOL_VERSION,
        (struct otel_str){ request->protocol_version,
                           strnlen(request->protocol_version, sizeof request->protocol_version) });
    put_text(place, OTEL_CLIENT_ADDRESS, first[PARAM_REMOTE_ADDR]);
    put_text(place, OTEL_NETWORK_PEER_ADDRESS, first[PARAM_REMOTE_ADDR]);
    if (first[PARAM_REMOTE_ADDR].length)
        put_port(place, OTEL_NETWORK_PEER_PORT, first[PARAM_REMOTE_PORT]);
    put_server(place, params);
    put_url(place, params);
    put_text(place, OTEL_USER_AGENT_ORIGINAL, first[PARAM_HTTP_USER_AGENT]);
}
