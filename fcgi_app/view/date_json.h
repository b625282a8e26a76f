/*
 * Dates: the stored local time printed as it stands and labelled GMT, as the service that this
 * one replaces does ("Sat, 01 Jun 2024 12:00:00 GMT"); null when it cannot be read.
 */
#ifndef BOARD_VIEW_DATE_JSON_H
#define BOARD_VIEW_DATE_JSON_H

#include "base/json.h"
#include "store/store.h"

void date_json_write(struct json *json, struct store_text date);

#endif
