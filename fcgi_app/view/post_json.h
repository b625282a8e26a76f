/* A post as the contract's JSON: keys in order, dates as RFC 1123. */
#ifndef BOARD_VIEW_POST_JSON_H
#define BOARD_VIEW_POST_JSON_H

#include "base/json.h"
#include "store/store.h"

void post_json_write(struct json *json, const struct store_post *post);

#endif
