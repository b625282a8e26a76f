/* Reads the folder, pool by pool. */
#include "status/status.h"

#include "base/clock.h"
#include "base/mem.h"
#include "segment/check.h"
#include "segment/map.h"
#include "segment/part.h"
#include "status/read.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SEGMENT_SUFFIX ".segment"

enum {
    HEARTBEAT_LATE_S = 5, /* the launcher beats ten times a second */
    STALE_MS = 1500,      /* while somebody reads, it publishes once a second */
    FRESH_WAIT_MS = 200,  /* the launcher's sleep, and a busy machine */
    FRESH_STEP_MS = 5,
};

const char *status_state_text(enum status_state state)
{
    switch (state) {
    case STATUS_SERVING:
        return "serving";
    case STATUS_SHORT:
        return "short of workers";
    case STATUS_UNOBSERVED:
        return "no launcher";
    case STATUS_NO_WORKER:
        return "no worker";
    case STATUS_NOT_STARTED:
        return "not started";
    }
    return "";
}

bool status_pool_is_serving(const struct status_pool *pool)
{
    return pool->state != STATUS_NO_WORKER && pool->state != STATUS_NOT_STARTED;
}

/* --- one pool --------------------------------------------------------------------------------- */

#define TEXT_END(field) ((field)[sizeof(field) - 1] = '\0')

/* Whatever lies there: texts end, counts are within their tables. */
static void view_tame(struct segment_view *view)
{
    TEXT_END(view->last_error);
    TEXT_END(view->hooked);
    if (view->setting_count > SEGMENT_SETTING_COUNT)
        view->setting_count = SEGMENT_SETTING_COUNT;
    for (size_t i = 0; i < SEGMENT_SETTING_COUNT; i++) {
        TEXT_END(view->settings[i].name);
        TEXT_END(view->settings[i].value);
    }
    for (size_t i = 0; i < SEGMENT_BACK_END_COUNT; i++) {
        TEXT_END(view->back_ends[i].name);
        TEXT_END(view->back_ends[i].url);
        TEXT_END(view->back_ends[i].address);
    }
}

static bool heartbeat_is_late(const struct segment_header *header)
{
    uint64_t beat_ns = atomic_load_explicit(&header->heartbeat_ns, memory_order_relaxed);
    uint64_t now_ns = clock_monotonic_ns();

    return beat_ns < now_ns && now_ns - beat_ns > HEARTBEAT_LATE_S * CLOCK_NS_PER_S;
}

static void state_read(const struct segment *segment, struct status_pool *out)
{
    if (!part_copy(&segment->view, sizeof segment->view, &out->view)) {
        memset(&out->view, 0, sizeof out->view);
        out->state = STATUS_UNOBSERVED;
        return;
    }
    view_tame(&out->view);
    out->created_ns = segment->header.created_ns;
    if (heartbeat_is_late(&segment->header))
        out->state = STATUS_UNOBSERVED;
    else if (out->view.workers_live == 0)
        out->state = STATUS_NO_WORKER;
    else if (out->view.workers_live < out->view.workers_expected && !out->view.is_rolling)
        out->state = STATUS_SHORT;
}

/* Does anybody listen? Asked only where there is no segment: a service without its launchers. */
static bool socket_is_open(const char *folder, const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/%s.sock", folder, name);
    int fd = -1;
    bool is_open = false;

    if (length < 0 || (size_t)length >= sizeof address.sun_path)
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    /* EAGAIN: a full backlog. Somebody owns it. */
    is_open =
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN;
    (void)close(fd);
    return is_open;
}

/* A pool on the way from its name to what is known of it. */
struct pool_source {
    const char *name;
    const char *route;
    struct segment *segment; /* NULL: none is there */
    uint32_t sequence;       /* of its view, when we left word that we read it */
};

/* Mapped anew each time: a pool that was started again has another file. */
static void source_open(struct pool_source *source, const char *folder)
{
    char path[STATUS_FOLDER_BYTES + SEGMENT_POOL_BYTES];

    (void)snprintf(path, sizeof path, "%s/%.*s" SEGMENT_SUFFIX, folder, SEGMENT_POOL_BYTES - 1,
                   source->name);
    source->segment = segment_map(path, SEGMENT_READ_ONLY);
    if (source->segment == NULL)
        return;
    source->sequence = atomic_load_explicit(&source->segment->view.sequence, memory_order_relaxed);
    segment_note_reader(path);
}

/* Its launcher lives, and has had no reason to publish for a while. */
static bool source_is_stale(const struct pool_source *source, uint64_t wall_ns)
{
    uint64_t published_ns = source->segment ? source->segment->view.published_ns : 0;

    return published_ns != 0 && !heartbeat_is_late(&source->segment->header) &&
           atomic_load_explicit(&source->segment->view.sequence, memory_order_relaxed) ==
               source->sequence &&
           wall_ns > published_ns && wall_ns - published_ns > STALE_MS * CLOCK_NS_PER_MS;
}

/* The first to look for a while finds old facts; fresh ones come at each launcher's next look. */
static void sources_wait(const struct pool_source *sources, size_t count)
{
    uint64_t end_ns = clock_monotonic_ns() + FRESH_WAIT_MS * CLOCK_NS_PER_MS;
    const struct timespec pause = { .tv_nsec = FRESH_STEP_MS * CLOCK_NS_PER_MS };

    for (size_t i = 0; i < count; i++)
        while (source_is_stale(&sources[i], clock_wall_ns()) && clock_monotonic_ns() < end_ns)
            (void)nanosleep(&pause, NULL);
}

static void pool_read(struct status *status, const struct status_options *options,
                      const struct pool_source *source)
{
    size_t place = status->pool_count++;
    struct status_pool *pool = &status->pools[place];

    segment_text_copy(pool->name, sizeof pool->name, source->name, strlen(source->name) + 1);
    segment_text_copy(pool->route, sizeof pool->route, source->route, strlen(source->route) + 1);
    if (source->segment) {
        state_read(source->segment, pool);
        read_threads(source->segment, pool);
        read_routes(source->segment, status, place);
        read_requests(source->segment, status, place, options->trace_id);
    } else {
        pool->state =
            socket_is_open(options->folder, pool->name) ? STATUS_UNOBSERVED : STATUS_NOT_STARTED;
    }
}

static void pools_read(struct status *status, const struct status_options *options,
                       struct pool_source *sources, size_t count)
{
    for (size_t i = 0; i < count; i++)
        source_open(&sources[i], options->folder);
    sources_wait(sources, count);
    status->now_ns = clock_wall_ns();
    for (size_t i = 0; i < count; i++) {
        pool_read(status, options, &sources[i]);
        segment_unmap(sources[i].segment);
    }
}

/* --- the folder ------------------------------------------------------------------------------- */

static int is_segment(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    const size_t suffix = sizeof SEGMENT_SUFFIX - 1;

    return length > suffix && length - suffix < SEGMENT_POOL_BYTES &&
           strcmp(entry->d_name + length - suffix, SEGMENT_SUFFIX) == 0;
}

static void folder_read(struct status *status, const struct status_options *options)
{
    struct pool_source sources[STATUS_POOL_COUNT];
    char names[STATUS_POOL_COUNT][SEGMENT_POOL_BYTES];
    struct dirent **entries = NULL;
    int found = scandir(options->folder, &entries, is_segment, alphasort);
    size_t count = 0;

    for (int i = 0; i < found; i++) {
        size_t length = strlen(entries[i]->d_name) - (sizeof SEGMENT_SUFFIX - 1);

        if (count < STATUS_POOL_COUNT) {
            memcpy(names[count], entries[i]->d_name, length);
            names[count][length] = '\0';
            sources[count] = (struct pool_source){ names[count], names[count], NULL, 0 };
            count++;
        }
        free(entries[i]); /* scandir's own */
    }
    free(entries);
    pools_read(status, options, sources, count);
}

static void expected_read(struct status *status, const struct status_options *options)
{
    struct pool_source sources[STATUS_POOL_COUNT];
    size_t count = 0;

    for (; count < options->expected_count && count < STATUS_POOL_COUNT; count++)
        sources[count] = (struct pool_source){ options->expected[count].name,
                                               options->expected[count].route, NULL, 0 };
    pools_read(status, options, sources, count);
}

struct status *status_create(const struct status_options *options)
{
    struct status *status = mem_zalloc(1, sizeof *status);

    if (status == NULL)
        return NULL;
    status->is_composed = options->is_composed;
    if (options->has_details)
        status->details = mem_zalloc(STATUS_REQUEST_COUNT, sizeof *status->details);
    if (options->has_details && status->details == NULL) {
        status_destroy(status);
        return NULL;
    }
    if (options->expected == NULL)
        folder_read(status, options);
    else
        expected_read(status, options);
    read_finish(status);
    return status;
}

void status_destroy(struct status *status)
{
    if (status != NULL)
        mem_free(status->details);
    mem_free(status);
}

/* --- sums ------------------------------------------------------------------------------------- */

static void books_add(struct segment_books *sum, const struct segment_books *one)
{
    sum->ended += one->ended;
    sum->exported += one->exported;
    sum->in_ring += one->in_ring;
    sum->queued += one->queued;
    sum->spooled += one->spooled;
    sum->failed += one->failed;
    sum->dropped += one->dropped;
    sum->sampled_out += one->sampled_out;
}

struct status_books status_books_sum(const struct status *status)
{
    struct status_books sum = { .spans = { .ended = 0 } };

    for (size_t i = 0; i < status->pool_count; i++) {
        books_add(&sum.spans, &status->pools[i].view.spans);
        books_add(&sum.logs, &status->pools[i].view.logs);
    }
    return sum;
}
