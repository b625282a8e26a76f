/* The query string as an attribute may show it. */
#ifndef OTEL_RECORD_QUERY_H
#define OTEL_RECORD_QUERY_H

#include "otel/attribute.h"

/*
 * Copies a query string and puts REDACTED in the place of the values that semantic-conventions
 * "url.query" lists as secret. Returns the length; what does not fit in `size` is cut at a
 * character, and *is_cut says so.
 */
size_t query_redact(struct otel_str query, char *out, size_t size, bool *is_cut);

#endif
