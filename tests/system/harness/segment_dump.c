/*
 * Prints what a segment says, as JSON, for the tests: the header, the slots' counters, the open
 * requests and the view. Knows the layout and nothing else of the product, so that it is a second
 * opinion on the books.
 */
#include "segment/layout.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOAD(field) atomic_load_explicit(&(field), memory_order_acquire)

static void print_books(const char *name, const struct segment_books *books)
{
    printf("\"%s\": {\"ended\": %" PRIu64 ", \"exported\": %" PRIu64 ", \"in_ring\": %" PRIu64
           ", \"queued\": %" PRIu64 ", \"spooled\": %" PRIu64 ", \"failed\": %" PRIu64
           ", \"dropped\": %" PRIu64 ", \"sampled_out\": %" PRIu64 "}, ",
           name, books->ended, books->exported, books->in_ring, books->queued, books->spooled,
           books->failed, books->dropped, books->sampled_out);
}

/* A consistent copy of the view: sequence lock, bounded. */
static struct segment_view view_copy(struct segment *segment)
{
    struct segment_view copy;
    unsigned before = 1;
    unsigned after = 0;

    for (int i = 0; i < 1000000 && (before != after || (before & 1) != 0); i++) {
        before = LOAD(segment->view.sequence);
        memcpy(&copy, &segment->view, sizeof copy);
        atomic_thread_fence(memory_order_acquire);
        after = LOAD(segment->view.sequence);
    }
    return copy;
}

static void print_slots(struct segment *segment)
{
    const char *comma = "";

    printf("\"slots\": [");
    for (int i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        struct segment_slot *slot = &segment->slots[i];
        struct segment_counters *counters = &slot->counters;

        printf("%s{\"state\": %u, \"pid\": %d, \"tid\": %d, \"activity\": %u, "
               "\"spans_ended\": %" PRIu64 ", \"spans_sampled_out\": %" PRIu64
               ", \"spans_dropped\": %" PRIu64 ", \"logs_emitted\": %" PRIu64
               ", \"logs_dropped\": %" PRIu64 ", \"measurements_dropped\": %" PRIu64
               ", \"ring_used\": %" PRIu64 ", \"head_offset\": %zu, \"ring_offset\": %zu}",
               comma, LOAD(slot->state), LOAD(slot->pid), LOAD(slot->tid), LOAD(slot->activity),
               LOAD(counters->spans_ended), LOAD(counters->spans_sampled_out),
               LOAD(counters->spans_dropped), LOAD(counters->logs_emitted),
               LOAD(counters->logs_dropped), LOAD(counters->measurements_dropped),
               LOAD(slot->head) - LOAD(slot->tail), (size_t)((char *)&slot->head - (char *)segment),
               (size_t)((char *)slot->ring - (char *)segment));
        comma = ", ";
    }
    printf("], ");
}

static void print_requests(struct segment *segment)
{
    const char *comma = "";

    printf("\"requests\": [");
    for (int i = 0; i < SEGMENT_REQUEST_COUNT; i++) {
        struct segment_request *request = &segment->requests[i];

        if (LOAD(request->state) == SEGMENT_REQUEST_FREE)
            continue;
        printf("%s{\"state\": %u, \"pid\": %d, \"route\": \"%.100s\"}", comma, LOAD(request->state),
               LOAD(request->pid), request->route);
        comma = ", ";
    }
    printf("], ");
}

static void print_header(struct segment *segment)
{
    struct segment_header *header = &segment->header;

    printf("\"version\": %u, \"pool\": \"%.60s\", \"launcher_pid\": %d, \"program_pid\": %d, "
           "\"program_pid_offset\": %zu, "
           "\"program_ticks_offset\": %zu, "
           "\"program_start_ticks\": %" PRIu64 ", \"heartbeat_ns\": %" PRIu64
           ", \"deaths\": %u, \"no_slot_spans\": %" PRIu64 ", \"no_slot_logs\": %" PRIu64
           ", \"no_request_drops\": %" PRIu64 ", \"no_instrument_drops\": %" PRIu64 ", ",
           header->version, header->pool, LOAD(header->launcher_pid), LOAD(header->program_pid),
           (size_t)((char *)&header->program_pid - (char *)segment),
           (size_t)((char *)&header->program_start_ticks - (char *)segment),
           LOAD(header->program_start_ticks), LOAD(header->heartbeat_ns), LOAD(header->death_count),
           LOAD(header->no_slot_spans), LOAD(header->no_slot_logs), LOAD(header->no_request_drops),
           LOAD(header->no_instrument_drops));
}

static void print_segment(struct segment *segment)
{
    struct segment_view view = view_copy(segment);

    printf("{");
    print_header(segment);
    print_slots(segment);
    print_requests(segment);
    print_books("spans", &view.spans);
    print_books("logs", &view.logs);
    printf("\"workers_expected\": %u, \"workers_live\": %u, \"is_rolling\": %u, "
           "\"restarts\": %" PRIu64 ", \"crashes\": %" PRIu64 ", \"answers_cut\": %" PRIu64
           ", \"published_ns\": %" PRIu64 ", \"last_export_ns\": %" PRIu64 "}\n",
           view.workers_expected, view.workers_live, view.is_rolling, view.restarts, view.crashes,
           view.answers_cut, view.published_ns, view.last_export_ns);
}

/* As every reader does: its launcher publishes more often then. */
static void leave_word(struct segment *segment)
{
    struct timespec now = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &now);
    atomic_store(&segment->header.reader_ns,
                 (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
}

int main(int argc, char **argv)
{
    int status = 1;
    int descriptor = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
    struct stat facts;
    struct segment *segment = MAP_FAILED;

    if (descriptor < 0 || fstat(descriptor, &facts) != 0 ||
        (size_t)facts.st_size < sizeof(struct segment))
        goto done;
    segment = mmap(NULL, sizeof(struct segment), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (segment == MAP_FAILED || segment->header.magic != SEGMENT_MAGIC)
        goto done;
    leave_word(segment);
    print_segment(segment);
    status = 0;
done:
    if (segment != MAP_FAILED)
        munmap(segment, sizeof(struct segment));
    if (descriptor >= 0)
        close(descriptor);
    return status;
}
