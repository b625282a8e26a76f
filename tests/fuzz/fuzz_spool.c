/* What may stand in a spool: deflated bytes, records in them, and a whole file as a disk gives it
 * back. None of it may do more than cost what was in it. */
#include "agent/spool/chunk.h"
#include "agent/spool/spool.h"
#include "base/mem.h"
#include "fuzz.h"
#include "segment/check.h"

#include <stdio.h>
#include <unistd.h>

enum { PACKED = 0, PLAIN, WHOLE_FILE, KIND_COUNT };

static void records_check(const uint8_t *const *records, uint32_t count, enum record_type type)
{
    FUZZ_PROMISE(count <= CHUNK_RECORDS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const struct record_header *header = (const void *)records[i];

        FUZZ_PROMISE(header->type == type && record_check(records[i], header->size));
    }
}

static void chunk_try(const struct buf *packed, enum record_type type)
{
    static const uint8_t *records[CHUNK_RECORDS_MAX];
    struct buf room;

    buf_init(&room, CHUNK_BYTES_MAX);
    records_check(records, chunk_unpack(packed->data, packed->length, type, &room, records), type);
    buf_release(&room);
}

static void plain_try(const uint8_t *data, size_t size, enum record_type type)
{
    struct buf plain, packed;

    buf_init(&plain, CHUNK_BYTES_MAX);
    buf_init(&packed, (size_t)CHUNK_BYTES_MAX * 2);
    buf_add(&plain, data, size);
    if (!chunk_pack(&plain, &packed))
        abort();
    chunk_try(&packed, type);
    buf_release(&plain);
    buf_release(&packed);
}

static void file_write(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "we");

    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

/* Every record is counted once: sent, lost or waiting. */
static void lane_try(struct spool *spool, enum spool_lane lane)
{
    const uint8_t *const *records;
    uint64_t sent = 0;
    struct spool_counts counts;
    bool is_doubtful;
    uint32_t count;

    for (int i = 0; i < 100; i++) {
        count = spool_next(spool, lane, &records, &is_doubtful);
        if (count == 0)
            break;
        records_check(records, count, lane == SPOOL_LOGS_OTLP ? RECORD_LOG : RECORD_SPAN);
        sent += count;
        spool_taken(spool, lane);
    }
    counts = spool_counts(spool, lane);
    FUZZ_PROMISE(counts.found == sent + counts.records + counts.lost[SPOOL_LOSS_SIZE] +
                                     counts.lost[SPOOL_LOSS_AGE] +
                                     counts.lost[SPOOL_LOSS_UNREADABLE]);
}

static void file_try(const uint8_t *data, size_t size)
{
    static const char *const SUFFIXES[] = { "", "-wal", "-journal", ".corrupt", ".corrupt-wal" };
    static char folder[64], path[96];
    struct spool *spool;

    if (folder[0] == '\0') {
        (void)snprintf(folder, sizeof folder, "/dev/shm/fuzz_spool_XXXXXX");
        if (mkdtemp(folder) == NULL)
            abort();
    }
    (void)snprintf(path, sizeof path, "%s/pool.spool", folder);
    file_write(path, data, size);
    spool = spool_create(&(struct spool_options){
        .folder = folder, .pool = "pool", .max_bytes = 1 << 20, .max_age_ms = UINT64_MAX / 2 });
    if (spool == NULL)
        abort();
    spool_step(spool, UINT64_MAX);
    for (int lane = 0; lane < SPOOL_LANE_COUNT; lane++)
        lane_try(spool, (enum spool_lane)lane);
    spool_destroy(spool);
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof SUFFIXES[0]; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "%s%s", path, SUFFIXES[i]);
        (void)unlink(name);
    }
    (void)rmdir(folder);
    folder[0] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    uint64_t choice = fuzz_number(&input, 1);
    enum record_type type = choice & 0x80 ? RECORD_LOG : RECORD_SPAN;
    struct buf packed;

    switch ((choice & 0x7f) % KIND_COUNT) {
    case PACKED:
        buf_init(&packed, CHUNK_BYTES_MAX);
        buf_add(&packed, input.at, input.left);
        chunk_try(&packed, type);
        buf_release(&packed);
        break;
    case PLAIN:
        plain_try(input.at, input.left, type);
        break;
    case WHOLE_FILE:
        file_try(input.at, input.left);
        break;
    }
    return 0;
}
