#include "record/params.h"

static const struct {
    const char *text;
    size_t length;
} names[PARAM_COUNT] = {
#define PARAM_NAME(name) [PARAM_##name] = { #name, sizeof #name - 1 },
    PARAMS(PARAM_NAME)
#undef PARAM_NAME
};

static enum param name_find(const char *name, size_t length)
{
    int i = 0;

    while (i < PARAM_COUNT &&
           (names[i].length != length || memcmp(names[i].text, name, length) != 0))
        i++;
    return (enum param)i;
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
