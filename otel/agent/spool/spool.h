/*
 * What waits on disk: chunks of records that a receiver could not take yet, in the order in which
 * they came, a lane for each signal and way to send. One file a pool, bounded in bytes and age; the
 * oldest go first, counted by reason. It outlives the launcher, however that ends.
 *
 * Nothing here waits or fails its caller: what the file cannot take stays with whoever has it, what
 * is wrong is said in one line, and each few seconds it is looked at again.
 */
#ifndef OTEL_AGENT_SPOOL_H
#define OTEL_AGENT_SPOOL_H

#include "segment/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers that stand in files: they keep their meaning. */
enum spool_lane {
    SPOOL_TRACES_OTLP = 0,
    SPOOL_TRACES_ZIPKIN = 1,
    SPOOL_LOGS_OTLP = 2,
    SPOOL_LANE_COUNT
};

enum spool_loss {
    SPOOL_LOSS_SIZE = 0,   /* too many bytes */
    SPOOL_LOSS_AGE,        /* waited too long */
    SPOOL_LOSS_UNREADABLE, /* damaged, or written by another version */
    SPOOL_LOSS_COUNT
};

struct spool_counts {
    uint64_t records; /* that wait, one that is being sent included */
    uint64_t found;   /* in the file, ever, that this launcher had not put there */
    uint64_t lost[SPOOL_LOSS_COUNT];
};

struct spool_options {
    const char *folder; /* made, 0700, where it is not there and the one above it is */
    const char *pool;   /* names the file */
    uint64_t max_bytes; /* of the rows; the file and its log are at most 4 MiB more */
    uint64_t max_age_ms;
};

struct spool;

/* NULL when there is no memory. A file that cannot be had is no reason: see above. */
struct spool *spool_create(const struct spool_options *options);
void spool_destroy(struct spool *spool);

/* True when it is worth trying to put something. */
bool spool_is_usable(const struct spool *spool);

/* Keeps a copy; false when it could not: the records are the caller's still. Takes at most
 * CHUNK_RECORDS_MAX records of CHUNK_BYTES_MAX bytes (chunk.h). `is_doubtful`: the receiver may
 * have them, its answer did not come. */
bool spool_put(struct spool *spool, enum spool_lane lane, const uint8_t *const *records,
               uint32_t count, bool is_doubtful);

/*
 * The oldest chunk of a lane, to be sent: how many records; 0 for none. They are valid until the
 * next call of any kind. It stays in the file until spool_taken, and is not dropped meanwhile.
 * *is_doubtful: the receiver may have it already.
 */
uint32_t spool_next(struct spool *spool, enum spool_lane lane, const uint8_t *const **records,
                    bool *is_doubtful);

/* What spool_next gave is accounted for: it leaves the file. */
void spool_taken(struct spool *spool, enum spool_lane lane);

/* What spool_next gave is to be sent another time. */
void spool_put_back(struct spool *spool, enum spool_lane lane, bool is_doubtful);

/* Drops what is too old, and looks again at what could not be used; now and then. */
void spool_step(struct spool *spool, uint64_t now_ns);
uint64_t spool_next_ns(const struct spool *spool); /* when it wants that; UINT64_MAX: never */

struct spool_counts spool_counts(const struct spool *spool, enum spool_lane lane);
uint64_t spool_bytes(const struct spool *spool); /* as the bound counts them */

#endif
