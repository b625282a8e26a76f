/* What the recorder's tests share: a recorder that is on, over a fake segment and fake clocks. */
#ifndef TESTS_RECORDER_H
#define TESTS_RECORDER_H

#include "../../../fakes/fake_clock.h"
#include "../../../fakes/fake_segment.h"

#include "record/process.h"

static inline int recorder_start(void **state)
{
    fake_clock_reset();
    *state = fake_segment_create();
    return record_process_start(*state) ? 0 : -1;
}

static inline int recorder_stop(void **state)
{
    record_process_stop();
    fake_segment_destroy(*state);
    return 0;
}

#define RECORDER_TEST(test) cmocka_unit_test_setup_teardown(test, recorder_start, recorder_stop)

/* Room for a record, aligned for its fixed part. */
struct record_room {
    _Alignas(8) uint8_t bytes[RECORD_BYTES_MAX];
};

#endif
