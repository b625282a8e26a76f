/*
 * From program counters to text: which file is mapped there (/proc/PID/maps, kept from the time
 * when the process lived, so that the stack of a dead one can still be read), and what that file
 * says about the place (module.h). One that died before anybody looked is read by what
 * it told in the segment.
 *
 * Bounded: processes, mappings and files each have a limit; past it frames stay numbers.
 */
#ifndef OTEL_AGENT_SYMBOLS_H
#define OTEL_AGENT_SYMBOLS_H

#include "base/buf.h"
#include "segment/layout.h"

struct symbols;

/* Whose stack it is. */
struct symbols_owner {
    int32_t pid; /* 0: nobody known */
    /* What it said of itself, for a process that died before it was learnt; untrusted, in the
     * segment. NULL: nothing. */
    const struct segment_modules *modules;
};

struct symbols *symbols_create(void); /* NULL when there is no memory */
void symbols_destroy(struct symbols *symbols);

/* Remembers what is mapped in a process, once; symbols_forget lets go of it. */
void symbols_learn(struct symbols *symbols, int32_t pid);
void symbols_forget(struct symbols *symbols, int32_t pid);

/*
 * One line per frame, "  at function (file:line)", innermost first. is_exact: the first frame is
 * an instruction of its own (a fault), not a return address.
 */
void symbols_stack_text(struct symbols *symbols, const struct symbols_owner *owner,
                        const uint64_t *frames, size_t count, bool is_exact, struct buf *out);

/*
 * Replaces a checked record's stack by the attribute exception.stacktrace (in a span: of the
 * event before it), cut at a line where it does not fit. Returns the record's new size.
 */
size_t symbols_resolve(struct symbols *symbols, const struct symbols_owner *owner,
                       uint8_t record[RECORD_BYTES_MAX], size_t size);

#endif
