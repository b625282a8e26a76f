/* A text column as JSON: a string, or null for SQL's NULL. */
#ifndef BOARD_VIEW_TEXT_JSON_H
#define BOARD_VIEW_TEXT_JSON_H

#include "base/json.h"
#include "store/store.h"

static inline void text_json_write(struct json *json, struct store_text text)
{
    if (text.data)
        json_string(json, text.data, text.length);
    else
        json_null(json);
}

#endif
