#include "handlers/trace_links.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LIMIT_MS = 300,
    REMEMBER_S = 5,
    ANSWER_BYTES = 16 * 1024,
    QUESTION_BYTES = 1024,
    MEMORY_COUNT = 16,
};

/* Path asked, text of an answer that knows the trace, path that a person opens. %s is the trace
 * id, %% a percent sign; the name is the back end's. */
static const struct finder {
    const char *name;
    const char *ask;
    const char *knows;
    const char *open;
} FINDERS[PAGE_LINK_COUNT] = {
    { "Jaeger", "/api/traces/%s", "\"traceID\"", "/trace/%s" },
    { "Loki",
      "/loki/api/v1/query_range?since=12h&limit=1&query="
      "%%7Bservice_name%%3D~%%22.%%2B%%22%%7D%%20%%7C%%20trace_id%%3D%%60%s%%60",
      "\"values\"",
      "/loki/api/v1/query_range?since=12h&query="
      "%%7Bservice_name%%3D~%%22.%%2B%%22%%7D%%20%%7C%%20trace_id%%3D%%60%s%%60" },
};

/* What was answered, by id. Shared by the threads: who chose a request looks at it each second. */
static struct memory {
    char trace_id[STATUS_TRACE_ID_SIZE];
    uint64_t asked_ns; /* monotonic */
    bool is_known[PAGE_LINK_COUNT];
} memories[MEMORY_COUNT];
static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- one question ----------------------------------------------------------------------------- */

static bool address_read(const struct segment_back_end *back_end, struct sockaddr_storage *out,
                         socklen_t *size)
{
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, back_end->address, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)back_end->port);
        *size = sizeof *four;
        return true;
    }
    if (inet_pton(AF_INET6, back_end->address, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)back_end->port);
        *size = sizeof *six;
        return true;
    }
    return false;
}

static bool await(int fd, short events, uint64_t deadline_ns)
{
    struct pollfd wait = { .fd = fd, .events = events };
    uint64_t now_ns = clock_monotonic_ns();

    return now_ns < deadline_ns &&
           poll(&wait, 1, (int)((deadline_ns - now_ns) / CLOCK_NS_PER_MS) + 1) == 1;
}

/* A connected socket that has taken the question; -1: it did not in time. */
static int question_send(const struct segment_back_end *back_end, const char *path,
                         uint64_t deadline_ns)
{
    struct sockaddr_storage address;
    socklen_t size = 0;
    char question[QUESTION_BYTES];
    int length = snprintf(question, sizeof question,
                          "GET %s HTTP/1.0\r\nHost: %s:%" PRIu32 "\r\nAccept: */*\r\n\r\n", path,
                          back_end->address, back_end->port);
    int fd;

    if (length < 0 || length >= (int)sizeof question || !address_read(back_end, &address, &size))
        return -1;
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if ((connect(fd, (const struct sockaddr *)&address, size) == 0 || errno == EINPROGRESS) &&
        await(fd, POLLOUT, deadline_ns) &&
        send(fd, question, (size_t)length, MSG_NOSIGNAL) == (ssize_t)length)
        return fd;
    (void)close(fd);
    return -1;
}

/* True when the answer is a 200 that has the text in its first 16 KB. */
static bool answer_has(int fd, const char *text, uint64_t deadline_ns)
{
    static _Thread_local char answer[ANSWER_BYTES];
    size_t used = 0;

    while (used < sizeof answer - 1 && await(fd, POLLIN, deadline_ns)) {
        ssize_t count = recv(fd, answer + used, sizeof answer - 1 - used, 0);

        if (count <= 0)
            break;
        used += (size_t)count;
        answer[used] = '\0';
        if (used > 12 && strncmp(answer + 8, " 200", 4) != 0)
            return false;
        if (strstr(answer, text) != NULL)
            return true;
    }
    return false;
}

static void path_write(const char *format, const char *trace_id, char *out, size_t size)
{
    const char *place = strstr(format, "%s");
    size_t used = 0;

    for (const char *at = format; *at != '\0' && used + STATUS_TRACE_ID_SIZE < size; at++) {
        if (at == place) {
            memcpy(out + used, trace_id, strlen(trace_id));
            used += strlen(trace_id);
            at++;
            continue;
        }
        out[used++] = *at;
        at += at[0] == '%' && at[1] == '%';
    }
    out[used] = '\0';
}

static bool back_end_knows(const struct segment_back_end *back_end, const struct finder *finder,
                           const char *trace_id)
{
    uint64_t deadline_ns = clock_monotonic_ns() + LIMIT_MS * CLOCK_NS_PER_MS;
    char path[PAGE_LINK_BYTES];
    bool knows = false;
    int fd;

    path_write(finder->ask, trace_id, path, sizeof path);
    fd = question_send(back_end, path, deadline_ns);
    if (fd >= 0) {
        knows = answer_has(fd, finder->knows, deadline_ns);
        (void)close(fd);
    }
    return knows;
}

/* --- all -------------------------------------------------------------------------------------- */

static const struct segment_back_end *back_end_of(const struct status *status, const char *name)
{
    for (size_t i = 0; i < status->pool_count; i++) {
        for (size_t k = 0; k < SEGMENT_BACK_END_COUNT; k++) {
            const struct segment_back_end *back_end = &status->pools[i].view.back_ends[k];
            if (back_end->answer == SEGMENT_ANSWERS && strcasecmp(back_end->name, name) == 0)
                return back_end;
        }
    }
    return NULL;
}

/* True when it was asked lately, or somebody asks now. Takes the place for this id otherwise. */
static bool memory_recall(const char *trace_id, struct memory *out)
{
    uint64_t now_ns = clock_monotonic_ns();
    struct memory *oldest = &memories[0];
    bool is_fresh = false;

    pthread_mutex_lock(&memory_lock);
    for (size_t i = 0; i < MEMORY_COUNT; i++) {
        if (memories[i].asked_ns < oldest->asked_ns)
            oldest = &memories[i];
        if (strcmp(memories[i].trace_id, trace_id) == 0) {
            oldest = &memories[i];
            is_fresh = now_ns - oldest->asked_ns < REMEMBER_S * CLOCK_NS_PER_S;
            break;
        }
    }
    if (strcmp(oldest->trace_id, trace_id) != 0) {
        *oldest = (struct memory){ .asked_ns = 0 };
        memcpy(oldest->trace_id, trace_id, strlen(trace_id) + 1);
    }
    if (!is_fresh)
        oldest->asked_ns = now_ns;
    *out = *oldest;
    pthread_mutex_unlock(&memory_lock);
    return is_fresh;
}

static void memory_keep(const struct memory *memory)
{
    pthread_mutex_lock(&memory_lock);
    for (size_t i = 0; i < MEMORY_COUNT; i++)
        if (strcmp(memories[i].trace_id, memory->trace_id) == 0)
            memcpy(memories[i].is_known, memory->is_known, sizeof memory->is_known);
    pthread_mutex_unlock(&memory_lock);
}

static void link_add(struct page *page, const struct finder *finder,
                     const struct segment_back_end *back_end)
{
    struct page_link *link = &page->links[page->link_count++];
    size_t length = strlen(back_end->url);

    link->name = finder->name;
    while (length > 0 && back_end->url[length - 1] == '/')
        length--;
    memcpy(link->url, back_end->url, length);
    path_write(finder->open, page->trace_id, link->url + length, sizeof link->url - length);
}

void trace_links_find(struct page *page)
{
    struct memory memory;
    bool is_fresh;

    page->link_count = 0;
    if (page->trace_id[0] == '\0')
        return;
    is_fresh = memory_recall(page->trace_id, &memory);
    for (size_t i = 0; i < PAGE_LINK_COUNT; i++) {
        const struct segment_back_end *back_end = back_end_of(page->status, FINDERS[i].name);

        if (back_end == NULL)
            continue;
        if (!is_fresh && !memory.is_known[i])
            memory.is_known[i] = back_end_knows(back_end, &FINDERS[i], page->trace_id);
        if (memory.is_known[i])
            link_add(page, &FINDERS[i], back_end);
    }
    if (!is_fresh)
        memory_keep(&memory);
}
