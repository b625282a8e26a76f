/*
 * What a pipeline consists of, for the files that make it up: pipeline.c, which moves it, and
 * pipeline_told.c, which tells of it. Nobody else looks into it.
 */
#ifndef OTEL_AGENT_PIPELINE_PARTS_H
#define OTEL_AGENT_PIPELINE_PARTS_H

#include "agent/pipeline/pull.h"
#include "agent/pipeline/record_queue.h"
#include "agent/sdk/reader.h"

/* A reader: an exporter of metrics with a meter and a clock of its own, and how far it is with the
 * present collection. */
struct metric_source {
    struct pipeline *pipeline;
    struct meter meter;
    struct reader reader;
    encode_metrics_fn encode;
    struct metric_cursor cursor;
    struct exporter exporter;
};

struct pipeline {
    const struct settings *settings;
    struct http *http;
    struct spool *spool; /* NULL: nothing is kept on disk */
    struct encoder encoder;
    struct record_queue spans, logs;
    struct metric_source metrics[DESTINATIONS_MAX];
    unsigned metric_count;
    struct pull pull;        /* the reader that collects when somebody fetches */
    struct meter pull_meter; /* of nothing while nothing is fetched */
    bool is_pull_ready;
    pipeline_collect_fn collect;
    void *collect_user;
    uint64_t random[4];
    bool is_ending;
    struct meter *collecting; /* of the reader that collects now; NULL: none does */
};

#endif
