/*
 * --print-config: every option's value and where it comes from; and the same as a configuration
 * file, which gives the same settings when it is read. What may be a secret is not shown: the
 * file refers to the variable that would hold it.
 */
#ifndef OTEL_AGENT_CONFIG_PRINT_H
#define OTEL_AGENT_CONFIG_PRINT_H

#include "agent/config/options.h"
#include "agent/config/settings.h"

#include <stdio.h>

/* False when `out` took not all of it. */
bool config_print(const struct options *options, FILE *out);
bool config_print_yaml(const struct options *options, const struct settings *settings, FILE *out);

/* The parts of the file that no option can say. */
void config_print_resource(const struct options *options, const struct settings *settings,
                           FILE *out);
void config_print_views(const struct settings *settings, FILE *out);
void config_print_cardinality(const struct settings *settings, FILE *out);

/* A text as YAML has it between quotes, and the end of the line. */
void config_print_text(FILE *out, const char *text, size_t length);

/* True for a value that must not be shown: headers, passwords, a URL with one in it. */
bool config_is_secret(const char *option, const char *text);

#endif
