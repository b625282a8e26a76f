/* The launchers: what they observe, what is in force and who said so, what they cost. */
#include "status/words.h"
#include "view/page.h"

#include <string.h>

static double cost_percent(const struct status *status)
{
    double ppm = 0;

    for (size_t i = 0; i < status->pool_count; i++)
        ppm += status->pools[i].view.cost_ppm;
    return ppm / 10000;
}

/* The pool whose workers have the most libraries speaks for all. */
static const struct status_pool *speaker(const struct status *status)
{
    const struct status_pool *best = NULL;
    size_t best_length = 0;

    for (size_t i = 0; i < status->pool_count; i++) {
        const char *hooked = status->pools[i].view.hooked;
        size_t length = 1;

        for (; *hooked != '\0'; hooked++)
            length++;
        if (status->pools[i].created_ns != 0 && length > best_length) {
            best = &status->pools[i];
            best_length = length;
        }
    }
    return best;
}

static void settings_add(struct buf *out, const struct status_pool *pool)
{
    static const char *const ORIGINS[SEGMENT_ORIGIN_COUNT] = { "default", "variable", "option",
                                                               "file" };

    buf_add_text(out, "<details><summary>settings in force (");
    page_text(out, pool->name);
    buf_add_text(out, ")</summary><dl>\n");
    for (size_t i = 0; i < pool->view.setting_count; i++) {
        const struct segment_setting *setting = &pool->view.settings[i];

        buf_add_text(out, "<div><dt>");
        page_text(out, setting->name);
        buf_add_text(out, "</dt><dd>");
        page_text(out, setting->value);
        buf_add_format(out, " <small>%s</small></dd></div>\n",
                       ORIGINS[setting->origin % SEGMENT_ORIGIN_COUNT]);
    }
    buf_add_text(out, "</dl></details>\n");
}

static const char *setting_of(const struct status_pool *pool, const char *name)
{
    for (size_t i = 0; i < pool->view.setting_count; i++)
        if (strcmp(pool->view.settings[i].name, name) == 0)
            return pool->view.settings[i].value;
    return "";
}

static void error_add(struct buf *out, const struct status *status)
{
    const struct status_pool *worst = NULL;

    for (size_t i = 0; i < status->pool_count; i++)
        if (status->pools[i].view.last_error[0] != '\0')
            worst = &status->pools[i];
    page_pair_begin(out, "last error", "l-error");
    if (worst != NULL) {
        page_text(out, worst->name);
        buf_add_text(out, ": ");
        page_text(out, worst->view.last_error);
    } else {
        buf_add_text(out, "none");
    }
    page_pair_end(out);
}

void page_launcher(struct buf *out, const struct page *page)
{
    const struct status *status = page->status;
    const struct status_pool *pool = speaker(status);

    buf_add_text(out, "<section class=\"card launcher\" aria-labelledby=\"h-launcher\">"
                      "<h2 id=\"h-launcher\">Launchers</h2>\n<dl>\n");
    if (pool != NULL) {
        page_pair_begin(out, "hooked", "l-hooked");
        page_text(out, pool->view.hooked);
        page_pair_end(out);
        page_pair_begin(out, "sampler", "l-sampler");
        page_text(out, setting_of(pool, "traces_sampler"));
        page_pair_end(out);
        page_pair_begin(out, "sends to", "l-endpoint");
        page_text(out, setting_of(pool, "exporter_otlp_endpoint"));
        buf_add_text(out, ", ");
        page_text(out, setting_of(pool, "exporter_otlp_protocol"));
        page_pair_end(out);
    }
    error_add(out, status);
    page_pair_begin(out, "cost of all", "l-cost");
    buf_add_format(out, "%.1f %% of a core", cost_percent(status));
    page_pair_end(out);
    buf_add_text(out, "</dl>\n");
    if (pool != NULL)
        settings_add(out, pool);
    buf_add_text(out, "</section>\n");
}
