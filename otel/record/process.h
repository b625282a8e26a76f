/*
 * What the recorder knows about its process: the mapped segment, or that there is none. Set up
 * by a constructor before main; a forked child keeps the mapping and gets a pid of its own.
 */
#ifndef OTEL_RECORD_PROCESS_H
#define OTEL_RECORD_PROCESS_H

#include "record/headers.h"
#include "segment/layout.h"

/* Written at start and in a forked child only, by its one thread; read by all. */
struct record_process {
    struct segment *segment; /* NULL: off */
    int32_t pid;
    struct header_names request_headers;
    struct header_names response_headers;
};

extern struct record_process record_process;

/* What the constructor does with the segment of the environment; tests bring one of their own.
 * False, with one line on stderr, when the process has no room for thread state. */
bool record_process_start(struct segment *segment);

/* For tests: off again; the segment stays the caller's. */
void record_process_stop(void);

#endif
