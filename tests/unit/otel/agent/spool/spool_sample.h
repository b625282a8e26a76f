/* A spool in a folder of its own, numbered spans for it, and what comes out of it. */
#ifndef TESTS_SPOOL_SAMPLE_H
#define TESTS_SPOOL_SAMPLE_H

#include "../../../../fakes/fake_clock.h"
#include "../record_sample.h"
#include "agent/spool/chunk.h"
#include "agent/spool/spool.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLE_HOUR_MS UINT64_C(3600000)
#define SAMPLE_MIB UINT64_C(1048576)

enum { SAMPLE_RECORDS_MAX = 512 }; /* in one put */

static char spool_folder[64];
static char spool_path[128];
static struct spool *spool;

static inline void spool_sample_open(uint64_t max_bytes)
{
    spool = spool_create(&(struct spool_options){ .folder = spool_folder,
                                                  .pool = "board",
                                                  .max_bytes = max_bytes,
                                                  .max_age_ms = 24 * SAMPLE_HOUR_MS });
    assert_non_null(spool);
}

static inline void spool_sample_reopen(uint64_t max_bytes)
{
    spool_destroy(spool);
    spool_sample_open(max_bytes);
}

static inline int spool_sample_setup(void **state)
{
    (void)state;
    fake_clock_reset();
    (void)snprintf(spool_folder, sizeof spool_folder, "/tmp/test_spool_XXXXXX");
    assert_non_null(mkdtemp(spool_folder));
    (void)snprintf(spool_path, sizeof spool_path, "%s/board.spool", spool_folder);
    spool_sample_open(64 * SAMPLE_MIB);
    return 0;
}

static inline int spool_sample_teardown(void **state)
{
    static const char *const suffixes[] = { "",         "-wal",     "-shm",
                                            "-journal", ".corrupt", ".corrupt-wal" };

    (void)state;
    spool_destroy(spool);
    spool = NULL;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char path[160];
        (void)snprintf(path, sizeof path, "%s%s", spool_path, suffixes[i]);
        (void)unlink(path);
    }
    return rmdir(spool_folder);
}

/* `count` spans, or log records, whose start says their number, from `first` on. */
static inline bool spool_sample_put(enum spool_lane lane, uint64_t first, uint32_t count)
{
    static struct sample samples[SAMPLE_RECORDS_MAX];
    const uint8_t *records[SAMPLE_RECORDS_MAX];

    for (uint32_t i = 0; i < count; i++) {
        if (lane == SPOOL_LOGS_OTLP) {
            sample_log(&samples[i], RECORD_SCOPE_FCGI, "text");
            ((struct record_log *)samples[i].record)->time_ns = first + i;
        } else {
            sample_span(&samples[i], RECORD_SCOPE_FCGI, "GET /board");
            ((struct record_span *)samples[i].record)->start_ns = first + i;
        }
        records[i] = samples[i].record;
    }
    return spool_put(spool, lane, records, count, false);
}

static inline uint64_t spool_sample_number(enum spool_lane lane, const uint8_t *record)
{
    return lane == SPOOL_LOGS_OTLP ? ((const struct record_log *)record)->time_ns
                                   : ((const struct record_span *)record)->start_ns;
}

/* Claims the next chunk: how many records, and the first one's number. */
static inline uint32_t spool_sample_next(enum spool_lane lane, uint64_t *first, bool *is_doubtful)
{
    const uint8_t *const *records;
    uint32_t count = spool_next(spool, lane, &records, is_doubtful);

    if (count > 0)
        *first = spool_sample_number(lane, records[0]);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(spool_sample_number(lane, records[i]), *first + i);
    return count;
}

/* Takes all of a lane; how many records came, in their order from `*first` on. */
static inline uint64_t spool_sample_drain(enum spool_lane lane, uint64_t *first)
{
    uint64_t total = 0, number = 0, before = 0;
    bool is_doubtful;
    uint32_t count;

    while ((count = spool_sample_next(lane, &number, &is_doubtful)) > 0) {
        if (total == 0)
            *first = number;
        else
            assert_true(number > before);
        before = number;
        total += count;
        spool_taken(spool, lane);
    }
    return total;
}

static inline uint64_t spool_sample_lost(enum spool_lane lane, enum spool_loss loss)
{
    return spool_counts(spool, lane).lost[loss];
}

static inline uint64_t spool_sample_waits(enum spool_lane lane)
{
    return spool_counts(spool, lane).records;
}

#endif
