#include "agent/send/retry.h"

#include "base/clock.h"
#include "base/random.h"

#include <curl/curl.h>
#include <string.h>

#define FIRST_NS CLOCK_NS_PER_S
#define CAP_NS (30 * CLOCK_NS_PER_S)
#define UNREACHABLE_CAP_NS (5 * CLOCK_NS_PER_S)
#define RETRY_AFTER_CAP_NS (600 * CLOCK_NS_PER_S)

enum { HEADER_VALUE_MAX = 64 }; /* of a Retry-After that can mean something */

enum send_verdict retry_verdict(long http_status)
{
    switch (http_status) {
    case 429:
    case 502:
    case 503:
    case 504:
        return SEND_RETRY;
    default:
        return http_status >= 200 && http_status < 300 ? SEND_TAKEN : SEND_REFUSED;
    }
}

void retry_init(struct retry *retry)
{
    *retry = (struct retry){ 0 };
    random_seed(retry->random);
}

void retry_succeed(struct retry *retry)
{
    retry->failures = 0;
    retry->not_before_ns = 0;
    retry->wait_ns = 0;
}

/* A random factor between 1.5 and 2, in 1/1024. */
static uint64_t grown(struct retry *retry, uint64_t wait_ns)
{
    return wait_ns / 1024 * (1536 + random_next(retry->random) % 513);
}

void retry_fail(struct retry *retry, const struct send_result *result, uint64_t now_ns)
{
    uint64_t cap_ns = result->is_unreachable ? UNREACHABLE_CAP_NS : CAP_NS;
    uint64_t asked_ns =
        result->retry_after_ns < RETRY_AFTER_CAP_NS ? result->retry_after_ns : RETRY_AFTER_CAP_NS;
    uint64_t wait_ns;

    /* Half to one and a half of the first second: five launchers do not come back as one. */
    retry->wait_ns = retry->failures == 0 ? FIRST_NS / 2 + random_next(retry->random) % FIRST_NS
                                          : grown(retry, retry->wait_ns);
    if (retry->wait_ns > cap_ns)
        retry->wait_ns = cap_ns - random_next(retry->random) % (cap_ns / 8);
    retry->failures++;
    wait_ns =
        asked_ns > 0 ? asked_ns + random_next(retry->random) % (asked_ns / 16 + 1) : retry->wait_ns;
    retry->not_before_ns = now_ns + wait_ns;
}

bool retry_after_parse(const char *text, size_t length, uint64_t wall_now_ns, uint64_t *out_ns)
{
    char value[HEADER_VALUE_MAX];
    uint64_t seconds = 0;
    time_t date;

    while (length > 0 && (text[length - 1] == '\r' || text[length - 1] == '\n' ||
                          text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    for (; length > 0 && (*text == ' ' || *text == '\t'); length--)
        text++;
    if (length == 0 || length >= sizeof value)
        return false;
    memcpy(value, text, length);
    value[length] = '\0';
    if (strspn(value, "0123456789") == length) {
        for (size_t i = 0; i < length && seconds < UINT32_MAX; i++)
            seconds = seconds * 10 + (uint64_t)(value[i] - '0');
        *out_ns = (seconds < UINT32_MAX ? seconds : UINT32_MAX) * CLOCK_NS_PER_S;
        return true;
    }
    date = curl_getdate(value, NULL);
    if (date < 0)
        return false;
    *out_ns = (uint64_t)date * CLOCK_NS_PER_S > wall_now_ns
                  ? (uint64_t)date * CLOCK_NS_PER_S - wall_now_ns
                  : 0;
    return true;
}
