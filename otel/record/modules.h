/* What is loaded into this process, for the launcher, which may come too late to look itself. */
#ifndef OTEL_RECORD_MODULES_H
#define OTEL_RECORD_MODULES_H

#include "segment/layout.h"

/*
 * Tells what is loaded now, by absolute paths; what is past a limit is left out. A few system
 * calls, no allocation; not for signal handlers (it takes the loader's lock).
 */
void modules_tell(struct segment_modules *out, int32_t pid);

#endif
