/*
 * The records that the launcher writes for the dead: the spans that were open, how long the
 * request had taken, and the log record that says how it died. Everything is made of private
 * copies and checked like a worker's own record.
 */
#ifndef OTEL_AGENT_OBITUARY_H
#define OTEL_AGENT_OBITUARY_H

#include "base/buf.h"
#include "segment/layout.h"

enum { OBITUARY_TEXT_BYTES = 128 };

struct obituary_death {
    int32_t pid;
    int32_t status;   /* as wait(2) gives it */
    bool is_known;    /* false: nobody told the status */
    bool is_told;     /* it was asked to leave */
    bool is_cut;      /* killed by the launcher because it did not leave in time */
    unsigned reading; /* threads that had taken up a connection and not yet begun its request: what
                       * was not read has no trace, so no span tells of it */
    uint64_t time_ns; /* wall clock; 0: now */
};

struct obituary {
    size_t size; /* 0: there is nothing to tell */
    alignas(8) uint8_t record[RECORD_BYTES_MAX];
};

/* Where it died, as far as its own signal handler could tell. */
struct obituary_scene {
    const struct segment_crash *crash;
    const struct buf *stack;               /* one frame per line */
    const struct segment_request *request; /* NULL: outside any */
    int32_t tid;
};

/* By a signal, or with a status other than 0; not by the signal that asked it to leave. */
bool obituary_is_bad(const struct obituary_death *death);

/* "killed by SIGSEGV", "exit status 3", "status not known". */
void obituary_describe(const struct obituary_death *death, char out[OBITUARY_TEXT_BYTES]);

/* From a crash area that is set: the time, and the signal where the status is not known. */
void obituary_learn(struct obituary_death *death, const struct segment_crash *crash);

/* Each returns false, with size 0, when there is no such record. config: names of methods. */
bool obituary_request_span(struct obituary *obituary, const struct segment_request *request,
                           const struct segment_config *config, const struct obituary_death *death);
bool obituary_open_span(struct obituary *obituary, const struct segment_open_span *span,
                        const struct obituary_death *death);
bool obituary_request_duration(struct obituary *obituary, const struct segment_request *request,
                               const struct segment_config *config, uint16_t instrument,
                               const struct obituary_death *death);

/* scene may be NULL: it left no trace of its own. */
void obituary_log(struct obituary *obituary, const struct obituary_death *death,
                  const struct obituary_scene *scene);

#endif
