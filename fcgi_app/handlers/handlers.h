/* The handlers: one file per route. */
#ifndef BOARD_HANDLERS_H
#define BOARD_HANDLERS_H

#include "router.h"

enum handler_end handle_board(struct http_exchange *exchange, struct otel_str parameter,
                              struct app_thread *thread);
enum handler_end handle_board_count(struct http_exchange *exchange, struct otel_str parameter,
                                    struct app_thread *thread);
enum handler_end handle_log(struct http_exchange *exchange, struct otel_str parameter,
                            struct app_thread *thread);
enum handler_end handle_user(struct http_exchange *exchange, struct otel_str parameter,
                             struct app_thread *thread);
enum handler_end handle_status_page(struct http_exchange *exchange, struct otel_str parameter,
                                    struct app_thread *thread);
enum handler_end handle_status_json(struct http_exchange *exchange, struct otel_str parameter,
                                    struct app_thread *thread);
enum handler_end handle_metrics(struct http_exchange *exchange, struct otel_str parameter,
                                struct app_thread *thread);

#endif
