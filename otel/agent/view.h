/*
 * What the launcher publishes for the status page, under the segment's sequence lock.
 */
#ifndef OTEL_AGENT_VIEW_H
#define OTEL_AGENT_VIEW_H

#include "agent/books.h"
#include "agent/harvest.h"
#include "agent/roll.h"

struct view_source {
    const struct books *books;
    const struct pipeline *pipeline;
    const struct family *family;
    const struct harvest *harvest;
    const struct roll *roll;
};

void view_publish(struct segment *segment, const struct view_source *source);

#endif
