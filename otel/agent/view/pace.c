#include "agent/view/pace.h"

#include "base/clock.h"

enum {
    READ_NEWS_MS = 500,  /* what a person sees within 2 s includes the page's own second */
    READ_IDLE_MS = 1000, /* queue and cost move without news */
    UNREAD_NEWS_MS = 2000,
    UNREAD_IDLE_MS = 5000, /* for readers who may not write: the status of another user */
    READER_S = 5,          /* the page asks once a second */
};

static uint64_t gap_ns(const struct pace *pace, uint64_t reader_ns, uint64_t now_ns)
{
    /* It may have come since now; one of a far future was scribbled. */
    bool is_read = reader_ns != 0 && reader_ns <= now_ns + CLOCK_NS_PER_S &&
                   now_ns < reader_ns + READER_S * CLOCK_NS_PER_S;
    uint64_t gap_ms = is_read ? (pace->has_news ? READ_NEWS_MS : READ_IDLE_MS)
                              : (pace->has_news ? UNREAD_NEWS_MS : UNREAD_IDLE_MS);

    return gap_ms * CLOCK_NS_PER_MS;
}

bool pace_step(struct pace *pace, struct segment *segment, uint64_t now_ns)
{
    /* Relaxed, both: single numbers, from which nothing else follows. */
    uint64_t reader_ns = atomic_load_explicit(&segment->header.reader_ns, memory_order_relaxed);

    atomic_store_explicit(&segment->header.heartbeat_ns, now_ns, memory_order_relaxed);
    return pace->published_ns == 0 ||
           now_ns - pace->published_ns >= gap_ns(pace, reader_ns, now_ns);
}

void pace_published(struct pace *pace, uint64_t now_ns)
{
    pace->published_ns = now_ns;
    pace->has_news = false;
}
