/* The program counters of the calling thread's stack. No allocation, no lock once warm. */
#ifndef OTEL_RECORD_STACK_H
#define OTEL_RECORD_STACK_H

#include <stddef.h>
#include <stdint.h>

/*
 * Innermost first, from the frame that returns to `caller` (a __builtin_return_address) on; NULL:
 * from here on. Each is an address inside the call instruction, ready to be looked up: the
 * return address less one, but for a frame that a signal interrupted. Returns how many.
 */
size_t stack_capture(uint64_t *frames, size_t frames_max, const void *caller);

#endif
