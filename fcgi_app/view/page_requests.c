/* The last requests, newest first, each with where its time went. Filters work without script. */
#include "status/words.h"
#include "view/page.h"

#include <inttypes.h>
#include <string.h>

static uint64_t whole_ns(const struct status_request *request)
{
    return request->duration_ns + request->parts_ns[STATUS_QUEUE];
}

/* A bar of four parts; the title says them in figures. */
static void bar_add(struct buf *out, const struct status_request *request)
{
    double whole = (double)(whole_ns(request) > 0 ? whole_ns(request) : 1);
    double at = 0;

    buf_add_text(out, "<svg class=\"parts\" aria-hidden=\"true\">");
    for (int part = 0; part < STATUS_PART_COUNT; part++) {
        double width = 100.0 * (double)request->parts_ns[part] / whole;

        buf_add_format(out, "<rect class=\"%s\" x=\"%.1f%%\" width=\"%.1f%%\"/>",
                       status_part_text((enum status_part)part), at, width);
        at += width;
    }
    buf_add_text(out, "</svg>");
}

static const char *status_class(const struct status_request *request)
{
    if (request->is_error || request->status_code == 0)
        return "failed";
    return request->status_code >= 400 ? "refused" : "fine";
}

static void row_add(struct buf *out, const struct page *page, const struct status_request *request)
{
    bool is_chosen = request->trace_id[0] != '\0' && strcmp(request->trace_id, page->trace_id) == 0;

    buf_add_format(out, "<li data-k=\"%s %" PRIu64 "\" class=\"%s%s\"><a href=\"",
                   request->trace_id, request->start_ns / 1000000, request->is_error ? "error" : "",
                   request->is_slow ? " slow" : "");
    page_trace_address(out, page, request->trace_id);
    buf_add_text(out, is_chosen ? "\" aria-current=\"true\">" : "\">");
    page_time_element(out, "at", request->start_ns);
    buf_add_text(out, "<span class=\"path\">");
    page_text(out, request->path);
    buf_add_format(out, "</span><span class=\"status %s\">", status_class(request));
    if (request->is_crash)
        buf_add_text(out, "crash");
    else if (request->status_code != 0)
        buf_add_format(out, "%" PRIu32, request->status_code);
    else
        buf_add_text(out, "none");
    buf_add_text(out, "</span><span class=\"ms\">");
    words_ms(whole_ns(request), out);
    buf_add_text(out, " ms</span>");
    bar_add(out, request);
    buf_add_text(out, "</a></li>\n");
}

static void filter_add(struct buf *out, const char *name, bool is_checked)
{
    buf_add_format(out,
                   "<input type=\"radio\" name=\"filter\" id=\"f-%s\"%s><label for=\"f-%s\">%s"
                   "</label>",
                   name, is_checked ? " checked" : "", name, name);
}

void page_requests(struct buf *out, const struct page *page)
{
    static const struct status_request NONE = { .path = "" };

    buf_add_text(out, "<section class=\"card requests\" aria-labelledby=\"h-requests\">"
                      "<h2 id=\"h-requests\">Requests</h2><p class=\"note\">last 50, and failed "
                      "ones longer</p>\n");
    buf_add_text(out, "<fieldset><legend class=\"vh\">Show</legend>");
    filter_add(out, "all", true);
    filter_add(out, "errors", false);
    filter_add(out, "slow", false);
    buf_add_text(out, "</fieldset>");
    buf_add_text(out, "<p class=\"key\" aria-hidden=\"true\">");
    for (int part = 0; part < STATUS_PART_COUNT; part++)
        buf_add_format(out, "<span class=\"%s\">%s</span> ",
                       status_part_text((enum status_part)part),
                       status_part_text((enum status_part)part));
    buf_add_text(out, "</p>\n<ol tabindex=\"-1\" aria-labelledby=\"h-requests\">\n");
    for (size_t i = 0; i < page->status->request_count; i++)
        row_add(out, page, &page->status->requests[i]);
    buf_add_text(out, "</ol><p class=\"nothing\">None of the last requests.</p>"
                      "<template class=\"t-request\">");
    row_add(out, page, &NONE);
    buf_add_text(out, "</template></section>\n");
}
