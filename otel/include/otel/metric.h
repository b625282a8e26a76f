/*
 * Measurements. The worker only writes them down; the launcher aggregates, one stream per
 * attribute set and pool, continuous over restarts of workers.
 *
 * There are no observable instruments: a callback would need the worker's time when the launcher
 * collects. What a program would observe it writes down when it changes: a gauge's last value is
 * what a collection finds, and a total's growth is added to a counter.
 *
 * Specification: metrics/api.md. An instrument is identified by its name; the same name twice is
 * the same instrument, and the first description wins.
 */
#ifndef OTEL_METRIC_H
#define OTEL_METRIC_H

#include "otel/attribute.h"

struct otel_instrument;

enum otel_instrument_kind {
    OTEL_COUNTER = 0,
    OTEL_UP_DOWN_COUNTER,
    OTEL_HISTOGRAM,
    OTEL_GAUGE,
};

/* bounds: explicit histogram bounds, ascending, at most 24; NULL: the specification's default. */
struct otel_instrument_options {
    enum otel_instrument_kind kind;
    struct otel_str name;        /* at most 127 bytes */
    struct otel_str unit;        /* UCUM, at most 31 bytes */
    struct otel_str description; /* at most 255 bytes */
    const double *bounds;
    size_t bounds_count;
};

/*
 * Registers an instrument; make it once, at start. Never NULL. Without a launcher, past 128
 * instruments, or with a bad name (counted): the no-op instrument.
 */
OTEL_API const struct otel_instrument *
otel_instrument_create(const struct otel_instrument_options *options);

/* Counter and up-down counter add, histogram and gauge record. A counter's negative is dropped. */
OTEL_API void otel_measure_int(const struct otel_instrument *instrument, int64_t value,
                               const struct otel_attribute *attributes, size_t count);
OTEL_API void otel_measure_double(const struct otel_instrument *instrument, double value,
                                  const struct otel_attribute *attributes, size_t count);

#endif
