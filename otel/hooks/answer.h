/*
 * What a program answers, read off the FastCGI records that it writes: the status, the response
 * headers and the lines of its error stream. One object per descriptor; pieces may be cut
 * anywhere. Parsing of the response stops at the end of its header.
 *
 * Pure: no descriptor is touched, no memory allocated.
 *
 * Specification: FastCGI 3.3 "Records"; RFC 3875 6 "CGI Response".
 */
#ifndef OTEL_HOOKS_ANSWER_H
#define OTEL_HOOKS_ANSWER_H

#include "otel/attribute.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_LINE_BYTES 1024 /* one response header; what is longer is cut */

/* What is told while pieces are fed; each may be NULL when nobody wants it. */
struct answer_events {
    void (*status)(void *user, int status_code); /* once, at the end of the header */
    void (*header)(void *user, struct otel_str name, struct otel_str value);
    void (*error_text)(void *user, struct otel_str text); /* as written, cut anywhere */
};

struct answer {
    uint32_t content_left; /* of the record under way */
    uint32_t padding_left;
    uint8_t header[8]; /* of the next record */
    uint8_t header_used;
    uint8_t type;
    bool is_header_over; /* of the response */
    bool has_location;
    int status_code;   /* 0: no Status line so far */
    size_t seen_ahead; /* bytes fed that the program will write again */
    uint16_t line_length;
    char line[ANSWER_LINE_BYTES];
};

void answer_init(struct answer *answer);

/* The next bytes that the program hands to the descriptor, before it is known how many pass. */
void answer_feed(struct answer *answer, const void *bytes, size_t length,
                 const struct answer_events *events, void *user);

/*
 * How many of the `length` bytes just fed the descriptor took: the program will offer the rest
 * again, and answer_feed skips it then. A failure (negative) is not repeated.
 */
void answer_written(struct answer *answer, size_t length, long long written);

#endif
