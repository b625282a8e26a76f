/*
 * Which exporters a signal has, and the settings of those that are not OTLP.
 *
 * Specification: configuration/sdk-environment-variables.md "Exporter Selection", "Zipkin
 * Exporter", "Prometheus Exporter".
 */
#ifndef OTEL_AGENT_EXPORTER_SETTINGS_H
#define OTEL_AGENT_EXPORTER_SETTINGS_H

#include "agent/config/settings.h"

struct options;

/* False when there is no memory; what was made is in *out, for settings_release. */
bool exporter_settings_derive(const struct options *options, struct settings *out);

#endif
