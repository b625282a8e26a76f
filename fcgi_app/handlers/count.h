/* The count of /board/{count}. */
#ifndef BOARD_HANDLERS_COUNT_H
#define BOARD_HANDLERS_COUNT_H

#include "otel/attribute.h"

/* ASCII digits to a number. False above 2^63-1, whatever zeros stand before it. */
bool count_parse(struct otel_str digits, int64_t *out);

#endif
