/* A row of the call log as the contract's JSON. */
#ifndef BOARD_VIEW_CALL_JSON_H
#define BOARD_VIEW_CALL_JSON_H

#include "base/json.h"
#include "store/store.h"

void call_json_write(struct json *json, const struct store_call *call);

#endif
