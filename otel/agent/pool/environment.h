/*
 * The environment of the program: ours, with the preload library in front of LD_PRELOAD and the
 * segment's path.
 */
#ifndef OTEL_AGENT_ENVIRONMENT_H
#define OTEL_AGENT_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Finds the preload library relative to this executable: ../lib, ../lib/otel, beside it.
 * False, reported, when it is in none of them or its path cannot be preloaded.
 */
bool environment_find_hooks(char *out, size_t size);

/* NULL-terminated, one block to be freed by mem_free; NULL when there is no memory. */
char **environment_create(char *const *inherited, const char *hooks_path, const char *segment_path);

#endif
