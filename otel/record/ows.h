/* Optional white space of HTTP headers. */
#ifndef OTEL_RECORD_OWS_H
#define OTEL_RECORD_OWS_H

#include "otel/attribute.h"

/* The text without the spaces and tabs at its ends. */
static inline struct otel_str ows_trim(struct otel_str text)
{
    while (text.length && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.length--;
    }
    while (text.length && (text.data[text.length - 1] == ' ' || text.data[text.length - 1] == '\t'))
        text.length--;
    return text;
}

#endif
