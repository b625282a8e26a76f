/*
 * A FastCGI program that forks. "/x?N": N children, each alone with a span "child" and a log
 * record, while a span "parent" is open in it; a child that is not over within 10 s ends it by
 * SIGALRM.
 * "/x?+N": N spans "more", to fill the ring. Answers with the number of children that ended well.
 */
#include <fcgiapp.h>
#include <otel/log.h>
#include <otel/span.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WATCHDOG_S = 10 };

static void child(int number)
{
    struct otel_span *span;

    alarm(WATCHDOG_S);
    span = otel_span_start(OTEL_STR("child"), OTEL_SPAN_INTERNAL);
    otel_span_set_int(span, OTEL_KEY("number"), number);
    otel_log(OTEL_SEVERITY_INFO, OTEL_STR("child"), NULL, 0);
    otel_span_end(span);
    exit(0);
}

static int forks(int count)
{
    struct otel_span *span = otel_span_start(OTEL_STR("parent"), OTEL_SPAN_INTERNAL);
    int good = 0;

    for (int i = 0; i < count; i++) {
        int status = -1;
        pid_t pid = fork();

        if (pid == 0)
            child(i);
        if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0)
            good++;
    }
    otel_span_end(span);
    return good;
}

int main(void)
{
    FCGX_Request request;

    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        const char *query = FCGX_GetParam("QUERY_STRING", request.envp);
        int count = query ? (int)strtol(query, NULL, 10) : 0;

        if (query && *query == '+') {
            for (int i = 0; i < count; i++)
                otel_span_end(otel_span_start(OTEL_STR("more"), OTEL_SPAN_INTERNAL));
        } else {
            count = forks(count);
        }
        FCGX_FPrintF(request.out, "Content-Type: text/plain\r\n\r\n%d\n", count);
        FCGX_Finish_r(&request);
    }
    return 0;
}
