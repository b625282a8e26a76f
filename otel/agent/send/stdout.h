/*
 * The console: bodies to standard output, for a person. A reader that does not read is waited
 * for one second at most; then the rest of this body is lost and counted.
 */
#ifndef OTEL_AGENT_SEND_STDOUT_H
#define OTEL_AGENT_SEND_STDOUT_H

#include "agent/send/sink.h"

/* `ending` (a literal) comes behind each body. fd stays open. NULL when there is no memory. */
struct sink *stdout_sink_create(int fd, const char *ending);

#endif
