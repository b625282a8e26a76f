/* FastCGI parameters to what the service asks of a request. */
#include "http/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    enum http_method method;
} METHODS[] = {
    { "GET", HTTP_METHOD_GET },
    { "HEAD", HTTP_METHOD_HEAD },
    { "OPTIONS", HTTP_METHOD_OPTIONS },
};

/* A parameter's name with its "=". */
struct name {
    const char *text;
    size_t length;
};

#define NAME(text)                                                                                 \
    {                                                                                              \
        text "=", sizeof(text)                                                                     \
    }

static const struct {
    struct name name;
    size_t offset;
    size_t size;
} TEXTS[] = {
    { NAME("DOCUMENT_URI"), offsetof(struct http_request, path), HTTP_PATH_BYTES },
    { NAME("HTTP_ACCEPT"), offsetof(struct http_request, accept), HTTP_ACCEPT_BYTES },
    { NAME("REMOTE_ADDR"), offsetof(struct http_request, client_address), HTTP_ADDRESS_BYTES },
    { NAME("REQUEST_ID"), offsetof(struct http_request, request_id), HTTP_REQUEST_ID_BYTES },
    { NAME("QUERY_STRING"), offsetof(struct http_request, query), HTTP_QUERY_BYTES },
    { NAME("REQUEST_MSEC"), offsetof(struct http_request, front_time), HTTP_FRONT_TIME_BYTES },
};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static enum http_method method_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(METHODS); i++) {
        if (strcmp(name, METHODS[i].name) == 0)
            return METHODS[i].method;
    }
    return HTTP_METHOD_OTHER;
}

/* The value where the parameter has that name, else NULL. Most differ in their first letter. */
static const char *value_of(const char *param, const struct name *name)
{
    if (param[0] != name->text[0] || strncmp(param, name->text, name->length) != 0)
        return NULL;
    return param + name->length;
}

/* False when the path is too long. */
static bool param_take(struct http_request *out, const char *param)
{
    static const struct name METHOD = NAME("REQUEST_METHOD");
    static const struct name SUPPRESS = NAME("OTEL_SUPPRESS");
    const char *value = value_of(param, &METHOD);

    if (value) {
        out->method = method_of(value);
        return true;
    }
    value = value_of(param, &SUPPRESS);
    if (value) {
        out->is_suppressed = value[0] != '\0';
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        size_t length;
        char *text = (char *)out + TEXTS[i].offset;

        value = value_of(param, &TEXTS[i].name);
        if (value == NULL)
            continue;
        length = strlen(value);
        if (length >= TEXTS[i].size)
            return text != out->path;
        memcpy(text, value, length + 1);
        if (text == out->path)
            out->path_length = length;
        return true;
    }
    return true;
}

enum http_status request_read(struct http_request *out, const char *const *params)
{
    enum http_status status = HTTP_OK;

    /* Not the whole: the path alone would be 16 KB to clear for each request. */
    out->method = HTTP_METHOD_OTHER;
    out->path_length = 0;
    out->path[0] = out->accept[0] = out->client_address[0] = out->request_id[0] = '\0';
    out->query[0] = out->front_time[0] = '\0';
    out->is_suppressed = false;
    for (; *params != NULL; params++) {
        if (!param_take(out, *params))
            status = HTTP_URI_TOO_LONG;
    }
    if (status == HTTP_OK && out->path_length == 0)
        status = HTTP_BAD_REQUEST;
    return status;
}

/* --- Accept ------------------------------------------------------------------------------------
 */

struct weight {
    int specificity; /* 0: not named, 1: any type, 2: any subtype, 3: by its full name */
    double quality;
};

/* The "q" of a media range's parameters; 1 when there is none. */
static double quality_of(const char *parameters, size_t length)
{
    const char *end = parameters + length;

    while (parameters < end) {
        const char *next = memchr(parameters, ';', (size_t)(end - parameters));

        next = next ? next : end;
        while (parameters < next && (*parameters == ' ' || *parameters == '\t'))
            parameters++;
        if (next - parameters > 2 && strncasecmp(parameters, "q=", 2) == 0)
            return strtod(parameters + 2, NULL);
        parameters = next < end ? next + 1 : end;
    }
    return 1;
}

/* The most specific range that names the type counts. */
static void weight_see(struct weight *weight, const char *range, size_t length, double quality,
                       const char *type, const char *subtype)
{
    size_t type_length = strlen(type);
    size_t full_length = type_length + 1 + strlen(subtype);
    int specificity = 0;

    if (length == 3 && memcmp(range, "*/*", 3) == 0)
        specificity = 1;
    else if (length > type_length && strncasecmp(range, type, type_length) == 0 &&
             range[type_length] == '/') {
        if (length == type_length + 2 && range[type_length + 1] == '*')
            specificity = 2;
        else if (length == full_length &&
                 strncasecmp(range + type_length + 1, subtype, length - type_length - 1) == 0)
            specificity = 3;
    }
    if (specificity == 0 || specificity < weight->specificity)
        return;
    if (specificity > weight->specificity || quality > weight->quality)
        *weight = (struct weight){ specificity, quality };
}

bool request_prefers_html(const struct http_request *request)
{
    struct weight html = { 0, 0 };
    struct weight json = { 0, 0 };
    struct weight problem = { 0, 0 };
    const char *at = request->accept;

    while (*at != '\0') {
        size_t whole = strcspn(at, ",");
        size_t lead = strspn(at, " \t");
        const char *range = at + (lead < whole ? lead : whole);
        size_t left = whole - (size_t)(range - at);
        size_t length = 0;
        double quality;

        while (length < left && strchr("; \t", range[length]) == NULL)
            length++;
        quality = quality_of(range + length, left - length);
        weight_see(&html, range, length, quality, "text", "html");
        weight_see(&json, range, length, quality, "application", "json");
        weight_see(&problem, range, length, quality, "application", "problem+json");
        at += whole + (at[whole] == ',');
    }
    return html.quality > json.quality && html.quality > problem.quality;
}
