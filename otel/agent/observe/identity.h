/*
 * Who the pool is: the resource attributes that the launcher knows by itself. One pool of one
 * program on one host, the same over restarts of workers and launcher.
 * Specification: semantic-conventions/resource; the settings win per key (sdk/resource.h).
 */
#ifndef OTEL_AGENT_IDENTITY_H
#define OTEL_AGENT_IDENTITY_H

#include "agent/config/settings.h"
#include "agent/observe/uuid.h"
#include "otel/attribute.h"

enum { IDENTITY_ATTRIBUTE_MAX = 8, IDENTITY_TEXT_BYTES = 256 };

struct identity {
    size_t count;
    struct otel_attribute attributes[IDENTITY_ATTRIBUTE_MAX]; /* their texts lie below */
    char instance_id[UUID_TEXT_SIZE];
    char host_name[IDENTITY_TEXT_BYTES];
    char host_id[IDENTITY_TEXT_BYTES];
    char host_arch[IDENTITY_TEXT_BYTES];
};

/* *out must stay where it is, and the settings too. */
void identity_init(struct identity *out, const struct settings *settings);

#endif
