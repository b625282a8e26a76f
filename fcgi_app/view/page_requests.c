/* The last requests, newest first, each with where its time went. Filters work without script. */
#include "status/words.h"
#include "view/page.h"

#include <inttypes.h>
#include <string.h>

static uint64_t whole_ns(const struct status_request *request)
{
    return request->duration_ns + request->parts_ns[STATUS_QUEUE];
}

/*
 * Where its time went. Each part reaches from the left to its own end and lies over the later ones,
 * so that a row is short; the last, writing, is the bar itself.
 */
static void bar_add(struct buf *out, const struct status_request *request)
{
    double whole = (double)(whole_ns(request) > 0 ? whole_ns(request) : 1);
    double end = (double)whole_ns(request);

    buf_add_text(out, "<svg aria-hidden=true>");
    for (int part = STATUS_ANSWERING; part > STATUS_QUEUE; part--) {
        end -= (double)request->parts_ns[part];
        buf_add_format(out, "<rect width=%.0f%% />", 100.0 * end / whole);
    }
    buf_add_text(out, "</svg>");
}

static void item_begin(struct buf *out, const struct status_request *request)
{
    if (request->is_error || request->is_slow)
        buf_add_format(out, "<li class=\"%s%s\">", request->is_error ? "error" : "",
                       request->is_slow ? " slow" : "");
    else
        buf_add_text(out, "<li>");
}

static void answer_add(struct buf *out, const struct status_request *request)
{
    if (request->is_error || request->status_code == 0)
        buf_add_text(out, "<b class=\"failed\">");
    else
        buf_add_text(out, request->status_code >= 400 ? "<b class=\"refused\">" : "<b>");
    if (request->is_crash)
        buf_add_text(out, "crash");
    else if (request->status_code != 0)
        buf_add_format(out, "%" PRIu32, request->status_code);
    else
        buf_add_text(out, "none");
    buf_add_text(out, "</b>");
}

/* There are 64 of them: what a row repeats is kept short, an end of <li> that HTML does not need
 * and quotes, too. */
static void row_add(struct buf *out, const struct page *page, const struct status_request *request)
{
    bool is_chosen = request->trace_id[0] != '\0' && strcmp(request->trace_id, page->trace_id) == 0;

    item_begin(out, request);
    buf_add_text(out, "<a href=\"");
    page_trace_address(out, page, request->trace_id);
    buf_add_text(out, is_chosen ? "\" aria-current=\"true\">" : "\">");
    page_time_element(out, request->start_ns);
    buf_add_text(out, "<code>");
    page_text(out, request->path);
    buf_add_text(out, "</code>");
    answer_add(out, request);
    buf_add_text(out, "<span>");
    words_ms(whole_ns(request), out);
    buf_add_text(out, " ms</span>");
    bar_add(out, request);
    buf_add_text(out, "</a>\n");
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
