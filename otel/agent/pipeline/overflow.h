/*
 * What an exporter of records does with the spool: when its receiver takes nothing, what waits goes
 * to disk instead of being given up; when it takes again, what is there goes out in its order, in
 * turn with what is fresh and with pauses, so that fresh data is not held up.
 *
 * Open: the receiver has failed for OVERFLOW_AFTER_S, or half the queue is full before that, or the
 * pipeline ends. From then on all that would be sent is put, until an attempt succeeds; attempts
 * are made with the oldest of what is on disk.
 */
#ifndef OTEL_AGENT_OVERFLOW_H
#define OTEL_AGENT_OVERFLOW_H

#include "agent/spool/spool.h"
#include "base/buf.h"

enum { OVERFLOW_AFTER_S = 2 };

struct overflow {
    struct spool *spool; /* NULL: nothing is kept on disk */
    enum spool_lane lane;
    bool is_open;
    bool is_from_disk;         /* the body last filled */
    uint64_t failing_since_ns; /* 0: it is not */
    uint64_t began_ns;         /* the sending of what is from disk */
    uint64_t due_ns;           /* not before that the next of it */
    struct buf kept;           /* copy of the fresh records in the body, until they are settled */
    const uint8_t **records;   /* those in `kept` */
    uint32_t kept_count;
};

/* `spool` NULL, or no memory: nothing is kept, and every call below says so. */
void overflow_init(struct overflow *overflow, struct spool *spool, enum spool_lane lane);
void overflow_release(struct overflow *overflow);

/* What the exporter is at. */
struct overflow_state {
    bool is_failing; /* the last attempt was a failure that is worth another */
    bool is_half_full;
    bool is_ending;
};
void overflow_watch(struct overflow *overflow, const struct overflow_state *state, uint64_t now_ns);

/* True when records can be put, as far as is known. */
bool overflow_is_usable(const struct overflow *overflow);

/* At most CHUNK_RECORDS_MAX records go to disk; false: they could not. */
bool overflow_put(struct overflow *overflow, const uint8_t *const *records, uint32_t count,
                  bool is_doubtful);

/* When the next of what is on disk may be sent; UINT64_MAX: there is none. */
uint64_t overflow_due_ns(const struct overflow *overflow);

/* What the body is made of: the next from disk (how many records; 0: none), or fresh records. */
uint32_t overflow_next(struct overflow *overflow, const uint8_t *const **records, bool *is_doubtful,
                       uint64_t now_ns);
void overflow_keep(struct overflow *overflow, const uint8_t *const *records, uint32_t count);

/* What the body was made of is accounted for, or is to be sent another time. */
void overflow_settled(struct overflow *overflow, uint64_t now_ns);
bool overflow_put_back(struct overflow *overflow, bool is_doubtful, uint64_t now_ns);

#endif
