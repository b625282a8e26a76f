/*
 * What the pipeline tells about itself: the otel.sdk.* metrics of its processors, exporters and
 * reader, as observables of each collection. The recorder's own (span.started, log.created …)
 * are the launcher's to observe: it reads their counts from the segment.
 *
 * Specification: semantic-conventions/otel/sdk-metrics.
 */
#ifndef OTEL_AGENT_SDK_SELF_H
#define OTEL_AGENT_SDK_SELF_H

#include "agent/sdk/meter.h"

enum self_item { SELF_SPAN = 0, SELF_LOG, SELF_DATA_POINT, SELF_ITEM_COUNT };

struct self_processor {
    enum self_item item; /* SELF_SPAN or SELF_LOG */
    uint32_t queue_size;
    uint32_t queue_capacity;
    uint64_t processed;  /* handed to the exporter */
    uint64_t queue_full; /* dropped for that */
};

/* Why items were not exported: a few names, the rest under the last, "_OTHER". */
enum { SELF_ERRORS_MAX = 16, SELF_ERROR_BYTES = 32 };
struct self_errors {
    unsigned count;
    struct self_error {
        char type[SELF_ERROR_BYTES];
        uint64_t items;
    } errors[SELF_ERRORS_MAX];
};

void self_error_add(struct self_errors *errors, const char *type, uint64_t items);

struct self_exporter {
    enum self_item item;
    const char *type;           /* otel.component.type; its name is "<type>/0" */
    const char *server_address; /* "": none */
    uint16_t server_port;       /* 0: none */
    uint64_t inflight;
    uint64_t exported;
    const struct self_errors *errors;
};

/* Between meter_collect and the encoding. */
void self_observe_processor(struct meter *meter, const struct self_processor *processor);
void self_observe_exporter(struct meter *meter, const struct self_exporter *exporter);
/* otel.sdk.exporter.operation.duration; error_type: "" for none. */
void self_record_operation(struct meter *meter, const struct self_exporter *exporter,
                           double duration_s, const char *error_type, uint64_t time_ns);

void self_record_collection(struct meter *meter, double duration_s);

#endif
