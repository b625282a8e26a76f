/*
 * Asks whether something answers HTTP at an address: a GET whose answer's body nobody reads. One
 * question at a time; what takes longer than the limit is no answer.
 */
#ifndef OTEL_AGENT_SEND_PROBE_H
#define OTEL_AGENT_SEND_PROBE_H

#include <stdbool.h>
#include <stdint.h>

struct probe;

enum { PROBE_ADDRESS_BYTES = 48 };

struct probe_result {
    bool is_answered;                  /* with a status below 500 */
    char address[PROBE_ADDRESS_BYTES]; /* numeric, of who answered */
    uint16_t port;
};

struct probe *probe_create(void); /* NULL when there is no memory */
void probe_destroy(struct probe *probe);

bool probe_start(struct probe *probe, const char *url, uint32_t limit_ms);

/* Goes on without waiting. True once, when the question is answered or given up. */
bool probe_step(struct probe *probe, struct probe_result *out);

#endif
