/*
 * The sequence lock of the parts that the launcher publishes (view.h): each begins with its
 * sequence, odd while it is being written. One writer, any number of readers, who wait for nobody.
 */
#ifndef OTEL_SEGMENT_PART_H
#define OTEL_SEGMENT_PART_H

#include <stdbool.h>
#include <stddef.h>

/* Between these two the writer may change all of the part but its sequence. */
void part_open(void *part);
void part_close(void *part);

/*
 * Copies the first `size` bytes of a part, a multiple of 8, as they were at one moment; the copy's
 * sequence is of no use. False when the writer never came to rest: *out is then of no use either.
 */
bool part_copy(const void *part, size_t size, void *out);

#endif
