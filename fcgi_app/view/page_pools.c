/* Pools: a square a thread, what waits in front of them, who was replaced and who crashed. */
#include "status/words.h"
#include "view/page.h"
#include "view/problem.h"

#include <inttypes.h>

/* Idle is what a square is without a class. */
static void thread_add(struct buf *out, const struct status_thread *thread, bool begins_process)
{
    const char *activity = status_activity_text(thread->activity);
    const char *class_name = thread->activity == STATUS_IDLE ? "" : activity;

    if (begins_process)
        buf_add_format(out, "<li class=\"%s next\" title=\"%s ", class_name, activity);
    else if (thread->activity != STATUS_IDLE)
        buf_add_format(out, "<li class=\"%s\" title=\"%s ", class_name, activity);
    else
        buf_add_format(out, "<li title=\"%s ", activity);
    words_age(thread->since_ns, out);
    if (thread->route[0] != '\0') {
        buf_add_text(out, ", ");
        page_text(out, thread->route);
    }
    buf_add_format(out, ", thread %" PRId32 "\"></li>", thread->tid);
}

/* What a reader of the screen hears instead of squares. */
static void squares_label(struct buf *out, const struct status_pool *pool)
{
    size_t counts[STATUS_ACTIVITY_COUNT] = { 0 };
    const char *comma = "";

    for (size_t i = 0; i < pool->thread_count; i++)
        counts[pool->threads[i].activity]++;
    for (int activity = 0; activity < STATUS_ACTIVITY_COUNT; activity++) {
        if (counts[activity] == 0)
            continue;
        buf_add_format(out, "%s%zu %s", comma, counts[activity],
                       status_activity_text((enum status_activity)activity));
        comma = ", ";
    }
    if (pool->thread_count == 0)
        buf_add_text(out, "no thread has answered yet");
}

static uint32_t missing(const struct segment_view *view)
{
    return view->workers_expected > view->workers_live ? view->workers_expected - view->workers_live
                                                       : 0;
}

static void squares_add(struct buf *out, const struct status_pool *pool)
{
    buf_add_text(out, "<ul class=\"threads\" role=\"img\" aria-label=\"");
    squares_label(out, pool);
    buf_add_text(out, "\">");
    for (size_t i = 0; i < pool->thread_count; i++)
        thread_add(out, &pool->threads[i],
                   i > 0 && pool->threads[i].pid != pool->threads[i - 1].pid);
    for (uint32_t i = 0; i < missing(&pool->view) && i < SEGMENT_SLOT_COUNT; i++)
        buf_add_text(out, "<li class=\"missing next\" title=\"a worker is missing\"></li>");
    buf_add_text(out, "</ul>");
}

static void queue_add(struct buf *out, const struct status_pool *pool)
{
    const struct segment_view *view = &pool->view;

    buf_add_text(out, "<span class=\"queue\">queue ");
    if (pool->created_ns == 0 || view->queue_now == SEGMENT_UNKNOWN)
        buf_add_text(out, "\u2013");
    else
        buf_add_format(out, "%" PRIu32 " / %" PRIu32, view->queue_now, view->queue_limit);
    buf_add_text(out, "</span>");
}

static void fix_add(struct buf *out, const struct page *page, const struct status_pool *pool)
{
    char room[128];
    struct buf text = { .data = room, .capacity = sizeof room, .limit = sizeof room };

    status_pool_remedy(page->status, pool, &text);
    buf_add_text(out, "</span><code class=\"fix\">");
    html_escape(out, text.data, text.length);
    buf_add_text(out, "</code>");
}

static void trace_hex(const uint8_t id[16], char out[STATUS_TRACE_ID_SIZE])
{
    static const char DIGITS[] = "0123456789abcdef";

    for (size_t i = 0; i < 16; i++) {
        out[2 * i] = DIGITS[id[i] >> 4];
        out[2 * i + 1] = DIGITS[id[i] & 15];
    }
    out[STATUS_TRACE_ID_SIZE - 1] = '\0';
}

static bool has_tale(const struct status_pool *pool)
{
    const struct segment_view *view = &pool->view;

    return pool->state != STATUS_SERVING || view->restarts > 0 || view->crashes > 0 ||
           view->crash_ns != 0;
}

/* "1 crash, last at 22:41:07.120": the time leads to its request. */
static void tale_add(struct buf *out, const struct page *page, const struct status_pool *pool)
{
    const struct segment_view *view = &pool->view;
    char trace_id[STATUS_TRACE_ID_SIZE] = "";

    if (view->crash_ns != 0)
        trace_hex(view->crash_trace_id, trace_id);
    buf_add_format(out, "<span class=\"tale\"><span class=\"word\">%s",
                   pool->state == STATUS_SERVING ? "" : status_state_text(pool->state));
    fix_add(out, page, pool);
    buf_add_text(out, "<span class=\"restarts\">");
    if (view->restarts > 0)
        buf_add_format(out, "%" PRIu64 " replaced", view->restarts);
    buf_add_text(out, "</span><span class=\"crashes\">");
    if (view->crashes > 0)
        buf_add_format(out, view->crashes == 1 ? "%" PRIu64 " crash" : "%" PRIu64 " crashes",
                       view->crashes);
    buf_add_format(out, "</span><a class=\"crash\"%s href=\"",
                   view->crash_ns == 0 ? " hidden" : "");
    page_trace_address(out, page, trace_id);
    buf_add_text(out, "\">last at ");
    page_time_element(out, view->crash_ns);
    buf_add_text(out, "</a></span>");
}

static void pool_add(struct buf *out, const struct page *page, const struct status_pool *pool)
{
    buf_add_text(out, "<li data-k=\"");
    page_text(out, pool->name);
    buf_add_format(out, "\" class=\"%s\"><span class=\"name\">",
                   status_pool_is_serving(pool) ? "" : "down");
    page_text(out, pool->name);
    buf_add_text(out, "</span>");
    squares_add(out, pool);
    queue_add(out, pool);
    if (has_tale(pool) || pool->name[0] == '\0') /* the template has all of it */
        tale_add(out, page, pool);
    buf_add_text(out, "</li>\n");
}

static void legend_add(struct buf *out, const char *state)
{
    buf_add_format(out, "<span><i class=\"%s\"></i> %s</span> ", state, state);
}

void page_pools(struct buf *out, const struct page *page)
{
    static const struct status_pool NONE = { .name = "" };

    buf_add_text(out, "<section class=\"card pools\" aria-labelledby=\"h-pools\">"
                      "<h2 id=\"h-pools\">Pools</h2><p class=\"note\">a square a thread, a "
                      "group a process</p>\n"
                      "<ul class=\"list\">\n");
    for (size_t i = 0; i < page->status->pool_count; i++)
        pool_add(out, page, &page->status->pools[i]);
    buf_add_text(out, "</ul><template class=\"t-pool\">");
    pool_add(out, page, &NONE);
    buf_add_text(out, "</template><template class=\"t-square\"><li></li></template>\n"
                      "<p class=\"legend\" aria-hidden=\"true\">");
    for (int activity = 0; activity < STATUS_ACTIVITY_COUNT; activity++)
        legend_add(out, status_activity_text((enum status_activity)activity));
    legend_add(out, "missing");
    buf_add_text(out, "</p></section>\n");
}
