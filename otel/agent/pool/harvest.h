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

enum { HARVEST_DEATH_MAX = 128 };

struct harvest_death {
    int32_t pid;
    int32_t status; /* as wait(2) gives it */
};

struct harvest {
    struct segment *segment;
    struct pipeline *pipeline;
    struct books *books;
    struct family *family;
    struct symbols *symbols;
    struct drain *drain;
    uint32_t death_count;                     /* of the segment, at the last step */
    uint32_t death_seen[SEGMENT_DEATH_COUNT]; /* sequence at each place of the segment's table */
    struct harvest_death deaths[HARVEST_DEATH_MAX]; /* the last ones, whoever noted them */
    size_t death_next;
    uint64_t stray_since_ns[SEGMENT_SLOT_COUNT]; /* slots of processes that nobody knows */
    uint64_t crashes;     /* workers that died by a signal or with a status other than 0 */
    uint64_t answers_cut; /* requests still open when a worker left or was killed on request */
};

void harvest_init(struct harvest *harvest, struct drain *drain);

/* A process that the launcher itself has reaped. */
void harvest_note_death(struct harvest *harvest, int32_t pid, int32_t status);

/* Whoever of the family is gone, as soon as its status is known. True while some still wait. */
bool harvest_step(struct harvest *harvest, uint64_t now_ns);

/* Nobody has noted a death since the last step. */
bool harvest_is_quiet(const struct harvest *harvest);

/* Slots and requests of processes that ended before they were ever seen. */
void harvest_strays(struct harvest *harvest, uint64_t now_ns);

/* The program is dead, and all in this segment belongs to the dead. */
void harvest_everything(struct harvest *harvest);

/* Requests that a process has open. */
size_t harvest_open_requests(const struct segment *segment, int32_t pid);

#endif
