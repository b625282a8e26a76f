/*
 * A FastCGI program that tells a lot: below each request a span "many" of 5 attributes, 4 events
 * of 3 attributes each and 4 links of 3 attributes each, and a log record of 5 attributes; texts of
 * 26 letters. It answers with the headers that it would send to a service of its own.
 */
#include <fcgi_stdio.h>
#include <otel/log.h>
#include <otel/propagate.h>
#include <otel/span.h>
#include <string.h>

#define TEXT OTEL_STR("abcdefghijklmnopqrstuvwxyz")

int main(void)
{
    while (FCGI_Accept() >= 0) {
        const struct otel_attribute attributes[] = {
            otel_attribute_string(OTEL_KEY("a"), TEXT), otel_attribute_string(OTEL_KEY("b"), TEXT),
            otel_attribute_int(OTEL_KEY("c"), 3),       otel_attribute_int(OTEL_KEY("d"), 4),
            otel_attribute_int(OTEL_KEY("e"), 5),
        };
        struct otel_span *span = otel_span_start(OTEL_STR("many"), OTEL_SPAN_CLIENT);
        struct otel_context context = otel_span_context(span);
        char headers[OTEL_INJECT_SIZE];

        otel_span_set_string(span, attributes[0].key, TEXT);
        otel_span_set_string(span, attributes[1].key, TEXT);
        for (int i = 2; i < 5; i++)
            otel_span_set_int(span, attributes[i].key, i);
        for (int i = 0; i < 4; i++) {
            otel_span_add_event(span, OTEL_STR("event"), attributes, 3);
            otel_span_add_link(span, &context, attributes, 3);
        }
        otel_log(OTEL_SEVERITY_INFO, TEXT, attributes, 5);
        otel_inject(&context, headers, sizeof headers);
        otel_span_end(span);
        printf("Content-Type: text/plain\r\n\r\n");
        for (const char *header = headers; *header; header += strlen(header) + 1)
            printf("%s\n", header);
    }
    return 0;
}
