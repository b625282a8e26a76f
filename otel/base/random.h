/*
 * Random numbers for ids and jitter: xoshiro256** (Blackman, Vigna), seeded by the kernel. The
 * state belongs to its one user and lies wherever that wants it; never shared over a fork.
 * Not for secrets.
 */
#ifndef OTEL_BASE_RANDOM_H
#define OTEL_BASE_RANDOM_H

#include <stdint.h>

/* One system call (getrandom, never waiting); falls back on the clocks and addresses. */
void random_seed(uint64_t state[4]);

uint64_t random_next(uint64_t state[4]);

#endif
