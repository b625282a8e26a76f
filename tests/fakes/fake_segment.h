/*
 * A segment without a launcher: a real one, in a temporary file that is gone as soon as it is
 * mapped, and the launcher's reading side reduced to what a test asks of a record.
 */
#ifndef TESTS_FAKE_SEGMENT_H
#define TESTS_FAKE_SEGMENT_H

#include "segment/check.h"

/* As the launcher configures the samplers of the options. */
struct segment_sampling fake_sampling(enum segment_sampler root, uint64_t bound,
                                      bool is_parent_based);

/* Records traces, metrics and logs; sampler and propagators by their defaults. */
struct segment *fake_segment_create(void);
void fake_segment_destroy(struct segment *segment);

/* Takes the next record of any claimed or left slot; false when all rings are empty. Fails the
 * test when a ring is corrupt. */
bool fake_segment_take(struct segment *segment, uint8_t *record);

/* Takes records until one of that type comes; false when there is none. */
bool fake_segment_take_type(struct segment *segment, enum record_type type, uint8_t *record);

/* The last item of a kind, and of a key where `key` is not NULL. */
bool fake_record_find(const uint8_t *record, enum record_item_kind kind, const char *key,
                      struct record_view *out);

/* That item's string or number; fail the test when there is none. */
void fake_record_assert_text(const uint8_t *record, enum record_item_kind kind, const char *key,
                             const char *expected);
void fake_record_assert_int(const uint8_t *record, const char *key, int64_t expected);
void fake_record_assert_none(const uint8_t *record, enum record_item_kind kind, const char *key);

/* Sum over all slots of one counter, by its offset in struct segment_counters. */
uint64_t fake_segment_count(const struct segment *segment, size_t counter_offset);
#define FAKE_COUNT(segment, counter)                                                               \
    fake_segment_count((segment), offsetof(struct segment_counters, counter))

#endif
