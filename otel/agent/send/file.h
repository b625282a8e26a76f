/*
 * One line per body at the end of a file, for several launchers at once: each line by one write
 * on an O_APPEND descriptor. At 100 MB a file is renamed to .1, .1 to .2, .2 to .3; what was .3
 * is gone. A full disk is a reason to try again later.
 *
 * Specification: protocol/file-exporter.md.
 */
#ifndef OTEL_AGENT_SEND_FILE_H
#define OTEL_AGENT_SEND_FILE_H

#include "agent/send/sink.h"

#define FILE_SIZE_MAX (UINT64_C(100) * 1000 * 1000)

enum { FILE_KEPT = 3 };

/* size_max: FILE_SIZE_MAX, or less in a test. NULL when there is no memory. */
struct sink *file_sink_create(const char *path, uint64_t size_max);

#endif
