#include "agent/view/view.h"

#include "agent/view/view_facts.h"
#include "base/clock.h"
#include "segment/part.h"

#include <string.h>

enum {
    LOOK_S = 5,       /* at what the launcher costs */
    LIBRARIES_S = 60, /* at a worker that may have loaded more of them */
};

void view_init(struct view *view)
{
    *view = (struct view){ .looked_ns = 0 };
    backlog_init(&view->backlog);
}

void view_release(struct view *view)
{
    backlog_release(&view->backlog);
}

/* Any that lives; 0: none. */
static int32_t worker_of(const struct family *family)
{
    for (size_t i = 0; i < family->count; i++)
        if (family->members[i].is_worker && !family->members[i].is_gone)
            return family->members[i].pid;
    return 0;
}

static void cost_fill(struct view *view, struct segment_view *out, uint64_t now_ns)
{
    uint64_t cpu_ns;

    if (view->looked_ns != 0 && now_ns - view->looked_ns < LOOK_S * CLOCK_NS_PER_S)
        return;
    cpu_ns = view_cpu_ns();
    if (view->looked_ns != 0 && now_ns > view->looked_ns)
        out->cost_ppm = (uint32_t)((cpu_ns - view->cpu_ns) * 1000000 / (now_ns - view->looked_ns));
    view->looked_ns = now_ns;
    view->cpu_ns = cpu_ns;
}

/* Reading a worker's mappings costs more than all else in the view. */
static void libraries_fill(struct view *view, struct segment_view *out,
                           const struct segment *segment, int32_t worker_pid, uint64_t now_ns)
{
    bool is_known = view->libraries_pid == worker_pid && out->hooked[0] != '\0';

    if (worker_pid == 0 || (is_known && now_ns - view->libraries_ns < LIBRARIES_S * CLOCK_NS_PER_S))
        return;
    view->libraries_pid = worker_pid;
    view->libraries_ns = now_ns;
    (void)view_hooked_read(worker_pid, segment->header.config.disabled, out->hooked);
}

static void queue_fill(struct view *view, struct segment_view *out, int32_t worker_pid)
{
    out->queue_now = SEGMENT_UNKNOWN;
    out->queue_limit = SEGMENT_UNKNOWN;
    if (worker_pid != 0)
        (void)backlog_read(&view->backlog, worker_pid, &out->queue_now, &out->queue_limit);
}

static void view_fill(struct segment_view *view, const struct view_source *source)
{
    uint32_t live = (uint32_t)family_worker_count(source->family);
    const char *error = pipeline_last_error(source->pipeline, &view->last_error_ns);

    view->workers_live = live;
    if (live > view->workers_expected)
        view->workers_expected = live;
    view->is_rolling = roll_is_active(source->roll);
    view->published_ns = clock_wall_ns();
    view->restarts = source->roll->replaced;
    view->crashes = source->harvest->crashes;
    view->answers_cut = source->harvest->answers_cut;
    view->last_export_ns = pipeline_last_export_ns(source->pipeline);
    books_read(source->books, source->pipeline, BOOKS_SPANS, &view->spans);
    books_read(source->books, source->pipeline, BOOKS_LOGS, &view->logs);
    memset(view->last_error, 0, sizeof view->last_error);
    memcpy(view->last_error, error, strnlen(error, sizeof view->last_error - 1));
    view->crash_ns = source->watch->crash_ns;
    memcpy(view->crash_trace_id, source->watch->crash_trace_id, sizeof view->crash_trace_id);
    back_ends_fill(source->back_ends, view->back_ends);
}

void view_publish(struct view *view, struct segment *segment, const struct view_source *source)
{
    struct segment_view *shared = &segment->view;
    int32_t worker_pid = worker_of(source->family);
    uint64_t now_ns = clock_monotonic_ns();

    watch_publish(source->watch);
    part_open(shared);
    view_fill(shared, source);
    queue_fill(view, shared, worker_pid);
    cost_fill(view, shared, now_ns);
    libraries_fill(view, shared, segment, worker_pid, now_ns);
    if (!view->has_settings)
        view_settings_fill(shared, source->options);
    view->has_settings = true;
    part_close(shared);
}
