/* FCGX_Accept_r in several threads (first argument: how many), each with its own request. */
#include <fcgiapp.h>
#include <pthread.h>
#include <stdlib.h>

static void *serve(void *unused)
{
    FCGX_Request request;

    (void)unused;
    if (FCGX_InitRequest(&request, 0, 0) != 0)
        return NULL;
    while (FCGX_Accept_r(&request) == 0) {
        const char *query = FCGX_GetParam("QUERY_STRING", request.envp);

        FCGX_FPrintF(request.out, "Status: 202 Accepted\r\nContent-Type: text/plain\r\n\r\n%s\n",
                     query ? query : "");
        FCGX_Finish_r(&request);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    enum { THREADS_MAX = 64 };
    pthread_t threads[THREADS_MAX];
    int count = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 4;

    if (count > THREADS_MAX || FCGX_Init() != 0)
        return 1;
    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, serve, NULL) != 0)
            return 1;
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
