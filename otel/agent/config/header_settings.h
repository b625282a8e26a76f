/*
 * Which headers become attributes, and whose values stay secret: the lists as the recorder takes
 * them (segment/layout.h).
 *
 * Names and meanings are those of other languages' launchers: a secret one is named by an
 * expression of how it begins, in either case.
 */
#ifndef OTEL_AGENT_HEADER_SETTINGS_H
#define OTEL_AGENT_HEADER_SETTINGS_H

#include "agent/config/settings.h"

struct options;

/* False when there is no memory; what was made is in *out, for settings_release. */
bool header_settings_derive(const struct options *options, struct settings *out);

#endif
