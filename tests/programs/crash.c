/* A FastCGI program that dies as QUERY_STRING says, in the middle of its answer. */
#include <err.h>
#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

static void die(const char *query)
{
    if (strcmp(query, "fault") == 0)
        fault();
    else if (strcmp(query, "overflow") == 0)
        overflow(0);
    else if (strcmp(query, "abort") == 0)
        abort();
    else if (strcmp(query, "signal") == 0)
        raise(SIGSEGV);
    else if (strcmp(query, "exit") == 0)
        exit(7);
    else if (strcmp(query, "err") == 0) {
        errno = ENOENT;
        err(3, "gave up at %d", 1);
    }
}

int main(void)
{
    FCGX_Request request;

    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        const char *query = FCGX_GetParam("QUERY_STRING", request.envp);

        die(query ? query : "");
        FCGX_FPrintF(request.out, "Content-Type: text/plain\r\n\r\nalive\n");
        FCGX_Finish_r(&request);
    }
    return 0;
}
