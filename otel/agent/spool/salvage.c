#include "agent/spool/salvage.h"

#include "base/clock.h"

enum { SKIPS_MAX = 256, SKIP_GROWTH_MAX = 20 }; /* 2^20 ids at a time */

/* The next row that can be read; false: there is none. Behind a broken page the ids go on: steps
 * that double find them. */
static bool row_next(struct spool_file *from, struct spool_row *row, struct buf *data,
                     unsigned *skips)
{
    int64_t after_id = row->id;
    bool is_found = false;

    for (int growth = 0; *skips < SKIPS_MAX; ++*skips) {
        if (spool_file_read(from, after_id, row, data, &is_found) == SPOOL_FINE)
            return is_found;
        if (growth < SKIP_GROWTH_MAX)
            growth++;
        if (__builtin_add_overflow(after_id, INT64_C(1) << (growth - 1), &after_id))
            return false; /* no id is larger */
    }
    return false;
}

static bool is_wanted(const struct spool_row *row, const int64_t *sent_up_to, int64_t lane_count)
{
    return row->count > 0 && row->id > 0 && row->lane >= 0 && row->lane < lane_count &&
           row->id > sent_up_to[row->lane];
}

void salvage_rows(const char *path, struct spool_file *to, const int64_t *sent_up_to,
                  int64_t lane_count, struct buf *room, uint64_t end_ns)
{
    struct spool_file *from = NULL;
    struct spool_row row = { 0 };
    const char *problem;
    unsigned skips = 0;

    if (spool_file_open(path, &from, &problem) != SPOOL_FINE)
        return;
    while (clock_monotonic_ns() < end_ns && row_next(from, &row, room, &skips)) {
        if (is_wanted(&row, sent_up_to, lane_count) && room->length == row.length &&
            spool_file_put(to, &row, room->data) != SPOOL_FINE)
            break;
    }
    spool_file_close(from);
}
