/*
 * A worker on libfcgi that asks another server, and knows nothing of telemetry. CALLER_URL is
 * whom; QUERY_STRING "multi": by the multi interface. One handle and one list for its life.
 * Answers the result of libcurl and the status that came.
 */
#include <curl/curl.h>
#include <fcgiapp.h>
#include <stdlib.h>
#include <string.h>

static size_t nothing_kept(char *bytes, size_t size, size_t count, void *user)
{
    (void)bytes;
    (void)user;
    return size * count;
}

static CURLcode call_by_multi(CURL *handle)
{
    CURLM *multi = curl_multi_init();
    CURLcode result = CURLE_OK;
    CURLMsg *message;
    int running = 1;
    int left;

    curl_multi_add_handle(multi, handle);
    while (running && curl_multi_perform(multi, &running) == CURLM_OK && running)
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    while ((message = curl_multi_info_read(multi, &left)))
        if (message->msg == CURLMSG_DONE)
            result = message->data.result;
    curl_multi_remove_handle(multi, handle);
    curl_multi_cleanup(multi);
    return result;
}

int main(void)
{
    struct curl_slist *list =
        curl_slist_append(NULL, getenv("CALLER_HEADER") ? getenv("CALLER_HEADER") : "X-Own: kept");
    CURL *handle = curl_easy_init();
    FCGX_Request request;

    curl_easy_setopt(handle, CURLOPT_URL, getenv("CALLER_URL"));
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, nothing_kept);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 5000L);
    FCGX_Init();
    FCGX_InitRequest(&request, 0, FCGI_FAIL_ACCEPT_ON_INTR);
    while (FCGX_Accept_r(&request) == 0) {
        const char *query = FCGX_GetParam("QUERY_STRING", request.envp);
        CURLcode code = query && strcmp(query, "multi") == 0 ? call_by_multi(handle)
                                                             : curl_easy_perform(handle);
        long status = 0;

        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
        FCGX_FPrintF(request.out, "Content-Type: text/plain\r\n\r\n%d %d %s\n", (int)code,
                     (int)status, list->next ? "changed" : "same");
        FCGX_Finish_r(&request);
    }
    curl_slist_free_all(list);
    curl_easy_cleanup(handle);
    return 0;
}
