/*
 * Views: what an instrument's measurements become, where that is not the default. A view has a
 * selector, whose criteria must all hold, and the stream that it makes of what it selects. Plain
 * data, owned by the settings; whoever reads a configuration fills it in.
 *
 * Several views that select one instrument make a stream each. An instrument that no view selects
 * has its default stream. What makes no sense (a histogram of an observable instrument) is left
 * out and reported once.
 *
 * Attributes that a view leaves out of a stream still show on the stream's exemplars, as their
 * filtered attributes: what must not leave the process must not be measured.
 *
 * Specification: metrics/sdk.md "View", "Measurement processing".
 */
#ifndef OTEL_AGENT_SDK_VIEW_H
#define OTEL_AGENT_SDK_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sdk_instrument_kind {
    SDK_COUNTER = 0,
    SDK_UP_DOWN_COUNTER,
    SDK_HISTOGRAM,
    SDK_GAUGE,
    SDK_OBSERVABLE_COUNTER,
    SDK_OBSERVABLE_UP_DOWN_COUNTER,
    SDK_OBSERVABLE_GAUGE,
    SDK_INSTRUMENT_KIND_COUNT, /* as a selector's kind: any */
};

enum sdk_aggregation {
    SDK_AGGREGATION_DEFAULT = 0, /* of the instrument's kind, or of the reader for that kind */
    SDK_AGGREGATION_DROP,
    SDK_AGGREGATION_SUM,
    SDK_AGGREGATION_LAST_VALUE,
    SDK_AGGREGATION_EXPLICIT_HISTOGRAM,
    SDK_AGGREGATION_BASE2_HISTOGRAM,
};

enum {
    SDK_BOUNDS_MAX = 128,         /* of an explicit histogram */
    SDK_BASE2_SIZE_DEFAULT = 160, /* buckets for each sign */
    SDK_BASE2_SIZE_MIN = 2,
    SDK_BASE2_SIZE_MAX = 1024,
    SDK_BASE2_SCALE_DEFAULT = 20,
    SDK_BASE2_SCALE_MIN = -10,
    SDK_BASE2_SCALE_MAX = 20,
    SDK_CARDINALITY_DEFAULT = 2000,
};

/* NULL: whatever it is. `name` alone may have * (any characters) and ? (one character). */
struct sdk_view_selector {
    char *name;
    char *unit;
    enum sdk_instrument_kind kind; /* SDK_INSTRUMENT_KIND_COUNT: any */
    char *meter_name;              /* encoder_scope_name */
    char *meter_version;
    char *meter_schema_url;
};

/* Texts with * and ?, in any order. */
struct sdk_view_keys {
    char **patterns;
    size_t count;
};

struct sdk_view_stream {
    char *name;        /* NULL: the instrument's */
    char *description; /* NULL: the instrument's */

    /* A key stays when it is included and not excluded. */
    bool has_included; /* false: all are; true with no pattern: none is */
    struct sdk_view_keys included;
    struct sdk_view_keys excluded;

    enum sdk_aggregation aggregation;
    double *bounds; /* explicit: finite and ascending; NULL: the instrument's, or the default */
    size_t bounds_count;
    bool has_no_min_max;  /* histograms: min and max are not recorded */
    uint32_t base2_size;  /* 0: the default */
    bool has_base2_scale; /* false: the default */
    int32_t base2_scale;  /* the finest, and where it begins */
    uint32_t cardinality; /* attribute sets, overflow included; 0: the reader's */
};

/* All zero but the selector's kind is the view that selects everything and changes nothing. */
struct sdk_view {
    struct sdk_view_selector selector;
    struct sdk_view_stream stream;
};

/* An instrument, as selectors ask for it. */
struct sdk_view_subject {
    const char *name;
    const char *unit;
    enum sdk_instrument_kind kind;
    const char *meter_name;
    const char *meter_version;
    const char *meter_schema_url;
};

/* Names are the same in any case of their letters, as instruments' names are. */
bool sdk_view_selects(const struct sdk_view_selector *selector,
                      const struct sdk_view_subject *subject);

/* True when the stream has the attribute of this key. */
bool sdk_view_keeps(const struct sdk_view_stream *stream, const char *key, size_t length);

/* True when every key stays. */
bool sdk_view_keeps_all(const struct sdk_view_stream *stream);

/* NULL, or why this view can not be used, as the rest of a sentence ("bounds must ascend"). */
const char *sdk_view_problem(const struct sdk_view *view);

/* Releases what the views own, and the list: all of it from mem_alloc. NULL is legal. */
void sdk_views_destroy(struct sdk_view *views, size_t count);

#endif
