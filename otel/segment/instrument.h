/* The table of instruments: filled by workers, read by the launcher. */
#ifndef OTEL_SEGMENT_INSTRUMENT_H
#define OTEL_SEGMENT_INSTRUMENT_H

#include "segment/layout.h"

/* A definition to be; texts are terminated and fit their fields. */
struct instrument_source {
    uint8_t kind; /* enum otel_instrument_kind */
    uint8_t scope;
    const char *name;
    const char *unit;
    const char *description;
    const double *bounds; /* NULL: the default bounds */
    size_t bounds_count;
};

/*
 * The instrument of that name, in whatever case; made when there is none. NULL when the table is
 * full. Threads: any number, in any number of processes; an entry whose maker died in the middle
 * is waited for only so long, then passed over.
 */
struct segment_instrument *instrument_claim(struct segment *segment,
                                            const struct instrument_source *source);

#endif
