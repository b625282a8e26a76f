/*
 * What the launcher publishes for the status page. Each part begins with the sequence of its lock
 * (part.h), is written by the launcher alone and copied whole by its readers, who trust none of
 * it: the workers could have scribbled over it too.
 *
 *   view | routes (ten minutes by second) | the last requests
 */
#ifndef OTEL_SEGMENT_VIEW_H
#define OTEL_SEGMENT_VIEW_H

#include "segment/latency.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

enum {
    SEGMENT_TEXT_BYTES = 256,
    SEGMENT_ROUTE_COUNT = 8, /* the last place takes the routes that found none */
    SEGMENT_ROUTE_BYTES = 128,
    SEGMENT_SECOND_COUNT = 600,
    SEGMENT_SEEN_RECENT = 50, /* the last requests, whatever became of them */
    SEGMENT_SEEN_KEPT = 14,   /* the last that failed, so that others do not push them out */
    SEGMENT_SEEN_COUNT = SEGMENT_SEEN_RECENT + SEGMENT_SEEN_KEPT,
    SEGMENT_SEEN_SPANS = 16,
    SEGMENT_SEEN_LOGS = 6,
    SEGMENT_SETTING_COUNT = 32,
    SEGMENT_BACK_END_COUNT = 4,
};

#define SEGMENT_UNKNOWN UINT32_MAX

/* ended = exported + in_ring + queued + spooled + failed + dropped + sampled_out */
struct segment_books {
    uint64_t ended;
    uint64_t exported;
    uint64_t in_ring;
    uint64_t queued; /* waiting or on the way */
    uint64_t spooled;
    uint64_t failed;
    uint64_t dropped; /* by reason in the otel.sdk.* metrics */
    uint64_t sampled_out;
};

enum segment_origin {
    SEGMENT_ORIGIN_DEFAULT = 0,
    SEGMENT_ORIGIN_VARIABLE,
    SEGMENT_ORIGIN_OPTION,
    SEGMENT_ORIGIN_FILE,
    SEGMENT_ORIGIN_COUNT
};

/* A setting in force; what may be a secret is not told. */
struct segment_setting {
    uint32_t origin; /* enum segment_origin */
    char name[60];
    char value[128];
};

enum segment_answer { SEGMENT_NOT_ASKED = 0, SEGMENT_ANSWERS, SEGMENT_NO_ANSWER };

/* A back end that the launcher asks now and then. */
struct segment_back_end {
    uint32_t answer;  /* enum segment_answer */
    char name[20];    /* empty: none */
    char url[136];    /* where a person looks */
    char address[48]; /* numeric, of its last answer: who asks more needs to resolve no name */
    uint32_t port;
    uint32_t reserved;
    uint64_t answered_ns; /* wall clock of its last answer; 0: none */
};

struct segment_view {
    _Atomic uint32_t sequence;
    uint32_t workers_expected; /* most that were alive at once; 0: not known yet */
    uint32_t workers_live;
    uint32_t is_rolling;     /* a rolling restart is under way */
    uint64_t published_ns;   /* wall clock */
    uint64_t restarts;       /* workers replaced on request */
    uint64_t crashes;        /* workers that died by a signal or with a status other than 0 */
    uint64_t answers_cut;    /* requests cut by the 2 s limit of a restart */
    uint64_t last_export_ns; /* wall clock of the last batch that a receiver took; 0: none */
    struct segment_books spans;
    struct segment_books logs;
    char last_error[SEGMENT_TEXT_BYTES]; /* empty: none */
    uint64_t last_error_ns;
    uint32_t queue_now; /* connections that wait to be accepted; SEGMENT_UNKNOWN */
    uint32_t queue_limit;
    uint32_t cost_ppm; /* of one core, by the launcher, over the last seconds */
    uint32_t setting_count;
    uint64_t crash_ns; /* wall clock of the last request that died with its worker; 0: none */
    uint8_t crash_trace_id[16];
    char hooked[SEGMENT_TEXT_BYTES]; /* libraries of the workers that are observed */
    struct segment_setting settings[SEGMENT_SETTING_COUNT];
    struct segment_back_end back_ends[SEGMENT_BACK_END_COUNT];
};

struct segment_second {
    uint64_t second; /* wall clock; any other than the one looked for: nothing was measured */
    uint32_t count;
    uint32_t errors;
    uint16_t latency[LATENCY_COUNT]; /* latency.h; stays at its maximum */
};

/* One method and route, as http.server.request.duration tells them. */
struct segment_route {
    _Atomic uint32_t sequence;
    uint32_t is_used;
    uint64_t count; /* since the launcher began */
    uint64_t errors;
    uint64_t duration_ns;
    uint64_t latency[LATENCY_COUNT];
    char method[16];
    char route[SEGMENT_ROUTE_BYTES];                     /* empty: requests that had none */
    struct segment_second seconds[SEGMENT_SECOND_COUNT]; /* at second % SEGMENT_SECOND_COUNT */
};

struct segment_seen_span {
    uint64_t start_ns; /* wall clock */
    uint64_t duration_ns;
    uint8_t kind;   /* enum otel_span_kind */
    uint8_t status; /* enum otel_span_status */
    uint8_t reserved[6];
    char name[72];
    char attributes[288]; /* "key=value", a line each */
};

struct segment_seen_log {
    uint64_t time_ns;
    uint32_t severity;
    char text[244];
};

/* A finished request and what belongs to its trace. */
struct segment_seen {
    _Atomic uint32_t sequence;
    uint32_t status_code; /* 0: none was sent */
    uint64_t number;      /* grows with each request; 0: this place is empty */
    uint64_t start_ns;    /* wall clock */
    uint64_t duration_ns;
    uint8_t trace_id[16];
    uint8_t is_error;
    uint8_t is_crash; /* it died with its worker */
    uint8_t span_count;
    uint8_t log_count;
    uint16_t spans_total; /* below the SERVER span, those that found no place included */
    uint16_t logs_total;
    char method[16];
    char route[SEGMENT_ROUTE_BYTES];
    char path[192];
    char attributes[704];
    struct segment_seen_span spans[SEGMENT_SEEN_SPANS];
    struct segment_seen_log logs[SEGMENT_SEEN_LOGS];
    char exception_type[64];
    char exception_message[256];
    char exception_stack[3072];
};

#endif
