/*
 * container.id, from what the kernel tells a process of itself: the control groups' paths of
 * version 1, and the mounts where version 2 shows only "/". The last of 64 hexadecimal digits is
 * the container's own: those before it are of what it is nested in.
 */
#ifndef OTEL_AGENT_CONTAINER_ID_H
#define OTEL_AGENT_CONTAINER_ID_H

#include <stdbool.h>

enum { CONTAINER_ID_LENGTH = 64 };

/* Texts of /proc/self/cgroup and /proc/self/mountinfo; false outside of a container. */
bool container_id_find(const char *cgroup, const char *mountinfo,
                       char out[CONTAINER_ID_LENGTH + 1]);

#endif
