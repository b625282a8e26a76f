#include "agent/sdk/self.h"

#include "otel/semconv.h"

#include <stdio.h>
#include <string.h>

struct self_metric {
    const char *names[SELF_ITEM_COUNT]; /* NULL: not for this item */
    const char *description;
    bool is_monotonic;
};

static const char *const UNITS[SELF_ITEM_COUNT] = { "{span}", "{log_record}", "{data_point}" };
static const char *const PROCESSORS[SELF_ITEM_COUNT] = { "batching_span_processor",
                                                         "batching_log_processor", NULL };

static const struct self_metric QUEUE_SIZE = {
    { "otel.sdk.processor.span.queue.size", "otel.sdk.processor.log.queue.size", NULL },
    "Items that wait in the queue of the processor.",
    false,
};
static const struct self_metric QUEUE_CAPACITY = {
    { "otel.sdk.processor.span.queue.capacity", "otel.sdk.processor.log.queue.capacity", NULL },
    "Items that the queue of the processor can hold.",
    false,
};
static const struct self_metric PROCESSED = {
    { "otel.sdk.processor.span.processed", "otel.sdk.processor.log.processed", NULL },
    "Items that the processor is done with, successfully or not.",
    true,
};
static const struct self_metric INFLIGHT = {
    { "otel.sdk.exporter.span.inflight", "otel.sdk.exporter.log.inflight",
      "otel.sdk.exporter.metric_data_point.inflight" },
    "Items that were handed to the exporter and are not exported yet.",
    false,
};
static const struct self_metric EXPORTED = {
    { "otel.sdk.exporter.span.exported", "otel.sdk.exporter.log.exported",
      "otel.sdk.exporter.metric_data_point.exported" },
    "Items whose export is finished, successfully or not.",
    true,
};

static void observe(struct meter *meter, const struct self_metric *metric, enum self_item item,
                    uint64_t value, const struct attributes *attributes)
{
    struct instrument *instrument =
        meter_instrument(meter, &(struct meter_definition){
                                    .name = metric->names[item],
                                    .unit = UNITS[item],
                                    .description = metric->description,
                                    .aggregate = AGGREGATE_SUM,
                                    .scope = RECORD_SCOPE_LAUNCHER,
                                    .is_monotonic = metric->is_monotonic,
                                    .is_observable = true,
                                });

    if (instrument != NULL)
        meter_measure(meter, instrument, aggregate_int((int64_t)value), attributes,
                      meter->collect_ns);
}

static void add_text(struct attributes *attributes, struct otel_key key, const char *text)
{
    struct otel_attribute attribute = otel_attribute_string(key, otel_str(text));

    (void)attributes_add(attributes, &attribute); /* an empty set has room for these few */
}

static void component(struct attributes *attributes, const char *type)
{
    char name[96];

    attributes_clear(attributes);
    (void)snprintf(name, sizeof name, "%s/0", type);
    add_text(attributes, OTEL_OTEL_COMPONENT_NAME, name);
    add_text(attributes, OTEL_OTEL_COMPONENT_TYPE, type);
}

void self_observe_processor(struct meter *meter, const struct self_processor *processor)
{
    struct attributes attributes;

    component(&attributes, PROCESSORS[processor->item]);
    observe(meter, &QUEUE_SIZE, processor->item, processor->queue_size, &attributes);
    observe(meter, &QUEUE_CAPACITY, processor->item, processor->queue_capacity, &attributes);
    observe(meter, &PROCESSED, processor->item, processor->processed, &attributes);
    if (processor->queue_full > 0) {
        add_text(&attributes, OTEL_ERROR_TYPE, "queue_full");
        observe(meter, &PROCESSED, processor->item, processor->queue_full, &attributes);
    }
}

static void exporter_attributes(struct attributes *attributes, const struct self_exporter *exporter)
{
    struct otel_attribute port = otel_attribute_int(OTEL_SERVER_PORT, exporter->server_port);

    component(attributes, exporter->type);
    if (exporter->server_address[0] != '\0')
        add_text(attributes, OTEL_SERVER_ADDRESS, exporter->server_address);
    if (exporter->server_port != 0)
        (void)attributes_add(attributes, &port);
}

void self_observe_exporter(struct meter *meter, const struct self_exporter *exporter)
{
    struct attributes attributes;
    size_t size;

    exporter_attributes(&attributes, exporter);
    size = attributes.size;
    observe(meter, &INFLIGHT, exporter->item, exporter->inflight, &attributes);
    observe(meter, &EXPORTED, exporter->item, exporter->exported, &attributes);
    for (unsigned i = 0; i < exporter->errors->count; i++) {
        attributes_cut(&attributes, size);
        add_text(&attributes, OTEL_ERROR_TYPE, exporter->errors->errors[i].type);
        observe(meter, &EXPORTED, exporter->item, exporter->errors->errors[i].items, &attributes);
    }
}

/* Of durations whose buckets nobody asked for: count, sum, least and most. */
static struct instrument *duration_instrument(struct meter *meter, const char *name,
                                              const char *description)
{
    static const struct aggregate_bounds none = { 0 };

    return meter_instrument(meter, &(struct meter_definition){
                                       .name = name,
                                       .unit = "s",
                                       .description = description,
                                       .aggregate = AGGREGATE_HISTOGRAM,
                                       .scope = RECORD_SCOPE_LAUNCHER,
                                       .bounds = &none,
                                   });
}

void self_record_operation(struct meter *meter, const struct self_exporter *exporter,
                           double duration_s, const char *error_type, uint64_t time_ns)
{
    struct attributes attributes;
    struct instrument *instrument = duration_instrument(
        meter, "otel.sdk.exporter.operation.duration", "Duration of exporting a batch.");

    if (instrument == NULL)
        return;
    exporter_attributes(&attributes, exporter);
    if (error_type[0] != '\0')
        add_text(&attributes, OTEL_ERROR_TYPE, error_type);
    meter_measure(meter, instrument, aggregate_double(duration_s), &attributes, time_ns);
}

void self_record_collection(struct meter *meter, double duration_s)
{
    struct attributes attributes;
    struct instrument *instrument =
        duration_instrument(meter, "otel.sdk.metric_reader.collection.duration",
                            "Duration of a collection of the metric reader.");

    if (instrument == NULL)
        return;
    component(&attributes, "periodic_metric_reader");
    meter_measure(meter, instrument, aggregate_double(duration_s), &attributes, meter->collect_ns);
}

void self_error_add(struct self_errors *errors, const char *type, uint64_t items)
{
    unsigned place = 0;

    if (items == 0)
        return;
    while (place < errors->count && strcmp(errors->errors[place].type, type) != 0)
        place++;
    if (place == SELF_ERRORS_MAX - 1 && place == errors->count)
        type = "_OTHER";
    if (place == SELF_ERRORS_MAX)
        place = SELF_ERRORS_MAX - 1;
    if (place == errors->count) {
        (void)snprintf(errors->errors[place].type, SELF_ERROR_BYTES, "%s", type);
        errors->count++;
    }
    errors->errors[place].items += items;
}
