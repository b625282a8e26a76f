#include "agent/view/view_facts.h"

#include "agent/config/config_print.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* --- settings --------------------------------------------------------------------------------- */

static bool is_asked_for(enum option_id id)
{
    switch ((int)id) {
    case OPTION_SERVICE_NAME:
    case OPTION_TRACES_EXPORTER:
    case OPTION_METRICS_EXPORTER:
    case OPTION_LOGS_EXPORTER:
    case OPTION_EXPORTER_OTLP_ENDPOINT:
    case OPTION_EXPORTER_OTLP_PROTOCOL:
    case OPTION_TRACES_SAMPLER:
    case OPTION_PROPAGATORS:
        return true;
    default:
        return false;
    }
}

static const char *value_shown(const char *name, const char *text)
{
    return config_is_secret(name, text) ? "set; its value is not shown" : text;
}

static void text_set(char *field, size_t size, const char *text)
{
    size_t length = strnlen(text, size - 1);

    memset(field, 0, size);
    memcpy(field, text, length);
}

void view_settings_fill(struct segment_view *view, const struct options *options)
{
    static const uint8_t ORIGINS[] = {
        [ORIGIN_DEFAULT] = SEGMENT_ORIGIN_DEFAULT,
        [ORIGIN_VARIABLE] = SEGMENT_ORIGIN_VARIABLE,
        [ORIGIN_FILE] = SEGMENT_ORIGIN_FILE,
        [ORIGIN_OPTION] = SEGMENT_ORIGIN_OPTION,
    };

    view->setting_count = 0;
    for (int id = 0; id < OPTION_COUNT && view->setting_count < SEGMENT_SETTING_COUNT; id++) {
        const struct option_value *value = &options->values[id];
        const char *name = option_name((enum option_id)id);
        struct segment_setting *setting = &view->settings[view->setting_count];

        if (!value->is_set && !is_asked_for((enum option_id)id))
            continue;
        setting->origin = ORIGINS[value->origin];
        text_set(setting->name, sizeof setting->name, name);
        text_set(setting->value, sizeof setting->value, value_shown(name, value->text));
        view->setting_count++;
    }
}

/* --- what is observed ---------------------------------------------------------------------------
 */

static const struct {
    uint32_t disabled; /* enum segment_disabled */
    const char *lead;  /* of the library's file name */
} LIBRARIES[] = {
    { SEGMENT_DISABLED_FCGI, "/libfcgi.so" },
    { SEGMENT_DISABLED_SQLITE, "/libsqlite3.so" },
    { SEGMENT_DISABLED_CURL, "/libcurl" },
};

enum { LIBRARY_COUNT = sizeof LIBRARIES / sizeof LIBRARIES[0] };

static void name_add(char out[SEGMENT_TEXT_BYTES], const char *name, size_t length)
{
    size_t used = strnlen(out, SEGMENT_TEXT_BYTES);
    size_t comma = used > 0 ? 2 : 0;

    if (used + comma + length >= SEGMENT_TEXT_BYTES)
        return;
    memcpy(out + used, ", ", comma);
    memcpy(out + used + comma, name, length);
    out[used + comma + length] = '\0';
}

bool view_hooked_read(int32_t worker_pid, uint32_t disabled, char out[SEGMENT_TEXT_BYTES])
{
    bool is_named[LIBRARY_COUNT] = { false };
    char path[64];
    char line[512];
    FILE *maps;

    (void)snprintf(path, sizeof path, "/proc/%" PRId32 "/maps", worker_pid);
    maps = fopen(path, "re");
    if (!maps)
        return false;
    memset(out, 0, SEGMENT_TEXT_BYTES);
    while (fgets(line, sizeof line, maps)) {
        for (size_t i = 0; i < LIBRARY_COUNT; i++) {
            const char *at = strstr(line, LIBRARIES[i].lead);
            if (!at || is_named[i] || (disabled & LIBRARIES[i].disabled))
                continue;
            is_named[i] = true;
            name_add(out, at + 1, strcspn(at + 1, "\n "));
        }
    }
    (void)fclose(maps);
    return out[0] != '\0';
}

uint64_t view_cpu_ns(void)
{
    struct timespec used = { 0 };

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used); /* it is there since Linux 2.6.12 */
    return (uint64_t)used.tv_sec * CLOCK_NS_PER_S + (uint64_t)used.tv_nsec;
}
