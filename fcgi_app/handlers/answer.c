/* Answers that several routes give. */
#include "handlers/answer.h"

#include "config.h"
#include "handlers/telemetry.h"
#include "otel/log.h"
#include "otel/semconv.h"
#include "view/problem.h"

#define PROBLEM_JSON "application/problem+json"

enum handler_end answer_body(struct http_exchange *exchange, const char *content_type)
{
    struct http_response *response = &exchange->response;

    response->content_type = content_type;
    if (response->body.has_failed) {
        otel_log(OTEL_SEVERITY_ERROR, OTEL_STR("The answer does not fit its buffer"), NULL, 0);
        return answer_problem(exchange, HTTP_INTERNAL_SERVER_ERROR,
                              "The answer is larger than this service builds.");
    }
    return HANDLER_ANSWERED;
}

enum handler_end answer_problem(struct http_exchange *exchange, enum http_status status,
                                const char *detail)
{
    struct http_response *response = &exchange->response;
    struct otel_context context = otel_context_current();
    bool is_html = request_prefers_html(&exchange->request);
    char trace_id[OTEL_TRACE_ID_HEX_SIZE];
    struct problem problem = { .status = (int)status,
                               .title = http_status_text(status),
                               .detail = detail,
                               .trace_id = trace_id };

    otel_context_trace_id_hex(&context, trace_id);
    if (trace_id[0] == '\0')
        problem.trace_id = exchange->request.request_id;
    buf_clear(&response->body);
    if (is_html)
        problem_html_write(&response->body, &problem);
    else
        problem_json_write(&response->body, &problem);
    response->status = status;
    response->content_type = is_html ? CONTENT_HTML : PROBLEM_JSON;
    if (status == HTTP_SERVICE_UNAVAILABLE)
        response->retry_after_s = CONFIG_RETRY_AFTER_S;
    return HANDLER_ANSWERED;
}

/* 503 is what somebody outside can put right, and the next call finds well again. */
static enum http_status http_status_of(enum store_fault fault)
{
    return fault == STORE_FAULT_OTHER ? HTTP_INTERNAL_SERVER_ERROR : HTTP_SERVICE_UNAVAILABLE;
}

static enum handler_end answer_failure(struct http_exchange *exchange,
                                       const struct telemetry *telemetry, enum store_status cause,
                                       enum http_status status, const char *detail)
{
    struct otel_str type = otel_str(store_status_text(cause));
    struct otel_attribute attributes[] = {
        otel_attribute_string(OTEL_ERROR_TYPE, type),
        otel_attribute_string(OTEL_CLIENT_ADDRESS, otel_str(exchange->request.client_address)),
    };

    telemetry_failure(telemetry, type);
    otel_log(OTEL_SEVERITY_ERROR, otel_str(detail), attributes,
             sizeof attributes / sizeof attributes[0]);
    return answer_problem(exchange, status, detail);
}

enum handler_end answer_store_failure(struct http_exchange *exchange,
                                      const struct telemetry *telemetry, struct trouble *trouble,
                                      enum store_status status)
{
    enum store_fault fault = store_fault_find(trouble->path, status);

    trouble_note(trouble, fault);
    return answer_failure(exchange, telemetry, status, http_status_of(fault),
                          trouble_detail(fault));
}

enum handler_end answer_queue_full(struct http_exchange *exchange,
                                   const struct telemetry *telemetry)
{
    return answer_failure(exchange, telemetry, STORE_ERR_BUSY, HTTP_SERVICE_UNAVAILABLE,
                          "Too many requests wait for the database; try again.");
}
