/*
 * url.full: an absolute URL without what must not be recorded. Credentials become
 * REDACTED:REDACTED@, the values of the query keys that carry signatures REDACTED; the fragment
 * stays. Specification: semantic-conventions, registry, url.full.
 */
#ifndef OTEL_HOOKS_URL_FULL_H
#define OTEL_HOOKS_URL_FULL_H

#include <stddef.h>

/* Writes at most size bytes, without a NUL; gives how many. What does not fit is cut. */
size_t url_full_write(const char *url, char *out, size_t size);

#endif
