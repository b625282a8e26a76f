/*
 * What a dead worker held: its rings are drained, the spans that were open end as errors, a log
 * record tells how it died, and then slots and requests are free for others.
 *
 * The launcher is not the workers' parent: the status comes from whoever reaped (the segment's
 * table of deaths) or from our own reaping, and is waited for only a short while.
 */
#ifndef OTEL_AGENT_HARVEST_H
#define OTEL_AGENT_HARVEST_H

#include "agent/drain.h"
#include "agent/pool/deaths.h"

struct harvest {
    struct segment *segment;
    struct pipeline *pipeline;
    struct books *books;
    struct family *family;
    struct symbols *symbols;
    struct drain *drain;
    struct deaths deaths;
    uint64_t stray_since_ns[SEGMENT_SLOT_COUNT]; /* slots of processes that nobody knows */
    uint64_t crashes;     /* workers that died by a signal or with a status other than 0 */
    uint64_t answers_cut; /* requests still open when a worker left or was killed on request */
};

void harvest_init(struct harvest *harvest, struct drain *drain);

/* A process that the launcher itself has reaped. */
void harvest_note_death(struct harvest *harvest, int32_t pid, int32_t status);

/*
 * Whoever of the family is gone, as soon as its status is known, and whoever died before the
 * launcher had seen it. True while some still wait.
 */
bool harvest_step(struct harvest *harvest, uint64_t now_ns);

/* Nobody has noted a death since the last step. */
bool harvest_is_quiet(const struct harvest *harvest);

/* Slots of processes that ended before they were ever seen, and whose death nobody noted. */
void harvest_strays(struct harvest *harvest, uint64_t now_ns);

/* The program is dead, and all in this segment belongs to the dead. */
void harvest_everything(struct harvest *harvest);

/* Requests that a process has open. */
size_t harvest_open_requests(const struct segment *segment, int32_t pid);

#endif
