/*
 * A FastCGI program of the oldest kind, which knows nothing of telemetry: FCGI_Accept and printf.
 * QUERY_STRING is the status to answer with (none: no Status line), "location", "nothing" (no
 * byte at all) or "long" (a body of many records).
 */
#include <fcgi_stdio.h>
#include <stdlib.h>
#include <string.h>

static void answer_long(void)
{
    enum { LINES = 5000 };

    printf("Status: 201 Created\r\nX-Kind: long\r\nContent-Type: text/plain\r\n\r\n");
    for (int i = 0; i < LINES; i++)
        printf("line %d of a body that needs many records\n", i);
}

int main(void)
{
    while (FCGI_Accept() >= 0) {
        const char *query = getenv("QUERY_STRING");

        if (!query)
            query = "";
        if (strcmp(query, "nothing") == 0)
            continue;
        if (strcmp(query, "long") == 0) {
            answer_long();
        } else if (strcmp(query, "location") == 0) {
            printf("Location: http://127.0.0.1/there\r\n\r\n");
        } else {
            if (*query)
                printf("Status: %s As asked\r\n", query);
            printf("X-Kind: plain\r\nContent-Type: text/plain\r\n\r\nhello\n");
        }
    }
    return 0;
}
