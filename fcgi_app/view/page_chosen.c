/* The chosen request: its spans on one scale of time, log lines, exception, and where else it is.
 */
#include "base/clock.h"
#include "status/words.h"
#include "view/page.h"
#include "view/problem.h"

#include <inttypes.h>

enum { WORDS_BYTES = 2048 };

/* One line of the waterfall: begin and duration in ns of `whole_ns`. */
struct line {
    const char *name;
    const char *class_name;
    uint64_t begin_ns;
    uint64_t duration_ns;
    uint64_t whole_ns;
    const char *attributes;
    bool is_coarse; /* known in whole milliseconds: nginx's step */
};

static void line_add(struct buf *out, const struct line *line)
{
    char room[WORDS_BYTES];
    struct buf words = { .data = room, .capacity = sizeof room, .limit = sizeof room };
    double whole = (double)(line->whole_ns > 0 ? line->whole_ns : 1);
    double width = 100.0 * (double)line->duration_ns / whole;

    words_attributes(line->attributes, &words);
    buf_add_text(out, "<li><span class=\"name\">");
    page_text(out, line->name);
    buf_add_format(out,
                   "</span><svg aria-hidden=\"true\"><rect class=\"%s\" x=\"%.1f%%\" "
                   "width=\"%.1f%%\"/></svg><span class=\"ms\">",
                   line->class_name, 100.0 * (double)line->begin_ns / whole,
                   width < 0.4 ? 0.4 : width);
    if (line->is_coarse)
        buf_add_format(out, "%" PRIu64, line->duration_ns / CLOCK_NS_PER_MS);
    else
        words_ms(line->duration_ns, out);
    buf_add_text(out, " ms</span><span class=\"words\">");
    html_escape(out, words.data, words.length);
    buf_add_text(out, "</span></li>\n");
}

static void spans_add(struct buf *out, const struct status *status)
{
    const struct status_request *request = &status->chosen;
    const struct segment_seen *seen = &status->chosen_seen;
    uint64_t queue_ns = request->parts_ns[STATUS_QUEUE];
    uint64_t whole_ns = request->duration_ns + queue_ns;
    uint64_t write_ns = request->parts_ns[STATUS_ANSWERING];

    if (request->has_queue)
        line_add(out,
                 &(struct line){ "queued in front", "queue", 0, queue_ns, whole_ns, "", true });
    line_add(out,
             &(struct line){ request->route[0] ? request->route : request->path, "application",
                             queue_ns, request->duration_ns, whole_ns, seen->attributes, false });
    for (size_t i = 0; i < seen->span_count; i++) {
        const struct segment_seen_span *span = &seen->spans[i];
        uint64_t begin_ns = span->start_ns > seen->start_ns ? span->start_ns - seen->start_ns : 0;

        line_add(out, &(struct line){ span->name, "database", queue_ns + begin_ns,
                                      span->duration_ns, whole_ns, span->attributes, false });
    }
    if (write_ns > 0)
        line_add(out, &(struct line){ "write answer", "writing", whole_ns - write_ns, write_ns,
                                      whole_ns, "", false });
}

static void more_add(struct buf *out, const struct segment_seen *seen)
{
    buf_add_text(out, "<p class=\"more\">");
    if (seen->spans_total > seen->span_count)
        buf_add_format(out, "The first %u of %u spans.", seen->span_count, seen->spans_total);
    buf_add_text(out, "</p>");
}

static void logs_add(struct buf *out, const struct segment_seen *seen)
{
    buf_add_text(out, "<ul class=\"logs\" aria-label=\"Log records\">");
    for (size_t i = 0; i < seen->log_count; i++) {
        buf_add_format(out, "<li><b>%s</b> ", words_severity(seen->logs[i].severity));
        page_time_element(out, seen->logs[i].time_ns);
        buf_add_text(out, " <span>");
        page_text(out, seen->logs[i].text);
        buf_add_text(out, "</span></li>\n");
    }
    buf_add_text(out, "</ul>");
}

static void exception_add(struct buf *out, const struct segment_seen *seen)
{
    bool has_one = seen->exception_type[0] != '\0' || seen->exception_stack[0] != '\0';

    buf_add_format(out, "<div class=\"exception\"%s><p><b class=\"type\">",
                   has_one ? "" : " hidden");
    page_text(out, seen->exception_type);
    buf_add_text(out, "</b> <span class=\"message\">");
    page_text(out, seen->exception_message);
    buf_add_text(out, "</span></p><pre tabindex=\"0\" aria-label=\"Stack\">");
    page_text(out, seen->exception_stack);
    buf_add_text(out, "</pre></div>");
}

static void links_add(struct buf *out, const struct page *page)
{
    buf_add_text(out, "<span class=\"links\">");
    for (size_t i = 0; i < page->link_count; i++) {
        buf_add_text(out, "<a href=\"");
        page_text(out, page->links[i].url);
        buf_add_format(out, "\">open in %s</a>", page->links[i].name);
    }
    buf_add_text(out, "</span>");
}

/* Two of them, so that the script need not know the words. */
static void hints_add(struct buf *out, const struct page *page)
{
    bool has_one = page->status->has_chosen;
    bool asked_for = page->trace_id[0] != '\0';

    buf_add_format(out,
                   "<p class=\"hint none\"%s>Choose a request: click one, or press j and k.</p>"
                   "<p class=\"hint gone\"%s>This request is not among the last ones any more; "
                   "look for its trace in the back ends.</p>\n",
                   has_one || asked_for ? " hidden" : "", has_one || !asked_for ? " hidden" : "");
}

void page_chosen(struct buf *out, const struct page *page)
{
    const struct status *status = page->status;
    bool has_one = status->has_chosen;

    buf_add_text(out, "<section class=\"card chosen\" aria-labelledby=\"h-chosen\">"
                      "<h2 id=\"h-chosen\">The chosen request</h2>\n");
    hints_add(out, page);
    buf_add_format(out,
                   "<div class=\"body\"%s><p class=\"trace\">trace <code>%s</code> "
                   "<button type=\"button\" class=\"copy\" aria-label=\"copy the trace id\" "
                   "hidden>copy</button>",
                   has_one ? "" : " hidden", has_one ? status->chosen.trace_id : "");
    links_add(out, page);
    buf_add_text(out, "</p>\n<ol class=\"spans\" aria-label=\"Spans\">");
    if (has_one)
        spans_add(out, status);
    buf_add_text(out, "</ol>");
    more_add(out, &status->chosen_seen);
    logs_add(out, &status->chosen_seen);
    exception_add(out, &status->chosen_seen);
    buf_add_text(out, "</div>\n<template class=\"t-span\">");
    line_add(out, &(struct line){ "", "", 0, 0, 0, "", false });
    buf_add_text(out, "</template><template class=\"t-link\"><a></a></template>"
                      "<template class=\"t-log\"><li><b></b> <time></time> <span></span></li>"
                      "</template></section>\n");
}
