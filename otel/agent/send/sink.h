/*
 * Where a body goes: one interface for HTTP, files and the console. A sink carries one body at a
 * time and knows nothing of what is in it; whether and when to try again is decided by whoever
 * holds the body (retry.h).
 */
#ifndef OTEL_AGENT_SEND_SINK_H
#define OTEL_AGENT_SEND_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum send_verdict {
    SEND_TAKEN = 0, /* the receiver has it; `answer` may still refuse a part */
    SEND_RETRY,     /* not now: worth another attempt */
    SEND_REFUSED,   /* never: an attempt with the same body would end the same way */
};

enum send_answer_format { SEND_ANSWER_NONE = 0, SEND_ANSWER_JSON, SEND_ANSWER_PROTOBUF };

enum { SEND_MESSAGE_BYTES = 512, SEND_ERROR_TYPE_BYTES = 32, SEND_ANSWER_BYTES = 16384 };

struct send_result {
    enum send_verdict verdict;
    bool is_unreachable;                    /* nothing answered at all */
    bool is_unanswered;                     /* it may have been taken: the answer did not come */
    uint64_t retry_after_ns;                /* what the receiver asked for; 0: nothing */
    char error_type[SEND_ERROR_TYPE_BYTES]; /* low cardinality: "503", "timeout"; empty: none */
    char message[SEND_MESSAGE_BYTES];       /* what happened, where, and what to do */
    enum send_answer_format answer_format;  /* NONE: it is of another format, or cut short */
    const char *answer;                     /* the answer's body; valid until the next start */
    size_t answer_length;
};

struct sink;

struct sink_operations {
    /* Begins to send. The body stays where it is until the result was taken or aborted. */
    void (*start)(struct sink *sink, const char *body, size_t length, uint32_t timeout_ms);
    /* True once, when what was started has ended. */
    bool (*take)(struct sink *sink, struct send_result *out);
    void (*abort)(struct sink *sink);
    void (*destroy)(struct sink *sink);
};

/* The first member of every sink. */
struct sink {
    const struct sink_operations *operations;
    const char *address; /* host and port of the receiver; "" and 0: none */
    uint16_t port;
};

#endif
