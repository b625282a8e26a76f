/*
 * What the launcher publishes for the status page, under the locks of the segment's parts.
 */
#ifndef OTEL_AGENT_VIEW_H
#define OTEL_AGENT_VIEW_H

#include "agent/books.h"
#include "agent/config/options.h"
#include "agent/pipeline/backlog.h"
#include "agent/pool/harvest.h"
#include "agent/pool/roll.h"
#include "agent/view/back_ends.h"
#include "agent/view/watch.h"

struct view_source {
    const struct options *options;
    const struct books *books;
    const struct pipeline *pipeline;
    const struct family *family;
    const struct harvest *harvest;
    const struct roll *roll;
    const struct back_ends *back_ends;
    struct watch *watch;
};

/* What is looked at now and then, and kept in between. */
struct view {
    struct backlog backlog;
    uint64_t looked_ns; /* at the launcher's cost */
    uint64_t cpu_ns;
    int32_t libraries_pid; /* of the worker whose libraries are shown */
    uint64_t libraries_ns; /* when they were read */
    bool has_settings;
};

void view_init(struct view *view);
void view_release(struct view *view);

void view_publish(struct view *view, struct segment *segment, const struct view_source *source);

#endif
