/*
 * From settings to exporters: which encoder and which sink serve a signal at one of its
 * destinations, and what that is called. The one table where signal, format and transport meet.
 */
#ifndef OTEL_AGENT_DESTINATION_H
#define OTEL_AGENT_DESTINATION_H

#include "agent/config/settings.h"
#include "agent/encode/metric_cursor.h"
#include "agent/encode/prometheus_text.h"
#include "agent/send/http.h"
#include "agent/send/listen.h"

enum { DESTINATIONS_MAX = 5 }; /* of a signal: one for each of its exporters */

/* How a signal is written: one of them. */
struct destination_format {
    encode_records_fn records; /* traces and logs */
    encode_metrics_fn metrics;
    encode_page_fn page; /* metrics that are fetched */
};

struct destination {
    const char *type; /* otel.component.type */
    enum settings_exporter exporter;
    struct destination_format format;
    struct sink *sink; /* or, of what is fetched: */
    struct listen *listen;
    uint32_t timeout_ms; /* of one attempt; 0: none */
    bool is_immediate;   /* sent as it comes, not by the batch's delay */
    bool is_plain;       /* its metrics are cumulative and have the default aggregation */
};

/*
 * Makes the destinations of a signal in the order in which the books follow them: the first is
 * the one that counts. What cannot be made is reported and left out. Returns their number.
 */
unsigned destinations_create(const struct settings *settings, enum settings_signal signal,
                             struct http *http, struct destination out[DESTINATIONS_MAX]);

#endif
