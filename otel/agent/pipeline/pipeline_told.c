/* What a pipeline tells of itself: its side of the books, its last error, its last success. */
#include "agent/pipeline/parts.h"

static const struct exporter *first_exporter(const struct pipeline *pipeline,
                                             enum settings_signal signal)
{
    switch (signal) {
    case SIGNAL_TRACES:
        return pipeline->spans.source_count > 0 ? &pipeline->spans.sources[0].exporter : NULL;
    case SIGNAL_LOGS:
        return pipeline->logs.source_count > 0 ? &pipeline->logs.sources[0].exporter : NULL;
    case SIGNAL_METRICS:
        return pipeline->metric_count > 0 ? &pipeline->metrics[0].exporter : NULL;
    case SIGNAL_COUNT:
        break;
    }
    return NULL;
}

void pipeline_books(const struct pipeline *pipeline, enum settings_signal signal,
                    struct pipeline_books *out)
{
    const struct exporter *exporter = first_exporter(pipeline, signal);

    *out = (struct pipeline_books){ 0 };
    switch (signal) {
    case SIGNAL_TRACES:
        record_queue_books(&pipeline->spans, out);
        break;
    case SIGNAL_LOGS:
        record_queue_books(&pipeline->logs, out);
        break;
    case SIGNAL_METRICS: /* points */
        if (exporter != NULL)
            *out = (struct pipeline_books){ .exported = exporter->exported,
                                            .queued = exporter->item_count,
                                            .failed = exporter->failed };
        break;
    case SIGNAL_COUNT:
        break;
    }
}

static void newest_error(const struct exporter *exporter, const char **error, uint64_t *at_ns)
{
    if (exporter->error[0] != '\0' && exporter->error_ns >= *at_ns) {
        *error = exporter->error;
        *at_ns = exporter->error_ns;
    }
}

const char *pipeline_last_error(const struct pipeline *pipeline, uint64_t *at_wall_ns)
{
    const char *error = "";
    uint64_t at_ns = 0;

    for (unsigned i = 0; i < pipeline->spans.source_count; i++)
        newest_error(&pipeline->spans.sources[i].exporter, &error, &at_ns);
    for (unsigned i = 0; i < pipeline->logs.source_count; i++)
        newest_error(&pipeline->logs.sources[i].exporter, &error, &at_ns);
    for (unsigned i = 0; i < pipeline->metric_count; i++)
        newest_error(&pipeline->metrics[i].exporter, &error, &at_ns);
    if (at_wall_ns != NULL)
        *at_wall_ns = at_ns;
    return error;
}

uint64_t pipeline_last_export_ns(const struct pipeline *pipeline)
{
    uint64_t newest_ns = 0;

    for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
        const struct exporter *exporter = first_exporter(pipeline, (enum settings_signal)signal);
        if (exporter != NULL && exporter->last_export_ns > newest_ns)
            newest_ns = exporter->last_export_ns;
    }
    return newest_ns;
}
