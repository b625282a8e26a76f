/* The clock and the sleep of bounded waiting. */
#include "store/deadline.h"

#include <time.h>

int64_t store__now_ns(void)
{
    struct timespec now = { 0, 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct store__deadline store__deadline_in(int64_t wait_ms)
{
    return (struct store__deadline){ store__now_ns() + wait_ms * 1000000 };
}

bool store__deadline_sleep(const struct store__deadline *deadline, int64_t sleep_us)
{
    int64_t now_ns = store__now_ns();
    struct timespec pause = { 0, 0 };

    if (now_ns >= deadline->at_ns)
        return false;
    /* The clock's low digits are uneven enough to keep two waiters out of step. */
    pause.tv_nsec = (long)(sleep_us * 500 + now_ns % (sleep_us * 1000));
    (void)nanosleep(&pause, NULL); /* a signal only makes it shorter */
    return true;
}
