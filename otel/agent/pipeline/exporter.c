#include "agent/pipeline/exporter.h"

#include "agent/pipeline/answer.h"
#include "agent/report.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

/* An outage is told once, and again each minute or when it changes its nature. */
#define REPORT_AGAIN_NS (60 * CLOCK_NS_PER_S)

void exporter_init(struct exporter *exporter)
{
    buf_init(&exporter->body, EXPORTER_BODY_MAX);
    retry_init(&exporter->retry);
}

void exporter_release(struct exporter *exporter)
{
    if (exporter->sink != NULL) {
        exporter->sink->operations->abort(exporter->sink);
        exporter->sink->operations->destroy(exporter->sink);
    }
    buf_release(&exporter->body);
}

static void body_forget(struct exporter *exporter)
{
    exporter->state = EXPORTER_IDLE;
    exporter->item_count = 0;
    buf_clear(&exporter->body);
    if (exporter->body.capacity > EXPORTER_BODY_KEPT) {
        buf_release(&exporter->body);
        buf_init(&exporter->body, EXPORTER_BODY_MAX);
    }
}

/* Its items are accounted for. */
static void body_drop(struct exporter *exporter)
{
    if (exporter->settled != NULL && exporter->item_count > 0)
        exporter->settled(exporter->source);
    body_forget(exporter);
}

static bool body_put_back(struct exporter *exporter)
{
    if (exporter->put_back == NULL || exporter->item_count == 0 ||
        !exporter->put_back(exporter->source, exporter->is_doubtful))
        return false;
    exporter->handed -= exporter->item_count;
    body_forget(exporter);
    return true;
}

static void items_failed(struct exporter *exporter, const char *type, uint64_t count)
{
    exporter->failed += count;
    self_error_add(&exporter->errors, type[0] != '\0' ? type : "_OTHER", count);
}

static void report_failure(struct exporter *exporter, const struct send_result *result,
                           uint64_t now_ns)
{
    (void)snprintf(exporter->error, sizeof exporter->error, "%s", result->message);
    exporter->error_ns = clock_wall_ns();
    if (strcmp(exporter->reported_type, result->error_type) == 0 &&
        now_ns - exporter->reported_ns < REPORT_AGAIN_NS)
        return;
    (void)snprintf(exporter->reported_type, sizeof exporter->reported_type, "%s",
                   result->error_type);
    exporter->reported_ns = now_ns;
    report_warn("%s", result->message);
}

static void report_success(struct exporter *exporter)
{
    exporter->error[0] = '\0';
    if (exporter->reported_type[0] == '\0')
        return;
    exporter->reported_type[0] = '\0';
    report_info("%s: telemetry is taken again", exporter->type);
}

/* Rejected items, or only a warning: told as any failure is, so a receiver that says the same to
 * each body is heard once. */
static void report_rejected(struct exporter *exporter, struct send_result *result,
                            uint64_t rejected, const char *message, uint64_t now_ns)
{
    (void)snprintf(result->error_type, sizeof result->error_type, "rejected");
    (void)snprintf(result->message, sizeof result->message,
                   "%s: the receiver rejected %llu of %u: \"%s\"; see its log", exporter->type,
                   (unsigned long long)rejected, exporter->item_count, message);
    report_failure(exporter, result, now_ns);
}

static void operation_end(const struct exporter *exporter, const char *error_type, uint64_t now_ns)
{
    if (exporter->timed != NULL && now_ns >= exporter->started_ns)
        exporter->timed(exporter->timed_user, exporter, now_ns - exporter->started_ns, error_type);
}

static void body_taken(struct exporter *exporter, struct send_result *result, uint64_t now_ns)
{
    uint64_t rejected = 0;
    struct answer answer;

    answer_read(result, &answer);
    if (answer.rejected > 0)
        rejected = answer.rejected < exporter->item_count ? answer.rejected : exporter->item_count;
    exporter->exported += exporter->item_count - rejected;
    exporter->repeated += exporter->is_doubtful ? exporter->item_count - rejected : 0;
    exporter->last_export_ns = clock_wall_ns();
    items_failed(exporter, "rejected", rejected);
    if (rejected > 0 || answer.message[0] != '\0')
        report_rejected(exporter, result, rejected, answer.message, now_ns);
    else
        report_success(exporter);
    retry_succeed(&exporter->retry);
    operation_end(exporter, rejected > 0 ? "rejected" : "", now_ns);
    body_drop(exporter);
}

static void body_refused(struct exporter *exporter, struct send_result *result, uint64_t now_ns)
{
    size_t used = strlen(result->message);
    struct answer answer;

    answer_read(result, &answer);
    if (answer.message[0] != '\0')
        (void)snprintf(result->message + used, sizeof result->message - used, " (it says \"%s\")",
                       answer.message);
    report_failure(exporter, result, now_ns);
    items_failed(exporter, result->error_type, exporter->item_count);
    operation_end(exporter, result->error_type[0] != '\0' ? result->error_type : "_OTHER", now_ns);
    body_drop(exporter);
}

static void body_waits(struct exporter *exporter, struct send_result *result, uint64_t now_ns)
{
    size_t used = strlen(result->message);
    struct exporter_backlog backlog = { 0 };

    if (exporter->waiting != NULL) {
        exporter->waiting(exporter->source, &backlog);
        (void)snprintf(result->message + used, sizeof result->message - used,
                       "%s telemetry waits in the queue (%u of %u)",
                       used > 0 && result->message[used - 1] == '?' ? "" : ";", backlog.held,
                       backlog.capacity);
    }
    used = strlen(result->message);
    if (backlog.on_disk > 0)
        (void)snprintf(result->message + used, sizeof result->message - used, " and on disk (%llu)",
                       (unsigned long long)backlog.on_disk);
    report_failure(exporter, result, now_ns);
    exporter->state = EXPORTER_WAITING;
}

static void send_body(struct exporter *exporter)
{
    exporter->state = EXPORTER_SENDING;
    exporter->sink->operations->start(exporter->sink, exporter->body.data, exporter->body.length,
                                      exporter->timeout_ms);
}

void exporter_step(struct exporter *exporter, uint64_t now_ns)
{
    struct send_result result;

    if (exporter->state == EXPORTER_WAITING && now_ns >= exporter->retry.not_before_ns)
        send_body(exporter);
    if (exporter->state != EXPORTER_SENDING ||
        !exporter->sink->operations->take(exporter->sink, &result))
        return;
    switch (result.verdict) {
    case SEND_TAKEN:
        body_taken(exporter, &result, now_ns);
        break;
    case SEND_REFUSED:
        retry_succeed(&exporter->retry); /* it answers: only this body is the matter */
        body_refused(exporter, &result, now_ns);
        break;
    case SEND_RETRY:
        retry_fail(&exporter->retry, &result, now_ns);
        exporter->is_doubtful |= result.is_unanswered;
        if (!exporter->is_last_attempt)
            body_waits(exporter, &result, now_ns);
        else if (body_put_back(exporter))
            report_failure(exporter, &result, now_ns);
        else
            body_refused(exporter, &result, now_ns);
        break;
    }
}

/* A body that could not be written whole must not be sent (request size limit, or no memory). */
static bool body_fill(struct exporter *exporter)
{
    buf_clear(&exporter->body);
    exporter->is_doubtful = false; /* unless the source knows better */
    exporter->item_count = exporter->fill(exporter->source, &exporter->body);
    exporter->handed += exporter->item_count;
    if (exporter->body.has_failed) {
        items_failed(exporter, "request_too_large", exporter->item_count);
        body_drop(exporter);
    }
    return exporter->item_count > 0;
}

bool exporter_start(struct exporter *exporter, uint64_t now_ns)
{
    if (exporter->state != EXPORTER_IDLE || now_ns < exporter->retry.not_before_ns ||
        !body_fill(exporter))
        return false;
    exporter->started_ns = now_ns;
    send_body(exporter);
    exporter_step(exporter, now_ns); /* a sink that never waits is done already */
    return true;
}

void exporter_give_up(struct exporter *exporter)
{
    if (exporter->state != EXPORTER_WAITING)
        return;
    items_failed(exporter, "given_up", exporter->item_count);
    body_drop(exporter);
}

bool exporter_put_back(struct exporter *exporter)
{
    return exporter->state == EXPORTER_WAITING && body_put_back(exporter);
}

void exporter_skip(struct exporter *exporter, uint32_t item_count)
{
    exporter->handed += item_count;
    items_failed(exporter, "given_up", item_count);
}

void exporter_replace(struct exporter *exporter)
{
    if (exporter->state != EXPORTER_WAITING)
        return;
    exporter_give_up(exporter);
    if (body_fill(exporter))
        exporter->state = EXPORTER_WAITING;
}

void exporter_abort(struct exporter *exporter, const char *error_type)
{
    if (exporter->state == EXPORTER_SENDING) {
        exporter->sink->operations->abort(exporter->sink);
        exporter->is_doubtful = true;
    }
    if (body_put_back(exporter))
        return;
    items_failed(exporter, error_type, exporter->item_count);
    body_drop(exporter);
}

uint64_t exporter_next_ns(const struct exporter *exporter)
{
    return exporter->state == EXPORTER_WAITING ? exporter->retry.not_before_ns : UINT64_MAX;
}
