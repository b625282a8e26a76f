#include "agent/view.h"

#include "base/clock.h"

#include <string.h>

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
}

void view_publish(struct segment *segment, const struct view_source *source)
{
    struct segment_view *view = &segment->view;
    /* Odd, whatever a worker wrote there: readers wait for the even number behind it. */
    uint32_t sequence = atomic_load_explicit(&view->sequence, memory_order_relaxed) | 1;

    atomic_store_explicit(&view->sequence, sequence, memory_order_relaxed);
    atomic_thread_fence(memory_order_release); /* odd is seen before any of what follows */
    view_fill(view, source);
    /* Release: whoever sees the even number sees all of it. */
    atomic_store_explicit(&view->sequence, sequence + 1, memory_order_release);
    atomic_store_explicit(&segment->header.heartbeat_ns, clock_monotonic_ns(),
                          memory_order_relaxed);
}
