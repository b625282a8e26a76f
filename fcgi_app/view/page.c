#include "view/page.h"

#include "base/clock.h"
#include "status/words.h"
#include "view/problem.h"

#include <string.h>
#include <time.h>

void page_text(struct buf *out, const char *text)
{
    html_escape(out, text, strlen(text));
}

void page_time(struct buf *out, uint64_t wall_ns)
{
    time_t s = (time_t)(wall_ns / CLOCK_NS_PER_S);
    struct tm utc = { 0 };

    (void)gmtime_r(&s, &utc); /* fails for years that no clock shows */
    buf_add_format(out, "%02d:%02d:%02d.%03d", utc.tm_hour, utc.tm_min, utc.tm_sec,
                   (int)(wall_ns / CLOCK_NS_PER_MS % 1000));
}

void page_time_element(struct buf *out, uint64_t wall_ns)
{
    buf_add_text(out, "<time>");
    if (wall_ns != 0)
        page_time(out, wall_ns);
    buf_add_text(out, "</time>");
}

void page_trace_address(struct buf *out, const struct page *page, const char *trace_id)
{
    buf_add_format(out, "/?trace=%s", trace_id);
    if (page->token[0] != '\0') {
        buf_add_text(out, "&amp;token=");
        page_text(out, page->token);
    }
}

void page_pair_begin(struct buf *out, const char *term, const char *class_name)
{
    buf_add_format(out, "<div><dt>%s</dt><dd class=\"%s\">", term, class_name);
}

void page_pair_end(struct buf *out)
{
    buf_add_text(out, "</dd></div>\n");
}

static void begin(struct buf *out, const struct page *page)
{
    buf_add_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                      "<meta name=\"color-scheme\" content=\"light dark\">\n"
                      "<title>");
    page_title(out, page);
    buf_add_text(out, "</title>\n"
                      "<link rel=\"icon\" href=\"/page/icon.svg\" type=\"image/svg+xml\">\n"
                      "<link rel=\"stylesheet\" href=\"/page/page.css\">\n"
                      "<script src=\"/page/page.js\" type=\"module\"></script>\n"
                      "</head>\n<body>\n");
}

static void end(struct buf *out)
{
    buf_add_text(out, "<footer>The same as <a href=\"/status.json\">/status.json</a> and "
                      "<a href=\"/metrics\">/metrics</a>. Read from shared memory, so it works "
                      "with every back end down.</footer>\n</body>\n</html>\n");
}

void page_write(struct buf *out, const struct page *page)
{
    begin(out, page);
    page_head(out, page);
    if (page->has_details) {
        buf_add_text(out, "<main>\n");
        page_routes(out, page);
        page_pools(out, page);
        page_requests(out, page);
        page_chosen(out, page);
        page_books(out, page);
        page_database(out, page);
        page_launcher(out, page);
        buf_add_text(out, "</main>\n");
    }
    end(out);
}
