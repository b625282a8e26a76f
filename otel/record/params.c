#include "record/params.h"

/* By length first: a request has some thirty parameters, and most are none of these. */
#define TRY(param)                                                                                 \
    if (memcmp(name, #param, sizeof #param - 1) == 0)                                              \
    return PARAM_##param

static enum param name_find(const char *name, size_t length)
{
    switch (length) {
    case sizeof "HTTPS" - 1:
        TRY(HTTPS);
        break;
    case sizeof "HTTP_HOST" - 1:
        TRY(HTTP_HOST);
        break;
    case sizeof "REMOTE_ADDR" - 1:
        TRY(REMOTE_ADDR);
        TRY(REMOTE_PORT);
        TRY(REQUEST_URI);
        TRY(SERVER_NAME);
        TRY(SERVER_PORT);
        break;
    case sizeof "HTTP_BAGGAGE" - 1:
        TRY(HTTP_BAGGAGE);
        TRY(QUERY_STRING);
        break;
    case sizeof "OTEL_SUPPRESS" - 1:
        TRY(OTEL_SUPPRESS);
        break;
    case sizeof "REQUEST_METHOD" - 1:
        TRY(REQUEST_METHOD);
        TRY(REQUEST_SCHEME);
        break;
    case sizeof "HTTP_TRACESTATE" - 1:
        TRY(HTTP_TRACESTATE);
        TRY(HTTP_USER_AGENT);
        TRY(OTEL_HTTP_ROUTE);
        TRY(SERVER_PROTOCOL);
        break;
    case sizeof "HTTP_TRACEPARENT" - 1:
        TRY(HTTP_TRACEPARENT);
        break;
    }
    return PARAM_COUNT;
}

static void list_add(struct param_list *list, struct otel_str value)
{
    if (list->count < PARAM_REPEATS_MAX)
        list->values[list->count++] = value;
    else
        list->has_more = true;
}

void params_read(char *const *texts, struct params *out)
{
    memset(out, 0, sizeof *out);
    for (; texts && *texts; texts++) {
        const char *equals = strchr(*texts, '=');
        enum param param = PARAM_COUNT;
        struct otel_str value;

        if (!equals)
            continue;
        param = name_find(*texts, (size_t)(equals - *texts));
        if (param == PARAM_COUNT)
            continue;
        value = otel_str(equals + 1);
        if (!out->first[param].data)
            out->first[param] = value;
        if (param == PARAM_HTTP_TRACEPARENT)
            list_add(&out->traceparent, value);
        else if (param == PARAM_HTTP_TRACESTATE)
            list_add(&out->tracestate, value);
        else if (param == PARAM_HTTP_BAGGAGE)
            list_add(&out->baggage, value);
    }
}
