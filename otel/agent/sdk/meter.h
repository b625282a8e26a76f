/*
 * Instruments and their streams: measurements come in, a collection goes over them. Cumulative;
 * each stream starts at its first measurement and lives on over restarts of workers.
 *
 * Bounds: METER_INSTRUMENTS_MAX instruments, METER_STREAMS_MAX streams each (then one overflow
 * stream), STREAM_FORMS_MAX forms each.
 *
 * Specification: metrics/sdk.md "Cardinality limits", "Start timestamps"; data-model.md.
 */
#ifndef OTEL_AGENT_SDK_METER_H
#define OTEL_AGENT_SDK_METER_H

#include "agent/sdk/attributes.h"
#include "agent/sdk/stream.h"
#include "segment/layout.h"

enum {
    METER_INSTRUMENTS_MAX = 256,
    METER_STREAMS_MAX = 2000, /* of one instrument, the overflow stream included */
};

/* Invariant: an instrument never changes once it is made; streams come and go. */
struct instrument {
    char name[sizeof((struct segment_instrument *)0)->name];
    char unit[sizeof((struct segment_instrument *)0)->unit];
    char description[sizeof((struct segment_instrument *)0)->description];
    enum aggregate_kind aggregate;
    enum record_scope scope;
    bool is_monotonic;
    bool is_observable;
    struct aggregate_bounds bounds;
    struct stream *first, *last;
    struct stream *overflow; /* among them; NULL until it is needed */
    uint32_t stream_count;
};

struct meter {
    struct instrument *instruments[METER_INSTRUMENTS_MAX];
    unsigned instrument_count;
    struct instrument *by_place[SEGMENT_INSTRUMENT_COUNT]; /* as the segment numbers them */
    struct stream_table streams;
    uint64_t collection;         /* number of the present or last one */
    uint64_t collect_ns;         /* wall clock of it; at first, of the meter's own beginning */
    uint64_t previous_ns;        /* of the one before: where what is observed anew starts */
    uint64_t refused;            /* measurements: no room, no number, or a negative to a counter */
    struct attributes canonical; /* room for work */
};

/* What an instrument is; texts over their field's size are cut. */
struct meter_definition {
    const char *name;
    const char *unit;
    const char *description;
    enum aggregate_kind aggregate;
    enum record_scope scope;
    bool is_monotonic;
    bool is_observable;
    const struct aggregate_bounds *bounds; /* NULL: the default */
};

void meter_init(struct meter *meter, uint64_t seed, uint64_t now_ns);
void meter_release(struct meter *meter);

/* The instrument of this name, made where there is none; the first definition wins. NULL at the
 * limit or without memory. */
struct instrument *meter_instrument(struct meter *meter, const struct meter_definition *definition);

/* A checked RECORD_MEASUREMENT; the definition is a private copy of the segment's instrument. */
void meter_record(struct meter *meter, const struct segment_instrument *definition,
                  const uint8_t *record, uint64_t now_ns);

/* One value of one attribute set. With an observable instrument it is the total, for the present
 * collection only; the same set observed twice in one adds up. */
void meter_measure(struct meter *meter, struct instrument *instrument,
                   struct aggregate_number value, const struct attributes *attributes,
                   uint64_t now_ns);

/* Begins a collection: what was not observed in the last one is forgotten. Then observe. */
void meter_collect(struct meter *meter, uint64_t now_ns);

/* True when the present collection exports this stream. */
static inline bool meter_exports(const struct meter *meter, const struct stream *stream)
{
    return !stream->instrument->is_observable || stream->collection == meter->collection;
}

#endif
