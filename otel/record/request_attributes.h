/*
 * What the FastCGI parameters say, as the attributes of the HTTP conventions.
 *
 * Specification: semantic-conventions/http "HTTP server span".
 */
#ifndef OTEL_RECORD_REQUEST_ATTRIBUTES_H
#define OTEL_RECORD_REQUEST_ATTRIBUTES_H

#include "record/params.h"
#include "segment/place.h"

/* The facts that metrics need too: method, scheme, protocol version, route. */
void request_facts_read(struct segment_request *request, const struct params *params);

/* The attributes of the span that come from the parameters. */
void request_attributes_put(const struct segment_request *request, const struct params *params,
                            const struct record_place *place);

/* A method's text, _OTHER included; "HTTP" in a span's name. */
struct otel_str request_method_text(const struct segment_request *request);
struct otel_str request_scheme_text(const struct segment_request *request);

/* "{method} {route}" or "{method}"; returns its length. */
#define REQUEST_NAME_SIZE 160
size_t request_name_write(const struct segment_request *request, char out[REQUEST_NAME_SIZE]);

/* Text fields of the segment, which hold a NUL unless somebody scribbled. */
struct otel_str request_route_text(const struct segment_request *request);

#endif
