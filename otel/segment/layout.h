/*
 * The segment: one mapped file per pool, on tmpfs, by which workers hand their telemetry to the
 * launcher. Workers write, the launcher reads and writes, the status page reads.
 *
 *   header | instruments | slots (one per worker thread) | open requests | view (view.h)
 *
 * Who may write what stands at each field. Nothing in here is a pointer, and the launcher takes
 * none of it for granted: a worker that scribbles must not harm it (check.h).
 *
 * The file's size is fixed; pages that nobody touched cost nothing.
 */
#ifndef OTEL_SEGMENT_LAYOUT_H
#define OTEL_SEGMENT_LAYOUT_H

#include "segment/record.h"
#include "segment/view.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGMENT_MAGIC UINT64_C(0x31746e656d676573) /* "segment1" */
#define SEGMENT_VERSION 5

enum {
    SEGMENT_SLOT_COUNT = 64,      /* threads that record, spares for unharvested dead included */
    SEGMENT_REQUEST_COUNT = 1024, /* requests open at once, parked ones included */
    SEGMENT_INSTRUMENT_COUNT = 128,
    SEGMENT_DEATH_COUNT = 64,     /* deaths noted and not yet read by the launcher */
    SEGMENT_OPEN_SPAN_COUNT = 16, /* spans open at once on one thread, below the SERVER span */
    SEGMENT_RING_BYTES = 1 << 20, /* power of two */
    SEGMENT_OPEN_SPAN_BYTES = 2048,
    SEGMENT_REQUEST_BYTES = 8192, /* the SERVER span under construction */
    SEGMENT_POOL_BYTES = 64,
    SEGMENT_HEADERS_BYTES = 1024,
    SEGMENT_METHOD_COUNT = 32, /* known request methods, the others' place included */
    SEGMENT_METHOD_BYTES = 16,
    SEGMENT_STACK_FRAMES = 64,
    SEGMENT_MODULE_COUNT = 32,       /* loaded files of a process that are told */
    SEGMENT_MODULE_PATH_BYTES = 200, /* a longer path is not told */
};

/* --- configuration of the recorder: written by the launcher before the program starts ------ */

enum segment_sampler {
    SEGMENT_SAMPLER_ALWAYS_ON = 0,
    SEGMENT_SAMPLER_ALWAYS_OFF,
    SEGMENT_SAMPLER_RATIO
};

/* Whose child a span is: the cases of ParentBased. */
enum segment_parent {
    SEGMENT_PARENT_NONE = 0,
    SEGMENT_PARENT_REMOTE_SAMPLED,
    SEGMENT_PARENT_REMOTE_NOT_SAMPLED,
    SEGMENT_PARENT_LOCAL_SAMPLED,
    SEGMENT_PARENT_LOCAL_NOT_SAMPLED,
    SEGMENT_PARENT_COUNT
};

struct segment_sampler_rule {
    uint64_t bound;  /* ratio: sampled when the trace id's low 64 bits are below it */
    uint8_t sampler; /* enum segment_sampler */
    uint8_t reserved[7];
};

/* A sampler that does not look at the parent has the same rule in all places. */
struct segment_sampling {
    struct segment_sampler_rule rules[SEGMENT_PARENT_COUNT];
};

enum segment_propagator {
    SEGMENT_PROPAGATOR_NONE = 0, /* ends a list */
    SEGMENT_PROPAGATOR_TRACECONTEXT,
    SEGMENT_PROPAGATOR_BAGGAGE,
    SEGMENT_PROPAGATOR_B3,
    SEGMENT_PROPAGATOR_B3MULTI,
    SEGMENT_PROPAGATOR_JAEGER,
    SEGMENT_PROPAGATOR_XRAY,
    SEGMENT_PROPAGATOR_OTTRACE,
    SEGMENT_PROPAGATOR_COUNT
};

enum segment_id_generator { SEGMENT_ID_RANDOM = 0, SEGMENT_ID_XRAY };

enum segment_disabled { /* bits: instrumentations that the user switched off */
                        SEGMENT_DISABLED_FCGI = 1 << 0,
                        SEGMENT_DISABLED_SQLITE = 1 << 1,
                        SEGMENT_DISABLED_CURL = 1 << 2,
                        SEGMENT_DISABLED_STDERR = 1 << 3,
                        SEGMENT_DISABLED_SYSLOG = 1 << 4,
                        SEGMENT_DISABLED_CRASH = 1 << 5,
};

struct segment_config {
    uint8_t records_traces; /* false: exporter "none" or the SDK is disabled */
    uint8_t records_metrics;
    uint8_t records_logs;
    uint8_t captures_stderr; /* OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED; syslog too */
    uint8_t id_generator;    /* enum segment_id_generator */
    uint8_t reserved[3];
    uint32_t disabled; /* enum segment_disabled, or-ed */
    uint32_t more_reserved;
    uint8_t propagators[SEGMENT_PROPAGATOR_COUNT]; /* enum segment_propagator, in their order */
    struct segment_sampling sampling;
    /* Lower case, comma between, NUL at the end; a value whose name has a "=" behind it is not
     * shown. */
    char request_headers[SEGMENT_HEADERS_BYTES];
    char response_headers[SEGMENT_HEADERS_BYTES];
    char methods[SEGMENT_METHOD_COUNT][SEGMENT_METHOD_BYTES]; /* see method.h */
};

/* --- header ----------------------------------------------------------------------------------- */

/* A process of the program that some process of the program has reaped (hooks/wait.c). */
struct segment_death {
    _Atomic uint32_t sequence; /* 1 + number of this death, written last, with release; the launcher
                                * puts 0 once it has acted upon it: who follows it need not */
    int32_t pid;
    int32_t status;     /* as wait(2) gives it */
    int32_t reaper_pid; /* who says so */
    uint64_t time_ns;   /* wall clock, of the reaping */
};

struct segment_header {
    uint64_t magic;
    uint32_t version;
    uint32_t header_bytes; /* sizeof(struct segment): a reader built otherwise refuses */
    uint64_t created_ns;   /* wall clock */
    char pool[SEGMENT_POOL_BYTES];
    struct segment_config config;

    /* Written by the launcher, for who looks. The program is the process that began at
     * program_start_ticks (/proc/PID/stat, field 22). A new launcher goes by its own ledger. */
    _Atomic int32_t launcher_pid;
    _Atomic int32_t program_pid;
    _Atomic uint64_t program_start_ticks;
    _Atomic uint64_t heartbeat_ns; /* monotonic; at least once a second */
    /* Written by whoever reads the view: what nobody reads is published less often. */
    _Atomic uint64_t reader_ns; /* monotonic; 0: nobody yet */

    /* Written by whoever reaps, many at once: take a number, fill the place, publish it. */
    _Atomic uint32_t death_count;
    struct segment_death deaths[SEGMENT_DEATH_COUNT];

    /* Grows after each claim of a slot, so that the launcher need not look at all of them to find
     * those in use: they lie far apart in memory. */
    _Atomic uint32_t slot_claims;
    uint32_t reserved;

    /* Drops that have no slot to count them. A log record counts here as emitted and dropped;
     * a span was never started and is outside the books. */
    _Atomic uint64_t no_slot_spans; /* of threads without a slot, or from signal handlers */
    _Atomic uint64_t no_slot_logs;
    _Atomic uint64_t no_request_drops;    /* requests not observed: the table was full */
    _Atomic uint64_t no_instrument_drops; /* instruments refused */
};

/* --- instruments ------------------------------------------------------------------------------ */

enum segment_instrument_state {
    SEGMENT_INSTRUMENT_FREE = 0,
    SEGMENT_INSTRUMENT_FILLING,
    SEGMENT_INSTRUMENT_READY
};

/* Claimed by compare-and-swap, filled, published with release; never changed afterwards. */
struct segment_instrument {
    _Atomic uint32_t state;
    uint8_t kind; /* enum otel_instrument_kind */
    uint8_t scope;
    uint8_t bounds_count;
    uint8_t has_bounds; /* false: the default bounds */
    char name[128];
    char unit[32];
    char description[256];
    double bounds[24];
};

/* --- slots ------------------------------------------------------------------------------------ */

enum segment_slot_state {
    SEGMENT_SLOT_FREE = 0, /* worker: FREE -> CLAIMED by compare-and-swap */
    SEGMENT_SLOT_CLAIMED,
    SEGMENT_SLOT_LEFT, /* its thread ended; the launcher drains the rest, then frees it */
};

/* Cumulative, written by the slot's producer alone, read by anybody; never reset, also not when
 * the slot changes hands. A span counts as ended at its first end, by whichever thread ends it;
 * one that the launcher ends for a dead worker is counted by the launcher. Spans that were never
 * started (not_started), spans of suppressed requests and spans that a fork forgot in the child
 * are outside the books. */
struct segment_counters {
    _Atomic uint64_t spans_ended; /* all that ended, sampled out and dropped ones included */
    _Atomic uint64_t spans_sampled_out;
    _Atomic uint64_t spans_dropped;     /* ended and lost: no room in the ring */
    _Atomic uint64_t spans_not_started; /* too many open on one thread */
    _Atomic uint64_t logs_emitted;      /* all, dropped ones included */
    _Atomic uint64_t logs_dropped;
    _Atomic uint64_t measurements_dropped;
    _Atomic uint64_t values_cut; /* texts shortened or attributes that did not fit */
};

/* Written by the dying thread's signal handler; `is_set` last. */
struct segment_crash {
    _Atomic uint32_t is_set;
    int32_t signal;
    int32_t code;
    uint32_t frame_count;
    uint64_t address;
    uint64_t time_ns;
    uint64_t frames[SEGMENT_STACK_FRAMES];
};

/* Code of a program or library, as it is mapped. */
struct segment_module {
    uint64_t start;
    uint64_t end;
    uint64_t offset; /* in the file */
    uint64_t inode;
    char path[SEGMENT_MODULE_PATH_BYTES]; /* absolute */
};

/*
 * What the owner of a slot had loaded when it claimed the slot: the stack of a process that died
 * before the launcher had a look at it is read by this. Written at the claim, by the owner.
 */
struct segment_modules {
    _Atomic uint32_t count; /* written last */
    int32_t pid;
    struct segment_module all[SEGMENT_MODULE_COUNT];
};

struct segment_open_span {
    _Atomic uint32_t used; /* bytes of the record that are complete; 0: this place is free */
    uint32_t reserved;
    alignas(8) uint8_t bytes[SEGMENT_OPEN_SPAN_BYTES]; /* struct record_span and items */
};

struct segment_slot {
    _Atomic uint32_t state; /* enum segment_slot_state */
    _Atomic int32_t pid;
    _Atomic int32_t tid;
    _Atomic uint32_t activity;          /* enum otel_activity */
    _Atomic uint64_t activity_since_ns; /* monotonic */
    _Atomic uint32_t activity_request;  /* 1 + place in the table of open requests, 0: none */
    uint32_t reserved;
    uint64_t random[4]; /* state of the id generator; the producer's */
    struct segment_counters counters;
    struct segment_crash crash;
    struct segment_modules modules;
    struct segment_open_span open_spans[SEGMENT_OPEN_SPAN_COUNT];
    /* Single-producer single-consumer ring of records. Offsets only grow; place = offset modulo
     * the ring's size. Each on a cache line of its own. */
    alignas(64) _Atomic uint64_t head; /* producer: bytes written */
    alignas(64) _Atomic uint64_t tail; /* launcher: bytes consumed */
    alignas(64) uint8_t ring[SEGMENT_RING_BYTES];
};

/* --- open requests ---------------------------------------------------------------------------- */

enum segment_request_state {
    SEGMENT_REQUEST_FREE = 0, /* worker: FREE -> OPENING by compare-and-swap, then OPEN */
    SEGMENT_REQUEST_OPENING,
    SEGMENT_REQUEST_OPEN, /* worker or, for a dead worker, launcher: back to FREE */
};

/*
 * One request between accept and its end. It belongs to the request, not to a thread: whoever
 * holds the request may write, one at a time (the program's own hand-over orders that). The
 * place is found by hashing the process and the request's address, so the end needs no search.
 */
struct segment_request {
    _Atomic uint32_t state;
    _Atomic uint32_t generation; /* grows with each claim */
    _Atomic int32_t pid;
    uint16_t status_code;    /* 0: not known */
    uint16_t method;         /* enum segment_method (method.h) */
    _Atomic uint64_t key;    /* address of the FCGX_Request in its process */
    uint64_t started_ns;     /* monotonic */
    int64_t clock_offset_ns; /* wall minus monotonic */
    uint8_t is_sampled;
    uint8_t is_suppressed; /* page polling: no span, no metric, not listed */
    uint8_t is_https;
    uint8_t is_status_final;    /* the program said its status; what a hook reads is ignored */
    char protocol_version[4];   /* "1.1", "2" */
    char route[128];            /* empty: none */
    char error_type[64];        /* empty: none */
    _Atomic uint32_t used;      /* bytes of the record that are complete; 0: not sampled */
    uint16_t baggage_bytes;     /* at the end of `bytes`, in the form of W3C Baggage */
    uint16_t trace_state_bytes; /* in front of it, in the form of W3C tracestate */
    uint8_t is_debug;           /* the caller wants this trace whatever samplers say */
    uint8_t reserved[7];
    alignas(8) uint8_t bytes[SEGMENT_REQUEST_BYTES]; /* struct record_span and items */
};

/* --- the whole ----------------------------------------------------------------------------------
 */

struct segment {
    struct segment_header header;
    struct segment_instrument instruments[SEGMENT_INSTRUMENT_COUNT];
    alignas(64) struct segment_slot slots[SEGMENT_SLOT_COUNT];
    alignas(64) struct segment_request requests[SEGMENT_REQUEST_COUNT];
    alignas(64) struct segment_view view;
    alignas(64) struct segment_route routes[SEGMENT_ROUTE_COUNT];
    alignas(64) struct segment_seen seen[SEGMENT_SEEN_COUNT]; /* the recent, then the kept ones */
};

/* The environment variable that tells the program's processes where the segment is. */
#define SEGMENT_ENVIRONMENT "OTEL_SEGMENT"

#endif
