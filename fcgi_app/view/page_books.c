/* The telemetry's books: what became of every span and log record. The column adds up. */
#include "status/words.h"
#include "view/page.h"

static void row_add(struct buf *out, const char *term, const char *class_name, uint64_t spans,
                    uint64_t logs)
{
    buf_add_format(out, "<tr class=\"%s\"><th scope=\"row\">%s</th><td>", class_name, term);
    words_count(spans, out);
    buf_add_text(out, "</td><td>");
    words_count(logs, out);
    buf_add_text(out, "</td></tr>\n");
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void rect_add(struct buf *out, const char *class_name, double x, double width)
{
    buf_add_format(out, "<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\"/>", class_name, x, width);
}

/* What left, what is on its way, what is lost; sampled out is none of them. */
static void bar_add(struct buf *out, const struct status_books *books)
{
    uint64_t ended = books->spans.ended + books->logs.ended;
    uint64_t waiting = books->spans.in_ring + books->spans.queued + books->spans.spooled +
                       books->logs.in_ring + books->logs.queued + books->logs.spooled;
    double done = percent(books->spans.exported + books->logs.exported, ended);
    double under_way = percent(waiting, ended);
    double lost = percent(books->spans.failed + books->spans.dropped + books->logs.failed +
                              books->logs.dropped,
                          ended);

    buf_add_format(out,
                   "<svg class=\"bar\" role=\"img\" aria-label=\"%.1f %% exported, %.1f %% under "
                   "way, %.1f %% lost\">",
                   done, under_way, lost);
    rect_add(out, "exported", 0, done);
    rect_add(out, "waiting", done, under_way);
    rect_add(out, "lost", 100 - lost, lost);
    buf_add_text(out, "</svg>\n");
}

void page_books(struct buf *out, const struct page *page)
{
    struct status_books books = status_books_sum(page->status);
    const struct segment_books *spans = &books.spans;
    const struct segment_books *logs = &books.logs;

    buf_add_text(out, "<section class=\"card books\" aria-labelledby=\"h-books\">"
                      "<h2 id=\"h-books\">Telemetry books</h2>\n");
    bar_add(out, &books);
    buf_add_text(out,
                 "<table aria-labelledby=\"h-books\"><thead><tr><th scope=\"col\">"
                 "<span class=\"vh\">what became of them</span></th><th scope=\"col\">spans</th>"
                 "<th scope=\"col\">log records</th></tr></thead><tbody>\n");
    row_add(out, "exported", "exported", spans->exported, logs->exported);
    row_add(out, "in the rings", "in_ring", spans->in_ring, logs->in_ring);
    row_add(out, "queued", "queued", spans->queued, logs->queued);
    row_add(out, "on disk", "spooled", spans->spooled, logs->spooled);
    row_add(out, "failed", "failed", spans->failed, logs->failed);
    row_add(out, "dropped", "dropped", spans->dropped, logs->dropped);
    row_add(out, "sampled out", "sampled_out", spans->sampled_out, logs->sampled_out);
    row_add(out, "= ended", "ended", spans->ended, logs->ended);
    buf_add_text(out, "</tbody></table></section>\n");
}
