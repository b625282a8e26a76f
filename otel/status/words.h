/* Figures and attributes as people say them. */
#ifndef OTEL_STATUS_WORDS_H
#define OTEL_STATUS_WORDS_H

#include "base/buf.h"

/* "0.4 s", "12 s", "14 min", "2 h 14 min", "3 d". */
void words_age(uint64_t ns, struct buf *out);

/* Milliseconds for a column: "0.08", "1.92", "22.4", "413". */
void words_ms(uint64_t ns, struct buf *out);

/* "4.6 MB"; negative: "-". */
void words_bytes(int64_t bytes, struct buf *out);

/* Digits in groups of three, a thin space between. */
void words_count(uint64_t count, struct buf *out);

/*
 * What matters of "key=value" lines, as one line: "100 rows, committed with 7 others". Keys that
 * have no words of their own are named. Not escaped.
 */
void words_attributes(const char *attributes, struct buf *out);

/* "TRACE", "INFO", … of a severity number. Never NULL. */
const char *words_severity(unsigned severity);

#endif
