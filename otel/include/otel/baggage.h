/*
 * Baggage of the current request, as it came in. Read only: a program looks an entry up.
 *
 * Specification: W3C Baggage; baggage/api.md.
 */
#ifndef OTEL_BAGGAGE_H
#define OTEL_BAGGAGE_H

#include "otel/attribute.h"

/*
 * Copies the percent-decoded value of an entry and a NUL.
 * Returns its length, or -1 where there is none (out is then the empty string); a value of
 * size bytes or more is none, because half a value is a wrong value.
 */
OTEL_API int otel_baggage_get(struct otel_str name, char *out, size_t size);

#endif
