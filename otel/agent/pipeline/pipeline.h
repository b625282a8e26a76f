/*
 * The SDK pipeline behind the drain: limits, batches, aggregation, encoding, sending, and the
 * books. It knows neither segment nor processes; it is given checked records.
 *
 *   record -> sdk/ (limits, batch | aggregate) -> encode/ (bytes) -> send/ (http, file, console)
 *
 * Single-threaded and bounded: every queue has a limit, and what passes it is counted.
 */
#ifndef OTEL_AGENT_PIPELINE_H
#define OTEL_AGENT_PIPELINE_H

#include "agent/config/settings.h"
#include "otel/attribute.h"
#include "otel/metric.h"
#include "segment/layout.h"

#include <poll.h>

struct pipeline;

/* Called before each collection of metrics: the place to call pipeline_observe_…. */
typedef void (*pipeline_collect_fn)(void *user, struct pipeline *pipeline);

/*
 * resource: attributes beside those that the settings give; the settings win per key.
 * NULL when there is no memory. The settings must outlive the pipeline.
 */
struct pipeline *pipeline_create(const struct settings *settings,
                                 const struct otel_attribute *resource, size_t resource_count,
                                 size_t resource_early, pipeline_collect_fn collect, void *user);
void pipeline_destroy(struct pipeline *pipeline);

/* Each takes a copy of a record that record_check has passed. Full queue: dropped, counted. */
void pipeline_span(struct pipeline *pipeline, const uint8_t *record, size_t size);
void pipeline_log(struct pipeline *pipeline, const uint8_t *record, size_t size);

/* `definition` is a private copy of the instrument that the record names. */
void pipeline_measure(struct pipeline *pipeline, const struct segment_instrument *definition,
                      const uint8_t *record, size_t size);

/*
 * False while the queue is so full that the next record would be dropped: the drain then leaves
 * what it has in the rings for as long as those have room. Metrics always have room.
 */
bool pipeline_has_room(const struct pipeline *pipeline, enum settings_signal signal);

/* An observable instrument: only what is observed in a collection is exported by it. */
struct pipeline_observable {
    const char *name;
    const char *unit;
    const char *description;
    bool is_gauge; /* else a cumulative sum */
    bool is_monotonic;
    bool is_double;
    enum record_scope scope;
};

void pipeline_observe_int(struct pipeline *pipeline, const struct pipeline_observable *observable,
                          int64_t value, const struct otel_attribute *attributes, size_t count);
void pipeline_observe_double(struct pipeline *pipeline,
                             const struct pipeline_observable *observable, double value,
                             const struct otel_attribute *attributes, size_t count);

/* Starts and finishes what is due. Returns when it wants to be called again (monotonic ns). */
uint64_t pipeline_step(struct pipeline *pipeline, uint64_t now_ns);

/* Sleeps until a descriptor is ready, a transfer moves, or the time-out; as poll(2). */
int pipeline_wait(struct pipeline *pipeline, struct pollfd *fds, unsigned fd_count, int timeout_ms);

/*
 * Ends the pipeline's life: a last collection, and every queue sent, until deadline_ns
 * (monotonic). What is left then is counted as failed.
 */
void pipeline_shutdown(struct pipeline *pipeline, uint64_t deadline_ns);

/* The launcher's side of the books: exported, queued, spooled, failed, dropped. */
struct pipeline_books {
    uint64_t exported;
    uint64_t queued;  /* waiting or on the way */
    uint64_t spooled; /* on disk */
    uint64_t failed;  /* refused for good, or given up */
    uint64_t dropped; /* the queue was full, or the disk's bounds were reached */
    uint64_t found;   /* on disk, from launchers before this one: among what became of the others */
};
void pipeline_books(const struct pipeline *pipeline, enum settings_signal signal,
                    struct pipeline_books *out);

/* The last export's error, as one line with its remedy; "" when the last one went well. */
const char *pipeline_last_error(const struct pipeline *pipeline, uint64_t *at_wall_ns);

/* Wall clock of the last batch that a receiver took; 0: none yet. */
uint64_t pipeline_last_export_ns(const struct pipeline *pipeline);

#endif
