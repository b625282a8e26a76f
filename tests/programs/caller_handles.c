/*
 * A worker on libfcgi that asks another server by many handles, and knows nothing of telemetry.
 * CALLER_URL is whom; QUERY_STRING says how: "dup", "dup-running", "reset", "two" or "many". Each
 * list has a header that names its handle. Answers the results of libcurl and how many lists were
 * changed.
 */
#include <curl/curl.h>
#include <fcgiapp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 300 }; /* more than the hook keeps */

static int changed; /* lists with something in front or behind */

static size_t nothing_kept(char *bytes, size_t size, size_t count, void *user)
{
    (void)bytes;
    (void)user;
    return size * count;
}

static CURL *handle_make(int number, struct curl_slist **list)
{
    CURL *handle = curl_easy_init();
    char header[32];

    snprintf(header, sizeof header, "X-Own: %d", number);
    *list = curl_slist_append(NULL, header);
    curl_easy_setopt(handle, CURLOPT_URL, getenv("CALLER_URL"));
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, *list);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, nothing_kept);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 5000L);
    return handle;
}

static void handle_drop(CURL *handle, struct curl_slist *list)
{
    changed += list && list->next;
    curl_easy_cleanup(handle);
    curl_slist_free_all(list);
}

static int multi_finish(CURLM *multi)
{
    int running = 1, left, failed = 0;
    CURLMsg *message;

    while (running && curl_multi_perform(multi, &running) == CURLM_OK && running)
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    while ((message = curl_multi_info_read(multi, &left)))
        failed += message->msg == CURLMSG_DONE && message->data.result != CURLE_OK;
    return failed;
}

static int by_copy(int is_running)
{
    struct curl_slist *list;
    CURL *handle = handle_make(1, &list), *copy;
    CURLM *multi = curl_multi_init();
    int failed;

    if (is_running)
        curl_multi_add_handle(multi, handle);
    copy = curl_easy_duphandle(handle);
    failed = curl_easy_perform(copy) != CURLE_OK;
    if (is_running) {
        failed += multi_finish(multi);
        curl_multi_remove_handle(multi, handle);
    } else {
        failed += curl_easy_perform(handle) != CURLE_OK;
    }
    failed += curl_easy_perform(copy) != CURLE_OK;
    curl_easy_cleanup(copy);
    handle_drop(handle, list);
    curl_multi_cleanup(multi);
    return failed;
}

static int by_reset(void)
{
    struct curl_slist *list;
    CURL *handle = handle_make(1, &list);
    int failed = curl_easy_perform(handle) != CURLE_OK;

    curl_easy_reset(handle);
    curl_easy_setopt(handle, CURLOPT_URL, getenv("CALLER_URL"));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, nothing_kept);
    failed += curl_easy_perform(handle) != CURLE_OK;
    handle_drop(handle, list);
    return failed;
}

static int two_at_once(void)
{
    struct curl_slist *lists[2];
    CURL *handles[2] = { handle_make(1, &lists[0]), handle_make(2, &lists[1]) };
    CURLM *multi = curl_multi_init();
    int failed;

    for (int i = 0; i < 2; i++)
        curl_multi_add_handle(multi, handles[i]);
    failed = multi_finish(multi);
    for (int i = 0; i < 2; i++) {
        curl_multi_remove_handle(multi, handles[i]);
        handle_drop(handles[i], lists[i]);
    }
    curl_multi_cleanup(multi);
    return failed;
}

/* All live at once; then one more, when those are gone. */
static int many(void)
{
    static struct curl_slist *lists[MANY];
    static CURL *handles[MANY];
    struct curl_slist *list;
    CURL *handle;
    int failed = 0;

    for (int i = 0; i < MANY; i++)
        handles[i] = handle_make(i, &lists[i]);
    for (int i = 0; i < MANY; i++)
        failed += curl_easy_perform(handles[i]) != CURLE_OK;
    for (int i = 0; i < MANY; i++)
        handle_drop(handles[i], lists[i]);
    handle = handle_make(MANY, &list);
    failed += curl_easy_perform(handle) != CURLE_OK;
    handle_drop(handle, list);
    return failed;
}

int main(void)
{
    FCGX_Request request;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    FCGX_Init();
    FCGX_InitRequest(&request, 0, FCGI_FAIL_ACCEPT_ON_INTR);
    while (FCGX_Accept_r(&request) == 0) {
        const char *query = FCGX_GetParam("QUERY_STRING", request.envp);
        int failed = -1;

        changed = 0;
        if (strncmp(query, "dup", 3) == 0)
            failed = by_copy(query[3] != '\0');
        else if (strcmp(query, "reset") == 0)
            failed = by_reset();
        else if (strcmp(query, "two") == 0)
            failed = two_at_once();
        else if (strcmp(query, "many") == 0)
            failed = many();
        FCGX_FPrintF(request.out, "Content-Type: text/plain\r\n\r\n%d failed, %d changed\n", failed,
                     changed);
        FCGX_Finish_r(&request);
    }
    return 0;
}
