#include "agent/spool/spool.h"

#include "agent/report.h"
#include "agent/spool/chunk.h"
#include "agent/spool/salvage.h"
#include "agent/spool/spool_file.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ROW_BYTES = 4096, /* of a row beside its data, at most: the last page that it fills */
    PACKED_BYTES_MAX = CHUNK_BYTES_MAX + CHUNK_BYTES_MAX / 64,
    DROPS_MAX = 8, /* at a time: none may take long */
    PATH_BYTES = 4096,
};

#define AGAIN_NS (5 * CLOCK_NS_PER_S) /* until a fault is looked at again */
#define SALVAGE_NS CLOCK_NS_PER_S     /* for what can be read of a damaged file */
#define AGE_NS (10 * CLOCK_NS_PER_S)

struct lane {
    struct spool_counts counts;
    bool is_claimed;           /* a row is being sent: */
    int64_t claimed_id;        /* 0: its file is gone */
    uint32_t claimed_count;    /* of records, as the row has it */
    uint32_t claimed_readable; /* and as many as were there */
    uint64_t claimed_length;
    int64_t sent_up_to; /* rows that were sent and could not be deleted yet; 0: none */
};

struct spool {
    char path[PATH_BYTES];
    uint64_t max_bytes, max_age_ms;
    struct spool_file *file; /* NULL: cannot be had now */
    enum spool_fault fault;  /* that was told; SPOOL_FINE: all is well */
    uint64_t bytes;
    uint64_t again_ns; /* monotonic: a fault is left alone until then */
    uint64_t age_ns;   /* monotonic: when to look for what is too old */
    struct lane lanes[SPOOL_LANE_COUNT];
    struct buf packed, plain;
    const uint8_t *records[CHUNK_RECORDS_MAX];
};

static enum record_type type_of(enum spool_lane lane)
{
    return lane == SPOOL_LOGS_OTLP ? RECORD_LOG : RECORD_SPAN;
}

static uint64_t cost_of(uint64_t length)
{
    return length + ROW_BYTES;
}

/* Never below zero: a file that is damaged while it is used may say another number than before. */
static uint64_t difference(uint64_t left, uint64_t right)
{
    return left > right ? left - right : 0;
}

/* --- faults --------------------------------------------------------------------------------------
 */

/* One line for each kind of fault, and one when it is over. */
static void tell(struct spool *spool, enum spool_fault fault, const char *problem)
{
    if (fault == spool->fault)
        return;
    spool->fault = fault;
    switch (fault) {
    case SPOOL_FINE:
        report_info("%s: what waits is kept on disk again", spool->path);
        break;
    case SPOOL_LOCKED:
        report_warn("%s is in use by another process: what waits is kept in memory alone; does "
                    "another launcher of this pool run?",
                    spool->path);
        break;
    case SPOOL_FULL:
        report_warn("the disk of %s is full: what waits is kept in memory alone; make room there, "
                    "or lower --c_spool_max_bytes",
                    spool->path);
        break;
    case SPOOL_DENIED:
        report_warn("%s cannot be written (%s): what waits is kept in memory alone; make its "
                    "folder, for the user of this launcher, or set --c_spool_dir",
                    spool->path, problem);
        break;
    case SPOOL_CORRUPT:
        break; /* told where it is moved aside */
    case SPOOL_BROKEN:
        report_warn("%s cannot be used (%s): what waits is kept in memory alone; is its disk in "
                    "order?",
                    spool->path, problem);
        break;
    }
}

/* Of a lane's records, those that are in the file. */
static uint64_t in_file(const struct lane *lane)
{
    return difference(lane->counts.records, lane->claimed_id == 0 ? lane->claimed_count : 0);
}

/* Nothing older stays in the place: a write-ahead log would be read into whatever file is there. */
static bool move_aside(const char *path, const char *suffix)
{
    char from[PATH_BYTES + 16], to[PATH_BYTES + 32];

    (void)snprintf(from, sizeof from, "%s%s", path, suffix);
    (void)snprintf(to, sizeof to, "%s.corrupt%s", path, suffix);
    (void)unlink(to);
    return rename(from, to) == 0;
}

static bool file_replace(struct spool *spool);

/* Lets go of a file that failed. A full disk is no reason to: what is there can still be sent. */
static void file_failed(struct spool *spool, enum spool_fault fault)
{
    spool->again_ns = clock_monotonic_ns() + AGAIN_NS;
    if (fault == SPOOL_FULL) {
        tell(spool, fault, "");
        return;
    }
    spool_file_close(spool->file);
    spool->file = NULL;
    if (fault != SPOOL_CORRUPT) {
        tell(spool, fault, "an error while it was used");
        return;
    }
    (void)file_replace(spool);
}

/* The one way to look at a result. */
static bool is_fine(struct spool *spool, enum spool_fault fault)
{
    if (fault == SPOOL_FINE)
        return true;
    file_failed(spool, fault);
    return false;
}

/* --- opening -------------------------------------------------------------------------------------
 */

/* What is being sent may be in another file than before, or in none. */
static enum spool_fault claims_check(struct spool *spool)
{
    enum spool_fault fault = SPOOL_FINE;

    for (int i = 0; i < SPOOL_LANE_COUNT && fault == SPOOL_FINE; i++) {
        struct lane *lane = &spool->lanes[i];
        struct spool_row row = { 0 };
        bool is_found = false;

        if (lane->claimed_id == 0)
            continue;
        fault = spool_file_oldest(spool->file, lane->claimed_id - 1, &row, &is_found);
        if (fault == SPOOL_FINE && (!is_found || row.id != lane->claimed_id || row.lane != i))
            lane->claimed_id = 0;
    }
    return fault;
}

/* What is in the file now, against what was known to be. */
static enum spool_fault lanes_count(struct spool *spool)
{
    struct spool_sum sums[SPOOL_LANE_COUNT], all;
    enum spool_fault fault = spool_file_sum(spool->file, -1, &all);

    for (int i = 0; i < SPOOL_LANE_COUNT && fault == SPOOL_FINE; i++)
        fault = spool_file_sum(spool->file, i, &sums[i]);
    if (fault == SPOOL_FINE)
        fault = claims_check(spool);
    if (fault != SPOOL_FINE)
        return fault;
    for (int i = 0; i < SPOOL_LANE_COUNT; i++) {
        struct spool_counts *counts = &spool->lanes[i].counts;
        uint64_t known = in_file(&spool->lanes[i]), orphans = counts->records - known;

        counts->found += difference(sums[i].records, known);
        counts->lost[SPOOL_LOSS_UNREADABLE] += difference(known, sums[i].records);
        counts->records = sums[i].records + orphans;
    }
    spool->bytes = all.bytes + all.rows * ROW_BYTES;
    return SPOOL_FINE;
}

/* Sent rows that a file without its owner still has, go first: they are in no count. */
static enum spool_fault lanes_clean(struct spool *spool)
{
    enum spool_fault fault = SPOOL_FINE;

    for (int i = 0; i < SPOOL_LANE_COUNT && fault == SPOOL_FINE; i++) {
        struct lane *lane = &spool->lanes[i];

        if (lane->sent_up_to == 0)
            continue;
        fault = spool_file_delete_up_to(spool->file, i, lane->sent_up_to);
        if (fault == SPOOL_FINE)
            lane->sent_up_to = 0;
    }
    return fault;
}

/* The same in between. */
static bool sent_clean(struct spool *spool)
{
    bool is_any = false;

    for (int i = 0; i < SPOOL_LANE_COUNT; i++)
        is_any |= spool->lanes[i].sent_up_to != 0;
    return !is_any || (is_fine(spool, lanes_clean(spool)) && is_fine(spool, lanes_count(spool)));
}

static enum spool_fault file_try(struct spool *spool, const char **problem)
{
    enum spool_fault fault = spool_file_open(spool->path, &spool->file, problem);

    if (fault == SPOOL_FINE)
        fault = lanes_clean(spool);
    if (fault == SPOOL_FINE)
        fault = lanes_count(spool);
    if (fault != SPOOL_FINE) {
        spool_file_close(spool->file);
        spool->file = NULL;
    }
    return fault;
}

static uint64_t records_of(const struct spool *spool, bool are_lost)
{
    uint64_t total = 0;

    for (int i = 0; i < SPOOL_LANE_COUNT; i++)
        total += are_lost ? spool->lanes[i].counts.lost[SPOOL_LOSS_UNREADABLE]
                          : in_file(&spool->lanes[i]);
    return total;
}

/* A new file, with what can be read of the damaged one. */
static enum spool_fault file_renew(struct spool *spool, const char **problem)
{
    int64_t sent_up_to[SPOOL_LANE_COUNT];
    char damaged[PATH_BYTES + 16];
    enum spool_fault fault = spool_file_open(spool->path, &spool->file, problem);

    if (fault != SPOOL_FINE)
        return fault;
    for (int i = 0; i < SPOOL_LANE_COUNT; i++) {
        sent_up_to[i] = spool->lanes[i].sent_up_to;
        spool->lanes[i].sent_up_to = 0;
    }
    (void)snprintf(damaged, sizeof damaged, "%s.corrupt", spool->path);
    salvage_rows(damaged, spool->file, sent_up_to, SPOOL_LANE_COUNT, &spool->packed,
                 clock_monotonic_ns() + SALVAGE_NS);
    return lanes_count(spool);
}

/* In the place of a file that is damaged, and closed. */
static bool file_replace(struct spool *spool)
{
    const char *problem = "";
    uint64_t lost = records_of(spool, true);
    enum spool_fault fault;

    spool->again_ns = clock_monotonic_ns() + AGAIN_NS;
    if (!move_aside(spool->path, "")) {
        tell(spool, SPOOL_DENIED, "it is damaged, and cannot be moved aside");
        return false;
    }
    (void)move_aside(spool->path, "-wal"); /* where there is one */
    fault = file_renew(spool, &problem);
    report_warn("%s was damaged, or of another version, and is now %s.corrupt; a new one is begun "
                "with the %llu records that could be read of it; %llu are known to be lost",
                spool->path, spool->path, (unsigned long long)records_of(spool, false),
                (unsigned long long)(records_of(spool, true) - lost));
    if (fault == SPOOL_FINE) {
        spool->again_ns = 0;
        return true;
    }
    spool_file_close(spool->file);
    spool->file = NULL;
    tell(spool, fault == SPOOL_CORRUPT ? SPOOL_BROKEN : fault, problem);
    return false;
}

static bool file_open(struct spool *spool)
{
    const char *problem = "";
    enum spool_fault fault = file_try(spool, &problem);

    spool->again_ns = clock_monotonic_ns() + AGAIN_NS;
    if (fault == SPOOL_CORRUPT)
        return file_replace(spool);
    /* A broken disk that opens it again is believed when it has taken something. */
    if (fault != SPOOL_FINE || spool->fault != SPOOL_BROKEN)
        tell(spool, fault, problem);
    if (fault == SPOOL_FINE)
        spool->again_ns = 0;
    return fault == SPOOL_FINE;
}

static bool path_set(struct spool *spool, const struct spool_options *options)
{
    int folder = snprintf(spool->path, sizeof spool->path, "%s/", options->folder);
    int length =
        snprintf(spool->path, sizeof spool->path, "%s/%s.spool", options->folder, options->pool);

    if (length <= 0 || (size_t)length >= sizeof spool->path)
        return false;
    for (char *slash = spool->path + folder; (slash = strchr(slash, '/')) != NULL;)
        *slash = '_';
    return true;
}

struct spool *spool_create(const struct spool_options *options)
{
    struct spool *spool = mem_zalloc(1, sizeof *spool);

    if (spool == NULL)
        return NULL;
    spool->max_bytes = options->max_bytes;
    spool->max_age_ms = options->max_age_ms;
    buf_init(&spool->packed, PACKED_BYTES_MAX);
    buf_init(&spool->plain, CHUNK_BYTES_MAX);
    if (!path_set(spool, options)) {
        report_error("--c_spool_dir is too long a path: nothing will be kept on disk");
        mem_free(spool);
        return NULL;
    }
    (void)mkdir(options->folder, 0700); /* what is wrong is told when the file is made */
    (void)file_open(spool);
    return spool;
}

void spool_destroy(struct spool *spool)
{
    if (spool == NULL)
        return;
    spool_file_close(spool->file);
    buf_release(&spool->packed);
    buf_release(&spool->plain);
    mem_free(spool);
}

bool spool_is_usable(const struct spool *spool)
{
    return spool != NULL && (spool->again_ns == 0 || clock_monotonic_ns() >= spool->again_ns);
}

/* A file to work with, if there is one by now. */
static bool is_open(struct spool *spool)
{
    if (spool->file == NULL && spool_is_usable(spool))
        (void)file_open(spool);
    return spool->file != NULL;
}

/* --- dropping ------------------------------------------------------------------------------------
 */

static bool is_claimed(const struct spool *spool, int64_t id)
{
    for (int i = 0; i < SPOOL_LANE_COUNT; i++)
        if (spool->lanes[i].is_claimed && spool->lanes[i].claimed_id == id)
            return true;
    return false;
}

/* A row whose lane no version of ours fills is in no count. */
static struct lane *lane_of(struct spool *spool, const struct spool_row *row)
{
    return row->lane >= 0 && row->lane < SPOOL_LANE_COUNT ? &spool->lanes[row->lane] : NULL;
}

static void bytes_free(struct spool *spool, uint64_t length)
{
    spool->bytes = difference(spool->bytes, cost_of(length));
}

static bool row_drop(struct spool *spool, const struct spool_row *row, enum spool_loss loss)
{
    struct lane *lane = lane_of(spool, row);

    if (!is_fine(spool, spool_file_delete(spool->file, row->id)))
        return false;
    bytes_free(spool, row->length);
    if (lane != NULL && row->id > lane->sent_up_to) {
        uint64_t count = row->count < lane->counts.records ? row->count : lane->counts.records;

        lane->counts.records -= count;
        lane->counts.lost[loss] += count;
    }
    return true;
}

/* The oldest row that nobody is sending. */
static bool row_oldest(struct spool *spool, struct spool_row *row)
{
    bool is_found = true;

    *row = (struct spool_row){ .id = INT64_MIN };
    do {
        if (!is_fine(spool, spool_file_oldest(spool->file, row->id, row, &is_found)))
            return false;
    } while (is_found && is_claimed(spool, row->id));
    return is_found;
}

static bool make_room(struct spool *spool, uint64_t needed)
{
    struct spool_row row;

    if (needed > spool->max_bytes)
        return false;
    for (int i = 0; i < DROPS_MAX && spool->bytes + needed > spool->max_bytes; i++)
        if (!row_oldest(spool, &row) || !row_drop(spool, &row, SPOOL_LOSS_SIZE))
            return false;
    return spool->bytes + needed <= spool->max_bytes;
}

/* A clock that went back ages nothing; a time that no clock gave is the oldest there is. */
static uint64_t age_of(const struct spool_row *row, uint64_t now_ms)
{
    return difference(now_ms, row->time_ms > 0 ? (uint64_t)row->time_ms : 0);
}

static void drop_old(struct spool *spool)
{
    uint64_t now_ms = clock_wall_ns() / CLOCK_NS_PER_MS;
    struct spool_row row;

    for (int i = 0; i < DROPS_MAX; i++) {
        if (!row_oldest(spool, &row) || age_of(&row, now_ms) <= spool->max_age_ms ||
            !row_drop(spool, &row, SPOOL_LOSS_AGE))
            return;
    }
    spool->age_ns = 0; /* there may be more */
}

void spool_step(struct spool *spool, uint64_t now_ns)
{
    if (spool == NULL || now_ns < spool_next_ns(spool) || !is_open(spool))
        return;
    spool->age_ns = now_ns + AGE_NS;
    if (sent_clean(spool))
        drop_old(spool);
}

uint64_t spool_next_ns(const struct spool *spool)
{
    if (spool == NULL)
        return UINT64_MAX;
    if (spool->file == NULL)
        return spool->again_ns;
    return spool->bytes > 0 ? spool->age_ns : UINT64_MAX;
}

/* --- in ----------------------------------------------------------------------------------------
 */

bool spool_put(struct spool *spool, enum spool_lane lane, const uint8_t *const *records,
               uint32_t count, bool is_doubtful)
{
    struct spool_row row = {
        .lane = lane,
        .time_ms = (int64_t)(clock_wall_ns() / CLOCK_NS_PER_MS),
        .count = count,
        .is_doubtful = is_doubtful,
    };

    if (!spool_is_usable(spool) || !is_open(spool))
        return false;
    buf_clear(&spool->plain);
    buf_clear(&spool->packed);
    if (!chunk_gather(&spool->plain, records, count) || !chunk_pack(&spool->plain, &spool->packed))
        return false;
    row.length = spool->packed.length;
    if (!make_room(spool, cost_of(row.length)) ||
        !is_fine(spool, spool_file_put(spool->file, &row, spool->packed.data)))
        return false;
    tell(spool, SPOOL_FINE, "");
    spool->again_ns = 0;
    spool->bytes += cost_of(row.length);
    spool->lanes[lane].counts.records += count;
    return true;
}

/* --- out -----------------------------------------------------------------------------------------
 */

uint32_t spool_next(struct spool *spool, enum spool_lane which, const uint8_t *const **records,
                    bool *is_doubtful)
{
    struct lane *lane = &spool->lanes[which];
    struct spool_row row;
    uint32_t count = 0;
    bool is_found = false;

    for (int i = 0; i < DROPS_MAX && count == 0; i++) {
        if (!is_open(spool) ||
            !is_fine(spool, spool_file_next(spool->file, which, lane->sent_up_to, &row,
                                            &spool->packed, &is_found)) ||
            !is_found)
            return 0;
        count = chunk_unpack(spool->packed.data, spool->packed.length, type_of(which),
                             &spool->plain, spool->records);
        count = count < row.count ? count : row.count;
        if (count == 0 && !row_drop(spool, &row, SPOOL_LOSS_UNREADABLE))
            return 0;
    }
    if (count == 0)
        return 0;
    lane->is_claimed = true;
    lane->claimed_id = row.id;
    lane->claimed_count = row.count;
    lane->claimed_readable = count;
    lane->claimed_length = row.length;
    *records = spool->records;
    *is_doubtful = row.is_doubtful;
    /* Should we be killed now, the next launcher knows that the receiver may have it. A mark that
     * cannot be made is no reason to keep the row back. */
    if (!row.is_doubtful)
        (void)is_fine(spool, spool_file_doubt(spool->file, row.id, true));
    return count;
}

static void claim_end(struct lane *lane)
{
    lane->is_claimed = false;
    lane->claimed_id = 0;
    lane->claimed_count = lane->claimed_readable = 0;
}

void spool_taken(struct spool *spool, enum spool_lane which)
{
    struct lane *lane = &spool->lanes[which];
    int64_t id = lane->claimed_id, sent_before = lane->sent_up_to;

    if (!lane->is_claimed)
        return;
    lane->counts.records = difference(lane->counts.records, lane->claimed_count);
    lane->counts.lost[SPOOL_LOSS_UNREADABLE] += lane->claimed_count - lane->claimed_readable;
    claim_end(lane);
    if (id == 0)
        return;
    lane->sent_up_to = id; /* spool_step comes back to what cannot be deleted now */
    if (spool->file == NULL || sent_before != 0 ||
        !is_fine(spool, spool_file_delete(spool->file, id)))
        return;
    lane->sent_up_to = 0;
    bytes_free(spool, lane->claimed_length);
}

void spool_put_back(struct spool *spool, enum spool_lane which, bool is_doubtful)
{
    struct lane *lane = &spool->lanes[which];

    if (!lane->is_claimed)
        return;
    if (lane->claimed_id == 0) { /* its file is gone, and now its body */
        lane->counts.records = difference(lane->counts.records, lane->claimed_count);
        lane->counts.lost[SPOOL_LOSS_UNREADABLE] += lane->claimed_count;
    } else if (!is_doubtful && spool->file != NULL) {
        (void)is_fine(spool, spool_file_doubt(spool->file, lane->claimed_id, false));
    }
    claim_end(lane);
}

struct spool_counts spool_counts(const struct spool *spool, enum spool_lane lane)
{
    return spool != NULL ? spool->lanes[lane].counts : (struct spool_counts){ 0 };
}

uint64_t spool_bytes(const struct spool *spool)
{
    return spool != NULL ? spool->bytes : 0;
}
