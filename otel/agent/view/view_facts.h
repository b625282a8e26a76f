/* What the page says of the launcher itself: settings in force, what is observed, its own cost. */
#ifndef OTEL_AGENT_VIEW_FACTS_H
#define OTEL_AGENT_VIEW_FACTS_H

#include "agent/config/options.h"
#include "agent/pool/family.h"
#include "segment/layout.h"

/* Those that somebody set, and those that everybody asks for. Secrets are not told. */
void view_settings_fill(struct segment_view *view, const struct options *options);

/* "libfcgi.so.0.0.0, libsqlite3.so.0.8.6": of one worker; false when it has none or is gone. */
bool view_hooked_read(int32_t worker_pid, uint32_t disabled, char out[SEGMENT_TEXT_BYTES]);

/* CPU time of this process. */
uint64_t view_cpu_ns(void);

#endif
