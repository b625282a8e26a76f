/* A FastCGI program that answers with the LD_PRELOAD that a child of its own would get. */
#include <fcgiapp.h>
#include <stdlib.h>

int main(void)
{
    FCGX_Request request;

    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        const char *preload = getenv("LD_PRELOAD");

        FCGX_FPrintF(request.out, "Content-Type: text/plain\r\n\r\n%s", preload ? preload : "");
        FCGX_Finish_r(&request);
    }
    return 0;
}
