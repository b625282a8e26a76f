/*
 * Which descriptors the program gets: those that the launcher was started with, and no other.
 * Libraries open some that are not close-on-exec (libcurl's wake-up pair).
 */
#ifndef OTEL_AGENT_DESCRIPTORS_H
#define OTEL_AGENT_DESCRIPTORS_H

#include <stdint.h>

enum { DESCRIPTORS_MAX = 1024 };

struct descriptors {
    uint64_t were_open[DESCRIPTORS_MAX / 64];
};

/* What is open now is the user's. Before anything else is opened. */
void descriptors_note(struct descriptors *descriptors);

/* What has been opened since does not outlive an exec. */
void descriptors_seal(const struct descriptors *descriptors);

#endif
