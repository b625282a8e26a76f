#include "agent/view/back_ends.h"

#include "agent/report.h"
#include "base/clock.h"
#include "base/pair_list.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ASK_S = 5, ASK_LIMIT_MS = 300 };

/* Where each says whether it is ready. */
static const struct {
    const char *name;
    const char *path;
} READY_PATHS[] = { { "Prometheus", "/-/ready" }, { "Loki", "/ready" } };

static const char *ready_path(const char *name)
{
    for (size_t i = 0; i < sizeof READY_PATHS / sizeof READY_PATHS[0]; i++)
        if (strcasecmp(READY_PATHS[i].name, name) == 0)
            return READY_PATHS[i].path;
    return "/";
}

static bool back_end_read(struct back_end *back_end, const struct pair *pair)
{
    char value[BACK_END_URL_BYTES * 2];
    size_t length = 0;
    char *shown;

    *back_end = (struct back_end){ .asked_ns = 0 };
    if (pair->key_length >= sizeof back_end->shown.name || pair->value_length >= sizeof value ||
        !pair_decode(pair->value, pair->value_length, value, &length))
        return false;
    value[length] = '\0';
    memcpy(back_end->shown.name, pair->key, pair->key_length);
    shown = strchr(value, '|');
    if (shown)
        *shown++ = '\0';
    else
        shown = value;
    /* It becomes a link: no other scheme may. */
    if (strncmp(shown, "http://", 7) != 0 && strncmp(shown, "https://", 8) != 0)
        return false;
    if (strlen(shown) >= sizeof back_end->shown.url)
        return false;
    memcpy(back_end->shown.url, shown, strlen(shown));
    return (size_t)snprintf(back_end->ask_url, sizeof back_end->ask_url, "%s%s", value,
                            ready_path(back_end->shown.name)) < sizeof back_end->ask_url;
}

void back_ends_init(struct back_ends *back_ends, const char *list)
{
    enum pair_list_status status;
    struct pair pair;

    memset(back_ends, 0, sizeof *back_ends);
    while ((status = pair_list_next(&list, &pair)) != PAIR_LIST_END) {
        if (back_ends->count == SEGMENT_BACK_END_COUNT) {
            report_warn("c_back_ends: only %d are shown", SEGMENT_BACK_END_COUNT);
            break;
        }
        if (status == PAIR_LIST_PAIR && back_end_read(&back_ends->all[back_ends->count], &pair))
            back_ends->count++;
        else
            report_warn("c_back_ends: \"%.*s\" is no NAME=http://HOST:PORT and is left out",
                        (int)pair.value_length, pair.value);
    }
    back_ends->asking = back_ends->count;
    if (back_ends->count > 0)
        back_ends->probe = probe_create();
    if (back_ends->count > 0 && back_ends->probe == NULL)
        report_warn("back ends are not asked: there is no memory");
}

void back_ends_release(struct back_ends *back_ends)
{
    probe_destroy(back_ends->probe);
    back_ends->probe = NULL;
}

static void answer_take(struct segment_back_end *shown, const struct probe_result *result)
{
    shown->answer = result->is_answered ? SEGMENT_ANSWERS : SEGMENT_NO_ANSWER;
    if (!result->is_answered)
        return;
    shown->answered_ns = clock_wall_ns();
    memset(shown->address, 0, sizeof shown->address);
    memcpy(shown->address, result->address, strnlen(result->address, sizeof shown->address - 1));
    shown->port = result->port;
}

bool back_ends_is_asking(const struct back_ends *back_ends)
{
    return back_ends->probe != NULL && back_ends->asking < back_ends->count;
}

void back_ends_step(struct back_ends *back_ends, uint64_t now_ns)
{
    struct probe_result result;

    if (back_ends->probe == NULL)
        return;
    if (back_ends->asking < back_ends->count) {
        if (!probe_step(back_ends->probe, &result))
            return;
        answer_take(&back_ends->all[back_ends->asking].shown, &result);
        back_ends->asking = back_ends->count;
    }
    for (size_t i = 0; i < back_ends->count; i++) {
        struct back_end *back_end = &back_ends->all[i];

        if (back_end->asked_ns != 0 && now_ns - back_end->asked_ns < ASK_S * CLOCK_NS_PER_S)
            continue;
        back_end->asked_ns = now_ns;
        if (probe_start(back_ends->probe, back_end->ask_url, ASK_LIMIT_MS))
            back_ends->asking = i;
        else
            back_end->shown.answer = SEGMENT_NO_ANSWER;
        return;
    }
}

void back_ends_fill(const struct back_ends *back_ends,
                    struct segment_back_end out[SEGMENT_BACK_END_COUNT])
{
    for (size_t i = 0; i < SEGMENT_BACK_END_COUNT; i++)
        out[i] = back_ends->all[i].shown;
}
