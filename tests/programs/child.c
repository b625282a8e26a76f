/* A FastCGI program that answers with what a child of its own finds in LD_PRELOAD. */
#include <fcgiapp.h>
#include <stdio.h>

int main(void)
{
    FCGX_Request request;

    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        char text[4096] = "";
        FILE *child = popen("printf '%s' \"$LD_PRELOAD\"", "r");

        if (!child || !fgets(text, sizeof(text), child))
            text[0] = '\0';
        if (child)
            pclose(child);
        FCGX_FPrintF(request.out, "Content-Type: text/plain\r\n\r\n%s", text);
        FCGX_Finish_r(&request);
    }
    return 0;
}
