/*
 * The pipeline as the drain and the harvest see it: keeps what it is given. Takes the place of
 * agent/pipeline/pipeline.c in a program that includes it (once).
 */
#ifndef TESTS_FAKE_PIPELINE_H
#define TESTS_FAKE_PIPELINE_H

#include "agent/pipeline/pipeline.h"

#include <string.h>

enum { FAKE_PIPELINE_KEPT = 64 };

struct fake_kept {
    size_t size;
    alignas(8) uint8_t bytes[RECORD_BYTES_MAX];
};

struct pipeline {
    struct fake_kept spans[FAKE_PIPELINE_KEPT]; /* the first ones */
    struct fake_kept logs[FAKE_PIPELINE_KEPT];
    struct fake_kept measurements[FAKE_PIPELINE_KEPT];
    struct segment_instrument instruments[FAKE_PIPELINE_KEPT];
    uint64_t counts[SIGNAL_COUNT];
    uint64_t spooled, found; /* spans */
    bool is_full;
    void (*on_span)(void); /* NULL: nothing */
};

static struct pipeline fake_pipeline;

static void fake_pipeline_keep(struct fake_kept *kept, uint64_t *count, const uint8_t *record,
                               size_t size)
{
    if (*count < FAKE_PIPELINE_KEPT) {
        kept[*count].size = size;
        memcpy(kept[*count].bytes, record, size);
    }
    ++*count;
}

void pipeline_span(struct pipeline *pipeline, const uint8_t *record, size_t size)
{
    fake_pipeline_keep(pipeline->spans, &pipeline->counts[SIGNAL_TRACES], record, size);
    if (pipeline->on_span)
        pipeline->on_span();
}

void pipeline_log(struct pipeline *pipeline, const uint8_t *record, size_t size)
{
    fake_pipeline_keep(pipeline->logs, &pipeline->counts[SIGNAL_LOGS], record, size);
}

void pipeline_measure(struct pipeline *pipeline, const struct segment_instrument *definition,
                      const uint8_t *record, size_t size)
{
    if (pipeline->counts[SIGNAL_METRICS] < FAKE_PIPELINE_KEPT)
        memcpy(&pipeline->instruments[pipeline->counts[SIGNAL_METRICS]], definition,
               sizeof *definition);
    fake_pipeline_keep(pipeline->measurements, &pipeline->counts[SIGNAL_METRICS], record, size);
}

bool pipeline_has_room(const struct pipeline *pipeline, enum settings_signal signal)
{
    (void)signal;
    return !pipeline->is_full;
}

/* Whatever it was given counts as exported, but for what a test says is on disk. */
void pipeline_books(const struct pipeline *pipeline, enum settings_signal signal,
                    struct pipeline_books *out)
{
    *out = (struct pipeline_books){ .exported = pipeline->counts[signal] };
    if (signal == SIGNAL_TRACES) {
        out->spooled = pipeline->spooled;
        out->found = pipeline->found;
    }
}

const char *pipeline_last_error(const struct pipeline *pipeline, uint64_t *at_wall_ns)
{
    (void)pipeline;
    *at_wall_ns = 0;
    return "";
}

uint64_t pipeline_last_export_ns(const struct pipeline *pipeline)
{
    (void)pipeline;
    return 0;
}

#endif
