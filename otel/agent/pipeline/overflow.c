#include "agent/pipeline/overflow.h"

#include "agent/spool/chunk.h"
#include "base/clock.h"
#include "base/mem.h"

#define PAUSE_MIN_NS                                                                               \
    (10 * CLOCK_NS_PER_MS) /* what is on disk burdens a receiver at most by half                   \
                            */
#define PAUSE_MAX_NS CLOCK_NS_PER_S
#define NOTHING_CAME_NS CLOCK_NS_PER_S /* the file said that it had something, and gave nothing */

void overflow_init(struct overflow *overflow, struct spool *spool, enum spool_lane lane)
{
    *overflow = (struct overflow){ .spool = spool, .lane = lane };
    buf_init(&overflow->kept, CHUNK_BYTES_MAX);
    if (spool == NULL)
        return;
    overflow->records = mem_zalloc(CHUNK_RECORDS_MAX, sizeof overflow->records[0]);
    if (overflow->records == NULL)
        overflow->spool = NULL;
}

void overflow_release(struct overflow *overflow)
{
    buf_release(&overflow->kept);
    mem_free(overflow->records);
    overflow->records = NULL;
}

void overflow_watch(struct overflow *overflow, const struct overflow_state *state, uint64_t now_ns)
{
    if (overflow->spool == NULL)
        return;
    if (!state->is_failing) {
        overflow->failing_since_ns = 0;
        overflow->is_open = false;
        return;
    }
    if (overflow->failing_since_ns == 0)
        overflow->failing_since_ns = now_ns;
    if (state->is_half_full || state->is_ending ||
        now_ns - overflow->failing_since_ns >= OVERFLOW_AFTER_S * CLOCK_NS_PER_S)
        overflow->is_open = true;
}

bool overflow_is_usable(const struct overflow *overflow)
{
    return spool_is_usable(overflow->spool);
}

bool overflow_put(struct overflow *overflow, const uint8_t *const *records, uint32_t count,
                  bool is_doubtful)
{
    return overflow_is_usable(overflow) && count > 0 &&
           spool_put(overflow->spool, overflow->lane, records, count, is_doubtful);
}

uint64_t overflow_due_ns(const struct overflow *overflow)
{
    return spool_counts(overflow->spool, overflow->lane).records > 0 ? overflow->due_ns
                                                                     : UINT64_MAX;
}

uint32_t overflow_next(struct overflow *overflow, const uint8_t *const **records, bool *is_doubtful,
                       uint64_t now_ns)
{
    uint32_t count = spool_next(overflow->spool, overflow->lane, records, is_doubtful);

    overflow->began_ns = now_ns;
    overflow->is_from_disk = count > 0;
    if (count == 0)
        overflow->due_ns = now_ns + NOTHING_CAME_NS;
    return count;
}

/* A copy costs a fraction of the encoding, and lets the queue go on as it would without. */
void overflow_keep(struct overflow *overflow, const uint8_t *const *records, uint32_t count)
{
    overflow->is_from_disk = false;
    overflow->kept_count = 0;
    if (overflow->spool == NULL || count > CHUNK_RECORDS_MAX)
        return;
    buf_clear(&overflow->kept);
    if (chunk_gather(&overflow->kept, records, count))
        overflow->kept_count = count;
}

static void pause_begin(struct overflow *overflow, uint64_t now_ns)
{
    uint64_t pause_ns = now_ns - overflow->began_ns;

    if (pause_ns < PAUSE_MIN_NS)
        pause_ns = PAUSE_MIN_NS;
    overflow->due_ns = now_ns + (pause_ns < PAUSE_MAX_NS ? pause_ns : PAUSE_MAX_NS);
}

void overflow_settled(struct overflow *overflow, uint64_t now_ns)
{
    overflow->kept_count = 0;
    if (!overflow->is_from_disk)
        return;
    spool_taken(overflow->spool, overflow->lane);
    pause_begin(overflow, now_ns);
}

static bool kept_put(struct overflow *overflow, bool is_doubtful)
{
    size_t offset = 0;

    for (uint32_t i = 0; i < overflow->kept_count; i++) {
        overflow->records[i] = (const uint8_t *)overflow->kept.data + offset;
        offset += ((const struct record_header *)(const void *)overflow->records[i])->size;
    }
    if (!overflow_put(overflow, overflow->records, overflow->kept_count, is_doubtful))
        return false;
    overflow->kept_count = 0;
    return true;
}

bool overflow_put_back(struct overflow *overflow, bool is_doubtful, uint64_t now_ns)
{
    if (!overflow->is_from_disk)
        return kept_put(overflow, is_doubtful);
    spool_put_back(overflow->spool, overflow->lane, is_doubtful);
    overflow->due_ns = now_ns;
    return true;
}
