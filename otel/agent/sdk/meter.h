/*
 * Instruments and their streams: measurements come in, a collection goes over them. One meter
 * serves one reader, with its own temporality; two readers do not see each other.
 *
 * Cumulative: each stream starts at its first measurement and lives on over restarts of workers.
 * Delta: a collection ends the interval, what was measured in it is exported, and a stream that
 * was not measured is forgotten. Intervals follow each other without a gap; one lasts until the
 * next collection, so whoever cannot export does not collect, and loses nothing.
 *
 * With views an instrument of the program becomes several here, one for each stream they make.
 *
 * Bounds: METER_INSTRUMENTS_MAX instruments, of each the cardinality limit of streams (the last
 * is the overflow's; twice that while a delta interval follows another), STREAM_FORMS_MAX forms.
 *
 * Specification: metrics/sdk.md "View", "Cardinality limits", "Exemplar"; data-model.md
 * "Temporality", "Start timestamps".
 */
#ifndef OTEL_AGENT_SDK_METER_H
#define OTEL_AGENT_SDK_METER_H

#include "agent/sdk/attributes.h"
#include "agent/sdk/stream.h"
#include "agent/sdk/view.h"
#include "segment/layout.h"

enum {
    METER_INSTRUMENTS_MAX = 256,
    METER_STREAMS_MAX = SDK_CARDINALITY_DEFAULT,
};

/* In the order of enum settings_temporality. */
enum meter_temporality { METER_CUMULATIVE = 0, METER_DELTA, METER_LOWMEMORY };

/* Borrowed for the meter's life. All zero: cumulative, no views, exemplars of sampled spans. */
struct meter_options {
    enum meter_temporality temporality;
    bool is_base2; /* what histograms become, where no view says it */
    enum exemplar_filter exemplars;
    uint32_t cardinality[SDK_INSTRUMENT_KIND_COUNT]; /* 0: METER_STREAMS_MAX */
    const struct sdk_view *views;
    size_t view_count;
    const char *(*scope_name)(uint8_t scope); /* NULL: no view asks for meters by name */
    const char *scope_version, *scope_schema_url;
    void (*warn)(const char *text); /* one line for the user; NULL: nobody listens */
};

/* As one view shows it. Invariant: it never changes once it is made; streams come and go. */
struct instrument {
    char source_name[sizeof((struct segment_instrument *)0)->name]; /* as the program calls it */
    char name[sizeof((struct segment_instrument *)0)->name];
    char unit[sizeof((struct segment_instrument *)0)->unit];
    char description[sizeof((struct segment_instrument *)0)->description];
    enum aggregate_kind aggregate;
    enum record_scope scope;
    bool is_monotonic;
    bool is_observable;
    enum sdk_instrument_kind kind;
    bool is_delta;       /* its points are */
    bool ends_intervals; /* streams start anew with each collection */
    bool has_no_min_max;
    uint32_t base2_size;
    int32_t base2_scale;
    uint32_t stream_max;                /* the overflow stream included */
    const struct sdk_view_stream *keys; /* NULL: all attributes stay */
    struct instrument *next_view;       /* the same one of the program, as another view shows it */
    struct aggregate_bounds bounds;
    struct stream *first, *last;
    struct stream *overflow; /* among them; NULL until it is needed */
    uint32_t stream_count;   /* ends_intervals: of the present interval */
};

struct meter {
    struct meter_options options;
    uint64_t random[4];
    struct instrument *instruments[METER_INSTRUMENTS_MAX];
    unsigned instrument_count;
    struct instrument *by_place[SEGMENT_INSTRUMENT_COUNT]; /* as the segment numbers them */
    struct stream_table streams;
    uint64_t collection;  /* number of the present or last one */
    uint64_t collect_ns;  /* wall clock of it; at first, of the meter's own beginning */
    uint64_t previous_ns; /* of the one before: where what is observed anew starts */
    uint64_t refused;     /* measurements: no room, no number, or a negative to a counter */
    struct attributes canonical, kept, filtered; /* room for work */
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

/* Before the first instrument. */
void meter_configure(struct meter *meter, const struct meter_options *options);
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
    return (!stream->instrument->is_observable && !stream->instrument->ends_intervals) ||
           stream->collection == meter->collection;
}

/* What the present collection says of a stream. */
static inline const union stream_value *meter_value(const struct stream *stream)
{
    return stream->instrument->ends_intervals ? &stream->ended : &stream->value;
}

struct aggregate_number meter_number(const struct stream *stream); /* of sums and last values */

/* Where its point starts; never after it, also when the clock was set back. */
uint64_t meter_start_ns(const struct meter *meter, const struct stream *stream);

/* Steps through the exemplars of a stream's point, with *place 0 at first; NULL at the end. */
const struct exemplar *meter_exemplar_next(const struct stream *stream, uint32_t *place);

#endif
