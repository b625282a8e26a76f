/*
 * The rolling restart: workers are asked to leave one by one, each after its successor stands.
 * The pool's manager (multiwatch) makes the successors; socket and launcher stay.
 */
#ifndef OTEL_AGENT_ROLL_H
#define OTEL_AGENT_ROLL_H

#include "agent/pool/family.h"

enum roll_state { ROLL_IDLE = 0, ROLL_LEAVING, ROLL_COMING };

struct roll {
    enum roll_state state;
    int32_t waiting[FAMILY_MAX]; /* still to be replaced, from the end */
    size_t waiting_count;
    int32_t leaving_pid;
    size_t workers_wanted; /* as many as there were */
    uint64_t deadline_ns;
    bool is_asked_again; /* SIGHUP came during a roll */
    uint64_t replaced;   /* workers, in all rolls */
};

/* Begins a roll; during one, another follows it. */
void roll_begin(struct roll *roll, struct family *family, uint64_t now_ns);

/* Moves on. Call after family_refresh, often while roll_is_active. */
void roll_step(struct roll *roll, struct family *family, uint64_t now_ns);

/* The pool is being stopped: no successor will come. */
void roll_end(struct roll *roll);

static inline bool roll_is_active(const struct roll *roll)
{
    return roll->state != ROLL_IDLE;
}

#endif
