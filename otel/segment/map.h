/*
 * The segment's file: made by the launcher, mapped by all.
 */
#ifndef OTEL_SEGMENT_MAP_H
#define OTEL_SEGMENT_MAP_H

#include "segment/layout.h"

enum segment_access { SEGMENT_READ_ONLY = 0, SEGMENT_READ_WRITE };

/*
 * Makes a fresh segment at `path` (mode 0660, written under another name and renamed, so that
 * nobody sees half of one) and maps it. The header has magic, version, size, pool and creation
 * time; all else is zero. All but the rings has its pages. NULL with errno on failure (ENOSPC:
 * the file system is full).
 */
struct segment *segment_create(const char *path, const char *pool);

/* Maps an existing one; NULL with errno (EPROTO: another format, EINVAL: no segment). */
struct segment *segment_map(const char *path, enum segment_access access);

void segment_unmap(struct segment *segment); /* NULL is legal */

/*
 * Leaves word that somebody reads the segment at `path`, which the caller has mapped: its launcher
 * then publishes more often. A reader without the right to write leaves none and sees older facts.
 */
void segment_note_reader(const char *path);

/*
 * Gives a slot its pages now, so that recording never faults. False when the file system has
 * none left: using the slot would then end in SIGBUS.
 */
bool segment_slot_populate(struct segment_slot *slot);

/*
 * Exclusive right to consume: flock on the file, held for as long as the returned descriptor is
 * open (close-on-exec). -1 with errno EWOULDBLOCK when another launcher has it.
 */
int segment_lock(const char *path);

#endif
