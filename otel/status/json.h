/*
 * struct status as JSON: what /status.json answers and otel-status --json prints. The members are
 * described in fcgi_app/README.md; whoever changes the meaning of one raises the version.
 */
#ifndef OTEL_STATUS_JSON_H
#define OTEL_STATUS_JSON_H

#include "base/json.h"
#include "status/status.h"

enum { STATUS_JSON_VERSION = 2 };

/* Without details: version and state alone. */
void status_json_write(struct json *json, const struct status *status, bool has_details);

#endif
