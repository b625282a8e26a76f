/* Routes: how many a second, ten minutes of it, how long, how many failed, and a link to try. */
#include "status/words.h"
#include "view/page.h"

#include <string.h>

enum {
    SPARK_WIDTH = STATUS_HISTORY_COUNT - 1,
    SPARK_HEIGHT = 96,
    SPARK_EDGE = 6, /* room for half the stroke */
    SPARK_BELOW = 120,
};

/*
 * A line over its own largest value, the newest at the right; it begins where measuring began. Its
 * ends go on beyond the picture's edges, so that what lies under it can be filled.
 */
static void spark_add(struct buf *out, const struct status_route *route)
{
    uint32_t most = 1;
    size_t first = STATUS_HISTORY_COUNT;

    for (size_t i = 0; i < STATUS_HISTORY_COUNT; i++)
        if (route->history[i] != STATUS_NOT_MEASURED && route->history[i] > most)
            most = route->history[i];
    buf_add_format(out,
                   "<svg class=\"spark\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
                   "role=\"img\" aria-label=\"ten minutes\"><polyline points=\"",
                   SPARK_WIDTH, SPARK_HEIGHT);
    for (size_t i = 0; i < STATUS_HISTORY_COUNT; i++) {
        if (route->history[i] == STATUS_NOT_MEASURED)
            continue;
        if (first == STATUS_HISTORY_COUNT)
            buf_add_format(out, "%zu,%d", first = i, SPARK_BELOW);
        buf_add_format(out, " %zu,%.0f", i,
                       SPARK_HEIGHT - SPARK_EDGE -
                           (SPARK_HEIGHT - 2.0 * SPARK_EDGE) * route->history[i] / most);
    }
    buf_add_format(out, " %d,%d", SPARK_WIDTH + 2, SPARK_BELOW);
    buf_add_text(out, "\"/></svg>");
}

static void quantile_add(struct buf *out, const char *class_name, const struct status_route *route,
                         uint64_t ns)
{
    buf_add_format(out, "<td class=\"%s\">", class_name);
    if (route->count > 0)
        words_ms(ns, out);
    else
        buf_add_text(out, "\u2013");
    buf_add_text(out, "</td>");
}

static void errors_add(struct buf *out, const struct status_route *route)
{
    double percent = route->count > 0 ? 100.0 * (double)route->errors / (double)route->count : 0;

    buf_add_format(out, "<td class=\"errors%s\">", route->errors > 0 ? " has" : "");
    if (route->count == 0)
        buf_add_text(out, "\u2013");
    else
        buf_add_format(out, percent > 0 && percent < 10 ? "%.1f %%" : "%.0f %%", percent);
    buf_add_text(out, "</td>");
}

/* A number stands for a number; what has another parameter cannot be tried from here. */
static void try_add(struct buf *out, const struct status_route *route)
{
    const char *brace = strchr(route->route, '{');

    buf_add_text(out, "<td class=\"try\">");
    if (strcmp(route->method, "GET") == 0 && route->route[0] == '/') {
        buf_add_text(out, "<a href=\"");
        if (brace != NULL)
            buf_add_format(out, "%.*s10", (int)(brace - route->route), "/board/");
        else
            page_text(out, route->route);
        buf_add_text(out, "\">try</a>");
    }
    buf_add_text(out, "</td>");
}

/* Which pool answered a path that is no route: there may be several. */
static void no_route_add(struct buf *out, const char *pool)
{
    buf_add_text(out, "no route in ");
    page_text(out, pool);
}

static void row_add(struct buf *out, const struct status *status, const struct status_route *route)
{
    const char *pool = status->pool_count > 0 ? status->pools[route->pool].name : "";

    buf_add_text(out, "<tr data-k=\"");
    page_text(out, pool);
    buf_add_text(out, " ");
    page_text(out, route->method);
    buf_add_text(out, " ");
    page_text(out, route->route);
    buf_add_text(out, "\"><th scope=\"row\"><span class=\"method\">");
    page_text(out, route->method);
    buf_add_text(out, "</span> <span class=\"route\">");
    if (route->route[0] != '\0')
        page_text(out, route->route);
    else
        no_route_add(out, pool);
    buf_add_text(out, "</span></th><td class=\"rate\">");
    buf_add_format(out, route->per_s < 99.95 ? "%.1f" : "%.0f", route->per_s);
    buf_add_text(out, "</td><td class=\"history\">");
    spark_add(out, route);
    buf_add_text(out, "</td>");
    quantile_add(out, "p50", route, route->p50_ns);
    quantile_add(out, "p95", route, route->p95_ns);
    quantile_add(out, "p99", route, route->p99_ns);
    errors_add(out, route);
    try_add(out, route);
    buf_add_text(out, "</tr>\n");
}

void page_routes(struct buf *out, const struct page *page)
{
    static const struct status_route NONE = { .method = "" };
    const struct status *status = page->status;

    buf_add_text(
        out, "<section class=\"card routes\" aria-labelledby=\"h-routes\">"
             "<h2 id=\"h-routes\">Routes</h2><p class=\"note\">10 minutes, times in ms; req/s of "
             "10 s</p>\n<table aria-labelledby=\"h-routes\"><thead><tr><th scope=\"col\">Route</th>"
             "<th scope=\"col\" class=\"rate\">req/s</th>"
             "<th scope=\"col\" class=\"history\"><span class=\"vh\">history</span></th>"
             "<th scope=\"col\" class=\"p50\">p50</th><th scope=\"col\">p95</th>"
             "<th scope=\"col\">p99</th><th scope=\"col\">errors</th>"
             "<th scope=\"col\" class=\"try\"><span class=\"vh\">try</span></th>"
             "</tr></thead><tbody>\n");
    for (size_t i = 0; i < status->route_count; i++)
        row_add(out, status, &status->routes[i]);
    buf_add_text(out, "</tbody></table>\n");
    buf_add_text(out,
                 "<p class=\"empty\">No request has come yet. Try <a href=\"/board/10\">/board/10"
                 "</a>, <a href=\"/board\">/board</a>, <a href=\"/log\">/log</a> or <a "
                 "href=\"/user\">/user</a>.</p>\n");
    buf_add_text(out, "<template class=\"t-route\">");
    row_add(out, status, &NONE);
    buf_add_text(out, "</template></section>\n");
}
