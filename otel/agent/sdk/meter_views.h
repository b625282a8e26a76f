/* How views make the instruments of a meter out of what a program defines. */
#ifndef OTEL_AGENT_SDK_METER_VIEWS_H
#define OTEL_AGENT_SDK_METER_VIEWS_H

#include "agent/sdk/meter.h"

/*
 * Makes the instrument for each view that selects the definition, or its default one; returns the
 * first of them, which leads to the others. What contradicts is reported here, and so once. NULL
 * when there is no room or no memory for any.
 */
struct instrument *meter_views_apply(struct meter *meter,
                                     const struct meter_definition *definition);

#endif
