#include "agent/send/probe.h"

#include "base/mem.h"

#include <curl/curl.h>
#include <string.h>

struct probe {
    CURLM *multi;
    CURL *easy;
    bool is_running;
};

enum { STATUS_FAILED = 500 };

static size_t body_drop(char *bytes, size_t size, size_t count, void *user)
{
    (void)bytes;
    (void)user;
    return size * count;
}

struct probe *probe_create(void)
{
    struct probe *probe = mem_zalloc(1, sizeof *probe);

    if (probe == NULL)
        return NULL;
    probe->multi = curl_multi_init();
    probe->easy = curl_easy_init();
    if (probe->multi == NULL || probe->easy == NULL) {
        probe_destroy(probe);
        return NULL;
    }
    (void)curl_easy_setopt(probe->easy, CURLOPT_WRITEFUNCTION, body_drop);
    (void)curl_easy_setopt(probe->easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(probe->easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(probe->easy, CURLOPT_MAXFILESIZE, 1L << 20);
    /* A connection that is kept would hide that its other end no longer accepts any. */
    (void)curl_easy_setopt(probe->easy, CURLOPT_FORBID_REUSE, 1L);
    return probe;
}

void probe_destroy(struct probe *probe)
{
    if (probe == NULL)
        return;
    if (probe->is_running)
        (void)curl_multi_remove_handle(probe->multi, probe->easy);
    curl_easy_cleanup(probe->easy);
    if (probe->multi != NULL)
        (void)curl_multi_cleanup(probe->multi);
    mem_free(probe);
}

bool probe_start(struct probe *probe, const char *url, uint32_t limit_ms)
{
    if (probe->is_running || curl_easy_setopt(probe->easy, CURLOPT_URL, url) != CURLE_OK)
        return false;
    (void)curl_easy_setopt(probe->easy, CURLOPT_TIMEOUT_MS, (long)limit_ms);
    probe->is_running = curl_multi_add_handle(probe->multi, probe->easy) == CURLM_OK;
    return probe->is_running;
}

static void result_read(const struct probe *probe, CURLcode code, struct probe_result *out)
{
    long status = 0;
    long port = 0;
    char *address = NULL;

    memset(out, 0, sizeof *out);
    (void)curl_easy_getinfo(probe->easy, CURLINFO_RESPONSE_CODE, &status);
    /* Too large a body, or one that did not come in time, is an answer all the same. */
    out->is_answered = status > 0 && status < STATUS_FAILED;
    (void)code;
    if (curl_easy_getinfo(probe->easy, CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address)
        memcpy(out->address, address, strnlen(address, sizeof out->address - 1));
    if (curl_easy_getinfo(probe->easy, CURLINFO_PRIMARY_PORT, &port) == CURLE_OK)
        out->port = (uint16_t)port;
}

bool probe_step(struct probe *probe, struct probe_result *out)
{
    const CURLMsg *message;
    int running = 0;
    int left = 0;

    if (!probe->is_running)
        return false;
    (void)curl_multi_perform(probe->multi, &running);
    message = curl_multi_info_read(probe->multi, &left);
    if (message == NULL || message->msg != CURLMSG_DONE)
        return false;
    result_read(probe, message->data.result, out);
    (void)curl_multi_remove_handle(probe->multi, probe->easy);
    probe->is_running = false;
    return true;
}
