/* Of the settings: who speaks (detectors of the resource, the distribution), and of itself too. */
#ifndef OTEL_AGENT_RESOURCE_SETTINGS_H
#define OTEL_AGENT_RESOURCE_SETTINGS_H

#include "agent/config/settings.h"

struct options;

/* Fills the parts of *out that it names; reports what has no effect. */
void resource_settings_derive(const struct options *options, struct settings *out);

#endif
