/*
 * W3C Baggage: kept with the request as it came in, and looked up on demand.
 *
 * Specification: W3C Baggage; values are percent-encoded UTF-8, keys are taken as they are.
 */
#ifndef OTEL_RECORD_PROPAGATE_BAGGAGE_H
#define OTEL_RECORD_PROPAGATE_BAGGAGE_H

#include "record/propagate.h"

/*
 * Appends the members of a header to a list of `used` bytes, a comma between. Only whole
 * members; *is_cut when some did not fit. Returns the bytes then used.
 */
size_t baggage_append(char *list, size_t size, size_t used, struct otel_str header, bool *is_cut);

/* As otel_baggage_get, on a list. */
int baggage_find(struct otel_str list, struct otel_str name, char *out, size_t size);

/* The byte at *at, percent-decoded; a percent sign without two digits is itself. */
char percent_byte_next(struct otel_str text, size_t *at);

/*
 * Formats that have a header per entry. In: parameters that begin with `prefix`; a FastCGI
 * parameter has lost its header's spelling, so the name becomes lower case with dashes. Out: the
 * name behind `prefix`, when it can stand in a header's name. Properties of entries are not told.
 * Values are percent-encoded in the header, or as they are.
 */
void baggage_extract_prefixed(const struct incoming *incoming, struct otel_str prefix,
                              bool is_encoded, struct propagated *out);
void baggage_inject_prefixed(const struct outgoing *outgoing, struct otel_str prefix,
                             bool is_encoded, struct header_list *out);

#endif
