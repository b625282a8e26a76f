#include "agent/pipeline/observe_disk.h"

#include "otel/semconv.h"

#define DISK_METRIC(text, of, about, grows)                                                        \
    {                                                                                              \
        .name = (text), .unit = (of), .description = (about), .aggregate = AGGREGATE_SUM,          \
        .scope = RECORD_SCOPE_LAUNCHER, .is_monotonic = (grows), .is_observable = true             \
    }

static const struct meter_definition WAITING = DISK_METRIC(
    "otel.c.spool.records", "{record}", "Spans and log records that wait on disk", false);
static const struct meter_definition DROPPED =
    DISK_METRIC("otel.c.spool.dropped", "{record}",
                "Spans and log records that waited on disk and were given up", true);
static const struct meter_definition REPEATED = DISK_METRIC(
    "otel.c.exporter.repeated", "{record}",
    "Exported spans and log records that the receiver may have twice: an answer was lost", true);
static const struct meter_definition SIZE =
    DISK_METRIC("otel.c.spool.size", "By", "What waits on disk, as its bound counts it", false);

static void observe(struct meter *meter, const struct meter_definition *definition, uint64_t value,
                    const struct attributes *attributes)
{
    struct instrument *instrument = meter_instrument(meter, definition);

    if (instrument != NULL)
        meter_measure(meter, instrument, aggregate_int((int64_t)value), attributes,
                      meter->collect_ns);
}

/* An empty set has room for these few. */
static void add(struct attributes *attributes, struct otel_key key, const char *text)
{
    struct otel_attribute attribute = otel_attribute_string(key, otel_str(text));

    (void)attributes_add(attributes, &attribute);
}

void observe_disk(struct meter *meter, const struct record_source *source)
{
    static const char *const REASONS[SPOOL_LOSS_COUNT] = {
        [SPOOL_LOSS_SIZE] = "spool_size",
        [SPOOL_LOSS_AGE] = "spool_age",
        [SPOOL_LOSS_UNREADABLE] = "spool_unreadable",
    };
    const struct overflow *overflow = &source->overflow;
    struct spool_counts counts = spool_counts(overflow->spool, overflow->lane);
    struct attributes attributes;
    size_t size;

    if (overflow->spool == NULL)
        return;
    attributes_clear(&attributes);
    add(&attributes, OTEL_OTEL_COMPONENT_TYPE, source->exporter.type);
    observe(meter, &WAITING, counts.records, &attributes);
    observe(meter, &REPEATED, source->exporter.repeated, &attributes);
    size = attributes.size;
    for (int loss = 0; loss < SPOOL_LOSS_COUNT; loss++) {
        attributes_cut(&attributes, size);
        add(&attributes, OTEL_ERROR_TYPE, REASONS[loss]);
        observe(meter, &DROPPED, counts.lost[loss], &attributes);
    }
}

void observe_disk_size(struct meter *meter, const struct spool *spool)
{
    struct attributes attributes;

    if (spool == NULL)
        return;
    attributes_clear(&attributes);
    observe(meter, &SIZE, spool_bytes(spool), &attributes);
}
