/*
 * Metrics that are fetched: a collection for each request, written in the format that the reader
 * asks for. Many pools are on one machine, so each listens on the next free port and writes its
 * address down, in a form that Prometheus itself reads (file_sd_configs).
 *
 * Specification: metrics/sdk.md "Pull Metric Exporter"; metrics/sdk_exporters/prometheus.md.
 */
#ifndef OTEL_AGENT_PULL_H
#define OTEL_AGENT_PULL_H

#include "agent/config/settings.h"
#include "agent/encode/prometheus_text.h"
#include "agent/sdk/self.h"
#include "agent/send/listen.h"

enum { PULL_PATH_BYTES = 4096 };

struct pull {
    struct listen *listen; /* NULL: nothing is fetched here */
    const char *type;      /* otel.component.type */
    encode_page_fn encode;
    const struct encoder *encoder;
    const struct meter *meter;
    void (*collect)(void *user); /* begins a collection and observes */
    void *user;
    bool has_units;
    uint64_t exported; /* points */
    struct self_errors errors;
    const char *reported;          /* the instrument whose clash was told */
    char address[PULL_PATH_BYTES]; /* file of the address; "": none */
};

struct pull_options {
    const struct settings *settings;
    struct listen *listen; /* taken */
    const char *type;
    encode_page_fn encode;
    const struct encoder *encoder;
    const struct meter *meter;
    void (*collect)(void *user);
    void *user;
};

void pull_init(struct pull *pull, const struct pull_options *options);
void pull_release(struct pull *pull); /* legal on a zeroed one */

/* Both do nothing, and 0 and UINT64_MAX, where nothing is fetched. */
void pull_step(struct pull *pull, bool is_ready, uint64_t now_ns);
uint64_t pull_next_ns(const struct pull *pull);

#endif
