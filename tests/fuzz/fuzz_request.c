/* FastCGI parameters as the service and the recorder read them; one a line of the input. */
#include "fuzz.h"
#include "http/request.h"
#include "record/headers.h"
#include "record/params.h"
#include "router.h"

enum { PARAMS_MAX = 128 };

static enum handler_end handle(struct http_exchange *exchange, struct otel_str parameter,
                               struct app_thread *thread)
{
    (void)exchange;
    (void)parameter;
    (void)thread;
    return HANDLER_ANSWERED;
}

static const struct route ROUTES[] = { { "/", handle }, { "/board/{count}", handle } };

static void read_path(const struct http_request *request)
{
    struct otel_str parameter = { 0 };
    const struct route *route =
        router_match(ROUTES, sizeof ROUTES / sizeof ROUTES[0],
                     (struct otel_str){ request->path, request->path_length }, &parameter);

    if (route == &ROUTES[1])
        for (size_t i = 0; i < parameter.length; i++)
            FUZZ_PROMISE(parameter.data[i] >= '0' && parameter.data[i] <= '9');
    (void)request_prefers_html(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_request request;
    struct fuzz_input input = { data, size };
    char *text = fuzz_text(&input, size);
    char *lines[PARAMS_MAX + 1] = { 0 };
    struct params params;
    size_t count = 0;
    char *rest = text;

    for (char *line; count < PARAMS_MAX && (line = strsep(&rest, "\n")) != NULL; count++)
        lines[count] = line;
    if (request_read(&request, (const char *const *)lines) == HTTP_OK)
        read_path(&request);
    params_read(lines, &params);
    FUZZ_PROMISE(params.traceparent.count <= PARAM_REPEATS_MAX);
    free(text);
    return 0;
}
