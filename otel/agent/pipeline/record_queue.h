/*
 * The queue of spans or of log records with the exporters that draw from it: what comes in waits
 * until a batch is full or its delay is over, for each exporter on its own.
 *
 * With a spool, what a receiver over the network cannot take goes to disk (overflow.h).
 *
 * Memory: the queue's (batch.h; 2 KiB for each record of its size, at least 1 MiB), and one body
 * an exporter (exporter.h), made of at most 1 MiB of records.
 *
 * Specification: trace/sdk.md "Batching processor"; logs/sdk.md "Batching processor".
 */
#ifndef OTEL_AGENT_RECORD_QUEUE_H
#define OTEL_AGENT_RECORD_QUEUE_H

#include "agent/pipeline/destination.h"
#include "agent/pipeline/exporter.h"
#include "agent/pipeline/overflow.h"
#include "agent/pipeline/pipeline.h"
#include "agent/sdk/batch.h"

struct record_queue;

/* What an exporter draws from: its own place in the queue, and what waits on disk for it. */
struct record_source {
    struct record_queue *queue;
    unsigned reader;
    encode_records_fn encode;
    bool is_immediate;
    uint64_t due_ns; /* what waits goes out then, a whole batch at once; 0: not set */
    struct overflow overflow;
    struct exporter exporter;
};

struct record_queue {
    const struct encoder *encoder;
    struct batch batch;
    struct limits limits;
    uint64_t now_ns; /* of the present step */
    uint64_t delay_ns;
    uint64_t first_cut_ns; /* the first delay is shorter by this; 0 afterwards */
    uint32_t batch_size_max;
    const uint8_t **records; /* batch_size_max of them: the batch being encoded */
    bool is_ending;          /* what waits is due, whatever the delay */
    struct record_source sources[DESTINATIONS_MAX];
    unsigned source_count;
};

struct record_queue_options {
    const struct settings *settings;
    enum settings_signal signal; /* traces or logs */
    struct http *http;
    const struct encoder *encoder;
    struct spool *spool; /* NULL: none */
    uint64_t random;     /* so that launchers that start together do not export together */
};

/* False when there is no memory; release it then too. */
bool record_queue_init(struct record_queue *queue, const struct record_queue_options *options);

/* One more destination, which takes its sink over; at most DESTINATIONS_MAX. */
void record_queue_add(struct record_queue *queue, const struct destination *destination,
                      const struct record_queue_options *options);
void record_queue_release(struct record_queue *queue);

/* Takes a copy. Full: the oldest go to disk. Where they cannot, and the receiver takes nothing, the
 * oldest are given up and have failed; while it is being sent to, the record is dropped, counted.
 */
void record_queue_take(struct record_queue *queue, const uint8_t *record, size_t size);
bool record_queue_has_room(const struct record_queue *queue);

/* True when nothing waits that no exporter has taken. */
bool record_queue_is_empty(const struct record_queue *queue);

void record_queue_step(struct record_queue *queue, uint64_t now_ns);

/* When it wants a step; UINT64_MAX: never. */
uint64_t record_queue_next_ns(const struct record_queue *queue);

/* What no exporter has come to goes to disk, for a bounded time; what cannot is dropped, as failed.
 */
void record_queue_end(struct record_queue *queue);

void record_queue_books(const struct record_queue *queue, struct pipeline_books *out);

#endif
