/*
 * One exporter: takes the next body from a source, hands it to a sink, and tries again as the
 * protocol allows. One body at a time, so an export never overlaps the one before. It knows
 * neither the signal nor the transport.
 *
 *   idle -> sending -> idle                     taken, or refused for good
 *           sending -> waiting -> sending …     worth another attempt
 *           waiting -> idle                     given up, to make room for newer ones, or put
 *                                               back to where it came from; the back-off goes on
 *
 * Memory: one body of at most EXPORTER_BODY_MAX, kept between exports up to EXPORTER_BODY_KEPT.
 */
#ifndef OTEL_AGENT_EXPORTER_H
#define OTEL_AGENT_EXPORTER_H

#include "agent/sdk/self.h"
#include "agent/send/retry.h"
#include "agent/send/sink.h"
#include "base/buf.h"

enum {
    EXPORTER_BODY_MAX = 64 * 1024 * 1024, /* OTLP's limit of a request, before compression */
    EXPORTER_BODY_KEPT = 2 * 1024 * 1024,
};

/* Writes the next body and returns how many items are in it; 0: there is nothing to send. */
typedef uint32_t (*exporter_fill_fn)(void *source, struct buf *body);

/* What waits behind the body, for the message of an outage. */
struct exporter_backlog {
    uint32_t held;
    uint32_t capacity;
    uint64_t on_disk;
};
typedef void (*exporter_waiting_fn)(const void *source, struct exporter_backlog *out);

/* The items of the body are accounted for: taken, refused or given up. */
typedef void (*exporter_settled_fn)(void *source);

/* Takes the body's items back, to be filled in another time; false: it cannot. `is_doubtful`: the
 * receiver may have them, its answer did not come. */
typedef bool (*exporter_put_back_fn)(void *source, bool is_doubtful);

/* A body is taken or refused, so long after it was first handed to the sink; error_type: "" when
 * all of it was taken. */
struct exporter;
typedef void (*exporter_timed_fn)(void *user, const struct exporter *exporter, uint64_t duration_ns,
                                  const char *error_type);

enum exporter_state { EXPORTER_IDLE = 0, EXPORTER_SENDING, EXPORTER_WAITING };

struct exporter {
    const char *type; /* otel.component.type */
    enum self_item item;
    struct sink *sink; /* owned */
    exporter_fill_fn fill;
    exporter_waiting_fn waiting;   /* NULL: there is no queue */
    exporter_settled_fn settled;   /* NULL: nobody asks */
    exporter_put_back_fn put_back; /* NULL: what cannot be sent has failed */
    void *source;
    exporter_timed_fn timed; /* NULL: nobody asks */
    void *timed_user;
    uint32_t timeout_ms; /* of one attempt; 0: none */

    enum exporter_state state;
    struct retry retry;
    struct buf body;
    uint64_t started_ns;  /* monotonic: when the body was first sent */
    uint32_t item_count;  /* in the body */
    bool is_doubtful;     /* what is in the body may have been taken by an attempt before */
    bool is_last_attempt; /* the pipeline ends: no more attempts after this one */

    uint64_t exported;
    uint64_t failed;
    uint64_t repeated;       /* exported, and the receiver may have them twice */
    uint64_t handed;         /* items taken from the source, ever */
    uint64_t last_export_ns; /* wall clock; 0: never */
    struct self_errors errors;
    char error[SEND_MESSAGE_BYTES]; /* of the last attempt; empty when it went well */
    uint64_t error_ns;              /* wall clock */
    uint64_t reported_ns;           /* monotonic: when an error was last told to the user */
    char reported_type[SEND_ERROR_TYPE_BYTES]; /* empty: nothing to take back */
};

/* Takes the sink; the other members of `exporter` are set by the caller before. */
void exporter_init(struct exporter *exporter);
void exporter_release(struct exporter *exporter);

/* Takes what has come back from the sink and, when its time has come, tries again. */
void exporter_step(struct exporter *exporter, uint64_t now_ns);

/* Sends the next body if it is idle and not backing off. True when one was begun. */
bool exporter_start(struct exporter *exporter, uint64_t now_ns);

/* True while its receiver is to be left in peace, with or without a body that waits for that. */
static inline bool exporter_is_backing_off(const struct exporter *exporter)
{
    return exporter->state == EXPORTER_WAITING ||
           (exporter->state == EXPORTER_IDLE && exporter->retry.failures > 0);
}

/* Gives up the body that waits, if there is one: its items have failed. The back-off stays. */
void exporter_give_up(struct exporter *exporter);

/* Gives the items of the body that waits back to the source, uncounted. False when there is none,
 * or the source cannot take them: the body waits on. The back-off stays. */
bool exporter_put_back(struct exporter *exporter);

/* Counts items as given up that were in no body yet. */
void exporter_skip(struct exporter *exporter, uint32_t item_count);

/* Takes a newer body in the place of the one that waits. */
void exporter_replace(struct exporter *exporter);

/* True when it has nothing under way. */
static inline bool exporter_is_idle(const struct exporter *exporter)
{
    return exporter->state == EXPORTER_IDLE;
}

/* Ends what is under way: put back, or failed. */
void exporter_abort(struct exporter *exporter, const char *error_type);

/* When it wants a step: UINT64_MAX for never (a sink that is under way wakes the loop). */
uint64_t exporter_next_ns(const struct exporter *exporter);

#endif
