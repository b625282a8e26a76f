#include "agent/sdk/view.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

/* No recursion: on a mismatch the last * takes one character more. */
static bool pattern_matches(const char *pattern, const char *text, size_t length, bool any_case)
{
    const char *end = text + length, *star = NULL, *star_text = NULL;

    while (text < end) {
        if (*pattern == '*') {
            star = pattern++;
            star_text = text;
        } else if (*pattern != '\0' && (*pattern == '?' || *pattern == *text ||
                                        (any_case && lower(*pattern) == lower(*text)))) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++star_text;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static bool is_same(const char *wanted, const char *text)
{
    return wanted == NULL || strcmp(wanted, text) == 0;
}

bool sdk_view_selects(const struct sdk_view_selector *selector,
                      const struct sdk_view_subject *subject)
{
    return (selector->name == NULL ||
            pattern_matches(selector->name, subject->name, strlen(subject->name), true)) &&
           (selector->kind == SDK_INSTRUMENT_KIND_COUNT || selector->kind == subject->kind) &&
           is_same(selector->unit, subject->unit) &&
           is_same(selector->meter_name, subject->meter_name) &&
           is_same(selector->meter_version, subject->meter_version) &&
           is_same(selector->meter_schema_url, subject->meter_schema_url);
}

static bool keys_have(const struct sdk_view_keys *keys, const char *key, size_t length)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (pattern_matches(keys->patterns[i], key, length, false))
            return true;
    }
    return false;
}

bool sdk_view_keeps(const struct sdk_view_stream *stream, const char *key, size_t length)
{
    return (!stream->has_included || keys_have(&stream->included, key, length)) &&
           !keys_have(&stream->excluded, key, length);
}

bool sdk_view_keeps_all(const struct sdk_view_stream *stream)
{
    return !stream->has_included && stream->excluded.count == 0;
}

const char *sdk_view_problem(const struct sdk_view *view)
{
    const struct sdk_view_stream *stream = &view->stream;

    if (stream->bounds_count > SDK_BOUNDS_MAX)
        return "an explicit histogram has at most 128 bounds";
    for (size_t i = 0; i < stream->bounds_count; i++) {
        if (!isfinite(stream->bounds[i]) || (i > 0 && stream->bounds[i] <= stream->bounds[i - 1]))
            return "the bounds of a histogram must be finite and ascend";
    }
    if (stream->base2_size != 0 &&
        (stream->base2_size < SDK_BASE2_SIZE_MIN || stream->base2_size > SDK_BASE2_SIZE_MAX))
        return "max_size must be from 2 to 1024";
    if (stream->has_base2_scale &&
        (stream->base2_scale < SDK_BASE2_SCALE_MIN || stream->base2_scale > SDK_BASE2_SCALE_MAX))
        return "max_scale must be from -10 to 20";
    if (stream->name != NULL && view->selector.name != NULL &&
        strpbrk(view->selector.name, "*?") != NULL)
        return "a view that names its stream must select one instrument, without * and ?";
    return NULL;
}

static void keys_release(struct sdk_view_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        mem_free(keys->patterns[i]);
    mem_free(keys->patterns);
}

void sdk_views_destroy(struct sdk_view *views, size_t count)
{
    if (views == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        struct sdk_view *view = &views[i];

        mem_free(view->selector.name);
        mem_free(view->selector.unit);
        mem_free(view->selector.meter_name);
        mem_free(view->selector.meter_version);
        mem_free(view->selector.meter_schema_url);
        mem_free(view->stream.name);
        mem_free(view->stream.description);
        keys_release(&view->stream.included);
        keys_release(&view->stream.excluded);
        mem_free(view->stream.bounds);
    }
    mem_free(views);
}
