/*
 * How bad a line of text is, by what its beginning says. In this order:
 *
 *   1. "<N>" at the very beginning, N a syslog priority from 0 to 191: the kernel's and systemd's
 *      way; the prefix is not part of the message;
 *   2. a level's word in brackets, "[warn]", wherever it stands among the first 100 bytes: what
 *      nginx and many loggers write behind a time;
 *   3. a level's word in front, or behind words that end with a colon ("program: error: …"), with
 *      a colon behind it: "ERROR: …".
 *
 * Words in any case: trace, debug, info, notice, warn, warning, err, error, crit, critical,
 * alert, emerg, emergency, panic, fatal. Anything else has no severity: a stream tells none.
 *
 * Severities: logs/data-model-appendix.md "Syslog".
 */
#ifndef OTEL_HOOKS_SEVERITY_H
#define OTEL_HOOKS_SEVERITY_H

#include "otel/log.h"

/* Of a syslog priority; facilities do not count. */
enum otel_severity severity_of_priority(int priority);

/* 0: the line says nothing about it. A prefix "<N>" is taken off *line. */
enum otel_severity severity_of_line(struct otel_str *line);

#endif
