/*
 * The launcher's own messages: one line on stderr, "otel-instrument: level: text", under the
 * configured level. The same line repeats at most once per 20 s; the count of what was left out
 * follows. Never telemetry: that would feed itself.
 */
#ifndef OTEL_AGENT_REPORT_H
#define OTEL_AGENT_REPORT_H

#include "agent/config/settings.h"

void report_level_set(enum settings_log_level level);
void report_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
