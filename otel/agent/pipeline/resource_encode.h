/* The resource, of the settings and of what the launcher knows, made and rendered once for all
 * encoders; what of the settings cannot be read is reported. */
#ifndef OTEL_AGENT_RESOURCE_ENCODE_H
#define OTEL_AGENT_RESOURCE_ENCODE_H

#include "agent/config/settings.h"
#include "agent/encode/encoder.h"

/* As encoder_init. The first resource_early attributes come before those of the settings. */
bool resource_encode(struct encoder *encoder, const struct settings *settings,
                     const struct otel_attribute *resource, size_t resource_count,
                     size_t resource_early);

#endif
