/* Answers that several routes give. Each returns HANDLER_ANSWERED, so that a handler can return it.
 */
#ifndef BOARD_HANDLERS_ANSWER_H
#define BOARD_HANDLERS_ANSWER_H

#include "handlers/trouble.h"
#include "http/exchange.h"

struct telemetry;

#define CONTENT_JSON "application/json"
#define CONTENT_HTML "text/html; charset=utf-8"

/* The body is in the response's buffer. */
enum handler_end answer_body(struct http_exchange *exchange, const char *content_type);

/* A problem document, as JSON or, for who would rather have it, as HTML. */
enum handler_end answer_problem(struct http_exchange *exchange, enum http_status status,
                                const char *detail);

/* What went wrong in the store, named; also noted as trouble, logged and counted. */
enum handler_end answer_store_failure(struct http_exchange *exchange,
                                      const struct telemetry *telemetry, struct trouble *trouble,
                                      enum store_status status);

/* The store is well, but more rows wait for it than there is room for. */
enum handler_end answer_queue_full(struct http_exchange *exchange,
                                   const struct telemetry *telemetry);

#endif
