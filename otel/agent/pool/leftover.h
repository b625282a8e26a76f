/*
 * Workers that outlived their launcher and their program: they hold the socket which the next
 * program wants, and record into a segment that is about to be replaced. Found in /proc by what
 * an earlier launcher put into their environment; they are no descendants of ours.
 */
#ifndef OTEL_AGENT_LEFTOVER_H
#define OTEL_AGENT_LEFTOVER_H

#include "agent/pool/harvest.h"

/* True for a process of this user that was started with this segment. */
bool leftover_is(int32_t pid, const char *segment_path);

/*
 * Asks them to leave, takes meanwhile what they record, and kills who has not left within 3 s.
 * At the return they are harvested; one that not even SIGKILL ends is reported. `family` must
 * hold nobody else.
 */
void leftover_end(struct harvest *harvest, const char *segment_path);

#endif
