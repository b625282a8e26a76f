/* What this launcher calls itself: --version, telemetry.sdk.version, the User-Agent. */
#ifndef OTEL_AGENT_VERSION_H
#define OTEL_AGENT_VERSION_H

#define AGENT_VERSION "0.1.0"

#endif
