/*
 * The headers that the configuration asks for, and how they become attributes: an array of
 * strings under http.request.header.<name>, the name as it was configured.
 *
 * A FastCGI parameter has lost the header's spelling: HTTP_X_A may have been x-a or x_a. Both
 * configured names match it.
 */
#ifndef OTEL_RECORD_HEADERS_H
#define OTEL_RECORD_HEADERS_H

#include "otel/attribute.h"
#include "segment/place.h"

#define HEADER_NAMES_MAX 64

struct header_names {
    uint16_t count;
    uint16_t lengths[HEADER_NAMES_MAX];
    uint16_t offsets[HEADER_NAMES_MAX];
    bool is_secret[HEADER_NAMES_MAX]; /* "[REDACTED]" stands for the value */
    char text[SEGMENT_HEADERS_BYTES]; /* lower case */
};

/* A comma between names, "=" behind a secret one's; spaces around them are not theirs. */
void header_names_parse(struct header_names *out, const char *list, size_t list_size);

/* Puts every request header that is asked for; returns how many were cut or found no room. */
size_t headers_request_put(const struct header_names *names, char *const *params,
                           const struct record_place *place);

/* Which of them a header is, in any case; -1: none. */
int header_names_find(const struct header_names *names, struct otel_str name);

/* Puts that response header, behind what came under its name before; returns as above. */
size_t headers_response_put(const struct header_names *names, int which, struct otel_str value,
                            const struct record_place *place);

#endif
