/*
 * The known request methods by number: the recorder writes the number into an open request, the
 * launcher counts open requests by it. The texts stand in the segment, because which methods are
 * known is an option; 0 is the place of all others. Specification: http.request.method, whose
 * fallback for a method outside the list is _OTHER.
 */
#ifndef OTEL_SEGMENT_METHOD_H
#define OTEL_SEGMENT_METHOD_H

#include "segment/layout.h"

#define SEGMENT_METHOD_OTHER 0
#define SEGMENT_METHOD_OTHER_TEXT "_OTHER"
#define SEGMENT_METHODS_DEFAULT "GET,HEAD,POST,PUT,DELETE,CONNECT,OPTIONS,TRACE,PATCH,QUERY"

/* The number of a method; 0 for one that is not known. */
uint16_t segment_method_find(const struct segment_config *config, const char *text, size_t length);

/* Its text, as long as *out_length; _OTHER where the number says nothing. */
const char *segment_method_text(const struct segment_config *config, uint16_t number,
                                size_t *out_length);

/* The known methods, a comma between, which are numbered from 1 on; what is empty, too long or too
 * many is left out, and counted. */
unsigned segment_methods_set(struct segment_config *config, const char *list);

#endif
