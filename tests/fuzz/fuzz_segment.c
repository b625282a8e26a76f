/*
 * A worker gone bad: it writes anything anywhere into the shared memory, dies or lives on, and
 * the launcher drains, harvests and shows as if nothing were. The input is a list of such deeds.
 */
#include "../unit/otel/agent/fake_pipeline.h"
#include "agent/pool/harvest.h"
#include "agent/view/watch.h"
#include "fuzz.h"
#include "segment/check.h"
#include "segment/ring.h"

#include <sys/mman.h>

enum { DEED_COUNT_MAX = 64, SCRIBBLE_BYTES_MAX = 64 };

enum deed {
    DEED_SCRIBBLE,
    DEED_RECORD,
    DEED_PASS,
    DEED_DEATH,
    DEED_PUBLISH,
    DEED_END, /* of the pool: costly, so not after every input */
    DEED_COUNT
};

static struct {
    struct segment *segment;
    struct books books;
    struct family family;
    struct symbols *symbols;
    struct drain drain;
    struct harvest harvest;
    struct watch watch;
} launcher;

static void launcher_begin(void)
{
    static void *memory; /* kept: to give its pages back is quicker than to map it again */

    if (memory == NULL)
        memory = mmap(NULL, sizeof(struct segment), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || madvise(memory, sizeof(struct segment), MADV_DONTNEED) != 0)
        abort();
    memset(&launcher, 0, sizeof launcher);
    memset(fake_pipeline.counts, 0, sizeof fake_pipeline.counts);
    launcher.segment = memory;
    launcher.segment->header.magic = SEGMENT_MAGIC;
    launcher.segment->header.version = SEGMENT_VERSION;
    launcher.segment->header.header_bytes = sizeof(struct segment);
    launcher.symbols = symbols_create();
    launcher.family.epoll_fd = -1;
    books_start(&launcher.books, launcher.segment);
    drain_init(&launcher.drain, launcher.segment, &fake_pipeline, &launcher.books, &launcher.family,
               launcher.symbols);
    harvest_init(&launcher.harvest, &launcher.drain);
    if (!watch_init(&launcher.watch, launcher.segment))
        abort();
    launcher.drain.watch = &launcher.watch;
    launcher.family.members[0] = (struct family_member){ .pid = 1, .pidfd = -1, .is_worker = true };
    launcher.family.count = 1;
}

static void launcher_end(void)
{
    watch_release(&launcher.watch);
    symbols_destroy(launcher.symbols);
}

/* Parts of the segment that a worker writes and the launcher reads. */
static uint8_t *place(struct fuzz_input *input, size_t *room)
{
    struct segment *segment = launcher.segment;
    struct segment_slot *slot = &segment->slots[fuzz_number(input, 1) % 2];
    size_t offset = fuzz_number(input, 2);

    switch (fuzz_number(input, 1) % 5) {
    case 0:
        *room = offsetof(struct segment_slot, ring);
        return (uint8_t *)slot + offset % *room;
    case 1:
        *room = sizeof slot->ring;
        return slot->ring + offset;
    case 2:
        *room = 4 * sizeof segment->requests[0];
        return (uint8_t *)segment->requests + offset % *room;
    case 3:
        *room = sizeof segment->instruments;
        return (uint8_t *)segment->instruments + offset % *room;
    default:
        *room = sizeof segment->header - offsetof(struct segment_header, pool);
        return (uint8_t *)&segment->header.pool + offset % *room;
    }
}

static void scribble(struct fuzz_input *input)
{
    size_t room = 0, length;
    uint8_t *at = place(input, &room);

    length = fuzz_number(input, 1) % SCRIBBLE_BYTES_MAX;
    length = length < input->left ? length : input->left;
    if (at + length > (uint8_t *)(launcher.segment + 1))
        return;
    memcpy(at, input->at, length);
    input->at += length;
    input->left -= length;
}

/* A record that passes the ring's own writer and may be nonsense all the same. */
static void write_record(struct fuzz_input *input)
{
    struct segment_slot *slot = &launcher.segment->slots[fuzz_number(input, 1) % 2];
    size_t size = 8 * (1 + fuzz_number(input, 1) % 64);
    struct record_header *header = ring_reserve(slot, size);

    if (header == NULL)
        return;
    memset(header, 0, size);
    memcpy(header, input->at, size < input->left ? size : input->left);
    input->at += size < input->left ? size : input->left;
    input->left -= size < input->left ? size : input->left;
    header->size = (uint32_t)size;
    header->version = RECORD_VERSION;
    ring_commit(slot, size);
}

static void act(struct fuzz_input *input)
{
    switch ((enum deed)(fuzz_number(input, 1) % DEED_COUNT)) {
    case DEED_SCRIBBLE:
        scribble(input);
        break;
    case DEED_RECORD:
        write_record(input);
        break;
    case DEED_PASS:
        (void)drain_pass(&launcher.drain);
        watch_pass(&launcher.watch, 1);
        break;
    case DEED_DEATH:
        launcher.family.members[0].is_gone = true;
        harvest_note_death(&launcher.harvest, 1, (int)fuzz_number(input, 1));
        (void)harvest_step(&launcher.harvest, UINT64_MAX);
        break;
    case DEED_PUBLISH:
        harvest_strays(&launcher.harvest, UINT64_MAX / 2);
        watch_publish(&launcher.watch);
        books_update(&launcher.books, launcher.segment);
        break;
    case DEED_END:
        harvest_everything(&launcher.harvest);
        break;
    case DEED_COUNT:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };

    launcher_begin();
    for (int i = 0; i < DEED_COUNT_MAX && input.left > 0; i++)
        act(&input);
    (void)drain_pass(&launcher.drain);
    launcher_end();
    return 0;
}
