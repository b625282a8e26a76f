/* Measurements: the instrument's place in the segment's table, a value and attributes. */
#include "record/meter.h"
#include "record/attribute_item.h"
#include "record/context_state.h"
#include "record/hook_entry.h"
#include "record/thread.h"
#include "segment/count.h"
#include "segment/instrument.h"
#include "segment/ring.h"

#include <math.h>
#include <string.h>

/* A series is not told apart by more than this of a text. */
#define MEASUREMENT_TEXT_MAX 256

/* What otel_instrument_create hands out is an entry of the segment's table, or this. */
static struct segment_instrument no_instrument;

static const struct otel_instrument *handle_of(const struct segment_instrument *instrument)
{
    return (const struct otel_instrument *)(const void *)instrument;
}

static const struct segment_instrument *instrument_of(const struct otel_instrument *handle)
{
    return (const struct segment_instrument *)(const void *)handle;
}

/* ASCII, whatever the program's locale says. */
static bool is_letter(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

/* Specification: metrics/api.md "Instrument name syntax". */
static bool name_is_good(struct otel_str name)
{
    if (name.length == 0 || name.length >= sizeof no_instrument.name || !is_letter(name.data[0]))
        return false;
    for (size_t i = 0; i < name.length; i++)
        if (!is_letter(name.data[i]) && !memchr("0123456789_.-/", name.data[i], 14))
            return false;
    return true;
}

static bool bounds_are_good(const double *bounds, size_t count)
{
    if (count > sizeof no_instrument.bounds / sizeof no_instrument.bounds[0])
        return false;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1]))
            return false;
    return true;
}

/* Text that is at most size - 1 bytes, cut at a character. */
static void text_copy(char *out, size_t size, struct otel_str text)
{
    size_t length = text.data ? record_text_fit(text.data, text.length, size - 1) : 0;

    if (length)
        memcpy(out, text.data, length);
    out[length] = '\0';
}

static struct segment_instrument *instrument_make(enum record_scope scope,
                                                  const struct otel_instrument_options *options)
{
    struct segment *segment = record_process.segment;
    struct segment_instrument *instrument = NULL;
    char name[sizeof instrument->name];
    char unit[sizeof instrument->unit];
    char description[sizeof instrument->description];
    const struct instrument_source source = {
        .kind = (uint8_t)options->kind,
        .scope = (uint8_t)scope,
        .name = name,
        .unit = unit,
        .description = description,
        .bounds = options->bounds,
        .bounds_count = options->bounds_count,
    };

    if (!segment)
        return NULL;
    if (name_is_good(options->name) && options->unit.length < sizeof unit &&
        (!options->bounds || bounds_are_good(options->bounds, options->bounds_count))) {
        text_copy(name, sizeof name, options->name);
        text_copy(unit, sizeof unit, options->unit);
        text_copy(description, sizeof description, options->description);
        instrument = instrument_claim(segment, &source);
    }
    if (!instrument)
        count_shared(&segment->header.no_instrument_drops);
    return instrument;
}

const struct otel_instrument *
record_instrument_create(enum record_scope scope, const struct otel_instrument_options *options)
{
    const struct segment_instrument *instrument = instrument_make(scope, options);

    return handle_of(instrument ? instrument : &no_instrument);
}

const struct otel_instrument *otel_instrument_create(const struct otel_instrument_options *options)
{
    return record_instrument_create(RECORD_SCOPE_APPLICATION, options);
}

struct segment_instrument *meter_request_duration(void)
{
    static const double bounds[] = { 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                     0.5,   0.75, 1,     2.5,  5,     7.5, 10 };
    const struct otel_instrument_options options = {
        .kind = OTEL_HISTOGRAM,
        .name = OTEL_STR("http.server.request.duration"),
        .unit = OTEL_STR("s"),
        .description = OTEL_STR("Duration of HTTP server requests."),
        .bounds = bounds,
        .bounds_count = sizeof bounds / sizeof bounds[0],
    };

    return instrument_make(RECORD_SCOPE_FCGI, &options);
}

/* --- recording -------------------------------------------------------------------------------- */

static size_t measurement_bytes(const struct otel_attribute *attributes, size_t count)
{
    size_t bytes = sizeof(struct record_measurement);

    for (size_t i = 0; i < count && bytes < RECORD_BYTES_MAX; i++) {
        const struct otel_attribute *attribute = &attributes[i];
        size_t value_length = sizeof(int64_t);

        if (attribute->type == OTEL_VALUE_STRING)
            value_length = attribute->value.string.length < MEASUREMENT_TEXT_MAX
                               ? attribute->value.string.length
                               : MEASUREMENT_TEXT_MAX;
        bytes += record_item_bytes(value_length, attribute->key.length);
    }
    return bytes < RECORD_BYTES_MAX ? bytes : RECORD_BYTES_MAX;
}

static size_t attributes_put(uint8_t *bytes, size_t capacity,
                             const struct otel_attribute *attributes, size_t count)
{
    size_t used = sizeof(struct record_measurement);
    struct attribute_item item;
    bool has_cut = false;

    for (size_t i = 0; i < count; i++) {
        size_t grown = 0;

        if (!attribute_item_init(&item, RECORD_ITEM_ATTRIBUTE, &attributes[i],
                                 MEASUREMENT_TEXT_MAX))
            continue;
        grown = record_item_put(bytes, capacity, used, &item.source);
        has_cut |= item.is_cut || !grown;
        used = grown ? grown : used;
    }
    if (has_cut)
        count_own(&record_thread.slot->counters.values_cut);
    return used;
}

/* A value as the record has it. */
struct measured {
    bool is_double;
    union {
        int64_t integer;
        double real;
    } value;
};

/* Under thread_enter. Written where it stays: see span_place_begin. */
static void measurement_write(const struct segment_instrument *instrument,
                              const struct otel_context *context, struct measured measured,
                              uint64_t time_ns, const struct otel_attribute *attributes,
                              size_t count)
{
    struct segment_slot *slot = record_thread.slot;
    size_t capacity = measurement_bytes(attributes, count);
    uint8_t *bytes = ring_reserve(slot, capacity);
    struct record_measurement *record = (struct record_measurement *)(void *)bytes;
    size_t used = 0;

    if (!bytes) {
        count_own(&slot->counters.measurements_dropped);
        return;
    }
    used = attributes_put(bytes, capacity, attributes, count);
    record->header = (struct record_header){
        .size = (uint32_t)used,
        .type = RECORD_MEASUREMENT,
        .version = RECORD_VERSION,
        .scope = instrument->scope,
    };
    memcpy(record->trace_id, context->trace_id, sizeof record->trace_id);
    memcpy(record->span_id, context->span_id, sizeof record->span_id);
    record->time_ns = time_ns;
    record->instrument = (uint16_t)(instrument - record_process.segment->instruments);
    record->is_double = measured.is_double;
    record->trace_flags = context->trace_flags;
    record->reserved = 0;
    record->value.integer = measured.value.integer;
    ring_commit(slot, used);
}

void meter_record_double(const struct segment_instrument *instrument,
                         const struct otel_context *context, double value, uint64_t time_ns,
                         const struct otel_attribute *attributes, size_t count)
{
    measurement_write(instrument, context, (struct measured){ true, { .real = value } }, time_ns,
                      attributes, count);
}

static void measure(const struct otel_instrument *handle, struct measured measured,
                    bool is_negative, const struct otel_attribute *attributes, size_t count)
{
    const struct segment_instrument *instrument = instrument_of(handle);
    const struct otel_context *context = &record_thread.current;

    if (!instrument || instrument == &no_instrument || !record_config()->records_metrics ||
        (is_negative && instrument->kind == OTEL_COUNTER))
        return;
    if (!thread_enter())
        return;
    measurement_write(instrument, context, measured, context_now_ns(context), attributes, count);
    thread_leave();
}

void otel_measure_int(const struct otel_instrument *instrument, int64_t value,
                      const struct otel_attribute *attributes, size_t count)
{
    measure(instrument, (struct measured){ false, { .integer = value } }, value < 0, attributes,
            count);
}

void otel_measure_double(const struct otel_instrument *instrument, double value,
                         const struct otel_attribute *attributes, size_t count)
{
    measure(instrument, (struct measured){ true, { .real = value } }, value < 0, attributes, count);
}
