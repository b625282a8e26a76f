/*
 * A FastCGI program of four threads that dies as QUERY_STRING says, in the middle of its answer.
 * With an argument it has a handler of its own for SIGSEGV, which leaves with status 42.
 */
#include <err.h>
#include <errno.h>
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Reads an address that is never mapped. */
static int fault(void)
{
    volatile uintptr_t address = 16;

    return *(volatile int *)address;
}

static int overflow(volatile int depth)
{
    volatile char room[4096];

    room[0] = (char)depth;
    return depth < 0 ? 0 : overflow(depth + 1) + room[0];
}

/* No memory is left, and the program gives up as most do. */
static void starve(void)
{
    const struct rlimit nothing = { 1, 1 };

    if (setrlimit(RLIMIT_AS, &nothing) == 0)
        while (malloc(65536))
            ;
    abort();
}

static void die(const char *query)
{
    if (strcmp(query, "fault") == 0)
        fault();
    else if (strcmp(query, "overflow") == 0)
        overflow(0);
    else if (strcmp(query, "abort") == 0)
        abort();
    else if (strcmp(query, "memory") == 0)
        starve();
    else if (strcmp(query, "signal") == 0)
        raise(SIGSEGV);
    else if (strcmp(query, "bus") == 0)
        raise(SIGBUS);
    else if (strcmp(query, "divide") == 0)
        raise(SIGFPE);
    else if (strcmp(query, "illegal") == 0)
        raise(SIGILL);
    else if (strcmp(query, "kill") == 0)
        kill(getpid(), SIGKILL);
    else if (strcmp(query, "hang") == 0)
        pause();
    else if (strcmp(query, "exit") == 0)
        exit(7);
    else if (strcmp(query, "err") == 0) {
        errno = ENOENT;
        err(3, "gave up at %d", 1);
    }
}

static void *serve(void *unused)
{
    FCGX_Request request;

    (void)unused;
    if (FCGX_InitRequest(&request, 0, 0) != 0)
        return NULL;
    while (FCGX_Accept_r(&request) == 0) {
        const char *query = FCGX_GetParam("QUERY_STRING", request.envp);

        die(query ? query : "");
        FCGX_FPrintF(request.out, "Content-Type: text/plain\r\n\r\nalive\n");
        FCGX_Finish_r(&request);
    }
    return NULL;
}

static void leave(int signal_number)
{
    (void)signal_number;
    _exit(42);
}

int main(int argc, char **argv)
{
    enum { THREAD_COUNT = 3 }; /* and the first one */
    pthread_t threads[THREAD_COUNT];

    (void)argv;
    if (argc > 1)
        signal(SIGSEGV, leave);
    if (FCGX_Init() != 0)
        return 1;
    for (int i = 0; i < THREAD_COUNT; i++)
        if (pthread_create(&threads[i], NULL, serve, NULL) != 0)
            return 1;
    serve(NULL); /* until SIGTERM, which comes to the first thread */
    return 0;
}
