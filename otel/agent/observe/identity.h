/*
 * Who the pool is: the resource attributes that the launcher finds by itself, by the detectors of
 * the settings. One pool of one program on one host, the same over restarts of workers and
 * launcher; so there is no process.pid and nothing else that such a restart would change: a pool
 * is many processes. process.* is of the worker program.
 * Specification: semantic-conventions/resource; what wins per key: sdk/resource.h.
 */
#ifndef OTEL_AGENT_IDENTITY_H
#define OTEL_AGENT_IDENTITY_H

#include "agent/config/settings.h"
#include "agent/observe/container_id.h"
#include "agent/observe/uuid.h"
#include "otel/attribute.h"

enum { IDENTITY_ATTRIBUTE_MAX = 20, IDENTITY_TEXT_BYTES = 256, IDENTITY_PATH_BYTES = 4096 };

struct identity {
    size_t count;
    size_t early_count; /* of them, those that resource_attributes wins over */
    struct otel_attribute attributes[IDENTITY_ATTRIBUTE_MAX]; /* their texts lie below */
    char instance_id[UUID_TEXT_SIZE];
    char host_name[IDENTITY_TEXT_BYTES];
    char host_id[IDENTITY_TEXT_BYTES];
    char host_arch[IDENTITY_TEXT_BYTES];
    char os_version[IDENTITY_TEXT_BYTES];
    char os_name[IDENTITY_TEXT_BYTES];
    char os_description[IDENTITY_TEXT_BYTES];
    char owner[IDENTITY_TEXT_BYTES];
    char executable_path[IDENTITY_PATH_BYTES];
    char container_id[CONTAINER_ID_LENGTH + 1];
};

/* *out must stay where it is, and the settings too. */
void identity_init(struct identity *out, const struct settings *settings);

#endif
