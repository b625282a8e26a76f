/*
 * Getting hold of the segment: alone (the lock), whatever an earlier launcher left. A pool that
 * lives is adopted; what a dead one left is drained before a fresh segment takes its place.
 */
#ifndef OTEL_AGENT_ATTACH_H
#define OTEL_AGENT_ATTACH_H

#include "agent/config/settings.h"
#include "segment/layout.h"

enum attach_outcome {
    ATTACH_FAILED = 0, /* reported */
    ATTACH_FRESH,      /* a new segment, nobody in it */
    ATTACH_ADOPTED,    /* the program of an earlier launcher lives */
    ATTACH_LEFTOVER,   /* the program is dead: drain, then attach_renew */
};

struct attach {
    const char *path; /* borrowed */
    struct segment *segment;
    int lock_fd;
    int32_t program_pid; /* of ATTACH_ADOPTED, else 0 */
};

enum attach_outcome attach_open(struct attach *attach, const struct settings *settings);

/* A fresh segment in the place of the present one; false, reported, on failure. */
bool attach_renew(struct attach *attach, const struct settings *settings);

/* Unmaps and unlocks. The file stays when the pool lives on. */
void attach_close(struct attach *attach, bool removes_file);

/* What the recorder has to know of the settings. */
void attach_configure(struct segment *segment, const struct settings *settings);

/* For who looks; a later launcher goes by the ledger. */
void attach_name_program(struct segment *segment, int32_t program_pid);

#endif
