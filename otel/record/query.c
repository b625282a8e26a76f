#include "record/query.h"
#include "segment/write.h"

#define REDACTED "REDACTED"

/* Case-sensitive: semantic-conventions, registry "url.query". */
static const struct otel_str secret_keys[] = {
    { "AWSAccessKeyId", 14 },       { "Signature", 9 },        { "sig", 3 },
    { "X-Goog-Signature", 16 },     { "X-Amz-Signature", 15 }, { "X-Amz-Credential", 16 },
    { "X-Amz-Security-Token", 20 },
};

static bool is_secret(const char *key, size_t length)
{
    for (size_t i = 0; i < sizeof secret_keys / sizeof secret_keys[0]; i++)
        if (secret_keys[i].length == length && memcmp(secret_keys[i].data, key, length) == 0)
            return true;
    return false;
}

/* Appends up to `length` bytes at *used. */
static void put(char *out, size_t size, size_t *used, const char *text, size_t length, bool *is_cut)
{
    size_t fit = record_text_fit(text, length, size - *used);

    memcpy(out + *used, text, fit);
    *used += fit;
    *is_cut |= fit < length;
}

size_t query_redact(struct otel_str query, char *out, size_t size, bool *is_cut)
{
    const char *end = query.data + query.length;
    const char *pair = query.data;
    size_t used = 0;

    *is_cut = false;
    while (pair < end && !*is_cut) {
        const char *next = memchr(pair, '&', (size_t)(end - pair));
        const char *pair_end = next ? next : end;
        const char *equals = memchr(pair, '=', (size_t)(pair_end - pair));

        if (equals && is_secret(pair, (size_t)(equals - pair))) {
            put(out, size, &used, pair, (size_t)(equals + 1 - pair), is_cut);
            put(out, size, &used, REDACTED, sizeof REDACTED - 1, is_cut);
        } else {
            put(out, size, &used, pair, (size_t)(pair_end - pair), is_cut);
        }
        if (next)
            put(out, size, &used, "&", 1, is_cut);
        pair = pair_end + (next ? 1 : 0);
    }
    return used;
}
