/* Posts fetched for an answer: JSON while there are few of them, a count of them beyond that. */
#ifndef BOARD_HANDLERS_POSTS_H
#define BOARD_HANDLERS_POSTS_H

#include "http/exchange.h"
#include "store/store.h"

struct posts_fetched {
    int64_t count;
    int64_t start_us; /* wall clock, before and after the SELECT */
    int64_t end_us;
    uint64_t duration_ns;
};

/*
 * Fetches the first `limit` posts (negative: all). Their JSON array is in the response's body
 * when there are at most CONFIG_JSON_ROWS_MAX of them and limit asks for no more than that; else
 * the body is empty.
 */
enum store_status posts_fetch(struct http_exchange *exchange, struct store_reader *reader,
                              int64_t limit, struct posts_fetched *out);

#endif
